"""Numbers with a unit in what a command printed, and the patterns that find them again."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from overnight.program.detection.from_output import choose, printed_quality, printed_with_unit

LINES = [
    ("clsx x 12,345,678 ops/sec ±0.53% (96 runs sampled)", "clsx_ops_per_sec", "maximize", "12,345,678"),
    ("BenchmarkSum-8   1000000   123.4 ns/op", "benchmarksum_8_ns_per_op", "minimize", "123.4"),
    ("BenchmarkSum64/4B-2   \t 1000000\t         3.52 ns/op\t1135.4 MB/s", "benchmarksum64_4b_2_ns_per_op", "minimize", "3.52"),
    ("Throughput: 812.5 MB/s", "throughput_mb_per_s", "maximize", "812.5"),
    ("  p95 latency = 12.5 ms", "p95_latency_ms", "minimize", "12.5"),
    ("range-avx2: 4.21 GB/s", "range_avx2_gb_per_s", "maximize", "4.21"),
    ("encode took 0.123 seconds", "encode_took_seconds", "minimize", "0.123"),
    ("sorting\t3.5 cycles/byte", "sorting_cycles_per_byte", "minimize", "3.5"),
]


@pytest.mark.parametrize(("line", "name", "direction", "number"), LINES)
def test_a_number_with_a_unit_is_found(line: str, name: str, direction: str, number: str) -> None:
    """With a name, a direction by its unit, and a pattern that reads the number from the same line."""
    [found] = printed_with_unit(f"header\n{line}\n".encode())
    assert (found.name, found.direction.value) == (name, direction)
    hit = re.search(found.pattern, f"header\n{line}\n", re.MULTILINE)
    assert hit is not None and hit[1].strip() == number


@pytest.mark.parametrize("line", ["step 10 of 20", "12.5 ms", "version 1.2.3", "took 5 steps", "", "a 5 %"])
def test_other_lines_are_no_metric(line: str) -> None:
    """Without a name, or without a unit."""
    assert printed_with_unit(line.encode()) == []


def test_a_rate_is_chosen_before_times_and_the_project_s_own_before_others() -> None:
    """A comparison of libraries has a line for each."""
    found = printed_with_unit(b"classnames x 5 ops/sec\nclsx x 9 ops/sec\nsetup: 3 ms\n")
    assert [metric.name for metric in found] == ["classnames_ops_per_sec", "clsx_ops_per_sec", "setup_ms"]
    chosen = choose(found, ["clsx"])
    assert chosen is not None and chosen.name == "clsx_ops_per_sec"


def test_one_of_many_times_is_not_chosen() -> None:
    """It would stand for the others."""
    assert choose(printed_with_unit(b"load: 3 ms\nrun: 5 ms\n"), []) is None
    assert choose(printed_with_unit(b"run: 5 ms\n"), []) is not None


def test_what_is_printed_again_and_again_is_left_out() -> None:
    """One pattern would find all of them."""
    assert printed_with_unit(b"step: 3 ms\nstep: 4 ms\n") == []


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_any_output_is_read(output: bytes) -> None:
    """Every pattern that it gives is one, with one group."""
    for metric in printed_with_unit(output):
        assert re.compile(metric.pattern).groups == 1


@pytest.mark.parametrize("piece", [b"a", b"a ", b"a 1", b"1,", b"x x ", b" ", b"a\t", b"m/s "])
def test_hostile_lines_take_no_time(piece: bytes) -> None:
    """A line is cut before it is matched."""
    printed_with_unit(piece * 200_000 + b"\n" + (piece * 100 + b"\n") * 1000)


@pytest.mark.parametrize(
    ("output", "name", "direction", "number"),
    [
        ("Final train loss 1.2e-04 +/- 3e-06\nFinal test loss 3.4e-02 +/- 1e-03\n", "final_test_loss", "minimize", "3.4e-02"),
        ("epoch 1 loss 3\nepoch 2 loss 2\nTest accuracy: 0.91\n", "test_accuracy", "maximize", "0.91"),
        ("mean reward = -12.5\n", "mean_reward", "maximize", "-12.5"),
        ("train_loss: 3\nval_loss: 4\n", "val_loss", "minimize", "4"),
    ],
)
def test_what_a_training_script_says_of_its_model_is_found(output: str, name: str, direction: str, number: str) -> None:
    """In words and a number, without a unit; what is measured on other data than the training comes first."""
    found = printed_quality(output.encode())
    assert found is not None and (found.name, found.direction.value) == (name, direction)
    hit = re.search(found.pattern, output, re.MULTILINE)
    assert hit is not None and hit[1].strip() == number


@pytest.mark.parametrize(
    "output", ["loss 3\nloss 2\n", "max error: 1e-12\n", "loss of 3 points\n", "train loss 3\nlog loss 4\n", "acc 3x\n", ""]
)
def test_a_loss_of_each_step_or_an_error_of_a_comparison_is_no_quality(output: str) -> None:
    """Nor is one of several that nothing tells apart."""
    assert printed_quality(output.encode()) is None
