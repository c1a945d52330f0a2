"""The clock for file times, which advances in steps of a few milliseconds."""

import time
from pathlib import Path

from overnight.agents.own.repeats import FILE_CLOCK


def settle(folder: Path) -> None:
    """Wait until everything below a folder counts as old."""
    made = max(path.stat().st_ctime_ns for path in (folder, *folder.rglob("*")))
    while time.clock_gettime_ns(FILE_CLOCK) <= made:
        time.sleep(0.001)
