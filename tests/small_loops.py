"""Small programs as loops, and what tests of them wait for."""

import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from overnight.jobs.entries import Entry, read_entry
from overnight.jobs.loop import Loop
from overnight.jobs.setups import put_up
from overnight.jobs.supervisor import Supervisor
from overnight.jobs.upkeep import Setup, Timed

PATIENCE_S = 60.0
SCRIPT = """\
import signal, sys
from pathlib import Path
from overnight.errors import UserError
from overnight.jobs.loop import Loop, Outcome
from overnight.jobs.presence import present

signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})
loops, folder, part, what, hours = sys.argv[1:]
print("hours", hours, flush=True)
if what == "refuse":
    print("note: a line\\nerror: there is no program.md here", file=sys.stderr)
    sys.exit(2)
if what == "break":
    sys.exit("something is wrong")
with present(Path(loops), Loop(system="script", folder=folder, part=part)) as presence:
    presence.beat("working")
    if what == "mistake":
        raise UserError("the key is missing", fix="set it")
    if what == "crash":
        raise ValueError("a bug")
    if what == "over":
        presence.ends(Outcome.OVER, "its share is used up")
    elif what != "done":
        signal.sigwait({signal.SIGTERM})
        while what == "deaf":
            signal.sigwait({signal.SIGTERM})
        presence.ends(Outcome.STOPPED, "asked to")
"""


def until(seen: Callable[[], bool]) -> None:
    """Wait until something can be seen."""
    deadline = time.monotonic() + PATIENCE_S
    while not seen():
        assert time.monotonic() < deadline, "it never happened"
        time.sleep(0.01)


@dataclass(slots=True, kw_only=True)
class Clock:
    """A clock that tests set."""

    now: float = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@dataclass(slots=True, kw_only=True)
class World:
    """A registry in a folder, and a supervisor of the loops in it whose clock tests set."""

    folder: Path
    clock: Clock = field(default_factory=Clock)
    said: list[str] = field(default_factory=list)

    @property
    def loops(self) -> Path:
        """The registry."""
        return self.folder / "state/loops"

    def loop(self, part: str) -> Loop:
        """A loop that runs in the folder."""
        return Loop(system="script", folder=str(self.folder), part=part)

    def command(self, setup: Setup, hours: float | None) -> list[str]:
        """How it is started: its options say what it does."""
        share = "" if hours is None else f"{hours:.2f}"
        return [sys.executable, "-c", SCRIPT, str(self.loops), setup.loop.folder, setup.loop.part, setup.options["what"], share]

    def supervisor(self) -> Supervisor:
        """A new supervisor, which knows nothing of the one before."""
        return Supervisor(
            loops=self.loops, commands={"script": self.command}, environment={}, say=self.said.append, clock=self.clock
        )

    def setup(self, part: str, what: str = "run", *, timed: str = "", hours: float | None = None) -> Setup:
        """A loop that is to run."""
        written = Timed(text=timed, zone="UTC", written=self.clock()) if timed else None
        return Setup(loop=self.loop(part), wanted=True, options={"what": what}, timed=written, hours=hours)

    def up(self, part: str, what: str = "run", *, timed: str = "", hours: float | None = None) -> None:
        """Set a loop up now."""
        put_up(self.loops, self.setup(part, what, timed=timed, hours=hours), self.clock())

    def entry(self, part: str) -> Entry:
        """A loop as it is written down now."""
        found = read_entry(self.loops / self.loop(part).key)
        assert found is not None
        return found

    def working(self, part: str) -> bool:
        """Whether a loop's process has said what it does."""
        found = read_entry(self.loops / self.loop(part).key)
        return found is not None and found.runs and found.present is not None and found.present.doing == "working"

    @contextmanager
    def process(self, part: str, what: str = "run") -> Iterator[subprocess.Popen[bytes]]:
        """A loop's process that no supervisor started."""
        command = self.command(self.setup(part, what), None)
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
            try:
                yield process
            finally:
                process.kill()


@contextmanager
def supervised(world: World) -> Iterator[Supervisor]:
    """A supervisor whose children are killed at the end."""
    supervisor = world.supervisor()
    try:
        yield supervisor
    finally:
        for child in supervisor.children.values():
            child.process.kill()
            child.process.wait()
