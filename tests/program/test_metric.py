"""Reading metrics from captured output."""

import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from overnight.program.metric import MetricReading, NoReading, read_metrics
from overnight.program.program import Direction, Metric

BPB = Metric(name="val_bpb", direction=Direction.MINIMIZE)
PATTERN = Metric(name="loss", direction=Direction.MINIMIZE, pattern=r"final loss (\S+)")
RESULT = Metric(name="loss", direction=Direction.MINIMIZE, result="metrics.json")


def value(output: bytes, metric: Metric = BPB, result: bytes | None = None) -> float:
    """The value that must be read."""
    reading = read_metrics(output, metric, result)
    assert isinstance(reading, MetricReading), reading
    return reading.value


def reason(output: bytes, metric: Metric = BPB, result: bytes | None = None) -> str:
    """Why no value must be read."""
    reading = read_metrics(output, metric, result)
    assert isinstance(reading, NoReading), reading
    assert reading.reason.isprintable()
    return reading.reason


@pytest.mark.parametrize(
    "output",
    [
        b"METRIC val_bpb=0.9979\n",
        b"---\nval_bpb:          0.997900\ntraining_seconds: 300.1\n",
        b"  val_bpb: .9979e0",
        b"METRIC  val_bpb = +9979e-4\r\n",
        b"\x1b[32mval_bpb:\x1b[0m \x1b[1m0.9979\x1b[0m\n",
        b"\x1b]0;title\x07val_bpb: 0.9979\n",
        b"10%\r50%\rval_bpb: 0.9979\r",
        b"\xff\xfe\x00\nval_bpb: 0.9979\n\x80",
        b"METRIC val_bpb=0.9979\nval_bpb: 0.99790\nMETRIC val_bpb=0.9979\n",
        b"val_bpb: lower is better\nval_bpb: 0.9979\n",
        b"step 3 | val_bpb: 1.4\nbest_val_bpb: 1.0\nval_bpb_ema: 1.1\nval_bpb: 0.9979\n",
        b"x" * 1_000_000 + b"\nval_bpb: 0.9979\n" + b"y" * 1_000_000,
    ],
)
def test_it_finds_the_one_number(output: bytes) -> None:
    """Both line forms, colours, progress bars, binary noise, huge lines and repetition are read through."""
    assert value(output) == 0.9979


@pytest.mark.parametrize(
    ("output", "why"),
    [
        (b"", "no line `METRIC val_bpb=` or `val_bpb:` in the output; it is empty"),
        (b"a\nTraceback: \x1b[31mno\n\n", "in the output; the last line was `Traceback: no`"),
        (b"val_bpb: 1.2\nval_bpb: 0.9\n", "metric val_bpb appears twice with different values: 1.2 and 0.9"),
        (b"METRIC val_bpb=9\nval_bpb: 0.9\n", "metric val_bpb appears twice with different values: 9 and 0.9"),
        (b"val_bpb: 1.2\rval_bpb: 0.9\r", "appears twice with different values"),
        (b"val_bpb: NaN\n", "metric val_bpb is NaN"),
        (b"val_bpb: 0.9\nval_bpb: nan\n", "metric val_bpb is NaN"),
        (b"METRIC val_bpb=-inf\n", "metric val_bpb is infinite"),
        (b"METRIC val_bpb=1e999\n", "metric val_bpb is infinite"),
        (b"METRIC val_bpb=0x1F\n", "metric val_bpb is `0x1F`, not a number"),
        (b"METRIC val_bpb=1_000\n", "metric val_bpb is `1_000`, not a number"),
        (b"METRIC val_bpb=\n", "metric val_bpb is ``, not a number"),
        (b"METRIC val_bpb=1.0 2.0\n", "not a number"),
        (b"METRIC val_bpb=" + b"1" * 5000 + b"\n", "not a number"),
        ("val_bpb: ١٢\n".encode(), "not a number"),
        (b"val_bpb: 12ms\n", "metric val_bpb is `12ms`, not a number"),
        (b"val_bpb: \x1b[2J\x1b]0;x\x9c\n", "not a number"),
        (b"\x1b]0;\nMETRIC val_bpb_=1\n", "no line"),
    ],
)
def test_what_is_not_plainly_one_finite_number_is_a_reason(output: bytes, why: str) -> None:
    """A missing, contradictory, infinite or malformed metric is never a value, and the reason says which."""
    assert why in reason(output)


def test_further_metrics_come_along_and_contradictory_ones_are_left_out() -> None:
    """What guards need is also read, if it has one finite value."""
    output = b"loss: 3\nloss: 2\npeak_memory_mb: 12\nMETRIC total_\xc2\xb5s=5\nsteps: nan\nwords: many\nval_bpb: 1\n"
    reading = read_metrics(output, BPB)
    assert isinstance(reading, MetricReading)
    assert reading.metrics == {"peak_memory_mb": 12.0, "total_µs": 5.0, "val_bpb": 1.0}


def test_a_flood_of_names_stays_small_and_hides_nothing() -> None:
    """A million invented metrics cost no memory, and the campaign's own is still found after them."""
    flood = b"".join(b"m%d: 1\n" % number for number in range(100_000))
    reading = read_metrics(flood + b"val_bpb: 1\n", BPB)
    assert isinstance(reading, MetricReading)
    assert reading.value == 1
    assert len(reading.metrics) <= 1001


def test_a_pattern_is_tried_on_each_line() -> None:
    """A regex with one group reads the number; a line that is too long is skipped."""
    assert value(b"loss: 9\nepoch 1 final loss 0.5 ok\n" + b"z" * 10_000, PATTERN) == 0.5
    assert "different values: 0.5 and 0.6" in reason(b"final loss 0.5\nfinal loss 0.6\n", PATTERN)
    assert "nothing matches `final loss" in reason(b"z" * 10_000 + b"final loss 0.5\n", PATTERN)
    assert "is `abc`, not a number" in reason(b"final loss abc\n", PATTERN)
    optional = Metric(name="loss", direction=Direction.MINIMIZE, pattern=r"loss(?: ([0-9.]+))?$")
    assert value(b"loss\nloss 2\n", optional) == 2


@pytest.mark.parametrize(
    ("output", "said"),
    [
        (b"val_loss: 1.23\nsteps: 9\n", "in the output (did you mean `val_loss`?); the last line was `steps: 9`"),
        (b"steps: 9\nepochs: 2\nrate: 3\n", "in the output, which has `steps` and `epochs`; the last line was"),
        (b"words: many\nval_loss: nan\n", "in the output; the last line was"),
        (b"v" * 100 + b": 1\n", "in the output; the last line was"),
        (b"steps\xe2\x80\xae: 1\n", r"which has `steps\u202e`"),
    ],
)
def test_a_missing_metric_comes_with_what_the_output_has(output: bytes, said: str) -> None:
    """Similar names, else the first ones; few, short and printable."""
    assert said in reason(output)


def test_a_flood_of_names_is_no_long_reason() -> None:
    """However many invented metrics there are instead of a missing one, two are named."""
    flood = b"".join(b"val_bpb_%d: 1\n" % number for number in range(100_000))
    assert len(reason(flood)) < 300
    assert reason(flood).count("`val_bpb_") == 3, "two names, and the last line"


def test_a_missing_name_of_a_result_file_is_answered_too() -> None:
    """The hint has the names of the numbers in it, inner ones with a dot."""
    written = b'{"eval": {"loss": 1}, "name": "x"}'
    assert "in the result file metrics.json (did you mean `eval.loss`?)" in reason(b"", RESULT, written)


def test_a_result_file_is_read_with_nested_names() -> None:
    """Numbers of a JSON object are metrics; numbers of inner objects have dotted names."""
    written = json.dumps({"loss": 2, "name": "x", "ok": True, "time": {"total": 1.5}}).encode()
    reading = read_metrics(b"mem: 3\n", RESULT, written)
    assert isinstance(reading, MetricReading)
    assert reading.metrics == {"loss": 2.0, "time.total": 1.5, "mem": 3.0}


@pytest.mark.parametrize(
    ("written", "why"),
    [
        (None, "the result file metrics.json was not written"),
        (b"{", "is not JSON"),
        (b"\xff\xfe\x00", "is not JSON"),
        (b"[" * 100_000, "is not JSON"),
        (b"[1]", "is not a JSON object"),
        (b"{}", "no number `loss` in the result file metrics.json"),
        (b'{"loss": "1"}', "no number `loss`"),
        (b'{"loss": true}', "no number `loss`"),
        (b'{"loss": NaN}', "metric loss is NaN"),
        (b'{"loss": 1e999}', "metric loss is infinite"),
        (b'{"loss": -Infinity}', "metric loss is infinite"),
        (b'{"loss": ' + b"9" * 10_000 + b"}", "metric loss is infinite"),
        (b'{"loss": 1, "loss": 2}', "a key twice"),
    ],
)
def test_a_result_file_that_says_no_number_is_a_reason(written: bytes | None, why: str) -> None:
    """A result file is as foreign as the output."""
    assert why in reason(b"loss: 1\n", RESULT, written)


def test_two_spellings_of_one_name_in_a_result_file_must_agree() -> None:
    """`{"a.b": 1, "a": {"b": 2}}` is contradictory."""
    assert "twice with different values" in reason(b"", RESULT, b'{"a.b": 1, "a": {"b": 2}, "loss": 1}')


@settings(deadline=None)
@given(st.binary(max_size=300), st.sampled_from([BPB, PATTERN, RESULT]), st.none() | st.binary(max_size=100))
def test_no_bytes_make_anything_but_a_finite_value_or_a_printable_reason(
    output: bytes, metric: Metric, written: bytes | None
) -> None:
    """The reader raises nothing and returns no odd number, whatever it is given."""
    reading = read_metrics(output, metric, written)
    if isinstance(reading, MetricReading):
        assert all(math.isfinite(number) for number in reading.metrics.values())
        assert reading.metrics[metric.name] == reading.value
    else:
        assert reading.reason.isprintable()
        assert len(reading.reason) < 500


LINES = st.lists(
    st.tuples(
        st.sampled_from(["METRIC val_bpb=", "val_bpb: ", "METRIC other=", " val_bpb:\t", "\x1b[1mval_bpb: ", "junk "]),
        st.floats().map(str) | st.sampled_from(["1", "1.0", "nan", "x", "1 2", ""]),
    ),
    max_size=6,
)


@settings(deadline=None)
@given(LINES, st.sampled_from(["\n", "\r\n", "\r"]))
def test_a_value_is_one_that_every_line_agrees_on(lines: list[tuple[str, str]], end: str) -> None:
    """If a value comes back, it was printed, and no line of the metric printed another number."""
    reading = read_metrics("".join(head + word + end for head, word in lines).encode(), BPB)
    printed = {word for head, word in lines if "val_bpb" in head}
    numbers = {float(word) for word in printed if word not in {"", "x", "1 2"}}
    if isinstance(reading, MetricReading):
        assert numbers == {reading.value}
    else:
        assert len(numbers) != 1 or not abs(numbers.pop()) <= 1e60 or printed & {"", "x", "1 2"}


@settings(deadline=None)
@given(st.floats(min_value=-1e60, max_value=1e60))
def test_every_finite_float_is_read_to_the_last_bit(number: float) -> None:
    """`repr` of a float, as Python prints it, comes back the same."""
    assert value(f"val_bpb: {number!r}\n".encode()) == number


@pytest.mark.parametrize("value", ["1e61", "-8e307", "-1.7e308"])
def test_a_number_that_statistics_cannot_hold_is_none(value: str) -> None:
    """It is one trial's fault, and no overflow in the campaign's sums."""
    read = read_metrics(f"METRIC loss={value}\n".encode(), Metric(name="loss", direction=Direction.MINIMIZE))
    assert isinstance(read, NoReading)
    assert "farther from 0 than 1e+60" in read.reason
