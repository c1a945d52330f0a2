"""The packing lab: an invalid packing is refused twice, using fractions and using integers."""

import json
import math
from pathlib import Path

import pytest
from lab_copies import check_spied, lab_copy, refusal, replace, score_of, script, tunable

SCORERS = ("score.py", "hidden/audit.py")
GRID = [[(column + 0.5) / 8, (row + 0.5) / 8, 0.0625] for row in range(4) for column in range(8)][:26]  # they touch exactly

by_both = pytest.mark.parametrize("scorer", SCORERS)


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return lab_copy("packing", tmp_path_factory.mktemp("labs"))


def with_first(circle: list[object]) -> str:
    return json.dumps([circle, *GRID[1:]])


@by_both
@pytest.mark.parametrize(
    "text",
    [
        with_first([math.nextafter(0.0625, 1), 0.0625, 0.0625]),  # overlaps its neighbour by 1e-17
        with_first([0.0625, 0.0625, math.nextafter(0.0625, 1)]),
        with_first([math.nextafter(0.0625, 0), 0.0625, 0.0625]),  # leaves the square by as little
        with_first([0.0625, 0.0625, 0.0]),
        with_first([0.0625, 0.0625, -0.5]),
        with_first([0.5, 0.5, 0.5]),
        with_first([math.nan, 0.0625, 0.0625]),
        with_first([0.0625, 0.0625, math.inf]),
        with_first([0.0625, 0.0625, True]),
        with_first([0.0625, 0.0625, "0.0625"]),
        with_first([0.0625, 0.0625, [0.0625]]),
        with_first([0.0625, 0.0625]),
        with_first([0.0625, 0.0625, 0.0625, 0.0625]),
        with_first([0.0625, 0.0625, 0.0625]).replace("0.0625", "1e999", 1),
        json.dumps(GRID[:25]),
        json.dumps([*GRID, [0.9, 0.9, 0.01]]),
        json.dumps({"0": GRID}),
        "[" * 100_000,
        "9" * 10_000,
        "METRIC sum_of_radii=9",
        "",
        "\x00\x80",
    ],
)
def test_what_is_no_packing_is_refused(lab: Path, scorer: str, text: str) -> None:
    """However little circles overlap or leave the square, or with any other content in the file, there is no metric."""
    (lab / "circles.json").write_text(text, encoding="latin-1")
    assert refusal(lab, scorer)


@by_both
def test_circles_that_touch_are_a_packing(lab: Path, scorer: str) -> None:
    """There is no tolerance in the other direction either."""
    (lab / "circles.json").write_text(json.dumps(GRID))
    assert score_of(lab, scorer) == 26 * 0.0625


def test_the_start_is_the_same_packing_every_time(lab: Path) -> None:
    """The public score and the audit agree on it, and it is well below the record."""
    packings = []
    for _ in range(2):
        assert script(lab, "pack.py").returncode == 0
        packings.append((lab / "circles.json").read_bytes())
    assert packings[0] == packings[1]
    assert score_of(lab, "score.py") == score_of(lab, "hidden/audit.py") == pytest.approx(2.449, abs=0.001)


def test_the_start_runs_in_the_jail(tmp_path: Path) -> None:
    """The candidate sees neither the audit nor the answers, and its output is ignored."""
    lab = lab_copy("packing", tmp_path)
    replace(lab, "pack.py", ("STEPS = 3000", "STEPS = 300"))
    script(lab, "pack.py")
    value = score_of(lab, "score.py")
    found = check_spied(lab)
    assert (found["noise"], found["value"]) == ("deterministic", value)


def test_the_tuner_finds_the_constants(lab: Path) -> None:
    """All but the number of steps, which limits the cost of a packing."""
    assert tunable(lab) == {
        "STARTS", "COLUMNS", "JITTER", "STEP_FIRST", "STEP_LAST", "MOMENTUM", "PUSH_FIRST", "PUSH_LAST", "NEIGHBOURS", "WATCH"
    }  # fmt: skip
