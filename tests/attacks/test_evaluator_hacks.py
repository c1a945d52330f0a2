"""The evaluator's attack list: each trick against `measure` and against `produce` with `score`, in the real jail."""

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from hacks import EVALUATE, HACKS, HONEST, LABELS, SCORE, TRAIN, Form, Hack, table
from stands import Outcome, Stand, stand

from overnight.program.program import Direction, Metric

FRONT = "---\nmetric: {name: loss, direction: minimize}\neditable: [train.py]\nlimits: {wall: 20s, memory: 500MB}\n"
MEASURE = FRONT + "measure: python3 evaluate.py {seed}\n---\n"
SPLIT = FRONT + (
    "produce: python3 train.py {seed}\nartifacts: [predictions.json]\nscore: python3 score.py\n"
    "hidden: [labels.json, score.py]\n---\n"
)
FILES = {"train.py": TRAIN, "labels.json": json.dumps(LABELS)}
NAMES = [hack.name for hack in HACKS]


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    with stand(tmp_path_factory.mktemp("measure"), MEASURE, {**FILES, "evaluate.py": EVALUATE}) as made:
        yield made


@pytest.fixture(scope="module")
def split(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    with stand(tmp_path_factory.mktemp("split"), SPLIT, {**FILES, "score.py": SCORE}) as made:
        yield made


def outcome(target: Stand, form: Form) -> Outcome:
    metric = Metric(name=form.metric, direction=Direction.MINIMIZE)
    return target.attempt(form.files, replace(target.program, metric=metric))


def wins(found: Outcome, form: Form) -> bool:
    """Whether the candidate got a value that no honest one can get."""
    value = found.trial.value if found.trial else None
    return value is not None and (value < form.least if form.least else value <= form.least)


def reason_of(found: Outcome) -> str:
    """Why there is no value; empty if there is one."""
    return "; ".join(found.rejected) or found.failed_check or (found.trial.reason if found.trial else "")


def stopped_as_said(found: Outcome, form: Form) -> bool:
    """Whether it failed for the stated reason, and not because of a bug in the trick."""
    if form.message:
        return form.message in reason_of(found)
    value = found.trial.value if found.trial else None
    return value is not None and (value == pytest.approx(HONEST) or form.metric != "loss")


def test_an_honest_candidate_has_its_value_in_both_forms(measured: Stand, split: Stand) -> None:
    """The targets work, so the tricks are compared with a real value."""
    for target in (measured, split):
        found = target.attempt({"train.py": TRAIN + "UNREAD = 1\n"})
        assert found.trial is not None and found.trial.value == pytest.approx(0.6931471805599453)


@pytest.mark.parametrize("hack", HACKS, ids=NAMES)
def test_measure_stops_what_it_can(measured: Stand, hack: Hack) -> None:
    """With one command, tricks that run in the scorer's own process win; no others do. The docs say which."""
    found = outcome(measured, hack.measure)
    assert wins(found, hack.measure) != hack.measure.stopped, found
    assert not hack.measure.stopped or stopped_as_said(found, hack.measure), found


@pytest.mark.parametrize("hack", HACKS, ids=NAMES)
def test_produce_and_score_stop_all_of_them(split: Stand, hack: Hack) -> None:
    """With two commands every trick ends in a rejection, a crash with its reason, or the honest value."""
    assert hack.split.stopped
    found = outcome(split, hack.split)
    assert not wins(found, hack.split) and stopped_as_said(found, hack.split), found


def test_the_table_of_the_docs_is_this_list() -> None:
    """`docs/trust.md` promises exactly what is tested here."""
    docs = Path(__file__).parents[2] / "docs/trust.md"
    assert table() in docs.read_text(encoding="utf-8")
