"""The state is a pure fold: any prefix folds, a snapshot anywhere changes nothing, and the state stays small."""

from dataclasses import replace

import pytest
from builders import advanced, baseline, concluded, opened, proposed, searched, session, stopped, trial
from examples import scaled
from hypothesis import given, settings
from hypothesis import strategies as st

from overnight.gate.trial import Arm, Stage
from overnight.gate.verdict import Verdict
from overnight.models.provider_state import ProviderStanding, ProviderState
from overnight.research.ending import EndReason, SessionKind
from overnight.research.events import Event, ProviderChanged, TrialFinished
from overnight.research.snapshot import dump_state, load_state
from overnight.research.state import apply, begin, fold, fold_all

VERDICTS = st.sampled_from(list(Verdict))


@st.composite
def campaigns(draw: st.DrawFn) -> list[Event]:
    """Events as a campaign writes them."""
    events: list[Event] = [session(), *(printing(baseline(n, 5.0 + n / 10)) for n in range(3))]
    head = "a" * 40
    for number, verdict in enumerate(draw(st.lists(VERDICTS, max_size=8)), start=1):
        events += [searched(index) for index in range(draw(st.integers(0, 2)))]
        events.append(proposed(number, base=head))
        events += [printing(trial(number, n, value=4.0 + n / 7)) for n in range(draw(st.integers(0, 3)))]
        events += [provider(draw(st.sampled_from(ProviderStanding)), at=float(number))]
        events.append(concluded(number, verdict))
        if verdict is Verdict.KEEP:
            events.append(advanced(number, old=head))
            head = f"{number:040x}"
            events += [
                printing(trial(number, n, stage=Stage.BASELINE, arm=Arm.BASELINE, value=4.0))
                for n in range(draw(st.integers(0, 2)))
            ]
    return events


def printing(event: TrialFinished) -> TrialFinished:
    """A trial that printed something and a curve."""
    return replace(event, trial=replace(event.trial, tail=("the end",), curve=((0.1, 3.0), (1.0, 2.5))))


def provider(standing: ProviderStanding, *, at: float) -> ProviderChanged:
    """What becomes of the only one."""
    return ProviderChanged(state=ProviderState(provider="p", standing=standing, why="429", since=at, until=at + 0.1))


@settings(deadline=None, max_examples=scaled(30))
@given(events=campaigns())
def test_search_trials_count_and_change_nothing_else(events: list[Event]) -> None:
    """The gate, the open experiments and the head are as they would be without them; the tally and the time are not."""
    whole, without = fold(begin(opened()), events), fold(begin(opened()), [event for event in events if not is_search(event)])
    count = sum(map(is_search, events))
    assert whole.tally.search == whole.tally.trials - without.tally.trials == count
    assert whole.tally.search_wall_s == pytest.approx(whole.tally.trial_wall_s - without.tally.trial_wall_s) == 0.5 * count
    assert whole.tally.trials == whole.tally.search + whole.tally.proof + whole.tally.baseline
    alike = replace(whole, tally=without.tally, next_search=0, trial_s=without.trial_s)
    assert alike == without


def is_search(event: Event) -> bool:
    """Whether it is a search trial."""
    return isinstance(event, TrialFinished) and event.searched is not None


def test_the_next_search_trial_has_a_number_of_its_own() -> None:
    """Whichever of those under way ended before a kill."""
    assert fold(begin(opened()), [searched(0), searched(3)]).next_search == 4


@settings(deadline=None, max_examples=scaled(60))
@given(events=campaigns(), cut=st.integers(0, 60))
def test_a_snapshot_anywhere_changes_nothing(events: list[Event], cut: int) -> None:
    """Folding in one go, and through a snapshot at any event, give the same state."""
    whole = fold(begin(opened()), events)
    half = load_state(dump_state(fold(begin(opened()), events[:cut])))
    assert fold(half, events[cut:]) == whole
    assert whole.trial_s
    assert fold_all([opened(), *events]) == whole


@settings(deadline=None, max_examples=scaled(60))
@given(events=campaigns())
def test_the_tally_counts_every_verdict_once(events: list[Event]) -> None:
    """Verdicts add up to the experiments, rejects are free, the head is the last keep."""
    state = fold(begin(opened()), events)
    verdicts = [event.conclusion.verdict for event in events if event.kind == "concluded"]
    tally = state.tally
    assert (tally.keep, tally.discard, tally.crash, tally.reject) == tuple(verdicts.count(v) for v in Verdict)
    assert tally.experiments == len(verdicts) - tally.reject
    assert not state.open and state.next_number == len(verdicts) + 1
    keeps = [event.number for event in events if event.kind == "advanced"]
    assert [kept.number for kept in state.kept] == keeps
    assert state.head == (f"{keeps[-1]:040x}" if keeps else "a" * 40)


def test_a_keep_takes_effect_when_the_branch_moved() -> None:
    """Between the verdict and `Advanced` the experiment is open with its conclusion, and the head is the old one."""
    state = fold(begin(opened()), [proposed(1), trial(1), concluded(1, Verdict.KEEP)])
    assert state.head == "a" * 40 and state.open[0].conclusion is not None
    state = apply(state, advanced(1))
    assert state.head == f"{1:040x}" and not state.open


def test_the_state_does_not_grow_with_discards() -> None:
    """A thousand discards fold to a state of the same size as ten."""
    events: list[Event] = [event for n in range(1, 1001) for event in (proposed(n), trial(n), concluded(n))]
    few, many = fold(begin(opened()), events[:30]), fold(begin(opened()), events)
    assert len(dump_state(many)) < len(dump_state(few)) + 200


@pytest.mark.parametrize("events", [[concluded(1)], [trial(1)], [proposed(1), advanced(1)]])
def test_events_that_do_not_follow_are_refused(events: list[Event]) -> None:
    """An event of an experiment that is not open is an error."""
    with pytest.raises(ValueError, match="experiment 1"):
        fold(begin(opened()), events)


def test_a_ledger_begins_with_its_opening() -> None:
    """An empty ledger is no state; any other first event is an error."""
    assert fold_all([]) is None
    with pytest.raises(ValueError, match="campaign_opened"):
        fold_all([session()])


def test_a_session_ends_and_the_next_goes_on() -> None:
    """The clock is that of all sessions; why the last one ended is known until the next begins."""
    state = fold(begin(opened()), [session(), stopped(EndReason.SIGNAL)])
    assert state.elapsed_s == 9.0 and state.ending and state.ending.reason is EndReason.SIGNAL
    assert apply(state, session(9.0)).ending is None


def test_an_audit_ends_no_campaign() -> None:
    """Why the campaign stopped is what it was before the audit; after a killed audit it is not known."""
    before = fold(begin(opened()), [session(), stopped(EndReason.TARGET), session(9.0)])
    audited = apply(before, stopped(EndReason.AUDITED, session=SessionKind.AUDIT))
    assert audited.ending and audited.ending.reason is EndReason.TARGET
    assert audited.stopped and audited.stopped.session is SessionKind.AUDIT
    assert before.ending is None


def test_a_snapshot_of_another_version_is_passed_over() -> None:
    """It would lack what the ledger has, so the ledger is folded again."""
    with pytest.raises(ValueError, match="another version"):
        load_state(b'{"tag": "t"}')
