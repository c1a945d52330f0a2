"""A claw for tests: its folder, its record, and turns that are run to the end."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import anyio
import pytest

from overnight.claw.events import SendChanged, SendState
from overnight.claw.folders import claw_folder
from overnight.claw.port import Chat
from overnight.claw.record.record import ClawRecord
from overnight.claw.running.claw import ClawRunner
from overnight.claw.setup.making import Wishes, make_claw
from overnight.claw.wiring import make_runner
from overnight.notices.port import Message
from overnight.operations.record import open_record


@dataclass
class Clock:
    """A clock that a test moves."""

    now: float = field(default_factory=time.time)  # operations in other processes go by the machine's

    def __call__(self) -> float:
        return self.now


@dataclass
class ClawUnderTest:
    """A claw in its folder; the state folder is the test's."""

    folder: Path
    record: ClawRecord
    clock: Clock
    chats: Mapping[str, Chat] = field(default_factory=dict)
    _count: int = 0

    @property
    def runner(self) -> ClawRunner:
        """A new process, as far as it knows."""
        return make_runner(self.folder, self.record, self.chats, say=lambda _: None)

    def hear(self, text: str, *, channel: str = "terminal", sender: str = "owner", id_: str = "") -> None:
        """A message comes in."""
        self._count += 1
        message = Message(id=id_ or f"m{self._count}", sender=sender, text=text, at=self.clock.now)
        self.runner.reception.take(channel, message)

    def run(self) -> Sequence[str]:
        """Do all that waits; what is said at the terminal."""
        anyio.run(lambda: self.runner.run(until_idle=True))
        said = []
        for _, send in self.record.unsent():
            if send.to.channel == "terminal":
                said.append(self.record.text(send.text))
                self.record.append(SendChanged(key=send.key, state=SendState.SENT))
        return said

    def tell(self, text: str) -> Sequence[str]:
        """Say something, and what is answered."""
        self.hear(text)
        return self.run()


def make_test_claw(name: str = "claw", *, settings: str = "") -> ClawUnderTest:
    """A new claw; XDG_STATE_HOME must be the test's."""
    folder, clock = claw_folder(name), Clock()
    make_claw(folder, Wishes(name=name, zone="UTC"))
    if settings:
        (folder / "claw.yaml").write_text(settings, encoding="utf-8")
    return ClawUnderTest(folder=folder, record=ClawRecord(folder, clock=clock), clock=clock)


def live(claw: ClawUnderTest, until: Callable[[], None]) -> None:
    """Run it as a process would, until something was seen in another thread."""

    async def run() -> None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(claw.runner.run)
            await anyio.to_thread.run_sync(until)
            while claw.record.unsent():  # noqa: ASYNC110  # the record has no event for it
                await anyio.sleep(0.01)
            tasks.cancel_scope.cancel()

    anyio.run(run)


def approve_all() -> None:
    """The owner approves whatever waits."""
    with open_record() as record:
        for each in record.pending():
            record.answer(each.number, granted=True, by="owner:terminal", address=None)


@pytest.fixture
def claw_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's state folder, of the test's own."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state"


@pytest.fixture
def claw(claw_state: Path) -> Iterator[ClawUnderTest]:
    """A claw that nobody has talked to."""
    assert claw_state.name == "state"
    made = make_test_claw()
    with made.record:
        yield made
