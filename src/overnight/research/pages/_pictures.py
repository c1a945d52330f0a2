"""The newest pictures of campaigns that somebody looks at, drawn one at a time by processes of their own.

A campaign is drawn again when it has changed, at most for a tenth of a processor's time. What was drawn is kept in the
user's state folder, so that the next server has it at once, and so that a page that watches the file changes with it.
"""

import os
import resource
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from hashlib import sha256
from pathlib import Path

from overnight.errors import UserError
from overnight.files.own import make_folder, read_own
from overnight.files.state_folder import state_folder
from overnight.research.report.drawing import MOST_BYTES, Drawn, form
from overnight.words.foreign import printable

PICTURES = "pictures"  # in the state folder
SHARE = 10  # a campaign is drawn again after at least so many times the processor time that drawing it took
LONGEST_S = 300.0  # that drawing may take
AFTER_FAILURE_S = 60.0
KEPT = 6  # campaigns whose pictures are kept in memory
FILES = 50  # whose pictures are kept on disk
WORDS = 300  # characters of why drawing failed
PASSED_ON = ("PATH", "HOME", "LANG", "TMPDIR", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "PYTHONPYCACHEPREFIX", "PYTHONPATH")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What a page shows of pictures."""

    drawn: Drawn | None  # None: nothing is drawn yet
    current: bool  # it shows the newest event
    failed: str  # why nothing could be drawn; empty: nothing failed


@dataclass(frozen=True, slots=True, kw_only=True)
class _Subject:
    folder: Path  # a checkout
    tag: str
    file: Path


class Studio:
    """Has pictures drawn by a thread that ends when there is nothing to do."""

    def __init__(self, draw: Callable[[_Subject], str] | None = None) -> None:
        """`draw`: draws a campaign, and says why that failed; by default in a process of its own."""
        self._draw = draw or _draw
        self._lock = threading.Condition()
        self._wanted: dict[_Subject, int] = {}  # the event that each shall show
        self._not_before: dict[_Subject, float] = {}
        self._failed: dict[_Subject, str] = {}
        self._read: dict[Path, tuple[int, Drawn]] = {}
        self._at_work = False

    def shown(self, folder: Path, tag: str, events: int) -> Shown:
        """The newest pictures; newer ones are drawn if the campaign has more events."""
        subject = _Subject(folder=folder, tag=tag, file=file_of(folder, tag))
        drawn = self._newest(subject.file)
        current = drawn is not None and drawn.events >= events
        if not current:
            self._want(subject, events)
        with self._lock:
            return Shown(drawn=drawn, current=current, failed=self._failed.get(subject, ""))

    def _newest(self, file: Path) -> Drawn | None:
        try:
            version = file.stat().st_mtime_ns
            with self._lock:
                if file in self._read and self._read[file][0] == version:
                    return self._read[file][1]
            drawn = form().validate_json(read_own(file, MOST_BYTES))
        except (OSError, UserError, ValueError):  # missing, or written by another version
            return None
        with self._lock:
            self._read.pop(file, None)
            self._read[file] = version, drawn
            while len(self._read) > KEPT:
                del self._read[next(iter(self._read))]
        return drawn

    def _want(self, subject: _Subject, events: int) -> None:
        with self._lock:
            self._wanted[subject] = events
            if not self._at_work:
                self._at_work = True
                threading.Thread(target=self._work, name="pictures", daemon=True).start()
            self._lock.notify()

    def _work(self) -> None:
        while (subject := self._next()) is not None:
            began, used = time.monotonic(), _used_s()
            failed = self._draw(subject)
            took_s = min(time.monotonic() - began, _used_s() - used)
            with self._lock:
                self._failed[subject] = failed
                self._rest(subject, took_s)

    def _rest(self, subject: _Subject, took_s: float) -> None:
        rest_s = AFTER_FAILURE_S if self._failed.get(subject) else SHARE * took_s
        self._not_before[subject] = time.monotonic() + rest_s

    def _next(self) -> _Subject | None:
        """The next to draw, when it may be drawn again; None if there is none."""
        with self._lock:
            while self._wanted:
                due, subject = min(((self._not_before.get(each, 0.0), each) for each in self._wanted), key=lambda one: one[0])
                wait_s = due - time.monotonic()
                if wait_s <= 0:
                    del self._wanted[subject]
                    return subject
                self._lock.wait(wait_s)
            self._at_work = False
            return None


@cache
def studio() -> Studio:
    """The one of this process."""
    return Studio()


def _used_s() -> float:
    """The processor time of the processes that we started and that have ended, in seconds."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def file_of(folder: Path, tag: str) -> Path:
    """Where the pictures of a campaign are kept."""
    name = sha256(f"{folder}\0{tag}".encode()).hexdigest()
    return state_folder() / PICTURES / f"{name[:32]}.json"


def _draw(subject: _Subject) -> str:
    """Draw a campaign; why that failed, empty if it did not."""
    environment = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    module = "overnight.research.report.drawing"
    command = [sys.executable, "-P", "-m", module, str(subject.folder), subject.tag, str(subject.file)]
    try:
        make_folder(subject.file.parent.parent)
        make_folder(subject.file.parent)
        _make_room(subject.file.parent)
        subprocess.run(
            command, check=True, env=environment, stdin=subprocess.DEVNULL, capture_output=True, timeout=LONGEST_S, cwd="/"
        )
    except subprocess.CalledProcessError as error:
        lines = error.stderr.decode(errors="replace").split("\n")
        return printable(next((line for line in reversed(lines) if line.strip()), f"exit code {error.returncode}"), WORDS)
    except (OSError, UserError, subprocess.TimeoutExpired) as error:
        return printable(str(error), WORDS)
    return ""


def _make_room(folder: Path) -> None:
    """Delete the pictures that were drawn longest ago."""
    found = sorted(folder.glob("*.json"), key=lambda file: file.stat().st_mtime_ns)
    for old in found[: max(0, len(found) - FILES)]:
        old.unlink(missing_ok=True)
