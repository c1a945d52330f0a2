"""Where a command builds a program and runs it, the run alone is timed."""

import subprocess

import pytest

from overnight.program.detection.run_alone import METRIC, timed_alone
from overnight.program.metric import MetricReading, NoReading, read_metrics
from overnight.program.parser import parse_program


@pytest.mark.parametrize(
    ("command", "timed"),
    [
        ("make -s perf && ./perf", "make -s perf && bash -c 'printf -v TIMEFORMAT \"\\nrun_s: %%U\"; time ./perf'"),
        (
            "cc -O3 a.c && BENCH=1 ./a.out",
            "cc -O3 a.c && bash -c 'printf -v TIMEFORMAT \"\\nrun_s: %%U\"; time BENCH=1 ./a.out'",
        ),
        (
            "cd src && make -s && ./x < a.txt",
            "cd src && make -s && bash -c 'printf -v TIMEFORMAT \"\\nrun_s: %%U\"; time ./x < a.txt'",
        ),
        ("make -s a && make -s bench", None),
        ("cd bench && node a.js", None),
        ("python a.py", None),
        ("make -s a && ./a 'x'", None),
        ("make -s a && ./a; rm x", None),
    ],
)
def test_only_the_run_after_a_build_is_timed(command: str, timed: str | None) -> None:
    """What a shell would read otherwise in quotation marks is left as it is."""
    assert timed_alone(command) == timed


def test_the_shell_prints_the_metric() -> None:
    """As the program that is written reads it, whatever the command itself prints."""
    command = timed_alone("make -v > /dev/null && echo 3") or ""
    reading = _read(command)
    assert isinstance(reading, MetricReading) and 0 <= reading.value < 60


@pytest.mark.parametrize("end", ["x", "\\033]0;", "\\033[", "\\r", "run_s: 0.001 "])
def test_half_a_line_before_it_does_not_hide_it(end: str) -> None:
    """Else a candidate that ends so would be measured by the time that it prints itself."""
    command = timed_alone("make -v > /dev/null && ./program") or ""
    reading = _read(command.replace("./program", f'printf "run_s: 99.5\\\\n{end}"'))
    assert isinstance(reading, NoReading) and "different values" in reading.reason


def _read(command: str) -> MetricReading | NoReading:
    done = subprocess.run(["/bin/sh", "-c", command], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, check=True)
    front = f"---\nmetric: {{name: {METRIC['name']}, direction: {METRIC['direction']}}}\nmeasure: x\neditable: [a]\n---\n"
    return read_metrics(done.stdout, parse_program(front, "program.md").metric)
