"""The loops on this machine, as values and in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

from overnight.errors import UserError
from overnight.jobs.entries import Entry, Life, Registry
from overnight.jobs.loop import Outcome
from overnight.jobs.plan import next_start
from overnight.jobs.schedule_words import time_words
from overnight.jobs.setups import schedule_of
from overnight.words.foreign import printable
from overnight.words.quantities import counted, duration

WORDS = 300  # characters of foreign text


class LoopState(StrEnum):
    """How a loop is."""

    RUNNING = "running"
    STUCK = "stuck"  # its process is there, and has not said for two minutes that it works
    LOST = "ended unexpectedly"  # its process is gone and did not say why: killed, or the machine was restarted
    STARTING = "starting"  # it is set up and has not run yet
    WAITING = "waiting"  # it crashed, and is started again after a pause
    SCHEDULED = "scheduled"  # it runs at its next time
    DONE = "done"  # nothing is left to do, or its hours are over
    STOPPED = "stopped"  # by a person or a signal; `overnight up` starts it again
    MISTAKE = "mistake"  # it cannot run until a person has fixed something; `overnight up` tries it again
    CRASHED = "crashed"  # and its hours are over
    DOWN = "down"  # taken down with `overnight down NAME`


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopLine:
    """One loop; times are Unix times."""

    name: str  # that `stop`, `up` and `down` find it by
    key: str  # that stays the same when another loop gets the same name
    system: str  # what kind of loop, such as "campaign"
    folder: str  # where it runs
    part: str  # which one in this folder: the tag of a campaign
    state: LoopState
    set_up: bool  # with `overnight up`
    wanted: bool  # it is started again, also after a restart of the machine
    doing: str  # what it does now, else why its last run ended
    pid: int | None  # of its process; null if none runs
    host: str  # of its process; empty if none runs
    user: int | None  # of its process
    since: float | None  # when its process became this loop
    heartbeat_s: float | None  # how long ago it said that it works; null if none runs, or it cannot be known from here
    schedule: str  # as a person wrote it; empty: always
    zone: str  # of the schedule
    next: float | None  # when it is started next; null if it is not
    missed: int  # runs of its schedule whose time passed without one
    newest_missed: float | None  # of these
    crashes: int  # one soon after the other
    log: str  # file with its output, if it is started in the background; empty if it is not set up


@dataclass(frozen=True, slots=True, kw_only=True)
class LoopList:
    """What `ps --json` prints."""

    supervisor: int | None  # process that starts what is set up; null: nothing is started until `overnight up`
    supervisor_stuck: bool  # it has not said for two minutes that it works
    loops: tuple[LoopLine, ...]
    troubles: tuple[str, ...]  # what could not be read


def list_loops(registry: Registry, *, now: float, monotonic: float, everything: bool) -> LoopList:
    """All loops that run, should run, or ended unexpectedly; with `everything`, also those that were taken down."""
    lines, troubles = [], list(registry.troubles)
    for name, entry in registry.named().items():
        try:
            lines.append(_line(name, entry, now, monotonic))
        except UserError as error:
            troubles.append(f"{name}: {error}")
    held = registry.supervisor
    return LoopList(
        supervisor=held.present.process.pid if held and held.runs and held.present else None,
        supervisor_stuck=held is not None and held.life is Life.STUCK,
        loops=tuple(line for line in lines if everything or line.state is not LoopState.DOWN),
        troubles=tuple(troubles),
    )


def line_words(line: LoopLine, now: float) -> str:
    """What a loop does, or why it does not; with its schedule and what was missed."""
    parts = [line.doing] if line.doing else []
    if line.state in (LoopState.WAITING, LoopState.SCHEDULED) and line.next is not None:
        zone = line.zone or "UTC"
        when = f"in {duration(max(0.0, line.next - now))}" if line.state is LoopState.WAITING else time_words(line.next, zone)
        parts.append(f"next start {when}")
    parts += [f"{printable(line.schedule, WORDS)} ({printable(line.zone, WORDS)})"] if line.schedule else []
    if line.missed and line.newest_missed is not None:
        parts.append(f"missed {counted(line.missed, 'run')}, the newest {time_words(line.newest_missed, line.zone or 'UTC')}")
    if line.crashes > 1:
        parts.append(f"{line.crashes} crashes in a row")
    return "; ".join(parts)


def _line(name: str, entry: Entry, now: float, monotonic: float) -> LoopLine:
    setup, present = entry.setup, entry.present if entry.runs else None
    timed = setup.timed if setup else None
    coming = (
        None if entry.runs or not (setup and setup.wanted) else next_start(schedule_of(timed), entry.ended, entry.watch, now)
    )
    known = present is not None and entry.reachable
    return LoopLine(
        name=name,
        key=entry.loop.key,
        system=printable(entry.loop.system, WORDS),
        folder=printable(entry.loop.folder, WORDS),
        part=printable(entry.loop.part, WORDS),
        state=_state(entry, coming),
        set_up=setup is not None,
        wanted=setup is not None and setup.wanted,
        doing=_doing(entry),
        pid=present.process.pid if present else None,
        host=printable(present.host, WORDS) if present else "",
        user=present.user if present else None,
        since=present.since if present else None,
        heartbeat_s=max(0.0, monotonic - present.beat) if known and present else None,
        schedule=timed.text if timed else "",
        zone=timed.zone if timed else "",
        next=coming,
        missed=entry.watch.missed,
        newest_missed=entry.watch.newest_missed or None,
        crashes=entry.watch.crashes,
        log=str(entry.log) if setup else "",
    )


def _doing(entry: Entry) -> str:
    """What its process does, or was at when it went, or why its last run ended."""
    if entry.present is None:
        return printable(entry.ended.reason if entry.ended else "", WORDS)
    doing = printable(entry.present.doing, WORDS)
    return (
        doing
        if entry.life is not Life.LOST
        else f"process {entry.present.process.pid} is gone{doing and ', it was at: '}{doing}"
    )


_ENDED = {
    Outcome.DONE: LoopState.DONE,
    Outcome.OVER: LoopState.DONE,
    Outcome.STOPPED: LoopState.STOPPED,
    Outcome.SIGNAL: LoopState.STOPPED,
    Outcome.MISTAKE: LoopState.MISTAKE,
    Outcome.CRASHED: LoopState.CRASHED,
    Outcome.RESTARTED: LoopState.LOST,
}


def _state(entry: Entry, coming: float | None) -> LoopState:
    if entry.life is not Life.NONE:
        return {Life.RUNS: LoopState.RUNNING, Life.STUCK: LoopState.STUCK, Life.LOST: LoopState.LOST}[entry.life]
    if entry.setup is None or not entry.setup.wanted:
        return LoopState.DOWN
    if coming is not None:
        crashed = entry.ended is not None and entry.ended.outcome is Outcome.CRASHED
        return LoopState.WAITING if crashed and coming == entry.watch.not_before else LoopState.SCHEDULED
    if entry.ended is None:
        return LoopState.DONE if entry.setup.timed else LoopState.STARTING
    return _ENDED[entry.ended.outcome]


def find(registry: Registry, name: str) -> Entry:
    """The loop of this name.

    Raises:
        UserError: none has it, or several do.
    """
    named = registry.named()
    if name in named:
        return named[name]
    alike = [f"{full} ({printable(entry.loop.folder, WORDS)})" for full, entry in named.items() if entry.loop.name == name]
    if alike:
        raise UserError(f"several loops are called `{name}`", fix=f"name one: {', '.join(alike)}")
    fix = f"these are known: {', '.join(named)}" if named else "no loop is known here; see `overnight ps`"
    raise UserError(f"no loop is called `{printable(name, WORDS)}`", fix=fix)


def chosen(registry: Registry, names: Sequence[str]) -> Sequence[Entry]:
    """The loops of these names; raises as `find`."""
    return [find(registry, name) for name in names]
