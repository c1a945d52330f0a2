"""The pricing lab: only plain prices count, the market stays hidden, and its noise is larger than most effects."""

import json
import math
from collections.abc import Iterator
from pathlib import Path
from statistics import mean, stdev
from types import ModuleType

import pytest
from lab_copies import check_spied, lab_copy, modules_of, refusal, replace, score_of, script, tunable

SCORE = ("score.py", "--seed", "1")
VISITORS = 3000
FEWER = ("VISITORS = 40_000", f"VISITORS = {VISITORS}")


@pytest.fixture(scope="module")
def lab(tmp_path_factory: pytest.TempPathFactory) -> Path:
    copied = lab_copy("pricing", tmp_path_factory.mktemp("labs"))
    replace(copied, "visitors.py", FEWER)
    return copied


@pytest.fixture(scope="module")
def modules(lab: Path) -> Iterator[dict[str, ModuleType]]:
    with modules_of(lab, "visitors", "policy", "market") as loaded:
        yield loaded


def quotes(modules: dict[str, ModuleType], seed: int, **constants: object) -> tuple[list[object], list[float]]:
    """The visitors of a day, and the prices that a policy with these constants sets for them."""
    visitors = modules["visitors"].make_visitors(seed)
    with pytest.MonkeyPatch.context() as patch:
        for name, value in constants.items():
            patch.setattr(modules["policy"], name, value)
        return visitors, [modules["policy"].price(visitor) for visitor in visitors]


def revenues(modules: dict[str, ModuleType], days: int, **constants: object) -> list[float]:
    """The revenue of a policy on each of some days."""
    return [modules["market"].visit(*quotes(modules, day, **constants), f"secret {day}")[0] for day in range(days)]


@pytest.mark.parametrize("price", [math.nan, math.inf, -20, 0, 0.99, 1001, 10**400, True, "20", None, [20], {"price": 20}])
def test_what_is_no_price_is_refused(lab: Path, price: object) -> None:
    """If one price is not a plain number in euros, there is no metric."""
    (lab / "quotes.json").write_text(json.dumps([20.0] * (VISITORS - 1) + [price]))
    assert refusal(lab, *SCORE) == f"no quotes: the price for visitor {VISITORS - 1} is not a number from 1 to 1000"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{}",
        "20",
        json.dumps([20.0] * (VISITORS - 1)),
        json.dumps([20.0] * (VISITORS + 1)),
        "[" * 100_000,
        "METRIC revenue=1e9",
        "\x80",
    ],
)
def test_what_is_no_list_of_prices_is_refused(lab: Path, text: str) -> None:
    """Each visitor gets exactly one price."""
    (lab / "quotes.json").write_text(text, encoding="latin-1")
    assert refusal(lab, *SCORE).startswith("no quotes")


def test_a_price_that_stands_for_infinity_is_refused(lab: Path) -> None:
    """`1e999` is a number in JSON, and infinite in Python."""
    (lab / "quotes.json").write_text(json.dumps([20.0] * VISITORS).replace("20.0", "1e999", 1))
    assert "visitor 0" in refusal(lab, *SCORE)


def test_a_day_depends_on_its_seed(lab: Path) -> None:
    """The same seed is the same day, and the sealed day is another one with the same visitors."""
    script(lab, "quote.py", "--seed", "1")
    public = score_of(lab, *SCORE)
    others = {score_of(lab, *SCORE, "--split", split) for split in ("holdout", "audit")}
    assert score_of(lab, *SCORE) == public and len(others - {public}) == 2


def test_no_single_day_shows_what_a_change_does(modules: dict[str, ModuleType]) -> None:
    """Days differ by more than a real gain; compared on the same days, the gain shows."""
    before, after = revenues(modules, 12), revenues(modules, 12, CHARM=True)
    gains = [new - old for new, old in zip(after, before, strict=True)]
    assert 0 < mean(gains) < stdev(before)
    assert stdev(gains) < stdev(before) / 3


def test_the_truth_is_the_mean_of_many_days(lab: Path, modules: dict[str, ModuleType]) -> None:
    """It is computed on request, and is not a metric."""
    days = revenues(modules, 30)
    truth = mean(modules["market"].expected(*quotes(modules, day)) for day in range(30))
    assert truth == pytest.approx(mean(days), abs=4 * stdev(days) / len(days) ** 0.5)
    script(lab, "quote.py", "--seed", "1")
    assert script(lab, *SCORE, "--truth").stdout.startswith("expected revenue:")


def test_the_start_runs_in_the_jail(tmp_path: Path) -> None:
    """The candidate sees nothing of the market, and its output is ignored."""
    lab = lab_copy("pricing", tmp_path)
    replace(lab, "visitors.py", FEWER)
    value = check_spied(lab)["value"]
    assert isinstance(value, float) and 500 < value < 5000


def test_the_tuner_finds_the_constants(lab: Path) -> None:
    """The price, its adjustments for kinds of visitors, who these are, and how it is written."""
    kinds = {"MOBILE", "RETURNING", "NEWSLETTER", "WEEKEND", "NIGHT", "CURIOUS"}
    regions = {f"REGION_FACTORS.{region}" for region in ("north", "east", "south", "west")}
    assert tunable(lab) == {f"{kind}_FACTOR" for kind in kinds} | regions | {
        "BASE_PRICE",
        "NIGHT_ENDS",
        "CURIOUS_PAGES",
        "CHARM",
    }
