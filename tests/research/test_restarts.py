"""Evidence that starts again: moves onto another head, reopened experiments, and changes that go back to their authors."""

from dataclasses import replace

import pytest
from builders import advanced, baseline, concluded, opened, proposed, session, trial

from overnight.gate.trial import Arm, Stage
from overnight.gate.verdict import Verdict
from overnight.research.event_text import decode, encode
from overnight.research.events import Event, IdeasChanged, Moved, Registered, Reopened
from overnight.research.history import as_judged, fold_experiment
from overnight.research.idea import AddIdea, IdeaState
from overnight.research.snapshot import dump_state, load_state
from overnight.research.state import State, begin, fold

HEAD = f"{1:040x}"
START: list[Event] = [session(), *(baseline(n, 5.0 + n / 10) for n in range(8))]
MOVE = Moved(number=2, onto=HEAD, commit="c" * 40, tree="d" * 64)
TESTED = Registered(number=2, test=1, level=0.004)


def confirmed(number: int, pairs: int, *, gain: float = 1.0) -> list[Event]:
    """Trials of so many pairs."""
    return [
        trial(number, index, stage=Stage.CONFIRM, arm=arm, value=5.0 + index / 10 - gain * (arm is Arm.CANDIDATE))
        for index in range(pairs)
        for arm in Arm
    ]


def moved_state(*more: Event) -> State:
    """Experiment 1 is kept while experiment 2 is half tested, which then moves."""
    kept: list[Event] = [concluded(1, Verdict.KEEP, gain=1.0), advanced(1, old="a" * 40)]
    half: list[Event] = [proposed(1), trial(1), proposed(2), trial(2), TESTED, *confirmed(2, 4)]
    return fold(begin(opened()), [*START, *half, *kept, MOVE, *more])


def test_a_move_starts_the_evidence_again() -> None:
    """Its trials and its test are gone; what they say of the noise stays, and the level was spent."""
    state = moved_state()
    [experiment] = state.open
    assert (experiment.base, experiment.commit, experiment.tree) == (HEAD, "c" * 40, "d" * 64)
    assert (experiment.restart, experiment.trials, experiment.level, experiment.replaces) == (1, (), None, ())
    assert state.gate.tests == 1 and state.gate.linear.paired.freedom == 3
    assert state.tally.trials == 8 + 2 + 8
    assert load_state(dump_state(state)) == state


def test_the_row_of_a_moved_experiment_is_about_what_was_judged() -> None:
    """Base, commit, value and number of trials are those since the move; the time is from the proposal on."""
    fresh = trial(2, 0, value=3.0)
    events: list[Event] = [proposed(2), trial(2, 0, value=9.0), TESTED, MOVE, fresh, concluded(2)]
    row = fold_experiment(enumerate(events))
    assert row is not None
    assert (row.base, row.commit, row.value, row.trials, row.restart) == (HEAD, "c" * 40, 3.0, 1, 1)
    assert row.seconds == 5.0
    judged = as_judged(events)
    assert judged is not None and judged.registered is None and judged.trials == (fresh.trial,)


def test_a_reopened_experiment_is_open_again() -> None:
    """Its old verdict counts no more, its evidence starts again, and the next verdict counts once."""
    first: list[Event] = [proposed(1), trial(1), concluded(1, Verdict.DISCARD, gain=0.1)]
    state = fold(begin(opened()), [*START, *first])
    assert (state.tally.discard, state.open) == (1, ())
    again = Reopened(number=1, proposed=proposed(1), verdict=Verdict.DISCARD, restart=1)
    state = fold(state, [again])
    assert state.tally.discard == 0 and (state.open[0].restart, state.open[0].trials) == (1, ())
    assert state.next_number == 2
    row = fold_experiment(enumerate([*first, again]))
    assert row is not None and (row.conclusion, row.trials) == (None, 0)
    state = fold(state, [trial(1), concluded(1, Verdict.KEEP), advanced(1, old="a" * 40)])
    assert (state.tally.keep, state.tally.discard, state.tally.experiments) == (1, 0, 1)
    with pytest.raises(ValueError, match="is open already"):
        fold(fold(state, [proposed(2)]), [replace(again, number=2, proposed=proposed(2))])


@pytest.mark.parametrize(
    "event", [MOVE, replace(MOVE, replaces=(1,)), Reopened(number=1, proposed=proposed(1), verdict=Verdict.CRASH, restart=2)]
)
def test_the_ledger_keeps_them(event: Event) -> None:
    """Written and read again they are the same."""
    assert decode(encode(event)) == event


def test_an_idea_is_used_up_by_a_verdict_on_its_own_merits_alone() -> None:
    """If its change fails only together with what was kept meanwhile, it is open again, and counts as no miss."""
    idea = IdeasChanged(by="person", edits=(AddIdea(text="warm up longer"),))
    half: list[Event] = [
        replace(proposed(2), idea=1),
        trial(2),
        proposed(1),
        trial(1),
        concluded(1, Verdict.KEEP),
        advanced(1, old="a" * 40),
    ]
    state = fold(begin(opened()), [*START, idea, *half, replace(MOVE, replaces=(1,)), trial(2)])
    assert state.ideas.ideas[0].state is IdeaState.TAKEN
    back = fold(state, [replace(concluded(2), returned=True)])
    assert (back.ideas.ideas[0].state, back.ideas.ideas[0].misses) == (IdeaState.OPEN, 0)
    assert [(one.number, one.conflicts, one.idea) for one in back.returned] == [(2, (1,), 1)]
    used = fold(state, [concluded(2)])
    assert (used.ideas.ideas, used.ideas.done[0].state, used.returned) == ((), IdeaState.TRIED, ())
    reworked = fold(back, [replace(proposed(3), idea=1, reworks=2), trial(3), concluded(3)])
    assert (reworked.returned, reworked.ideas.done[0].experiment) == ((), 3)


def test_the_rules_of_the_gate_stay_with_the_campaign() -> None:
    """A ledger without them was written by the first ones."""
    assert begin(opened()).gate.rules == 1
    assert begin(replace(opened(), rules=7)).gate.rules == 7


@pytest.mark.parametrize(("replaces", "screened"), [((), True), ((1,), False)])
def test_what_a_search_found_stays_unscreened_only_if_it_is_merged(replaces: tuple[int, ...], screened: bool) -> None:
    """In its own text on another head it is a change that nothing has compared with that head."""
    found = replace(proposed(2), searched=30)
    kept: list[Event] = [proposed(1), trial(1), found, concluded(1, Verdict.KEEP, gain=1.0), advanced(1, old="a" * 40)]
    state = fold(begin(opened()), [*START, *kept])
    [before] = state.open
    assert before.screened
    moved = replace(MOVE, replaces=replaces, screened=not replaces)
    [after] = fold(state, [moved]).open
    assert after.screened is screened
