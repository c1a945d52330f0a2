"""Status and report are two views of one state: over random ledgers, cut anywhere, they say the same."""

from dataclasses import replace
from itertools import islice

from builders import session, stopped
from campaigns import World, record
from examples import scaled
from hypothesis import given, settings
from hypothesis import strategies as st

from overnight.gate.error_budget import level_of
from overnight.gate.verdict import Verdict
from overnight.research.ending import EndReason, SessionKind
from overnight.research.events import EnvironmentChanged, Event
from overnight.research.record.port import Recorded
from overnight.research.record.restore import Folded
from overnight.research.state import fold_all
from overnight.research.story.narrator import tell_story
from overnight.research.story.story import Story
from overnight.research.views.status import Status, summarise

SESSIONS: tuple[tuple[Event, ...], ...] = (
    (stopped(EndReason.BUDGET, "the budget of 5 experiments is spent", elapsed_s=1e9),),
    (stopped(EndReason.INTERRUPT, "SIGINT was received", elapsed_s=1e9), session(1e9)),
    (session(1e9),),  # after a kill
    (stopped(elapsed_s=1e9), session(1e9), stopped(EndReason.AUDITED, session=SessionKind.AUDIT, elapsed_s=2e9)),
    (stopped(elapsed_s=1e9), session(1e9)),
    (EnvironmentChanged(environment={"cpu": "another"}, changed=("cpu",)),),
)
worlds = st.builds(
    World,
    experiments=st.integers(0, 25),
    seed=st.integers(0, 10**6),
    sigma=st.sampled_from([0.0, 0.012, 0.3]),
    drift=st.sampled_from([0.0, 0.5]),
    real=st.sampled_from([0.0, 0.3, 0.9]),
    effect=st.sampled_from([0.001, 0.03]),
    overfit=st.sampled_from([0.0, 0.5]),
)


def ledger(world: World, cut: float, ends: tuple[Event, ...]) -> list[Recorded]:
    """The first part of a campaign's ledger, and how its last sessions ended."""
    whole = list(record(world))
    kept = list(islice(whole, max(1, round(cut * len(whole)))))
    seq, at = kept[-1].seq, kept[-1].at
    return [*kept, *(Recorded(seq=seq + n, at=at + n, event=event, digest="") for n, event in enumerate(ends, 1))]


def facts_of_status(status: Status) -> dict[str, object]:
    """What both views say, by the status."""
    verdicts = {"keep": status.kept, "discard": status.discarded, "crash": status.crashed, "reject": status.rejected}
    return {
        "tag": status.tag,
        "start": status.start,
        "head": status.head,
        "keeps": [(keep.number, keep.commit, keep.gain, keep.low, keep.high) for keep in status.keeps],
        "kept": status.kept,
        "verdicts": {name: count for name, count in verdicts.items() if count},
        "open": status.open,
        "experiments": status.experiments,
        "trials": status.trials,
        "tests": status.tests,
        "holdouts": status.holdouts,
        "deterministic": status.noise == "deterministic",
        "sigma": status.sigma,
        "smallest effect": status.smallest_effect,
        "cautions": status.cautions,
        "spent": (status.tokens, status.cost_usd),
        "ending": (status.stopped, status.stopped_detail),
    }


def facts_of_story(story: Story) -> dict[str, object]:
    """The same by the report."""
    noise, sums = story.noise, {Verdict(verdict).value: count for verdict, count in story.funnel.verdicts.items()}
    return {
        "tag": story.tag,
        "start": story.start,
        "head": story.head,
        "keeps": [(k.number, k.commit, k.conclusion.gain, k.conclusion.low, k.conclusion.high) for k in story.keeps],
        "kept": story.funnel.kept,
        "verdicts": sums,
        "open": story.funnel.proposed - sum(sums.values()),
        "experiments": story.funnel.experiments,
        "trials": story.costs.trials,
        "tests": story.errors.tests,
        "holdouts": story.funnel.holdouts,
        "deterministic": noise.deterministic,
        "sigma": noise.sigma if noise.known else None,
        "smallest effect": noise.smallest_effect if noise.known else None,
        "cautions": story.cautions,
        "spent": (story.costs.tokens, story.costs.cost_usd),
        "ending": (story.ending.reason.value, story.ending.detail) if story.ending else ("", ""),
    }


@settings(max_examples=scaled(60))
@given(world=worlds, cut=st.floats(0.0, 1.0), ends=st.sampled_from(((), *SESSIONS)))
def test_status_and_report_say_the_same(world: World, cut: float, ends: tuple[Event, ...]) -> None:
    """Counts, keeps, noise, cautions and why it ended."""
    entries = ledger(world, cut, ends)
    state = fold_all(entry.event for entry in entries)
    assert state is not None
    state = replace(state, program=world.program)
    story, status = tell_story(entries, world.program), facts_of_status(summarise(state, None, "folder"))
    if status["ending"] == ("audit", ""):  # of the newest session; the report says why the campaign stopped before it
        status["ending"] = ("stop", "")
    assert status == facts_of_story(story)
    level = level_of(world.program.gate.error_rate, test=state.gate.tests + 1, keeps=state.gate.keeps)
    assert story.errors.next_level == level


@settings(max_examples=scaled(20))
@given(world=worlds, cut=st.floats(0.0, 1.0), ends=st.sampled_from(SESSIONS))
def test_a_story_from_a_snapshot_is_the_same(world: World, cut: float, ends: tuple[Event, ...]) -> None:
    """Only the events after the snapshot are folded, and nothing else shows it."""
    entries = ledger(world, 1.0, ends)
    early = entries[: max(1, round(cut * len(entries)))]
    state = fold_all(entry.event for entry in early)
    assert state is not None
    folded = Folded(seq=early[-1].seq, state=replace(state, program=world.program))
    assert tell_story(entries, world.program, folded) == tell_story(entries, world.program)
