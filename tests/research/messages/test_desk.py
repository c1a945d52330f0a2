"""What a campaign does with a message: what the commands do, with who gave it in its record."""

import os
import re
import secrets
from collections.abc import Iterator
from pathlib import Path

import anyio
import pytest
from targets import make_repo, overnight, program, read_json, recorded

from overnight.git.repository import open_repository
from overnight.notices.listeners import Listener
from overnight.notices.port import Message
from overnight.research.ending import Ending, EndReason, SessionKind
from overnight.research.events import IdeasChanged, Ordered, Sign, Stopped
from overnight.research.idea import Risk
from overnight.research.loop.stop import Stop
from overnight.research.messages.desk import CampaignDesk
from overnight.research.views.status_message import MOST_LINES
from overnight.research.wiring import SessionRequest, open_session

EDITS = (("OFFSET = 5.0", "OFFSET = 4.0"),)


@pytest.fixture
def shown() -> list[Sign]:
    """What the terminal shows."""
    return []


async def a_stop() -> Stop:
    """It can only be made in a loop."""
    return Stop()


@pytest.fixture
def desk(tmp_path: Path, shown: list[Sign]) -> Iterator[CampaignDesk]:
    """The desk of a campaign that is about to run."""
    repo = make_repo(tmp_path / "r", program(*EDITS))
    request = SessionRequest(tag="t", sandbox="process")
    with open_session(open_repository(repo), request, anyio.run(a_stop), [shown.append]) as campaign:
        me = Listener(session="s", name="t", place=str(repo), process=1, began=0.0)
        yield CampaignDesk(campaign=campaign, channel="chat", me=me, folder=repo / ".overnight/t")


def told(desk: CampaignDesk, text: str, sender: str = "42", key: str = "") -> str:
    """What is answered, which can be sent anywhere; each message has an id of its own unless one is given."""
    message = Message(id=key or secrets.token_hex(4), sender=sender, text=text, at=1.0)
    reply = anyio.run(desk.carry_out, message)
    assert len(reply.lines) <= MOST_LINES and all(line.isprintable() and line for line in reply.lines)
    return "\n".join(reply.lines)


def acted(desk: CampaignDesk) -> None:
    """Let the campaign act on its orders, as it does within a second."""
    desk.campaign.asking.inbox.take_in()


def ordered(desk: CampaignDesk) -> list[tuple[str, str, str]]:
    """Who gave each order, how it came, and what it is."""
    events = recorded(Path(desk.me.place))
    return [(each.by, each.origin, each.order.kind) for each in events if isinstance(each, Ordered)]


def test_ideas_are_recorded_with_who_gave_them(desk: CampaignDesk) -> None:
    """As `idea add` does: cleaned, with their risk, and written where people find them; no twin, and nothing without words."""
    assert told(desk, "idea - [ ] clip the \x1bgradient (bold)", "4\x1b2").startswith(r"t: added to the ideas: clip the \x1bgr")
    acted(desk)
    (idea,) = desk.campaign.journal.state.ideas.ideas
    assert idea.risk is Risk.BOLD and idea.text == r"clip the \x1bgradient" and idea.origin == "person"
    assert "not added to the ideas of `t`: nearly the same as idea #1" in told(desk, "idea Clip the \x1bGRADIENT!")
    assert "no words" in told(desk, "idea ...") and "no words" in told(desk, "idea")
    assert ordered(desk) == [(r"owner:4\x1b2", "channel:chat", "ideas")] and idea.giver == r"owner:4\x1b2"
    assert idea.text in (desk.folder / "ideas.md").read_text()


def test_a_message_that_comes_again_is_one_order(desk: CampaignDesk) -> None:
    """Also when the idea is gone meanwhile; a stop that comes again does not end a later session."""
    told(desk, "idea clip the gradient", key="7")
    acted(desk)
    (desk.folder / "ideas.md").write_text((desk.folder / "ideas.md").read_text().replace("- [ ] #1 clip", "- [x] #1 clip"))
    acted(desk)
    assert "ordered before" in told(desk, "idea use momentum instead", key="7")
    acted(desk)
    assert ordered(desk) == [("owner:42", "channel:chat", "ideas"), ("owner", "ideas.md", "ideas")]
    assert "stopping" in told(desk, "stop", key="8")
    acted(desk)
    desk.campaign.stop.ending = None
    assert "ordered before" in told(desk, "stop", key="8") and len(ordered(desk)) == 3
    acted(desk)
    assert desk.campaign.stop.ending is None


def test_a_channel_that_is_called_as_a_face_is_none(desk: CampaignDesk) -> None:
    """An order over it does not look as if it came over the web."""
    desk.channel = "web"
    told(desk, "idea a wider table")
    assert ordered(desk) == [("owner:42", "channel:channel:web", "ideas")]


def test_what_a_person_wrote_meanwhile_is_not_lost(desk: CampaignDesk) -> None:
    """The file is read before it is written."""
    told(desk, "idea clip the gradient")
    acted(desk)
    with (desk.folder / "ideas.md").open("a") as file:
        file.write("- [ ] warm up longer\n")
    told(desk, "idea use momentum")
    acted(desk)
    texts = {idea.text for idea in desk.campaign.journal.state.ideas.ideas}
    assert texts == {"clip the gradient", "warm up longer", "use momentum"}
    assert all(text in (desk.folder / "ideas.md").read_text() for text in texts)


def test_a_stop_says_who_gave_it(desk: CampaignDesk) -> None:
    """The first reason counts; a second `stop` is only answered."""
    assert "stopping" in told(desk, "stop", key="1")
    acted(desk)
    detail = "stopped by owner:42 over channel:chat"
    assert desk.campaign.stop.ending == Ending(reason=EndReason.STOP, detail=detail, by="owner:42")
    assert f"ending already: {detail}" in told(desk, "stop", "43") and ordered(desk) == [("owner:42", "channel:chat", "stop")]
    assert desk.stopped_by is None, "the session has not ended yet"
    desk.campaign.journal.record(Stopped(session=SessionKind.CAMPAIGN, ending=desk.campaign.stop.ending, elapsed_s=1.0))
    assert desk.stopped_by and desk.stopped_by.id == "1" and desk.ended().lines[0].startswith("t: it has ended")


def test_what_stands_for_a_persons_word_waits_for_the_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`believe` is above what a channel may: the owner approves it in a terminal, then it goes through once."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    repo = make_repo(tmp_path / "r", program(*EDITS))
    overnight(repo, "run", "--tag", "t", "--experiments", "1", "--no-report", "--sandbox", "process")
    assert read_json(repo, "status")["kept"] == 1
    with open_session(open_repository(repo), SessionRequest(tag="t", sandbox="process"), anyio.run(a_stop), []) as campaign:
        me = Listener(session="s", name="t", place=str(repo), process=1, began=0.0)
        desk = CampaignDesk(campaign=campaign, channel="chat", me=me, folder=repo / ".overnight/t")
        assert "did not keep #7" in told(desk, "believe 7")
        [number] = re.findall(r"`overnight approve (\d+)`", told(desk, "believe 1"))
        (waiting,) = read_json(repo, "approvals")["pending"]
        assert (waiting["call"], waiting["principal"], waiting["channel"]) == ("believe 1 --tag t", "owner:42", "chat")
        assert not ordered(desk)
        overnight(repo, "approve", number, check=0)
        assert "approve" in told(desk, "believe 1", sender="43"), "an approval is for the one who asked"
        assert "counts as read" in told(desk, "believe 1")
        acted(desk)
        assert campaign.journal.state.kept[0].believed and ordered(desk) == [("owner:42", "channel:chat", "believe")]
        assert "approve" in told(desk, "believe 1"), "once"


def test_status_is_that_of_the_campaign_or_of_one_beside_it(desk: CampaignDesk) -> None:
    """A few lines; one of the same repository that does not run is read; a name that leads elsewhere is none."""
    assert told(desk, "status").startswith(f"t: running (process {os.getpid()})") and told(desk, "status t").startswith(
        "t: running"
    )
    overnight(Path(desk.me.place), "run", "--tag", "old", "--no-report", "--sandbox", "process", check=0)
    old = told(desk, "status old")
    assert old.startswith("old: ") and "1 kept" in old and "kept #1" in old
    for name in ("missing", "..", "../r", "/etc", "\x1b[31m", "t\u202e"):
        assert "there is no campaign" in told(desk, f"status {name}")
    assert told(desk, "status r/t").startswith("t: running")


def test_nothing_is_recorded_of_a_question(desk: CampaignDesk) -> None:
    """Reading changes nothing."""
    before = desk.campaign.journal.state
    told(desk, "status")
    told(desk, "status new")
    assert desk.campaign.journal.state is before and not recorded_ideas(desk)


def recorded_ideas(desk: CampaignDesk) -> list[IdeasChanged]:
    """The changes of the queue in the record."""
    return [event for event in recorded(Path(desk.me.place)) if isinstance(event, IdeasChanged)]
