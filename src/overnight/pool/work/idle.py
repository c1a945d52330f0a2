"""How busy this machine is with what is not ours, by the kernel's counts.

Does not cover: processors of other machines, disks, GPUs.
"""

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

PROC = Path("/proc")
BUSY_CORES = 1.0  # that others use
QUIET_LOOKS = 5  # in a row, before a search begins
LEAST_S = 1.0  # between two looks: the kernel counts in hundredths of a second
_FIRST = 3  # number of the first field after the name in `stat`, see proc(5)
_PARENT, _USER, _CHILDREN_END = 4, 14, 17  # fields: parent; time of it and of children that were waited for, to this one


@dataclass(slots=True)
class Others:
    """Cores that others keep busy, between two looks."""

    proc: Path = PROC
    _ticks: int = field(default_factory=lambda: os.sysconf("SC_CLK_TCK"), init=False)
    _seen: tuple[float, float, float] | None = field(default=None, init=False)  # seconds of the clock, of all, of ours

    def cores(self, now: float) -> float | None:
        """How many were busy since the last look; None at the first. `now`: monotonic, s."""
        everything, ours = self._busy_s(), self._ours_s()
        before, self._seen = self._seen, (now, everything, ours)
        if before is None or now <= before[0]:
            return None
        return max(0.0, ((everything - before[1]) - (ours - before[2])) / (now - before[0]))

    def _busy_s(self) -> float:
        """What all processors worked since the start of the machine, s."""
        user, nice, system, _idle, _wait, irq, soft, *_ = map(int, (self.proc / "stat").read_text().split("\n")[0].split()[1:])
        return (user + nice + system + irq + soft) / self._ticks

    def _ours_s(self) -> float:
        """What this process and all below it worked, s."""
        known = {}
        for name in os.listdir(self.proc):  # noqa: PTH208  # a path per process is not wanted
            if name.isdigit():
                with suppress(OSError, ValueError, IndexError):
                    fields = (self.proc / name / "stat").read_text().rpartition(")")[2].split()
                    times = fields[_USER - _FIRST : _CHILDREN_END - _FIRST + 1]
                    known[int(name)] = (int(fields[_PARENT - _FIRST]), sum(map(int, times)))
        return sum(time for process, (_, time) in known.items() if _is_below(process, os.getpid(), known)) / self._ticks


@dataclass(slots=True)
class Quiet:
    """Whether others leave enough of this machine: for long enough before a search begins, and still while it runs."""

    others: Others = field(default_factory=Others)
    _looks: int = field(default=0, init=False)  # in a row at which it was quiet
    _looked: float = field(default=-LEAST_S, init=False)

    def lasts(self, now: float, *, searching: bool) -> bool:
        """Look, unless it did just now. `now`: monotonic, s."""
        if now - self._looked >= LEAST_S:
            self._looked = now
            cores = self.others.cores(now)
            if cores is not None:
                self._looks = self._looks + 1 if cores < BUSY_CORES else 0
        return self._looks >= (1 if searching else QUIET_LOOKS)


def _is_below(process: int, top: int, known: Mapping[int, tuple[int, int]]) -> bool:
    seen = set()
    while process in known and process not in seen:
        if process == top:
            return True
        seen.add(process)
        process = known[process][0]
    return False
