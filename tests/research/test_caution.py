"""What weakens a campaign's evidence."""

from collections.abc import Sequence
from dataclasses import replace

import pytest
from builders import PROGRAM, advanced, baseline, concluded, opened, proposed, trial

from overnight.gate.caution import ONE_DRAW, basis, kind_of_pairs, of_no_seed, of_one_draw
from overnight.gate.plausibility import Doubt
from overnight.gate.split_error import Answers
from overnight.gate.trial import Arm, Stage
from overnight.gate.verdict import Verdict
from overnight.program.parser import parse_program
from overnight.research.caution import (
    cautions_of,
    doubts_of,
    held,
    search_note,
    search_words,
    split_words,
    to_hold,
    to_look_at,
    warnings_of,
)
from overnight.research.events import Believed, Event
from overnight.research.snapshot import dump_state, load_state
from overnight.research.state import JAIL, State, fold, fold_all

UNSEEDED = PROGRAM.replace(" --seed {seed}", "")


@pytest.mark.parametrize(
    ("program", "exact", "kept", "reported"),
    [
        (UNSEEDED, True, 1, True),
        (UNSEEDED, False, 1, False),
        (UNSEEDED, True, 0, False),
        (PROGRAM, True, 1, False),
        (UNSEEDED.replace("minimize}", "minimize, min_effect: 0.1}"), True, 1, False),
    ],
)
def test_gains_of_one_seed_are_reported(program: str, exact: bool, kept: int, reported: bool) -> None:
    """If nothing varies, no seed is taken, no smallest effect is set, and something was kept; otherwise there is no need."""
    assert of_one_draw(parse_program(program, "program.md"), exact=exact, kept=kept) == reported


def test_a_campaign_says_it_of_itself() -> None:
    """From its state, in words that name the fix and the targets that need none."""
    start = replace(opened(UNSEEDED), sandbox=JAIL)
    better = trial(1, value=1.0), concluded(1, Verdict.KEEP, gain=1.0), advanced(1)
    state = fold_all([start, *(baseline(index, 2.0) for index in range(3)), proposed(1), *better])
    assert state is not None and cautions_of(state) == (ONE_DRAW,)
    assert ONE_DRAW.startswith("if the target draws") and "{seed}" in ONE_DRAW and "min_effect" in ONE_DRAW


SPLIT = """---
metric: {name: loss, direction: minimize}
produce: python train.py --seed {seed}
score: python score.py
artifacts: [out.json]
editable: [train.py]
---
"""


def test_what_values_rest_on() -> None:
    """One process can print any number, or leave out work whose time is measured from outside; two processes can do neither."""
    assert "could print any number" in basis(parse_program(PROGRAM, "program.md"))
    assert "could leave out the work" in basis(parse_program(PROGRAM.replace("name: loss", "name: cpu_s"), "program.md"))
    assert basis(parse_program(SPLIT, "program.md")) == ""


def test_fresh_seeds_are_claimed_only_if_the_command_takes_one() -> None:
    """Otherwise it is said what that means for the gain."""
    seeded, unseeded = parse_program(PROGRAM, "program.md"), parse_program(UNSEEDED, "program.md")
    assert "seeds that nothing had used before" in kind_of_pairs(seeded) and of_no_seed(seeded) == ""
    assert "seeds that" not in kind_of_pairs(unseeded) and "another seed is not known" in of_no_seed(unseeded)


PREPARED = SPLIT.replace("editable", "prepare: python prepare.py --seed {seed}\ninputs: [data.npz]\neditable")


@pytest.mark.parametrize(
    ("program", "checked"),
    [
        (PROGRAM, False),  # its seed may decide nothing but how the candidate is trained
        (PROGRAM.replace("editable", "holdout: python hold.py\neditable"), True),
        (PREPARED, True),
        (PREPARED.replace(" --seed {seed}", "", 1).replace("prepare.py --seed {seed}", "prepare.py"), False),
    ],
)
def test_a_search_needs_a_holdout_or_inputs_drawn_for_each_trial(program: str, checked: bool) -> None:
    """Else each keep that it led to is named, its commit says so, and `check` says so of a tuner before the night."""
    found = replace(proposed(1), searched=20)
    keep = trial(1, value=1.0), concluded(1, Verdict.KEEP, gain=1.0), advanced(1)
    state = fold_all([replace(opened(program), sandbox=JAIL), baseline(0, 2.0), baseline(1, 2.1), found, *keep])
    assert state is not None
    assert search_words(state).startswith("" if checked else "found by search and checked on no other data: #1; a long search")
    assert bool(search_words(state)) is (search_words(state) in cautions_of(state)) is not checked
    assert bool(warnings_of(state, 20)) is bool(search_note(state.program)) is not checked and not warnings_of(state, 0)
    no_tuner = program.replace("editable", "researchers: [{role: a, use: agent}]\neditable")
    assert search_note(parse_program(no_tuner, "program.md")) == ""


def test_data_too_small_for_their_claims_are_told() -> None:
    """Of the keeps that the holdout was asked about, from what it did not confirm."""
    state = fold_all([replace(opened(PROGRAM.replace("editable", "holdout: h\neditable")), sandbox=JAIL), baseline(0, 2.0)])
    assert state is not None and split_words(state) == "" and cautions_of(state) == ()
    answers = Answers(asked=23, refused=12, below=7, squares=2.1, thresholds=6.0, noise=2.4)
    state = replace(state, gate=replace(state.gate, answers=answers))
    assert "of the 11 kept gain on these data alone" in split_words(state) and cautions_of(state) == (split_words(state),)
    assert load_state(dump_state(state)) == state


def test_a_keep_without_a_search_has_no_such_caution() -> None:
    """Nor one that the holdout of its time let pass, although the program has none any more."""
    keep = trial(1, value=1.0), concluded(1, Verdict.KEEP, gain=1.0), advanced(1)
    state = fold_all([opened(), baseline(0, 2.0), proposed(1), *keep])
    assert state is not None and search_words(state) == ""
    passed = replace(state.kept[0], searched=20, conclusion=replace(state.kept[0].conclusion, holdout_gain=0.5))
    assert search_words(replace(state, kept=(passed,))) == ""


def test_doubts_name_the_keep_and_change_nothing() -> None:
    """A first keep of ordinary size raises none; the next one, with a value of 0, does."""
    start = opened(PROGRAM)
    events: list[Event] = [start, *(baseline(index, 2.0) for index in range(3))]
    for number, value in ((1, 1.0), (2, 0.0)):
        gain = (trial(number, value=value), concluded(number, Verdict.KEEP, gain=1.0), advanced(number))
        events += [proposed(number), *gain]
        events += [trial(number, stage=Stage.BASELINE, arm=Arm.BASELINE, value=value)]
    state = fold_all(events)
    assert state is not None and len(state.kept) == 2
    said = ("loss went from 1 to 0, tenfold or more at once", "its loss is 0, and no value is better")
    assert doubts_of(state) == {2: Doubt(number=2, says=said, unbelievable=True, believed=False)}
    assert to_look_at(state) == () and [line[:24] for line in to_hold(state)] == ["#2 is unbelievable until"]
    assert [kept.number for kept in held(state)] == [2]


def kept_from(program: str, values: Sequence[float], after: float) -> State:
    """A campaign whose head had these values, and that kept a change with another one."""
    heads = [baseline(index, value) for index, value in enumerate(values)]
    state = fold_all([opened(program), *heads, proposed(1), trial(1, value=after), concluded(1, Verdict.KEEP), advanced(1)])
    assert state is not None
    return state


QUIET = (1.0, 1.01, 0.99, 1.0, 1.01, 0.99, 1.0, 1.01)


@pytest.mark.parametrize(
    ("program", "values", "after", "unread"),
    [
        (PROGRAM, QUIET, 0.7, True),
        (PROGRAM, QUIET, 0.9, False),
        (PROGRAM, (1.0,) * 8, 0.7, False),
        (PROGRAM, (1.0,) * 8, 0.05, True),
        (SPLIT, QUIET, 0.0, False),
        (PROGRAM.replace("name: loss", "name: time_s"), QUIET, 0.7, True),
        (PROGRAM.replace("name: loss", "name: time_s"), QUIET, 0.81, False),
        (PROGRAM.replace("name: loss", "name: cpu_s"), QUIET, 0.2, False),
        (PROGRAM.replace("---\n#", "gate: {noise: deterministic}\n---\n#"), QUIET, 0.7, False),
    ],
)
def test_the_noise_of_the_head_says_what_cannot_be_true(
    program: str, values: Sequence[float], after: float, unread: bool
) -> None:
    """As the gate knew it when it kept the change, on its scale; with no noise, by orders of magnitude alone."""
    assert [kept.number for kept in held(kept_from(program, values, after))] == [1] * unread


def test_small_steps_are_held_together_until_one_of_them_is_read() -> None:
    """From the start, or from the last keep that was held or that a person has read."""
    events: list[Event] = [opened(PROGRAM.replace("minimize", "maximize")), *(baseline(index, 1.0) for index in range(3))]
    for number in range(1, 7):
        gain = (trial(number, value=8.0**number), concluded(number, Verdict.KEEP, gain=1.0), advanced(number))
        head = trial(number, stage=Stage.BASELINE, arm=Arm.BASELINE, value=8.0**number)
        events += [proposed(number), *gain, head]
    state = fold_all(events)
    assert state is not None and [kept.number for kept in held(state)] == [3, 6]
    read = fold(state, [Believed(number=2, commit=state.kept[1].commit)])
    assert [kept.number for kept in held(read)] == [5]


def test_a_person_lets_a_keep_go() -> None:
    """It raises no lines any more, also after a snapshot; its doubts stay as facts. Another commit's word is nothing."""
    state = kept_from(PROGRAM, QUIET, 0.7)
    assert held(fold(state, [Believed(number=1, commit="f" * 40)])) == state.kept
    state = load_state(dump_state(fold(state, [Believed(number=1, commit=state.kept[0].commit)])))
    assert state.kept[0].believed and (held(state), to_hold(state), to_look_at(state)) == ((), (), ())
    assert doubts_of(state)[1].unbelievable
