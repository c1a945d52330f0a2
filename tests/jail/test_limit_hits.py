"""The words for a limit that was hit."""

from overnight.jail.job import Limits
from overnight.jail.limit_hits import memory_stop, wall_stop


def test_details_name_both_numbers() -> None:
    """The text has what was reached beside what was allowed."""
    limits = Limits(wall_s=5.0, memory_bytes=10**9)
    assert wall_stop(5.01, limits).detail == "ended after 5.0 s of 5 s"
    assert memory_stop(1_004_000_000, limits).detail == "killed at 1.0 GB of 1 GB"
    assert memory_stop(None, limits).detail == "killed at the limit of 1 GB"
