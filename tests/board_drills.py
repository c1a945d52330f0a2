"""A repository whose agents and checks can be held up at any stage, and the board that works on it in a process of its own."""

import json
import signal
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from targets import git, make_repo, started

from overnight.actions.charter import Request
from overnight.actions.events import Judged, TurnEnded, Word
from overnight.actions.record import ActionRecord
from overnight.actions.state import Action, Stage

PROCESS = str(Path(__file__).with_name("board_process.py"))
PATIENCE_S = 60.0  # of a test on a loaded machine
MARK = "sleep 0.0713"  # identifies what the drills run among all processes


class Drill:
    """One user's repository and record."""

    def __init__(
        self, folder: Path, *, coder: str = "", check: str = "true", research: str = "", record: Path | None = None
    ) -> None:
        """`research`: a question of the planner's; `record`: where it is, by default in the folder."""
        self.folder = folder
        self.place = record or folder / "actions"
        code = coder or "echo two >> text.txt; echo did it"
        asks = f"echo 'RESEARCH: {research}'" if research else "true"
        roles = [
            {"role": "planner", "use": "command", "command": f"{self.held('planning')}; echo 'STEP: add a line'; {asks}"},
            {"role": "researcher", "use": "command", "command": f"{self.held('researching')}; echo a note"},
            {"role": "coder", "use": "command", "command": f"{self.held('coding')}; {code}"},
            {"role": "reviewer", "use": "command", "command": f"{self.held('reviewing')}; echo NO FINDINGS"},
        ]
        checks = json.dumps([f"{self.held('checking')}; {check}"])
        rules = f"---\nchecks: {checks}\nroles: {json.dumps(roles)}\n---\n"
        self.repo = make_repo(folder / "repo", "", files={"text.txt": "one\n", "actions.md": rules})
        self.before = self.users()

    def held(self, stage: str) -> str:
        """Shell: leave a trace and wait as long as the stage is held up."""
        hold, at = self.folder / f"hold-{stage}", self.folder / f"at-{stage}"
        return f"if [ -e {hold} ]; then echo begun >> begun.txt; touch {at}; while [ -e {hold} ]; do {MARK}; done; fi"

    def hold(self, stage: str) -> None:
        """Hold a stage up from now on."""
        (self.folder / f"hold-{stage}").touch()

    def go(self, stage: str) -> None:
        """Let a stage go on."""
        (self.folder / f"hold-{stage}").unlink()

    def is_at(self, stage: str) -> bool:
        """Whether a stage that is held up was reached."""
        return (self.folder / f"at-{stage}").exists()

    def users(self) -> tuple[str, ...]:
        """What belongs to the user: the checkout, the index, the branches but ours, the stash."""
        refs = [line for line in git(self.repo, "for-each-ref").splitlines() if "overnight/" not in line]
        return (git(self.repo, "status", "--porcelain"), git(self.repo, "write-tree"), "\n".join(refs))

    def commit(self, name: str) -> None:
        """The user commits a file."""
        (self.repo / name).write_text("mine\n")
        git(self.repo, "add", name)
        git(self.repo, "commit", "-q", "-m", f"add {name}")
        self.before = self.users()

    @contextmanager
    def record(self) -> Iterator[ActionRecord]:
        """The record, for a moment."""
        with ActionRecord(self.place) as opened:
            yield opened

    def ask(self, **more: object) -> int:
        """Ask for an action."""
        request = Request(repo=str(self.repo), title="Add a line", text="Add it.", **more)  # type: ignore[arg-type]
        with self.record() as record:
            return record.ask(request)

    def accept(self, *numbers: int) -> bool:
        """Accept the results that wait, send back what could not go on; never true."""
        with self.record() as record:
            for number in numbers:
                action = record.board().actions[number]
                if action.stage is Stage.WAITING:
                    word = Word.SEND_BACK if action.waiting else Word.ACCEPT
                    record.append(Judged(action=number, word=word, commit=action.commit))
        return False

    def turns(self) -> Sequence[TurnEnded]:
        """The turns that ended."""
        with self.record() as record:
            return [entry.event for entry in record.store.events() if isinstance(entry.event, TurnEnded)]

    def stages(self, numbers: Sequence[int]) -> set[Stage]:
        """Where some actions are."""
        with self.record() as record:
            return {record.board().actions[number].stage for number in numbers}

    def action(self, number: int) -> Action:
        """How an action stands."""
        with self.record() as record:
            return record.board().actions[number]

    @contextmanager
    def board(self, sandbox: str = "process") -> Iterator["subprocess.Popen[str]"]:
        """The board at work."""
        with started((PROCESS, str(self.place), sandbox), self.folder) as process:
            yield process

    def come_to(self, *stages: Stage, numbers: Sequence[int] = (1,)) -> None:
        """Wait until actions are in one of some stages."""
        with self.record() as record:
            wait_for(lambda: all(record.board().actions[number].stage in stages for number in numbers))


def wait_for(holds: Callable[[], bool]) -> None:
    """Wait until another process has done something."""
    until = time.monotonic() + PATIENCE_S
    while not holds():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.02)


def kill(process: "subprocess.Popen[str]") -> None:
    """End a process at once, whatever it does."""
    process.send_signal(signal.SIGKILL)
    process.wait()
