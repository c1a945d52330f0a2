"""`overnight home ...` in a process of its own, killed as by `kill -9` at the n-th boundary of what it does.

    python home_killed.py N WORDS...

Boundaries stand before and after each event of the home's record, and before and after each command to the device. Without a
kill, it prints how many there were.
"""

import os
import signal
import sys
from collections.abc import Mapping
from typing import Any

from overnight.cli.main import main
from overnight.home.acting.commanding import Commander
from overnight.home.drivers.shelly import ShellyDriver
from overnight.home.events import Event
from overnight.home.record.record import HomeRecord
from overnight.home.things import Value

count = 0


def boundary(at: int) -> None:
    """One more; at the n-th this process is no more."""
    global count  # noqa: PLW0603  # of this process
    count += 1
    if count == at:
        os.kill(os.getpid(), signal.SIGKILL)


def patch(at: int, within_s: float) -> None:
    """Put the boundaries in."""
    append, write = HomeRecord.append, ShellyDriver.write

    def appended(self: HomeRecord, *events: Event) -> int:
        boundary(at)
        number = append(self, *events)
        boundary(at)
        return number

    async def written(self: ShellyDriver, want: Mapping[str, Value]) -> None:
        boundary(at)
        await write(self, want)
        boundary(at)

    owner: Any = HomeRecord  # Any: methods are replaced
    owner.append = appended
    driver: Any = ShellyDriver
    driver.write = written
    Commander.within_s = within_s


if __name__ == "__main__":
    patch(int(sys.argv[1]), float(os.environ.get("WITHIN_S", "1")))
    sys.argv = ["overnight", *sys.argv[3:]] if sys.argv[2] == "--" else sys.argv
    try:
        main()
    finally:
        sys.stderr.write(f"boundaries {count}\n")
