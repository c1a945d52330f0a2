"""What is done about a loop, over years in a moment."""

from hypothesis import given
from hypothesis import strategies as st

from overnight.jobs.loop import Ended, Loop, Outcome
from overnight.jobs.plan import LONGEST_PAUSE_S, STEADY_S, Step, next_start, pause_s, plan
from overnight.jobs.schedule_words import read_schedule
from overnight.jobs.upkeep import Setup, Watch

LOOP = Loop(system="script", folder="/repo")
NIGHTLY = read_schedule("every night at 22:00", "UTC", 0)
DAY_S, HOUR_S = 86400, 3600


def setup(*, wanted: bool = True, hours: float | None = None) -> Setup:
    """A loop that is to run."""
    return Setup(loop=LOOP, wanted=wanted, hours=hours)


def end(outcome: Outcome, at: float, lasted_s: float = 1.0) -> Ended:
    """The end of a run."""
    return Ended(at=at, lasted_s=lasted_s, outcome=outcome, reason="")


def test_pauses_grow_to_a_bound_and_begin_anew_after_a_steady_run() -> None:
    """5 s, 10 s, 20 s, … 15 minutes; after ten minutes of work a crash is the first one again."""
    now, watch, pauses = 1000.0, Watch(), []
    for _ in range(12):
        crash = end(Outcome.CRASHED, at=now)
        watch = plan(setup(), None, crash, watch, now=now, running=False).watch
        pauses.append(watch.not_before - now)
        assert next_start(None, crash, watch, now) == watch.not_before
        now = watch.not_before
        assert plan(setup(), None, crash, watch, now=now, running=False).start
    assert pauses[:3] == [5.0, 10.0, 20.0] and pauses[-1] == LONGEST_PAUSE_S == pause_s(10**6)
    steady = end(Outcome.CRASHED, at=now, lasted_s=STEADY_S)
    assert plan(setup(), None, steady, watch, now=now, running=False).watch.crashes == 1


def test_a_clock_that_is_set_back_does_not_make_a_pause_longer() -> None:
    """A pause that would last longer than the longest one is over."""
    crash = end(Outcome.CRASHED, at=10_000.0)
    watch = plan(setup(), None, crash, Watch(), now=10_000.0, running=False).watch
    assert not plan(setup(), None, crash, watch, now=10_001.0, running=False).start
    assert plan(setup(), None, crash, watch, now=1.0, running=False).start


def test_after_a_restart_of_the_machine_nothing_waits() -> None:
    """It was no crash."""
    assert plan(setup(), None, end(Outcome.RESTARTED, at=5.0), Watch(), now=5.0, running=False).start


def test_hours_count_from_the_first_start_of_a_run() -> None:
    """What is started again has the rest; when nothing is left the run is over; a clock that is set back adds none."""
    first = plan(setup(hours=2.0), None, None, Watch(), now=1000.0, running=False)
    assert (first.start, first.hours) == (True, 2.0)
    for past_h, start, hours in ((0.5, True, 1.5), (1.995, False, 0.005), (3.0, False, -1.0), (-1.0, True, 2.0)):
        now = 1000.0 + past_h * HOUR_S
        step = plan(setup(hours=2.0), None, end(Outcome.RESTARTED, at=now), first.watch, now=now, running=False)
        assert step.hours is not None
        assert (step.start, step.over, round(step.hours, 6)) == (start, not start, hours)


ENDS = st.sampled_from([None, Outcome.OVER, Outcome.STOPPED, Outcome.SIGNAL])


@given(steps=st.lists(st.tuples(st.integers(1, 3 * DAY_S), ENDS, st.booleans()), min_size=1, max_size=30))
def test_a_schedule_never_starts_two_runs_for_one_time_and_loses_none(steps: list[tuple[int, Outcome | None, bool]]) -> None:
    """Whatever happens in between: each time that has passed began a run, or counts as missed."""
    now, watch, ended, begun, started_at = 1_800_000_000.0, Watch(handled=1_800_000_000.0), None, 0, []
    begin = now
    for past_s, outcome, running in steps:
        now += past_s
        ended = end(outcome, at=now) if outcome is not None else ended
        step = plan(setup(), NIGHTLY, ended, watch, now=now, running=running)
        assert not (step.start and running)
        if step.start:
            begun += 1
            started_at.append(step.watch.handled)
        watch = step.watch
    assert len(set(started_at)) == len(started_at) == begun
    passed = int((now - 22 * HOUR_S) // DAY_S) - int((begin - 22 * HOUR_S) // DAY_S)
    assert passed <= begun + watch.missed <= passed + begun


def test_what_is_done_or_needs_a_person_misses_its_times() -> None:
    """A schedule starts neither; it starts what was stopped or ran out of hours."""
    now = 1_800_000_000.0
    for outcome in Outcome:
        step = plan(setup(), NIGHTLY, end(outcome, at=now), Watch(handled=now), now=now + DAY_S, running=False)
        assert step.start is (outcome not in (Outcome.DONE, Outcome.MISTAKE)), outcome
        coming = next_start(NIGHTLY, end(outcome, at=now), Watch(handled=now), now)
        assert (coming is None) is (outcome in (Outcome.DONE, Outcome.MISTAKE))


def test_nothing_is_planned_for_a_loop_that_is_down() -> None:
    """Not even that its times are missed."""
    watch = Watch(handled=1.0)
    assert plan(setup(wanted=False), NIGHTLY, None, watch, now=1e9, running=False) == Step(watch=watch)


def test_a_clock_that_is_set_back_by_years_is_reported() -> None:
    """And the schedule goes on from there."""
    step = plan(setup(), NIGHTLY, None, Watch(handled=2e9), now=1e9, running=False)
    assert (step.set_back, step.start, step.watch.handled) == (True, False, 1e9)
    assert plan(setup(), NIGHTLY, None, step.watch, now=1e9 + DAY_S, running=False).start
