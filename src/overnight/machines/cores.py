"""Processors that the trials of one session have to themselves, among all sessions on this machine.

Does not cover: other programs, which may use any processor; what `claims.py` does not cover.
"""

import os
import platform
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

from overnight.machines.claims import claim

MOST_SESSIONS = 16  # on one machine that know of each other


@dataclass(frozen=True, slots=True, kw_only=True)
class Cores:
    """The processors that a session got."""

    own: tuple[int, ...]  # claimed, and nobody else's until they are released
    all: tuple[int, ...]  # that our process may use
    wanted: int
    shared: bool = False  # there was another session on this machine when this one began

    def of_slot(self, slot: int, each: int) -> Sequence[int]:
        """The processors that the jobs of a slot are pinned to: its own share, or all if none is left for it."""
        return self.own[slot * each : (slot + 1) * each] or self.all

    @property
    def note(self) -> str:
        """A note if other sessions hold some of the wanted processors; empty if they do not."""
        missing = min(self.wanted, len(self.all)) - len(self.own)
        if not missing:
            return ""
        return (
            f"other campaigns hold {missing} of the {missing + len(self.own)} processors that these trials want: both share "
            "them and become slower"
        )


@contextmanager
def claimed_cores(wanted: int, *, among: str = "overnight") -> Iterator[Cores]:
    """Claim so many processors, or as many as are free among the sessions of one name; they are released at the end."""
    usable, own = sorted(os.sched_getaffinity(0)), list[int]()
    with ExitStack() as claims:
        shared = _sign_in(among, claims) > 0
        for core in usable:
            if len(own) < wanted and claim(f"{among}/processor/{core}", claims):
                own.append(core)
        yield Cores(own=tuple(own), all=tuple(usable), wanted=wanted, shared=shared)


def cpu_model() -> str:
    """The model of the first processor, as the kernel names it."""
    try:
        lines = Path("/proc/cpuinfo").read_text(errors="replace").splitlines()
    except OSError:
        return platform.processor() or platform.machine()
    models = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return models[0] if models else platform.machine()


def _sign_in(among: str, claims: ExitStack) -> int:
    """Be one of the sessions on this machine; how many others there are."""
    signed_in, others = False, 0
    for number in range(MOST_SESSIONS):
        with ExitStack() as tried:
            if not claim(f"{among}/session/{number}", tried):
                others += 1
            elif not signed_in:
                signed_in = True
                claims.push(tried.pop_all())
    return others
