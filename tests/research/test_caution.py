"""What weakens a campaign's evidence."""

from dataclasses import replace

import pytest
from builders import PROGRAM, advanced, baseline, concluded, opened, proposed, trial

from overnight.gate.caution import ONE_DRAW, of_one_draw
from overnight.gate.verdict import Verdict
from overnight.program.parser import parse_program
from overnight.research.caution import cautions_of
from overnight.research.state import JAIL, fold_all

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
