"""What the supervisor does about a loop, decided from what is known of it: pure, so that years pass in a test at once."""

from dataclasses import dataclass, replace

from overnight.jobs.loop import Ended, Outcome
from overnight.jobs.schedule import Schedule, due, next_after
from overnight.jobs.upkeep import Setup, Watch

FIRST_PAUSE_S, LONGEST_PAUSE_S = 5.0, 900.0  # between a crash and the next start; doubled after each
STEADY_S = 600.0  # a run that lasted this long begins the pauses anew
LEAST_HOURS = 1 / 60  # of a run; with less left there is nothing to start again
HOUR_S = 3600.0
FOR_GOOD = frozenset({Outcome.DONE, Outcome.MISTAKE})  # a schedule starts no further run either
_AGAIN = frozenset({Outcome.CRASHED, Outcome.RESTARTED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What to do now, and what to remember."""

    watch: Watch
    start: bool = False
    hours: float | None = None  # of the run that starts; None: it ends by itself
    over: bool = False  # no run starts again after a crash, as its hours are over
    set_back: bool = False  # the clock was, so the schedule goes on from now


def plan(setup: Setup, schedule: Schedule | None, ended: Ended | None, watch: Watch, *, now: float, running: bool) -> Step:
    """The step for a loop; `ended` is the end of its newest run since it was put up, None if there was none."""
    if not setup.wanted:
        return Step(watch=watch)
    if schedule is not None:
        found = due(schedule, watch.handled, now, busy=running)
        newest = watch.newest_missed if found.newest_missed is None else float(found.newest_missed)
        if found.set_back:
            return Step(watch=replace(watch, handled=found.handled), set_back=True)
        watch = replace(watch, handled=found.handled, missed=watch.missed + found.missed, newest_missed=newest)
        if found.run and (ended is None or ended.outcome not in FOR_GOOD):
            return _begin(setup, watch, now)
    if running or (ended is None and schedule is not None):
        return Step(watch=watch)
    if ended is None:
        return _begin(setup, watch, now)
    if ended.outcome not in _AGAIN:
        return Step(watch=watch)
    return _again(setup, ended, watch, now)


def next_start(schedule: Schedule | None, ended: Ended | None, watch: Watch, now: float) -> float | None:
    """When a loop that does not run is started next, None if it is not."""
    if ended is not None and ended.outcome is Outcome.CRASHED and watch.not_before > now:
        return watch.not_before
    if schedule is None or (ended is not None and ended.outcome in FOR_GOOD):
        return None
    return next_after(schedule, max(now, watch.handled))


def pause_s(crashes: int) -> float:
    """How long to wait after so many crashes, one soon after the other."""
    return min(FIRST_PAUSE_S * 2.0 ** min(crashes - 1, 20), LONGEST_PAUSE_S)


def _begin(setup: Setup, watch: Watch, now: float) -> Step:
    """A run begins, with all of its hours."""
    return Step(watch=replace(watch, began=now, crashes=0, not_before=0.0), start=True, hours=setup.hours)


def _again(setup: Setup, ended: Ended, watch: Watch, now: float) -> Step:
    """A run that ended unexpectedly goes on after a pause, with the hours that it has left."""
    if watch.counted != ended.at:
        crashes = 0
        if ended.outcome is Outcome.CRASHED:
            crashes = 1 if ended.lasted_s >= STEADY_S else watch.crashes + 1
        watch = replace(watch, counted=ended.at, crashes=crashes, not_before=now + pause_s(crashes) if crashes else now)
    if now < watch.not_before and watch.not_before - now <= LONGEST_PAUSE_S:  # more: the clock was set back
        return Step(watch=watch)
    hours = None if setup.hours is None else min(setup.hours, setup.hours - (now - watch.began) / HOUR_S)
    over = hours is not None and hours < LEAST_HOURS
    return Step(watch=watch, start=not over, hours=hours, over=over)
