"""What a campaign does with a message: what the commands do, with who gave it in its record."""

from collections.abc import Iterator
from pathlib import Path

import anyio
import pytest
from targets import make_repo, overnight, program, recorded

from overnight.git.repository import open_repository
from overnight.notices.listeners import Listener
from overnight.notices.port import Message
from overnight.research.ending import Ending, EndReason
from overnight.research.events import IdeasChanged, Sign
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


def told(desk: CampaignDesk, text: str, sender: str = "42") -> str:
    """What is answered, which can be sent anywhere."""
    reply = desk.carry_out(Message(id="1", sender=sender, text=text, at=1.0))
    assert len(reply.lines) <= MOST_LINES and all(line.isprintable() and line for line in reply.lines)
    return "\n".join(reply.lines)


def test_ideas_are_recorded_with_who_gave_them(desk: CampaignDesk, shown: list[Sign]) -> None:
    """As `idea add` does: cleaned, with their risk, and written where people find them; no twin, and nothing without words."""
    assert told(desk, "idea - [ ] clip the \x1bgradient (bold)", "4\x1b2").startswith(r"t: added to the ideas: clip the \x1bgr")
    (idea,) = desk.campaign.journal.state.ideas.ideas
    assert idea.risk is Risk.BOLD and idea.text == r"clip the \x1bgradient" and idea.origin == "person"
    assert "not added: nearly the same as idea #1" in told(desk, "idea Clip the \x1bGRADIENT!")
    assert "no words" in told(desk, "idea ...") and "no words" in told(desk, "idea")
    (changed,) = [sign for sign in shown if isinstance(sign, IdeasChanged)]
    assert changed.over == r"channel:chat 4\x1b2"
    assert idea.text in (desk.folder / "ideas.md").read_text()


def test_what_a_person_wrote_meanwhile_is_not_lost(desk: CampaignDesk) -> None:
    """The file is read before it is written."""
    told(desk, "idea clip the gradient")
    with (desk.folder / "ideas.md").open("a") as file:
        file.write("- [ ] warm up longer\n")
    told(desk, "idea use momentum")
    texts = [idea.text for idea in desk.campaign.journal.state.ideas.ideas]
    assert texts == ["clip the gradient", "warm up longer", "use momentum"]
    assert all(text in (desk.folder / "ideas.md").read_text() for text in texts)


def test_a_stop_says_who_gave_it(desk: CampaignDesk) -> None:
    """The first reason counts; a second `stop` is only answered."""
    message = Message(id="1", sender="42", text="stop", at=1.0)
    assert "stopping" in desk.carry_out(message).lines[0]
    assert desk.campaign.stop.ending == Ending(reason=EndReason.STOP, detail="stopped over channel:chat 42")
    assert "ending already: stopped over channel:chat 42" in told(desk, "stop", "43")
    assert desk.stopped_by == message and desk.ended().lines[0].startswith("t: it has ended")


def test_status_is_that_of_the_campaign_or_of_one_beside_it(desk: CampaignDesk) -> None:
    """A few lines; one of the same repository that does not run is read; a name that leads elsewhere is none."""
    assert told(desk, "status").startswith("t: running (process 1)") and told(desk, "status t").startswith("t: running")
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
