"""The words for a limit that was hit."""

import pytest

from overnight.backends.executors.stops import memory_stop, size_text, wall_stop
from overnight.records.program import Limits


@pytest.mark.parametrize(
    ("size", "scale", "text"),
    [
        (4 * 10**9, None, "4 GB"),
        (1_500_000_000, None, "1.5 GB"),
        (250_000_000, None, "250 MB"),
        (999, None, "999 B"),
        (0, None, "0 B"),
        (1_040_000_000, 10**9, "1.0 GB"),
        (300_000_000, 2 * 10**9, "0.3 GB"),
    ],
)
def test_sizes_read_well(size: int, scale: int | None, text: str) -> None:
    """A size has three digits at most; beside a limit it has the limit's unit."""
    assert size_text(size, scale) == text


def test_details_name_both_numbers() -> None:
    """What was reached stands beside what was allowed."""
    limits = Limits(wall_s=5.0, memory_bytes=10**9)
    assert wall_stop(5.01, limits).detail == "ended after 5.0 s of 5 s"
    assert memory_stop(1_004_000_000, limits).detail == "killed at 1.0 GB of 1 GB"
    assert memory_stop(None, limits).detail == "killed at the limit of 1 GB"
