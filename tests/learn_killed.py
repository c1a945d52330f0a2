"""A lesson whose commands are killed, as by `kill -9`, at each boundary of what they write; what was there then, as JSON.

    python learn_killed.py FOLDER STEPS KILLED

STEPS is JSON: texts of files that the learner writes first, by name, and the words of a command; KILLED has the numbers of
those that are killed. Boundaries stand before and after each append to a ledger; among the learner's files before one is
opened to write, when it is there and empty, and before one is linked or removed, or a folder made. Each command runs in a
fork of this process; what a kill left is replaced by a copy of what was there before, and the next boundary comes.
"""

import json
import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from overnight.cli.main import main
from overnight.ledger.store import SqliteEventStore
from overnight.tutor.record.record import LearnerRecord
from overnight.tutor.teaching.lesson import lesson
from overnight.tutor.teaching.task import next_task

MOST = 100  # boundaries of a command
CHANGES = {"os.link", "os.remove", "os.mkdir", "os.rename"}
count = 0


def boundary(at: int, last: Callable[[], object] = lambda: None) -> None:
    """One more; at the n-th this process is no more, after a last act."""
    global count  # noqa: PLW0603  # of this process
    count += 1
    if count == at:
        last()
        os.kill(os.getpid(), signal.SIGKILL)


def patch(at: int, files: Path) -> None:
    """Put the boundaries in."""
    append = SqliteEventStore._append

    def appended(self: Any, *given: Any, **more: Any) -> Any:  # Any: as the method has them
        boundary(at)
        number = append(self, *given, **more)
        boundary(at)
        return number

    def audit(event: str, arguments: tuple[Any, ...]) -> None:
        opens = event == "open" and isinstance(arguments[2], int) and arguments[2] & os.O_ACCMODE
        if (opens or event in CHANGES) and str(arguments[0]).startswith(str(files)):
            boundary(at)
            if opens:
                boundary(at, lambda: os.open(arguments[0], arguments[2] | os.O_CREAT, 0o600))

    owner: Any = SqliteEventStore  # Any: a method is replaced
    owner._append = appended
    sys.addaudithook(audit)


def run(folder: Path, words: Sequence[str], at: int = 0) -> int:
    """A command in a process of its own, killed at a boundary; its exit code, negative if it was."""
    if process := os.fork():
        return os.waitstatus_to_exitcode(os.waitpid(process, 0)[1])
    try:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
        os.dup2(1, 2)
        os.chdir(folder)
        patch(at, folder / "files")
        sys.argv = ["overnight", "learn", *words]
        main()
    except SystemExit as ended:
        os._exit(int(ended.code or 0))
    finally:
        os._exit(99)


def seen(folder: Path) -> Mapping[str, Any]:
    """All that is there: the learner's events, whose chain holds, what is next for them, and their files."""
    with LearnerRecord("owner") as record:
        record.store.check_chain()
        events = [asdict(each.event) for each in record.store.events()]
    task: Mapping[str, Any] = {}
    if events:
        with lesson("owner") as found:
            task = asdict(next_task(found))
    files = {path.name: path.read_text() for path in sorted((folder / "files").glob("[!.]*"))}
    return {"events": events, "next": task, "files": files}


def live(folder: Path, words: Sequence[str], *, kills: bool) -> Iterator[Mapping[str, Any]]:
    """What is there after a kill at each boundary of a command, and after it was called again; at last, without a kill."""
    kept = folder.with_name("kept")
    for at in range(1 if kills else MOST, MOST + 1):
        shutil.copytree(folder, kept)
        code = run(folder, words, at)
        killed = seen(folder)
        if code != -signal.SIGKILL:
            shutil.rmtree(kept)
            yield {"killed": None, "code": code, "again": killed}
            return
        again = run(folder, words)
        yield {"killed": killed, "code": again, "again": seen(folder)}
        shutil.rmtree(folder)
        kept.rename(folder)


if __name__ == "__main__":
    top, steps = Path(sys.argv[1]), json.loads(sys.argv[2])
    killed_ones = json.loads(sys.argv[3])
    for number, (written, words) in enumerate(steps):
        for name, text in written.items():
            (top / name).write_text(text)
        for each in live(top, words, kills=number in killed_ones):
            print(json.dumps([number, each]))  # noqa: T201
