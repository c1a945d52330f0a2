"""Receipts: the same record gives the same one, arithmetic alone detects a forged one, and nothing secret is in it."""

import json
from dataclasses import replace

import pytest
from builders import PROGRAM, advanced, baseline, opened, proposed
from hypothesis import given
from hypothesis import strategies as st

from overnight.gate.error_budget import level_of
from overnight.gate.stats import log_label_swap
from overnight.gate.trial import Arm, Stage, Trial, TrialKey
from overnight.gate.verdict import Conclusion, Verdict
from overnight.program.program import Direction, Guard
from overnight.research.events import Concluded, Event, Registered, TrialFinished
from overnight.research.receipts.proof import check_receipt, read_receipt, receipt_of, write_receipt
from overnight.research.receipts.receipt import Receipt
from overnight.research.standing import Kept
from overnight.research.state import fold_all

SECRET = "5ec2e7" * 6
SEALED = 0.123456789
LEVEL = level_of(0.1, test=1, keeps=0)


def trial(stage: Stage, arm: Arm, index: int, value: float) -> TrialFinished:
    key = TrialKey(experiment=1, stage=stage, arm=arm, index=index)
    return TrialFinished(
        trial=Trial(key=key, seed=1000 + index, tree="t", value=value, metrics={"loss": value, "mb": 5.0 + index})
    )


def confirmed(pairs: int = 14) -> list[Event]:
    """A keep that was proven in pairs and checked on the holdout."""
    values = [(5.0 + 0.01 * (n % 3), 4.0 + 0.02 * (n % 2)) for n in range(pairs)]
    log_e = log_label_swap([before - after for before, after in values])
    events: list[Event] = [trial(Stage.SCREEN, Arm.CANDIDATE, 0, 4.0), Registered(number=1, test=1, level=LEVEL)]
    for n, (before, after) in enumerate(values):
        events += [trial(Stage.CONFIRM, Arm.BASELINE, n, before), trial(Stage.CONFIRM, Arm.CANDIDATE, n, after)]
    events += [trial(Stage.HOLDOUT, arm, 0, SEALED) for arm in Arm]
    conclusion = Conclusion(
        verdict=Verdict.KEEP, reason="r", gain=1.0, low=0.9, high=1.1, log_e=log_e, level=LEVEL, pairs=pairs, holdout_gain=0.9
    )
    return [proposed(1), *events, Concluded(number=1, conclusion=conclusion, elapsed_s=1.0), advanced(1)]


def exact() -> list[Event]:
    """A keep in a target without noise."""
    trials = [trial(Stage.SCREEN, Arm.CANDIDATE, n, 4.0) for n in range(2)]
    conclusion = Conclusion(verdict=Verdict.KEEP, reason="r", gain=1.0, low=1.0, high=1.0)
    return [proposed(1), *trials, Concluded(number=1, conclusion=conclusion, elapsed_s=1.0), advanced(1)]


def receipt(events: list[Event], program: str = PROGRAM) -> Receipt:
    start = replace(opened(program), secret=SECRET, sandbox="jail")
    state = fold_all([start, *(baseline(n, 5.0) for n in range(3)), *events])
    assert state is not None
    kept: Kept = state.kept[0]
    return receipt_of(state, kept, events, "f" * 64)


def holds(made: Receipt) -> bool:
    findings = check_receipt(made)
    assert "evidence" in {finding.what for finding in findings}
    return all(finding.holds for finding in findings)


@pytest.mark.parametrize("events", [confirmed(), exact()], ids=["pairs", "exact"])
def test_a_receipt_comes_back_from_its_text_and_holds(events: list[Event]) -> None:
    """Writing and reading give the same receipt, twice the same text, in ASCII; and its verdict follows from its values."""
    made = receipt(events)
    assert read_receipt(write_receipt(made)) == made
    assert write_receipt(receipt(events)) == write_receipt(made)
    assert write_receipt(made).isascii() and json.loads(write_receipt(made))["experiment"] == 1
    assert holds(made)


def test_the_secret_and_the_holdouts_answers_stay_out() -> None:
    """The seeds used and a quantised gain are published; their sources are not."""
    text = write_receipt(receipt(confirmed()))
    assert SECRET not in text and str(SEALED) not in text and '"holdout_gain": 0.9' in text


PAIRS = receipt(confirmed())
BETTER_PAIR = replace(PAIRS.pairs[0], candidate=0.0)


@pytest.mark.parametrize(
    ("forged", "shows"),
    [
        (replace(PAIRS, pairs=PAIRS.pairs[:6]), "evidence"),
        (replace(PAIRS, pairs=(BETTER_PAIR, *PAIRS.pairs[1:])), "evidence"),
        (replace(PAIRS, direction=Direction.MAXIMIZE), "evidence"),
        (replace(PAIRS, log_e=50.0), "evidence"),
        (replace(PAIRS, pairs=()), "evidence"),
        (replace(PAIRS, min_effect=2.0), "evidence"),
        (replace(PAIRS, level=0.4), "level"),
        (replace(PAIRS, test=None), "level"),
        (replace(PAIRS, keeps=-3), "level"),
        (replace(PAIRS, pairs=PAIRS.pairs + PAIRS.pairs[:1]), "seeds"),
        (replace(PAIRS, pairs=(replace(PAIRS.pairs[0], seed=1001), *PAIRS.pairs[1:])), "seeds"),
        (replace(PAIRS, guards=(Guard(metric="mb", op="<=", bound=6.0),)), "guards"),
        (replace(receipt(exact()), values=(4.0, 4.5)), "evidence"),
        (replace(receipt(exact()), values=(6.0, 6.0)), "evidence"),
        (replace(receipt(exact()), head_values=()), "evidence"),
        (replace(receipt(exact()), min_effect=1.5), "evidence"),
    ],
)
def test_a_receipt_that_was_changed_does_not_hold(forged: Receipt, shows: str) -> None:
    """Omitted, invented or doubled pairs, another direction, an easier level: each is named."""
    assert shows in [finding.what for finding in check_receipt(forged) if not finding.holds]


def test_guards_are_proven_from_the_receipt() -> None:
    """The candidate's values of a guarded metric are included, and are judged again."""
    guarded = PROGRAM.replace("editable:", "guards: [mb <= 4000]\neditable:")
    made = receipt(confirmed(), guarded)
    assert made.pairs[3].guarded == {"mb": 8.0} and holds(made)
    assert not holds(replace(made, pairs=tuple(replace(pair, guarded={}) for pair in made.pairs)))


def test_an_unjailed_session_is_in_the_receipt() -> None:
    """A campaign that ever ran without a jail cannot publish a receipt that says otherwise."""
    state = fold_all([replace(opened(), sandbox="process"), *(baseline(n, 5.0) for n in range(3)), *exact()])
    assert state is not None
    assert receipt_of(state, state.kept[0], exact(), "").sandbox == "process"


@given(
    st.one_of(
        st.text(max_size=200),
        st.dictionaries(st.sampled_from(["format", "pairs", "level", "gain"]), st.floats()).map(json.dumps),
    )
)
def test_any_other_text_is_refused(text: str) -> None:
    """A receipt comes from a stranger's repository: anything else is a ValueError."""
    with pytest.raises(ValueError, match=r"."):
        read_receipt(text)


def test_unknown_fields_and_formats_are_refused() -> None:
    """Nothing is ignored, and a later format is named."""
    fields = json.loads(write_receipt(PAIRS))
    for change in ({"more": 1}, {"format": 2}, {"pairs": [{"index": 0}]}, {"level": "low"}):
        with pytest.raises(ValueError, match=r"."):
            read_receipt(json.dumps(fields | change))


@given(
    st.recursive(st.none() | st.integers() | st.floats() | st.text(max_size=5), lambda inner: st.lists(inner, max_size=3)),
    st.data(),
)
def test_no_field_breaks_the_check(value: object, data: st.DataObject) -> None:
    """Whatever replaces a field, the receipt is refused or judged."""
    fields = json.loads(write_receipt(PAIRS))
    place = data.draw(st.sampled_from([fields, fields["pairs"][0]]))
    place[data.draw(st.sampled_from(sorted(place)))] = value
    try:
        made = read_receipt(json.dumps(fields))
    except ValueError:
        return
    check_receipt(made)
