"""A campaign of expensive trials with a metric of parts, folded through every view: nothing needs a trial of the head alone."""

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from builders import advanced, opened, proposed, session
from targets import repository_of

from overnight.cli.screen import _head
from overnight.gate.error_budget import level_of
from overnight.gate.pairs import gain_of_parts
from overnight.gate.seeds import ANCHORS
from overnight.gate.stats import log_label_swap
from overnight.gate.target import head_reached_target
from overnight.gate.trial import Arm, Stage, Trial, TrialKey
from overnight.gate.verdict import Conclusion, Verdict
from overnight.git.history import GitHistory
from overnight.program.parser import parse_program
from overnight.research.briefs.target import standing_lines
from overnight.research.caution import doubts_of
from overnight.research.events import Concluded, Event, Registered, TrialFinished
from overnight.research.history import as_experiment, as_judged
from overnight.research.loop.opening import changed_for_good
from overnight.research.receipts.proof import check_receipt, read_receipt, receipt_of, write_receipt
from overnight.research.receipts.receipt import Receipt
from overnight.research.record.port import Recorded
from overnight.research.report.markdown import render_markdown
from overnight.research.report.page import render_page
from overnight.research.state import State, fold_all
from overnight.research.story.narrator import tell_story
from overnight.research.story.story import Story
from overnight.research.verify.receipts import _program
from overnight.research.views.experiments import experiment_page
from overnight.research.views.status import measured_level, summarise

PARTS = {"small": 0.5, "large": 10.0}
PROGRAM = """---
metric: {name: gain, direction: maximize, parts: {small: 0.5, large: 10}}
measure: x
editable: [train.py]
gate: {expensive: true}
---
"""
PAIRS = 8
LEVEL = level_of(0.1, test=1, keeps=0, expensive=True)


def trial(number: int, stage: Stage, arm: Arm, index: int, values: tuple[float, float]) -> TrialFinished:
    key = TrialKey(experiment=number, stage=stage, arm=arm, index=index)
    metrics = dict(zip(PARTS, values, strict=True))
    value = math.fsum(metrics[name] / spread for name, spread in PARTS.items()) / len(PARTS)
    tree = "a" * 40 if arm is Arm.BASELINE else "candidate"
    return TrialFinished(trial=Trial(key=key, seed=1000 + index, tree=tree, value=value, metrics=metrics, wall_s=60.0))


def both(number: int, stage: Stage, index: int) -> Iterator[TrialFinished]:
    yield trial(number, stage, Arm.BASELINE, index, (0.01 * (index % 3), 0.0))
    yield trial(number, stage, Arm.CANDIDATE, index, (1.0 + 0.01 * index, 9.0 - index))


def kept(number: int = 1) -> list[Event]:
    confirming = [one for index in range(PAIRS) for one in both(number, Stage.CONFIRM, index)]
    metric = parse_program(PROGRAM, "program.md").metric
    values = [one.trial.metrics for one in confirming]
    gains = [gain_of_parts(metric, before, after) for before, after in zip(values[::2], values[1::2], strict=True)]
    conclusion = Conclusion(
        verdict=Verdict.KEEP,
        reason="better",
        gain=sum(gains) / PAIRS,
        low=0.5,
        high=3.0,
        log_e=log_label_swap(gains),
        level=LEVEL,
        pairs=PAIRS,
    )
    return [
        proposed(number),
        *both(number, Stage.SCREEN, ANCHORS),
        Registered(number=number, test=1, level=LEVEL),
        *confirming,
        Concluded(number=number, conclusion=conclusion, elapsed_s=9.0),
        advanced(number),
    ]


def state(*events: Event) -> State:
    found = fold_all([opened(PROGRAM), *events])
    assert found is not None
    return found


def story_of(events: list[Event]) -> Story:
    recorded = [Recorded(seq=n, at=float(n), event=event, digest="") for n, event in enumerate([opened(PROGRAM), *events])]
    return tell_story(recorded, parse_program(PROGRAM, "program.md"))


STAGES: dict[str, list[Event]] = {
    "opened": [],
    "screened": [proposed(1), *both(1, Stage.SCREEN, ANCHORS)],
    "in the test": kept()[:-4],
    "kept": kept(),
    "kept, in another session": [*kept(), session()],
}


@pytest.mark.parametrize("name", STAGES)
def test_every_view_shows_it_without_a_trial_of_the_head(name: str) -> None:
    """Status, live screen, brief, doubts and story at every moment of a campaign that has no baseline."""
    now = state(*STAGES[name])
    status = summarise(now, None, "folder")
    assert measured_level(status) and _head(now) and list(standing_lines(now))
    assert not doubts_of(now) and not head_reached_target(now.program, now.gate)
    assert status.noise == "heavy" and status.sigma == pytest.approx(0.5)
    story = story_of(STAGES[name])
    assert story.noise.paired and story.total is None
    assert "gain" in render_markdown(story, {})


def test_the_page_of_the_report_is_drawn_without_a_baseline() -> None:
    """With all its charts, of a campaign with a keep."""
    assert "gain" in render_page(story_of(kept()), {})


def test_after_a_keep_the_head_stands_where_its_pairs_had_it() -> None:
    """No trial of it has run since; the words say which ones the value is from."""
    now = summarise(state(*kept()), None, "folder")
    levels = state(*kept()).kept[0].levels
    assert levels is not None and now.head_value == levels.after
    assert measured_level(now).endswith("in the pairs that it was kept for")


def test_trials_of_the_head_in_the_test_are_trials_of_the_head() -> None:
    """They are known by its tree; those of screening, which may be shorter, do not count."""
    memory = state(*STAGES["in the test"]).gate
    assert memory.trials == PAIRS - 1 and memory.head_tree == "a" * 40
    assert state(*STAGES["screened"]).gate.trials == 0


def receipt(events: list[Event]) -> Receipt:
    now = state(*events)
    return receipt_of(now, now.kept[0], events, "f" * 64)


def test_its_receipt_is_checked_from_the_parts() -> None:
    """Level and evidence are recomputed, and the text comes back as it was."""
    made = receipt(kept())
    assert made.parts == tuple(PARTS.items()) and made.expensive
    assert read_receipt(write_receipt(made)) == made
    assert all(finding.holds for finding in check_receipt(made)), check_receipt(made)


@pytest.mark.parametrize(
    ("change", "shows"),
    [
        ({"expensive": False}, "level"),
        ({"parts": ()}, "evidence"),
        ({"parts": (("small", 0.05), ("large", 10.0))}, "evidence"),
    ],
)
def test_a_forged_one_does_not_hold(change: dict[str, object], shows: str) -> None:
    """Another budget, and spreads or parts that are not those of the campaign."""
    forged = replace(receipt(kept()), **change)  # type: ignore[arg-type]  # fields by name
    assert shows in {finding.what for finding in check_receipt(forged) if not finding.holds}


def test_parts_that_do_not_give_the_value_are_found() -> None:
    """A better part of the candidate, with the value as it was."""
    made = receipt(kept())
    better = replace(made.pairs[0], candidate_parts=(50.0, 9.0))
    assert not all(finding.holds for finding in check_receipt(replace(made, pairs=(better, *made.pairs[1:]))))


def test_a_program_of_another_file_is_not_taken_for_the_committed_one(tmp_path: Path) -> None:
    """The organisation that is improved has a program.md too, which says nothing of how organisations are measured."""
    made = replace(receipt(kept()), file="meta.md")
    assert read_receipt(write_receipt(made)).file == "meta.md"
    history = GitHistory(repository_of(tmp_path / "repo", {"program.md": "---\nmetric: loss\nmeasure: x\n---\n"}))
    try:
        found = _program(history, made)
    finally:
        history.close()
    assert found.holds is None and "meta.md" in found.detail


def test_other_receipts_are_written_as_before() -> None:
    """Versions that do not know parts can read those that have none."""
    made = replace(receipt(kept()), parts=(), expensive=False, pairs=())
    assert not any(f'"{key}"' in write_receipt(made) for key in ("parts", "expensive", "file"))


def test_the_budget_of_few_tests_cannot_be_switched_on_meanwhile() -> None:
    """Levels of both budgets together would exceed the error rate; the number of pairs may change."""
    old = parse_program(PROGRAM, "program.md")
    assert changed_for_good(old, parse_program(PROGRAM.replace("{expensive: true}", "{}"), "program.md")) == ["gate.expensive"]
    assert not changed_for_good(old, parse_program(PROGRAM.replace("true}", "true, max_pairs: 90}"), "program.md"))


def test_an_experiment_is_explained_in_pairs() -> None:
    """`show` says what a pair scatters by, and names no trial of the head alone."""
    judged, verdict = as_judged(kept()), kept()[-2]
    assert judged is not None and isinstance(verdict, Concluded)
    row = as_experiment(judged, verdict, at=0.0, until=1.0)
    page = experiment_page(row, kept(), diff="", state=state(*kept()), output=None)
    assert any("the gain of one pair of equal trees has a standard deviation of" in line for line in page.explanation)
    assert row.curve == () and len(page.trials) == 2 * PAIRS + 2
