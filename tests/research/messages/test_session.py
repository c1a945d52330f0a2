"""Listening while a campaign runs: what is wrong with a channel is said once, and never ends the campaign."""

import sys
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path

import anyio
import pytest
from targets import make_repo, program

from overnight.errors import UserError
from overnight.files.state_folder import state_folder
from overnight.git.repository import open_repository
from overnight.notices.inbox import Inbox
from overnight.notices.notice import Notice, NotifySpec, Occasion
from overnight.notices.reception import Paces
from overnight.research.events import Noted, Sign
from overnight.research.loop.stop import Stop
from overnight.research.messages.session import listening
from overnight.research.wiring import SessionRequest, open_session
from overnight.testing.waiting import until

QUICK = Paces(look_s=0.005, hold_s=0.005, first_s=0.0, longest_s=0.0)
PRINTS = """
import json, sys
print(json.dumps({"id": 1, "sender": 42, "text": sys.argv[1]}), flush=True)
sys.stdin.read()
"""


class Listening:
    """A campaign that is open, and what came of listening."""

    def __init__(self, folder: Path) -> None:
        self.repo = make_repo(folder / "r", program(("OFFSET = 5.0", "OFFSET = 4.0")))
        self.shown: list[Sign] = []
        self.posted: list[Notice] = []

    def run(self, spec: NotifySpec, condition: Callable[["Listening"], object], error: Exception | None = None) -> None:
        """Listen until a condition is true; then raise the error."""

        async def listen() -> None:
            request = SessionRequest(tag="t", sandbox="process")
            with ExitStack() as stack:
                opened = open_session(open_repository(self.repo), request, Stop(), [self.shown.append])
                self.campaign = stack.enter_context(opened)
                folder = self.repo / ".overnight/t"
                async with listening(
                    self.campaign, folder, self.repo, [spec], {"PATH": "/usr/bin"}, post=self.posted.append, paces=QUICK
                ):
                    await until(lambda: condition(self))
                    if error:
                        raise error

        anyio.run(listen)

    @property
    def notes(self) -> list[str]:
        """What the terminal showed."""
        return [sign.text for sign in self.shown if isinstance(sign, Noted)]


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Listening:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return Listening(tmp_path)


def spec(*receive: str, owners: tuple[str, ...] = ("42",), send: str = "true") -> NotifySpec:
    return NotifySpec(name="chat", use="command", command=(send,), receive=receive, owners=owners)


def test_a_deaf_channel_is_reported_once(here: Listening) -> None:
    """On the terminal and by a notice that asks for a person."""
    here.run(spec("/nowhere/bridge"), lambda found: found.posted)
    (notice,) = here.posted
    assert notice.occasion is Occasion.PERSON and notice.key == "deaf chat" and "`overnight stop` works" in notice.text
    assert here.notes == ["`chat` cannot receive: it cannot be started: No such file or directory"]


def test_a_channel_without_owners_hears_nobody(here: Listening) -> None:
    """It says what to do, and how many wrote."""
    bridge = (sys.executable, "-S", "-c", PRINTS, "stop")

    def counted(found: Listening) -> bool:
        inbox = Inbox(state_folder() / "channels" / "chat")
        try:
            return bool(inbox.refused())
        finally:
            inbox.close()

    here.run(spec(*bridge, owners=()), counted)
    first, last = here.notes
    assert "list senders as its `owners`" in first and "1 message refused" in last
    assert here.campaign.stop.ending is None


def test_the_error_of_a_session_is_raised_as_it_is(here: Listening) -> None:
    """What was asked before is still answered; an answer that cannot be sent is said."""

    def stopped(found: Listening) -> bool:
        found.campaign.asking.inbox.take_in()
        return found.campaign.stop.ending is not None

    error = UserError("the head cannot be measured")
    bridge = (sys.executable, "-S", "-c", PRINTS, "stop")
    with pytest.raises(UserError) as caught:
        here.run(
            spec(*bridge, send="false"),
            stopped,
            error,
        )
    assert caught.value is error and here.notes[-1] == "`chat` did not take an answer: it exited with 1"


def test_a_folder_that_is_not_ours_is_reported(here: Listening, tmp_path: Path) -> None:
    """The session goes on without the channel."""
    channels = state_folder() / "channels"
    channels.mkdir(parents=True)
    (channels / "chat").symlink_to(tmp_path)
    here.run(spec("true"), lambda found: found.posted)
    assert "chat is a link" in here.notes[0] and not (tmp_path / "sessions").exists()
