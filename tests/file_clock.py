"""The clock that stamps files, which goes in steps of some milliseconds."""

import time
from pathlib import Path

from overnight.agents.own.repeats import FILE_CLOCK


def settle(folder: Path) -> None:
    """Wait until all that lies below a folder counts as old."""
    made = max(path.stat().st_ctime_ns for path in (folder, *folder.rglob("*")))
    while time.clock_gettime_ns(FILE_CLOCK) <= made:
        time.sleep(0.001)
