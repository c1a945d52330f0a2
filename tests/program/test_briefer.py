"""Benchmark suites that are run more briefly."""

import pytest

from overnight.program.detection.briefer import briefer_commands


@pytest.mark.parametrize(
    ("command", "briefer"),
    [
        (
            "go test -run '^$' -bench . ./...",
            ["go test -run '^$' -bench . -benchtime 100ms ./...", "go test -run '^$' -bench . -benchtime 10ms ./..."],
        ),
        ("go test -run '^$' -bench . -benchtime 100ms .", ["go test -run '^$' -bench . -benchtime 10ms ."]),
        ("go test -bench=. -benchtime=10ms", []),
        ("go test ./...", []),
        (
            "python -m pytest -q b.py::test_a --benchmark-columns=min",
            ["python -m pytest -q b.py::test_a --benchmark-columns=min --benchmark-max-time=0.1 --benchmark-min-rounds=3"],
        ),
        ("python -m pytest -q b.py --benchmark-disable", []),
        ("python -m pytest -q b.py --benchmark-columns=min | tee out", []),
        ("cargo bench --bench a", ["cargo bench --bench a -- --warm-up-time 0.5 --measurement-time 1"]),
        ("make bench", []),
    ],
)
def test_a_runner_that_knows_a_time_gets_less_of_it(command: str, briefer: list[str]) -> None:
    """By its own option; a command that has no such option, or has it already, stays as it is."""
    assert [text for text, _ in briefer_commands(command, criterion=True)] == briefer


def test_benchmarks_of_cargo_without_criterion_stay() -> None:
    """They do not know its options."""
    assert briefer_commands("cargo bench --bench a") == []
