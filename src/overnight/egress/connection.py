"""The record of what a job reached and what it was refused.

Pure.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

MOST_RECORDED = 64  # of one job, before connections are added up; hundreds of jobs are kept


class Outcome(StrEnum):
    """What became of a connection."""

    REACHED = "reached"
    REFUSED = "refused"  # by us: nothing was sent
    FAILED = "failed"  # the host could not be reached
    CUT = "cut"  # by us, after something was sent


@dataclass(frozen=True, slots=True, kw_only=True)
class Connection:
    """One connection of a job to the proxy, or several alike."""

    host: str  # canonical; empty if the job asked for none that has a name
    port: int
    address: str = ""  # that was connected to; empty if none was, or several differ
    bytes_up: int = 0
    bytes_down: int = 0
    began: float  # Unix time of the first
    wall_s: float = 0.0
    outcome: Outcome
    reason: str = ""  # of all outcomes but `reached`, in one line of ours
    count: int = 1


class Tally:
    """The connections of one job, in bounded space: what is left out is counted, so the numbers are those of the job.

    What was refused has no part in the space of what was reached: a job cannot hide one host behind many others.
    """

    def __init__(self, most: int = MOST_RECORDED) -> None:
        self._most = most
        self._single: list[Connection] = []
        self._sums: dict[tuple[str, int, Outcome, str], Connection] = {}

    def add(self, one: Connection) -> None:
        """Count a connection that has ended."""
        refused = one.outcome is Outcome.REFUSED
        if not refused and len(self._single) < self._most:
            self._single.append(one)
            return
        key = (one.host, one.port, one.outcome, one.reason)
        alike = sum((known[2] is Outcome.REFUSED) == refused for known in self._sums)
        if key not in self._sums and alike >= self._most:
            key = ("", 0, one.outcome, "")
            one = replace(one, host="", port=0, address="", reason="several hosts")
        known = self._sums.get(key)
        self._sums[key] = _together(known, one) if known else one

    @property
    def connections(self) -> tuple[Connection, ...]:
        """What is recorded: single ones first."""
        return (*self._single, *self._sums.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class HostUse:
    """What jobs did with one host, all together."""

    reached: int = 0  # connections
    refused: int = 0  # by us: nothing was sent
    failed: int = 0  # the host could not be reached
    bytes_up: int = 0  # sent to it
    bytes_down: int = 0  # received from it
    reason: str = ""  # why it was refused, failed or was cut the last time, in one line of ours

    @property
    def only_refused(self) -> bool:
        """Whether nothing was ever asked of it."""
        return not self.reached and not self.failed

    def __add__(self, one: Connection) -> "HostUse":
        failed = one.outcome is Outcome.FAILED
        refused = one.outcome is Outcome.REFUSED
        return HostUse(
            reached=self.reached + one.count * (not failed and not refused),
            refused=self.refused + one.count * refused,
            failed=self.failed + one.count * failed,
            bytes_up=self.bytes_up + one.bytes_up,
            bytes_down=self.bytes_down + one.bytes_down,
            reason=one.reason or self.reason,
        )


def by_host(
    connections: Iterable[Connection], before: Mapping[str, HostUse] | None = None, *, most: int = MOST_RECORDED
) -> dict[str, HostUse]:
    """Connections added up by host, onto what was added up `before`.

    Beyond `most` hosts that were asked for something, and as many that were only refused, under an empty name.
    """
    uses = dict(before or {})
    for one in connections:
        refused = one.outcome is Outcome.REFUSED
        alike = sum(use.only_refused == refused for use in uses.values())
        host = one.host if one.host in uses or alike < most else ""
        uses[host] = uses.get(host, HostUse()) + one
    return uses


def _together(known: Connection, one: Connection) -> Connection:
    return replace(
        known,
        address=known.address if known.address == one.address else "",
        bytes_up=known.bytes_up + one.bytes_up,
        bytes_down=known.bytes_down + one.bytes_down,
        wall_s=known.wall_s + one.wall_s,
        count=known.count + one.count,
    )
