"""Reading metrics from captured output."""

import json
import math
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from overnight.program.metric import MetricReading, NoReading, read_metrics
from overnight.program.output import plain
from overnight.program.program import Direction, Metric, Take, TimeUnit

BPB = Metric(name="val_bpb", direction=Direction.MINIMIZE)
PATTERN = Metric(name="loss", direction=Direction.MINIMIZE, pattern=r"final loss (\S+)")
RESULT = Metric(name="loss", direction=Direction.MINIMIZE, result="metrics.json")
TAKEN = [Metric(name="loss", direction=Direction.MINIMIZE, take=take) for take in Take]


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


EPOCHS = b"val_bpb: 3\nval_bpb: lower\nval_bpb: 1\nval_bpb: 2\nval_bpb: done\n"


@pytest.mark.parametrize(("take", "wanted"), [(Take.FIRST, 3), (Take.LAST, 2), (Take.MIN, 1), (Take.MAX, 3)])
def test_of_a_metric_that_is_printed_again_and_again_one_value_is_taken(take: Take, wanted: float) -> None:
    """`take` says which, with a pattern too; words after `name:` do not count."""
    taken = Metric(name="val_bpb", direction=Direction.MINIMIZE, take=take)
    assert value(EPOCHS, taken) == wanted
    assert value(EPOCHS, replace(taken, pattern=r"^val_bpb: ([0-9]+)")) == wanted
    assert "no line `METRIC val_bpb=`" in reason(b"", taken)
    assert "is `lower`, not a number" in reason(b"val_bpb: lower\n", taken)


ROWS = b"a x 1,000 ops/sec\nother\nb x 10 ops/sec\n"
MEAN = Metric(name="rate", direction=Direction.MAXIMIZE, pattern=r" x ([0-9.,-]+) ops/sec", take=Take.GEOMEAN, values=2)


def test_all_rows_of_a_suite_make_one_number() -> None:
    """Their geometric mean, in which each counts the same whatever its size; also of plain lines."""
    assert value(ROWS, MEAN) == pytest.approx(100)
    assert value(b"rate: 1\nrate: 100\n", replace(MEAN, pattern=None)) == pytest.approx(10)
    assert "nothing matches" in reason(b"", MEAN)


def test_a_row_that_vanishes_or_is_added_is_no_gain() -> None:
    """A candidate could drop its slowest row, or print a fast one; nor is there a mean of what is not positive."""
    assert reason(ROWS.split(b"\n")[0], MEAN) == "metric rate has 1 values in the output instead of 2 (`values`)"
    assert "has 3 values" in reason(ROWS + b"c x 9,000 ops/sec\n", MEAN)
    assert "has 0, and a geometric mean is of positive values" in reason(b"a x 0 ops/sec\nb x 1 ops/sec\n", MEAN)
    assert "is `1,0`, not a number" in reason(b"a x 1,0 ops/sec\nb x 1 ops/sec\n", MEAN)


TIMED = Metric(name="f_us", direction=Direction.MINIMIZE, pattern=r"^f: (.*)", unit=TimeUnit.US)


@pytest.mark.parametrize(
    ("printed", "wanted"),
    [("1.5 ms", 1500), ("653 ns", 0.653), ("1,250us", 1250), ("2 \xb5s", 2), ("2 \u03bcs", 2), ("1.2e-3 sec", 1200)],
)
def test_a_time_is_read_in_one_unit_whatever_a_tool_prints(printed: str, wanted: float) -> None:
    """Tools print ns, us or ms as it fits, so a better candidate may be printed in another unit."""
    assert value(f"f: {printed}\n".encode(), TIMED) == pytest.approx(wanted)


@pytest.mark.parametrize("printed", ["1.5", "1.5 MB", "ms", "1:02 s", "- ms"])
def test_a_time_without_its_unit_is_refused(printed: str) -> None:
    """A guess would be wrong by a factor of a thousand."""
    assert reason(f"f: {printed}\n".encode(), TIMED) == f"metric f_us is `{printed}`, not a time with its unit"


def test_a_value_that_is_taken_is_as_strict_as_any() -> None:
    """A run that ends in NaN has no last value, and no least one either; earlier ones do not matter to `last`."""
    taken = {take: Metric(name="val_bpb", direction=Direction.MINIMIZE, take=take) for take in Take}
    for take in (Take.LAST, Take.MIN, Take.MAX):
        assert "is NaN" in reason(b"val_bpb: 1\nval_bpb: nan\n", taken[take])
    assert "not a number" in reason(b"val_bpb: 1\nMETRIC val_bpb=1s\n", taken[Take.LAST])
    assert value(b"val_bpb: nan\nval_bpb: 1\n", taken[Take.LAST]) == 1
    assert value(b"val_bpb: 1\nval_bpb: inf\n", taken[Take.FIRST]) == 1


BAR = " 50%|█████     | 5/10 [00:00<00:00, 49.9it/s, loss=3]".encode()


@pytest.mark.parametrize(
    "bar",
    [
        b"\r" + BAR + b"\r" + BAR.replace(b"50%", b"100%"),
        "\rWorking ━━━━━━━━".encode(),
        b"\r10/10 [=========>]",
        b"\r [####]  100%",
        b"\rstep 9 | val_bpb: 1.4 |",
        b"\r[9it/s, val_bpb: 1.4]",
    ],
)
def test_a_bar_without_a_newline_does_not_spoil_the_line_behind_it(bar: bytes) -> None:
    """Both forms of metric lines, a pattern that is anchored, and further metrics are read behind a progress bar."""
    for line in (b"METRIC val_bpb=0.9979", b"val_bpb: 0.9979"):
        assert value(bar + line + b"\n") == 0.9979
    assert value(bar + b"loss: 0.5\n", Metric(name="loss", direction=Direction.MINIMIZE, pattern=r"^loss: (\S+)")) == 0.5
    reading = read_metrics(bar + b"peak_\xc2\xb5s: 3\nval_bpb: 1\n", BPB)
    assert isinstance(reading, MetricReading)
    assert reading.metrics["peak_µs"] == 3


@pytest.mark.parametrize("before", [b"\r10/10", b"....", b"\rLoading: 10 "])
def test_a_declared_metric_is_read_behind_any_progress(before: bytes) -> None:
    """`METRIC` begins a line behind dots and whatever a carriage return began."""
    assert value(before + b"METRIC val_bpb=0.9979\n") == 0.9979


@pytest.mark.parametrize(
    "line", [b"+ echo 'METRIC val_bpb=$x'", b"[3/10] val_bpb: 1", b"[12:00]val_bpb: 1", b"\rx | val_bpb: 1"]
)
def test_what_only_mentions_a_metric_stays_no_metric_line(line: bytes) -> None:
    """Traces of a shell, logs with a prefix and values inside of a bar are not read."""
    assert value(line + b"\nval_bpb: 0.9979\n") == 0.9979


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
        (b"val_loss: 1.23\nsteps: 9\n", "in the output (did you mean `val_loss`?), which has `val_loss`, `steps`; the last"),
        (b"steps: 9\nepochs: 2\nrate: 3\n", "in the output, which has `steps`, `epochs`, `rate`; the last line was"),
        (b"loss: 3\nloss: 2\na: 1\n", "which has `loss` (not one finite value), `a`;"),
        (b"words: many\nloss: nan\n", "in the output, which has `loss` (not one finite value); the last line was"),
        (b"1 | val_bpb 0.5 | x\nend\n", "in the output; `1 | val_bpb 0.5 | x` has it in another form"),
        (b"v" * 100 + b": 1\n", "in the output; the last line was"),
        (b"steps\xe2\x80\xae: 1\n", r"which has `steps\u202e`"),
    ],
)
def test_a_missing_metric_comes_with_what_the_output_has(output: bytes, said: str) -> None:
    """Similar names, all names, and a line that has the name in another form; short and printable."""
    assert said in reason(output)


def test_a_flood_of_names_is_no_long_reason() -> None:
    """However many invented metrics there are instead of a missing one, twenty are named at most."""
    flood = b"".join(b"val_bpb_%d: 1\n" % number for number in range(100_000))
    assert len(reason(flood)) < 450
    assert reason(flood).count("`val_bpb_") == 20 + 2 + 1, "twenty names, two that may be meant, and the last line"
    assert "and 980 more" in reason(flood)
    assert len(reason(b"".join(b"%d%s: 1\n" % (number, b"v" * 38) for number in range(1000)))) < 550


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
@given(st.binary(max_size=300), st.sampled_from([BPB, PATTERN, RESULT, *TAKEN]), st.none() | st.binary(max_size=100))
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
        assert len(reading.reason) < 700


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


@pytest.mark.parametrize(("word", "value"), [("12,345,678", 12345678.0), ("1,234.5", 1234.5), ("-1,000", -1000.0)])
def test_thousands_may_be_grouped(word: str, value: float) -> None:
    """As benchmarks print rates; by a pattern too."""
    for metric in (
        Metric(name="ops", direction=Direction.MAXIMIZE),
        Metric(name="ops", direction=Direction.MAXIMIZE, pattern="ops: (.*)"),
    ):
        reading = read_metrics(f"ops: {word}\n".encode(), metric)
        assert isinstance(reading, MetricReading) and reading.value == value


@pytest.mark.parametrize("word", ["1,2", "12,34,567", ",123", "1,2345"])
def test_other_commas_are_no_number(word: str) -> None:
    """A list, or a decimal comma, is never taken for another number."""
    assert not isinstance(
        read_metrics(f"ops: {word}\n".encode(), Metric(name="ops", direction=Direction.MAXIMIZE)), MetricReading
    )


def test_a_line_that_is_drawn_again_by_an_escape_is_read_as_it_is_in_the_end() -> None:
    """Benchmark tools show what they have so far, and go back to the first column."""
    output = b"\x1b[G  fast x 54 ops/sec (0 runs)\x1b[G  fast x 97 ops/sec (9 runs)\x1b[1G  fast x 95 ops/sec (90 runs)\n"
    assert plain(output) == b"  fast x 95 ops/sec (90 runs)\n"
    assert plain(b"METRIC a=1\n\x1b[Gb\n") == b"METRIC a=1\nb\n"
