"""Starts what is set up, and starts it again after a crash: one look at the registry at a time.

Nothing depends on what it remembers: the next supervisor takes running loops over as it finds them in the registry.

Does not cover: a loop whose process never returns from a call of the kernel; `ps` shows it as stuck.
"""

import os
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from overnight.errors import OvernightError, UserError
from overnight.files.folders import closing_descriptor
from overnight.files.own import open_own
from overnight.jobs.entries import Entry, Life, Registry, read_entry, read_registry, settle
from overnight.jobs.identity import Identity, send_signal
from overnight.jobs.log import bound_log, last_words
from overnight.jobs.loop import Ended, Outcome
from overnight.jobs.plan import plan
from overnight.jobs.presence import LoopBusy, locked
from overnight.jobs.records import ENDED, WATCH, BadRecord, changing, write_record
from overnight.jobs.setups import schedule_of
from overnight.jobs.upkeep import Setup

_GOOD, _MISTAKE, _INTERRUPTED = 0, 2, 130  # exit codes

Words = Callable[[Setup, float | None], Sequence[str]]  # the command of a loop that is set up, and the hours of this run


@dataclass(frozen=True, slots=True, kw_only=True)
class Supervisor:
    """Acts on the registry, one look at a time."""

    loops: Path
    commands: Mapping[str, Words]  # by system
    environment: Mapping[str, str]
    say: Callable[[str], None]
    clock: Callable[[], float] = time.time
    children: dict[str, "_Child"] = field(default_factory=dict)  # by key
    asked: set[Identity] = field(default_factory=set)  # to end
    troubles: dict[str, str] = field(default_factory=dict)  # by key, as they were said

    def look(self) -> Registry:
        """Note what has ended, and start what is to run now."""
        registry = read_registry(self.loops)
        self.reap(registry)
        for entry in registry.entries:
            if entry.setup is not None:
                try:
                    with changing(self.loops):
                        self._tend(entry.place.name)
                except (OvernightError, BadRecord, OSError) as error:  # of one loop; the others go on
                    self._say_once(entry, str(error))
        return registry

    def end_all(self) -> Sequence[str]:
        """Ask each loop that is set up and runs to end in good order, once; the names of those that still run."""
        registry = read_registry(self.loops)
        self.reap(registry)
        ours = {name: entry for name, entry in registry.named().items() if entry.setup is not None}
        left = {name: entry for name, entry in ours.items() if entry.runs or entry.loop.key in self.children}
        for entry in left.values():
            self._ask_once(entry, signal.SIGTERM)  # not as a person does: it goes on when it is put up again
        return list(left)

    def _tend(self, key: str) -> None:
        entry = read_entry(self.loops / key)
        if entry is not None and entry.life is Life.LOST:
            settle(entry.place)
            entry = read_entry(self.loops / key)
        if entry is None or entry.setup is None:
            return
        if not entry.setup.wanted and key in self.children:  # taken down while it was starting
            self._ask_once(entry)
        with suppress(OSError, UserError):
            bound_log(entry.log)
        running = entry.life is not Life.NONE or key in self.children
        schedule = schedule_of(entry.setup.timed)
        step = plan(entry.setup, schedule, entry.ended, entry.watch, now=self.clock(), running=running)
        if step.watch != entry.watch:
            write_record(entry.place / WATCH, step.watch)
        if step.set_back:
            self.say(f"{entry.loop.name}: the clock was set back; its schedule goes on from now")
        if step.start:
            self._start(entry, entry.setup, step.hours)
        elif step.over:
            self._note(entry, Outcome.OVER, "its hours are over", lasted_s=0.0)

    def _start(self, entry: Entry, setup: Setup, hours: float | None) -> None:
        """Start a loop apart from us: in a session of its own, with its output in its log."""
        environment = {**self.environment, "PATH": setup.search_path} if setup.search_path else dict(self.environment)
        (entry.place / ENDED).unlink(missing_ok=True)
        try:
            words = self.commands[setup.loop.system](setup, hours)
            with closing_descriptor(open_own(entry.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)) as log:
                began = os.fstat(log).st_size
                child = subprocess.Popen(
                    list(words),
                    cwd=setup.loop.folder,
                    env=environment,
                    stdin=subprocess.DEVNULL,
                    stdout=log,
                    stderr=log,
                    start_new_session=True,
                )
        except KeyError:
            self._note(entry, Outcome.MISTAKE, f"no system `{setup.loop.system}` can be started", lasted_s=0.0)
        except (OSError, ValueError, UserError) as error:
            self._note(entry, Outcome.MISTAKE, str(error), lasted_s=0.0)
        else:
            self.children[entry.loop.key] = _Child(process=child, since=time.monotonic(), log_from=began)
            self.say(f"{entry.loop.name}: started, process {child.pid}")

    def reap(self, registry: Registry) -> None:
        """Take leave of children that ended; one that did not get as far as to say how is judged by its exit code."""
        entries = {entry.place.name: entry for entry in registry.entries}
        for key, child in list(self.children.items()):
            if (code := child.process.poll()) is not None:
                try:
                    self._take_leave(key, child, code)
                except (OvernightError, BadRecord, OSError) as error:  # it is not started again before its end is noted
                    if key in entries:
                        self._say_once(entries[key], str(error))
                else:
                    del self.children[key]

    def _take_leave(self, key: str, child: "_Child", code: int) -> None:
        entry = read_entry(self.loops / key)
        if entry is None or entry.setup is None:
            return
        if entry.life is Life.NONE and entry.ended is None:
            outcome, reason = _judged(code, last_words(entry.log, child.log_from))
            self._note(entry, outcome, reason, lasted_s=time.monotonic() - child.since)
        self.say(f"{entry.loop.name}: process {child.process.pid} ended with {code}")

    def _note(self, entry: Entry, outcome: Outcome, reason: str, *, lasted_s: float) -> None:
        with suppress(LoopBusy), locked(entry.place):
            write_record(entry.place / ENDED, Ended(at=time.time(), lasted_s=lasted_s, outcome=outcome, reason=reason))
        self.say(f"{entry.loop.name}: {outcome.value}{': ' if reason else ''}{reason}")

    def _ask_once(self, entry: Entry, number: signal.Signals | None = None) -> None:
        if entry.runs and entry.present is not None and entry.present.process not in self.asked:
            self.asked.add(entry.present.process)
            ask_to_end(entry, number)

    def _say_once(self, entry: Entry, trouble: str) -> None:
        if self.troubles.get(entry.loop.key) != trouble:
            self.troubles[entry.loop.key] = trouble
            self.say(f"{entry.loop.name}: {trouble}")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Child:
    """A process that we started."""

    process: subprocess.Popen[bytes]
    since: float  # monotonic, s
    log_from: int  # where its output begins in the log, in bytes


def ask_to_end(entry: Entry, number: signal.Signals | None = None) -> bool:
    """Ask a loop to end in good order, by the signal that it named or by another one; whether its process could be reached."""
    if entry.present is None:
        return False
    named = signal.Signals.__members__.get(entry.present.stop_signal)
    return (number or named) is not None and send_signal(entry.present.process, number or named or signal.SIGTERM)


def _judged(code: int, said: str) -> tuple[Outcome, str]:
    """The outcome of a process that ended before it became its loop, or that is no loop of ours."""
    if code == _GOOD:
        return Outcome.DONE, ""
    if code == _MISTAKE:
        return Outcome.MISTAKE, said or "exit code 2"
    if code == _INTERRUPTED or -code in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        return Outcome.SIGNAL, "ended by a signal before it began"
    how = f"killed by signal {-code}" if code < 0 else f"exit code {code}"
    return Outcome.CRASHED, f"{how}: {said}" if said else how
