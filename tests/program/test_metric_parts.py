"""A metric that is a mean of parts: how it is written, and how it is read from what a trial prints."""

import pytest

from overnight.errors import ProgramError
from overnight.program.metric import MetricReading, NoReading, read_metrics
from overnight.program.parser import parse_program
from overnight.program.program import Program

TWO = "metric: {name: gain, direction: maximize, parts: {small: 0.5, large: 10}}\nmeasure: x\n"
SEALED = TWO.replace("10}}", "10}, sealed_parts: {secret: 2}}") + "holdout: y\n"


def program(front: str) -> Program:
    return parse_program(f"---\n{front}---\n", "program.md")


def value(front: str, output: str, *, sealed: bool = False) -> float:
    reading = read_metrics(output.encode(), program(front).metric, sealed=sealed)
    assert isinstance(reading, MetricReading), reading
    return reading.value


def reason(front: str, output: str, *, sealed: bool = False) -> str:
    reading = read_metrics(output.encode(), program(front).metric, sealed=sealed)
    assert isinstance(reading, NoReading)
    return reading.reason


def test_the_value_is_the_mean_in_spreads() -> None:
    """Each part over its spread; the parts are recorded as they were printed."""
    reading = read_metrics(b"METRIC small=1\nlarge: 30\nother: 7\n", program(TWO).metric)
    assert isinstance(reading, MetricReading)
    assert reading.value == 2.5 and reading.metrics == {"small": 1.0, "large": 30.0, "other": 7.0, "gain": 2.5}


def test_the_holdout_has_its_own_parts_or_those_in_public() -> None:
    """`sealed_parts` if they are named."""
    assert value(SEALED, "METRIC secret=4\n", sealed=True) == 2.0
    assert value(SEALED, "METRIC small=1\nMETRIC large=30\n") == 2.5
    assert value(TWO + "holdout: y\n", "METRIC small=1\nMETRIC large=30\n", sealed=True) == 2.5


@pytest.mark.parametrize(
    ("output", "said"),
    [
        ("METRIC small=1\n", "no line `METRIC large=`"),
        ("METRIC small=1\nMETRIC large=nan\n", "metric large is NaN"),
        ("METRIC small=1\nMETRIC small=2\nMETRIC large=1\n", "metric small appears twice"),
        ("METRIC gain=5\n", "no line `METRIC small=`"),
    ],
)
def test_a_part_that_is_missing_is_named(output: str, said: str) -> None:
    """So that no candidate wins by leaving its worst part out, and none by printing the mean itself."""
    assert said in reason(TWO, output)


def test_a_mean_in_spreads_that_is_too_large_is_no_value() -> None:
    """A tiny spread must not make numbers that overflow."""
    assert "farther from 0" in reason(TWO.replace("0.5", "1e-50"), "METRIC small=1e50\nMETRIC large=1\n")


@pytest.mark.parametrize(
    ("front", "said"),
    [
        (TWO.replace("parts:", "pattern: '(x)', parts:"), "program.md:2: metric.parts: cannot be combined with `pattern`"),
        (TWO.replace("parts:", "take: last, parts:"), "cannot be combined with `take`"),
        (TWO.replace("parts:", "result: r.json, parts:"), "cannot be combined with `result`"),
        (TWO.replace("small: 0.5", "gain: 0.5"), "`gain` is the metric itself"),
        (TWO.replace("small: 0.5", "cpu_s: 0.5"), "`cpu_s` is measured from outside"),
        (TWO.replace("0.5", "0"), "program.md:2: metric.parts: the spread of `small` is not a number above 0"),
        (TWO.replace("{small: 0.5, large: 10}", "[small, large]"), "must be a mapping of metrics to their spreads"),
        (TWO.replace("{small: 0.5, large: 10}", "{}"), "must be a mapping of metrics to their spreads"),
        (SEALED.replace("holdout: y\n", ""), "program.md:2: metric.sealed_parts: are those of the `holdout`"),
        (SEALED.replace("parts: {small: 0.5, large: 10}, ", ""), "metric.sealed_parts: needs `parts`"),
        (
            "metric: loss\nmeasure: x\ngate: {expensive: true, noise: deterministic}\n",
            "program.md:4: gate.noise: `deterministic`",
        ),
        ("metric: loss\nmeasure: x\ngate: {expensive: true, noise: timing}\n", "gate.noise: `timing`"),
        ("metric: loss\nmeasure: x\ngate: {expensive: true, keep_simpler: true}\n", "gate.keep_simpler: cannot be combined"),
        ("metric: loss\nmeasure: x\ntarget: 1\ngate: {expensive: true}\n", "program.md:4: target: cannot be combined"),
    ],
)
def test_contradictions_are_mistakes_with_line_key_and_fix(front: str, said: str) -> None:
    """All of them before a campaign begins."""
    with pytest.raises(ProgramError) as caught:
        program(front)
    assert said in str(caught.value) and ";" in str(caught.value)
