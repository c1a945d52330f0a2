"""Which loops are to run: putting one up, taking it down, and forgetting it."""

from collections.abc import Collection
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from overnight.errors import UserError
from overnight.jobs.entries import Entry, settle
from overnight.jobs.loop import Ended, Outcome
from overnight.jobs.presence import LoopBusy, locked
from overnight.jobs.records import ENDED, LOG, SETUP, WATCH, changing, make_place, read_record, remove, remove_run, write_record
from overnight.jobs.schedule import Schedule
from overnight.jobs.schedule_words import read_schedule
from overnight.jobs.upkeep import Setup, Timed, Watch

_LIFT = (Outcome.MISTAKE, Outcome.CRASHED, Outcome.SIGNAL, Outcome.STOPPED)


def schedule_of(timed: Timed | None) -> Schedule | None:
    """A schedule as it was written down; raises as `read_schedule`."""
    return None if timed is None else read_schedule(timed.text, timed.zone, timed.written)


def put_up(loops: Path, setup: Setup, now: float) -> Path:
    """Set a loop up, or change how it is set up; its schedule counts from now on. Its folder in the registry."""
    with changing(loops):
        place = make_place(loops, setup.loop.key)
        _begin_anew(place, setup, now)
    return place


def want(entry: Entry, now: float) -> None:
    """Let a loop that is set up run again, also one that is done."""
    with changing(entry.place.parent):
        setup = read_record(entry.place / SETUP, Setup)
        if setup is None:
            raise UserError(f"`{entry.loop.name}` is not set up", fix="set it up with `overnight up --repo PATH --tag TAG`")
        if setup.wanted:
            watch = read_record(entry.place / WATCH, Watch) or Watch(handled=now)
            write_record(entry.place / WATCH, replace(watch, crashes=0, not_before=0.0))
            _forget_end(entry.place, tuple(Outcome))
        else:
            _begin_anew(entry.place, replace(setup, wanted=True), now)


def lift(entry: Entry) -> None:
    """Let a wanted loop be tried again that failed or was stopped; one that is done stays done.

    A run at a set time goes on if a signal ended it, as at a shutdown; one that a person stopped waits for its next time.
    """
    if entry.setup is None or not entry.setup.wanted:
        return
    with changing(entry.place.parent):
        _forget_end(entry.place, _LIFT if entry.setup.timed is None else (Outcome.MISTAKE,))
        ended = read_record(entry.place / ENDED, Ended)
        if ended is not None and ended.outcome is Outcome.SIGNAL:
            with suppress(LoopBusy), locked(entry.place):
                write_record(entry.place / ENDED, replace(ended, outcome=Outcome.RESTARTED))


def unwant(entry: Entry) -> None:
    """Let a loop that is set up not be started any more."""
    with changing(entry.place.parent):
        setup = read_record(entry.place / SETUP, Setup)
        if setup is not None and setup.wanted:
            write_record(entry.place / SETUP, replace(setup, wanted=False))


def forget(entry: Entry) -> None:
    """Forget that a loop was set up, with its log.

    Raises:
        LoopBusy: it runs.
    """
    with changing(entry.place.parent), locked(entry.place):
        for name in (SETUP, WATCH, LOG, f"{LOG}.1"):
            remove(entry.place / name)
        remove_run(entry.place)


def _begin_anew(place: Path, setup: Setup, now: float) -> None:
    write_record(place / WATCH, Watch(handled=now))
    _forget_end(place, tuple(Outcome))
    write_record(place / SETUP, setup)


def _forget_end(place: Path, which: Collection[Outcome]) -> None:
    settle(place)
    with suppress(LoopBusy), locked(place):  # if it runs, there is no end
        ended = read_record(place / ENDED, Ended)
        if ended is not None and ended.outcome in which:
            remove(place / ENDED)
