"""The story of a campaign, from its events."""

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest
from builders import stopped
from campaigns import CASES, World, record
from pages import parse

from overnight.gate.audit import ChangeAudit, Estimate, LeftOut, Standing
from overnight.gate.trial import Arm, Stage, Trial, TrialKey
from overnight.gate.verdict import Conclusion, Verdict
from overnight.research.ending import EndReason, SessionKind
from overnight.research.events import (
    Advanced,
    AuditConcluded,
    AuditOpened,
    CampaignOpened,
    Concluded,
    Event,
    Proposed,
    Registered,
    SessionStarted,
    TrialFinished,
)
from overnight.research.record.port import Recorded
from overnight.research.report.markdown import render_markdown
from overnight.research.report.page import render_page
from overnight.research.story.narrator import tell_story
from overnight.research.story.story import Story
from overnight.research.story.values import POINTS
from overnight.research.views.answers import answers

PROGRAM = World(experiments=0).program
OPENED = CampaignOpened(tag="t", version="0", program="", start="s" * 40, secret="00", sandbox="jail")


def trial(value: float | None, stage: Stage, *, number: int = 0, index: int = 0, arm: Arm = Arm.CANDIDATE) -> TrialFinished:
    """A trial of experiment `number`; of the head for stage BASELINE."""
    arm = Arm.BASELINE if stage is Stage.BASELINE else arm
    key = TrialKey(experiment=number, stage=stage, arm=arm, index=index)
    return TrialFinished(trial=Trial(key=key, seed=index, tree=f"tree of {number}", value=value))


def proposed(number: int) -> Proposed:
    """A proposal."""
    return Proposed(number=number, role="r", researcher="x", hypothesis="h", base="b", commit=f"c{number}", tree=f"{number}")


def kept(number: int) -> Concluded:
    """The verdict keep."""
    conclusion = Conclusion(verdict=Verdict.KEEP, reason="proven", gain=0.5, log_e=7.0, level=0.01, pairs=9)
    return Concluded(number=number, conclusion=conclusion, elapsed_s=0.0)


def story_of(events: Sequence[Event], times: Sequence[float] | None = None) -> Story:
    """The story of these events, one a second if no times are given."""
    at = times or range(len(events))
    return tell_story(
        (Recorded(seq=seq, at=float(at[seq]), event=event, digest="") for seq, event in enumerate(events)), PROGRAM
    )


def test_head_is_measured_by_fresh_trials_alone() -> None:
    """The trials that a keep was decided by never count for the new head."""
    screening = [trial(0.1, Stage.SCREEN, number=1), trial(0.2, Stage.CONFIRM, number=1)]
    fresh = [TrialFinished(trial=replace(trial(value, Stage.BASELINE).trial, tree="new")) for value in (3.0, 5.0)]
    story = story_of(
        [OPENED, trial(9.0, Stage.BASELINE), proposed(1), *screening, kept(1), Advanced(number=1, old="s", new="c1"), *fresh]
    )
    bands = [head.band for head in story.heads]
    assert [band.mid for band in bands if band] == [9.0, 4.0]
    assert story.total is not None
    assert story.total.gain.mid == 5.0


def test_late_trial_of_an_earlier_head_stays_with_it() -> None:
    """A baseline trial that ends after the branch moved is assigned by its tree."""
    old = trial(8.0, Stage.BASELINE)
    new = TrialFinished(trial=replace(old.trial, tree="new", value=2.0))
    story = story_of([OPENED, old, proposed(1), kept(1), Advanced(number=1, old="s", new="c1"), new, old])
    assert [head.trials for head in story.heads] == [2, 1]


def test_keep_counts_only_once_the_branch_has_moved() -> None:
    """Between the verdict and the move of the branch a keep is not claimed."""
    events: list[Event] = [OPENED, trial(9.0, Stage.BASELINE), proposed(1), trial(1.0, Stage.SCREEN, number=1), kept(1)]
    assert story_of(events).keeps == ()
    moved = story_of([*events, Advanced(number=1, old="s" * 40, new="c1")])
    assert [(keep.number, keep.base, keep.commit) for keep in moved.keeps] == [(1, "s" * 40, "c1")]
    assert moved.funnel.verdicts == {Verdict.KEEP: 1}


def test_single_run_claims_follow_first_trials() -> None:
    """Only the first trial of an experiment moves the running best that a one-run rule would believe."""
    story = story_of(
        [
            OPENED,
            trial(5.0, Stage.BASELINE),
            proposed(1),
            trial(6.0, Stage.SCREEN, number=1),
            trial(1.0, Stage.SCREEN, number=1, index=1),
            proposed(2),
            trial(4.0, Stage.SCREEN, number=2),
        ]
    )
    assert [(claim.number, claim.value) for claim in story.claims] == [(0, 5.0), (2, 4.0)]


def test_holdout_values_are_never_points() -> None:
    """The sealed holdout's own values reach no chart."""
    story = story_of([OPENED, proposed(1), trial(7.0, Stage.HOLDOUT, number=1), trial(3.0, Stage.SCREEN, number=1)])
    assert [point.value for point in story.candidates] == [3.0]


AUDIT = AuditConcluded(
    audit=1,
    total=Estimate(gain=1.5, low=1.0, high=2.0, pairs=20, before=5.5, after=4.0),
    changes=(
        ChangeAudit(
            number=1,
            standing=Standing.HELPS,
            estimate=Estimate(gain=0.4, low=0.1, high=0.7, pairs=20, before=4.4, after=4.0),
        ),
    ),
    elapsed_s=9.0,
)
AUDITED: list[Event] = [
    OPENED,
    trial(9.0, Stage.BASELINE),
    proposed(1),
    kept(1),
    Advanced(number=1, old="s", new="c1"),
    stopped(EndReason.TARGET, "reached", elapsed_s=5.0),
    SessionStarted(version="0", sandbox="jail", elapsed_s=5.0),
    AuditOpened(audit=1, start="s", head="c1", first=0, pairs=20, changes=(LeftOut(number=1, commit="w1"),)),
    trial(1.0, Stage.AUDIT),
    AUDIT,
    stopped(EndReason.AUDITED, session=SessionKind.AUDIT),
]


def test_audit_gives_the_headline() -> None:
    """The total of the audit replaces the fresh trials of start and head, and an audit does not count as the end."""
    story = story_of(AUDITED)
    assert story.total is not None and story.audit is not None
    assert (story.total.audited, story.total.gain.mid, story.total.gain.low) == (True, 1.5, 1.0)
    assert (story.total.start, story.total.head) == (5.5, 4.0)
    assert story.audit.standings[1].standing is Standing.HELPS
    assert story.ending and story.ending.reason is EndReason.TARGET
    assert story.funnel.trials[Stage.AUDIT] == 1


def test_audit_of_an_earlier_head_is_no_headline() -> None:
    """Once another change is kept, the audit is shown as one of the earlier head."""
    later = proposed(2), kept(2), Advanced(number=2, old="c1", new="c2"), trial(3.0, Stage.BASELINE)
    story = story_of([*AUDITED, *later])
    assert story.audit is not None and story.audit.keeps_since == 1
    assert story.total is None or not story.total.audited


def audit(number: int, *, gain: float, half: float, pairs: int) -> list[Event]:
    """A further audit of the same head."""
    total = Estimate(gain=gain, low=gain - half, high=gain + half, pairs=pairs, before=5.5, after=5.5 - gain)
    return [
        AuditOpened(audit=number, start="s", head="c1", first=40 * number, pairs=pairs),
        AuditConcluded(audit=number, total=total, elapsed_s=9.0),
    ]


def test_a_small_audit_is_no_headline() -> None:
    """An interval much wider than the one before it does not replace it, lucky or not; it is named next to it."""
    for gain in (0.3, 3.0):
        story = story_of([*AUDITED, *audit(2, gain=gain, half=0.8, pairs=4)])
        assert story.total is not None and story.total.gain.mid == 1.5
        answer = answers(story)[0].detail
        assert "The newest audit, of 4 pairs, shows +" in answer
        assert ("no gain beyond noise, but less sure" in answer) == (gain < 0.8)


def test_a_later_audit_that_is_as_sure_takes_the_headline() -> None:
    """The newest counts if its interval is at most half again as wide, whatever its values; widths do not creep up."""
    story = story_of([*AUDITED, *audit(2, gain=0.3, half=0.7, pairs=15)])
    assert story.total is not None and story.total.gain.mid == 0.3
    assert "The newest audit" not in answers(story)[0].detail
    story = story_of([*AUDITED, *audit(2, gain=0.3, half=0.7, pairs=15), *audit(3, gain=0.9, half=1.0, pairs=9)])
    assert story.total is not None and story.total.gain.mid == 0.3


def test_a_small_audit_does_not_replace_surer_fresh_trials() -> None:
    """If start and head have many fresh trials of their own, four pairs are not shown at the top."""
    head: list[Event] = [trial(5.0 + 0.1 * (n % 3), Stage.BASELINE, index=n) for n in range(30)]
    kept_one: list[Event] = [proposed(1), kept(1), Advanced(number=1, old="s", new="c1")]
    fresh: list[Event] = [trial(4.0 + 0.1 * (n % 3), Stage.BASELINE, number=1, index=n) for n in range(30)]
    story = story_of([OPENED, *head, *kept_one, *fresh, *audit(1, gain=0.1, half=0.5, pairs=4)])
    assert story.total is not None and not story.total.audited and story.total.gain.mid == pytest.approx(1.0)


def slower_machine(*more: Event) -> list[Event]:
    """A proven keep whose fresh trials, taken later, are worse than those of the start."""
    start: list[Event] = [trial(5.0 + 0.1 * (n % 3), Stage.BASELINE, index=n) for n in range(8)]
    fresh: list[Event] = [trial(9.0 + 0.1 * (n % 3), Stage.BASELINE, number=1, index=n) for n in range(8)]
    return [OPENED, *start, proposed(1), kept(1), Advanced(number=1, old="s", new="c1"), *fresh, *more]


def test_trials_hours_apart_do_not_contradict_the_pairs() -> None:
    """If the machine became slower, no loss is claimed from unpaired trials; the report asks for an audit, and uses it."""
    story = story_of(slower_machine())
    assert story.total is None and story.keeps[0].fresh is None
    answer = answers(story)[0]
    assert answer.figure == "1 change" and "although the pairs proved a gain: `overnight audit`" in answer.detail
    audited = story_of(slower_machine(*audit(1, gain=0.5, half=0.2, pairs=9)))
    assert audited.total is not None and audited.total.gain.mid == 0.5


def test_times_are_compared_by_audits_only() -> None:
    """A time that was measured hours before the other shows the machine as much as the change."""
    timed = replace(PROGRAM, metric=replace(PROGRAM.metric, name="latency_ms"))
    events: list[Event] = [trial(5.0, Stage.BASELINE), trial(5.1, Stage.BASELINE, index=1), proposed(1), kept(1)]
    events = [OPENED, *events, Advanced(number=1, old="s", new="c1"), trial(4.0, Stage.BASELINE, number=1)]
    recorded = [Recorded(seq=seq, at=float(seq), event=event, digest="") for seq, event in enumerate(events)]
    story = tell_story(iter(recorded), timed)
    assert story.total is None and "Times that were measured hours apart" in answers(story)[0].detail


def test_audit_is_on_the_page_and_in_markdown() -> None:
    """Total gain, sum of the claims, and what each change is still worth are in the report."""
    text = render_markdown(story_of(AUDITED), {})
    assert "## Audit" in text
    assert re.search(r"Total gain: \+1\.50* \(\+1\.0* to \+2\.0*, 95 %\) by 20 pairs of fresh trials", text)
    page = parse(render_page(story_of(AUDITED), {}))
    assert "Audit" in [heading.text for heading in page.all("h2")]
    assert "by 20 pairs of fresh trials" in page.text
    assert "Still help: \\#1" in text


def test_clock_never_runs_backwards_and_leaves_pauses_out() -> None:
    """Hours into the campaign grow by the ledger's own elapsed time, whatever the wall clock does."""
    story = story_of(
        [
            OPENED,
            SessionStarted(version="0", sandbox="jail", elapsed_s=0.0),
            trial(1.0, Stage.BASELINE),
            trial(1.0, Stage.BASELINE),  # the wall clock jumps back here
            stopped(elapsed_s=3600.0),
            SessionStarted(version="0", sandbox="jail", elapsed_s=3600.0),  # a week later
            trial(1.0, Stage.BASELINE),
        ],
        [0.0, 0.0, 1800.0, -9000.0, 3600.0, 604_800.0, 606_600.0],
    )
    assert [point.hours for point in story.baseline] == [0.5, 0.5, 1.5]
    assert story.costs.elapsed_s == 5400.0
    assert story.sessions == 3


def test_error_budget_sums_the_levels_and_names_the_weakest_keep() -> None:
    """Each registered test spends its level; the weakest keep has the least evidence beyond its requirement."""
    world = World(experiments=120, real=0.3, seed=5)
    events = [entry.event for entry in record(world)]
    story = story_of(events)
    assert story.errors.spent == pytest.approx(sum(event.level for event in events if isinstance(event, Registered)))
    margins = {keep.number: (keep.conclusion.log_e or 0) + _log(keep.conclusion.level) for keep in story.keeps}
    weakest = story.errors.weakest
    assert weakest is not None
    assert (weakest.log_e or 0) + _log(weakest.level) == min(margins.values())


def _log(level: float | None) -> float:
    return math.log(level or 1.0)


def test_memory_does_not_grow_with_experiments() -> None:
    """One pass over a stream; points are thinned, while claims keep the best value."""
    count = 3 * POINTS

    def stream() -> Iterator[Recorded]:
        yield Recorded(seq=0, at=0.0, event=OPENED, digest="")
        for number in range(1, count + 1):
            for event in (proposed(number), trial(-number, Stage.SCREEN, number=number)):
                yield Recorded(seq=number, at=number, event=event, digest="")
            crash = Conclusion(verdict=Verdict.CRASH, reason=f"unlike any other {'x' * number}"[:99])
            yield Recorded(seq=number, at=number, event=Concluded(number=number, conclusion=crash, elapsed_s=number), digest="")

    story = tell_story(stream(), PROGRAM)
    assert len(story.candidates) <= POINTS
    assert story.candidates_seen == count
    assert len(story.claims) <= POINTS + 1
    assert story.claims_seen == count
    assert story.claims[-1].value == -count
    assert sum(failure.count for failure in story.failures) == count
    assert len(story.failures) < 50


@pytest.mark.parametrize("name", CASES)
def test_counts_agree(name: str) -> None:
    """Every experiment has one verdict, and every count in the story fits the others."""
    world = CASES[name]
    story = tell_story(record(world), world.program)
    funnel = story.funnel
    assert funnel.proposed == world.experiments == sum(funnel.verdicts.values())
    assert funnel.proposed >= funnel.measured >= funnel.registered or story.noise.deterministic
    assert funnel.kept == len(story.keeps) == len(story.heads) - 1
    assert sum(failure.count for failure in story.failures) == funnel.proposed - funnel.kept
    assert story.noise.deterministic == (world.sigma == 0)
    assert sum(funnel.trials.values()) == story.costs.trials


def test_every_prefix_of_a_ledger_has_a_story() -> None:
    """A campaign that was killed anywhere, even before its first event, still has a report."""
    world = World(experiments=25, real=0.4, seed=2)
    entries = list(record(world))
    for end in range(len(entries) + 1):
        story = tell_story(entries[:end], world.program)
        assert "Gained" in render_markdown(story, {})
