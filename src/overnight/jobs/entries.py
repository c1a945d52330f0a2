"""The registry of loops as others read it: what is written down of each, and what is true of that."""

import os
import re
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

from overnight.errors import UserError
from overnight.files.own import claim_folder, close_folder
from overnight.jobs.identity import boot_id, is_alive, is_reachable
from overnight.jobs.loop import SUPERVISOR, Ended, Loop, Outcome, Present, names_of
from overnight.jobs.presence import LoopBusy, is_held, locked
from overnight.jobs.records import (
    ENDED,
    LOG,
    NOW,
    SETUP,
    WATCH,
    BadRecord,
    read_record,
    remove,
    remove_run,
    write_record,
)
from overnight.jobs.upkeep import Setup, Watch
from overnight.words.foreign import printable

STUCK_S = 120.0  # without a heartbeat
KEPT_S = 86400.0  # how long a run that ended unexpectedly is shown, if it is not set up
PATH_SHOWN = 200
WHY = 600  # characters, with a path among them
KILLED = "it ended unexpectedly: killed, or the machine ran out of memory"
REBOOTED = "the machine was restarted"
_KEY = re.compile(r"[0-9a-f]{16}")


class Life(StrEnum):
    """Whether a loop has a process."""

    RUNS = "runs"
    STUCK = "stuck"  # its process is there, and has not said for two minutes that it works
    LOST = "lost"  # its process is gone, and did not say why
    NONE = "none"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A loop in the registry."""

    place: Path
    loop: Loop
    life: Life
    present: Present | None
    ended: Ended | None
    setup: Setup | None
    watch: Watch

    @property
    def runs(self) -> bool:
        """Whether it has a process, wedged or not."""
        return self.life in {Life.RUNS, Life.STUCK}

    @property
    def reachable(self) -> bool:
        """Whether its process can be asked from here: the same boot, and the same namespace of process numbers."""
        return self.present is not None and is_reachable(self.present.process)

    @property
    def log(self) -> Path:
        """Where its output goes if the supervisor started it."""
        return self.place / LOG


@dataclass(frozen=True, slots=True, kw_only=True)
class Registry:
    """All loops of this user on this machine, by name, and what could not be read."""

    entries: tuple[Entry, ...]
    supervisor: Entry | None
    troubles: tuple[str, ...]

    def named(self) -> dict[str, Entry]:
        """The loops by the names that people see, in order."""
        names = names_of([entry.loop for entry in self.entries])
        return dict(sorted((names[entry.loop.key], entry) for entry in self.entries))


def read_registry(loops: Path) -> Registry:
    """What is in the registry now; an entry that cannot be read hides no other one.

    Raises:
        NotOurs: its folder is a link, or another user's.
    """
    entries, troubles = [], []
    for key in _keys(loops):
        try:
            claim_folder(loops / key)
            if entry := read_entry(loops / key):
                entries.append(entry)
        except (BadRecord, UserError, OSError) as error:
            where, why = printable(str(loops / key), PATH_SHOWN), printable(str(error), WHY)
            troubles.append(f"{where} is left out: {why}; delete that folder if you do not know what it is")
    supervisors = [entry for entry in entries if entry.loop.system == SUPERVISOR]
    return Registry(
        entries=tuple(entry for entry in entries if entry.loop.system != SUPERVISOR),
        supervisor=supervisors[0] if supervisors else None,
        troubles=tuple(troubles),
    )


def read_entry(place: Path) -> Entry | None:
    """One loop, None if nothing is written down of it.

    Raises:
        BadRecord: a file in it is not what we wrote.
    """
    present, held = _seen(place)
    setup = read_record(place / SETUP, Setup)
    ended, watch = read_record(place / ENDED, Ended), read_record(place / WATCH, Watch)
    known = setup or present
    if known is None:
        return None
    if known.loop.key != place.name:
        raise BadRecord("it is about another loop")
    life = _life(present, held=held)
    return Entry(place=place, loop=known.loop, life=life, present=present, ended=ended, setup=setup, watch=watch or Watch())


def settle(place: Path) -> None:
    """Note that a run ended unexpectedly, if it did, so that it is not taken for a running one any more."""
    with suppress(LoopBusy), locked(place):  # another process has become this loop meanwhile
        present = read_record(place / NOW, Present)
        if present is not None:
            same = present.process.boot == boot_id()
            outcome, reason = (Outcome.CRASHED, KILLED) if same else (Outcome.RESTARTED, REBOOTED)
            lasted_s = present.beat - present.began
            write_record(place / ENDED, Ended(at=time.time(), lasted_s=lasted_s, outcome=outcome, reason=reason))
            remove(place / NOW)


def sweep(registry: Registry) -> None:
    """Forget runs that ended unexpectedly more than a day ago and are not set up."""
    for entry in registry.entries:
        if entry.life is Life.LOST and entry.setup is None:
            with suppress(OSError, UserError, BadRecord):
                if time.time() - (entry.place / NOW).stat().st_mtime > KEPT_S:
                    with locked(entry.place):
                        remove_run(entry.place)


def _keys(loops: Path) -> Sequence[str]:
    try:
        close_folder(loops.parent)
        close_folder(loops)
        with os.scandir(loops) as found:
            return sorted(entry.name for entry in found if _KEY.fullmatch(entry.name))
    except FileNotFoundError:
        return []


def _seen(place: Path) -> tuple[Present | None, bool]:
    """What the process wrote down, and whether the lock is held: of one moment, also while it begins or ends."""
    present = read_record(place / NOW, Present)
    while not (held := is_held(place)) and present is not None:
        before, present = present, read_record(place / NOW, Present)
        if present == before:  # written by a process that had no lock any more, so it is not taken back
            break
    return present, held


def _life(present: Present | None, *, held: bool) -> Life:
    if present is None:  # whoever holds the lock begins, ends, or changes what is written down: a moment of either
        return Life.NONE
    if not held or is_alive(present.process) is False:  # a child may hold the lock of a process that is gone
        return Life.LOST
    here = present.process.boot == boot_id()
    return Life.STUCK if here and time.monotonic() - present.beat > STUCK_S else Life.RUNS
