"""Who is verified next: two lanes, and turns within each, in seconds of verification. Pure.

Known keys have one lane and three quarters of the time, new keys the other and a quarter; what one lane does not use, the other
has. Within a lane the key is next that was given the least, weighted by nothing: reputation buys a lane, never more.
Source: start-time fair queueing (Goyal, Vin and Cheng, 1996), one level for lanes and one for keys.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum

KNOWN_SHARE = 0.75
MOST_QUEUED_KNOWN = 20  # submissions of one known key
MOST_QUEUED_NEW = 1  # of one new key
MOST_NEW = 200  # of all new keys together
MOST_KNOWN = 2000
MOST_REMEMBERED = 4_000  # keys


class Lane(StrEnum):
    """Which of the two queues a key waits in."""

    KNOWN = "known"
    NEW = "new"


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A submission that waits."""

    submission: int
    key: str
    lane: Lane
    canary: bool = False  # the hub's own hack, which is taken after all that waited before it


@dataclass(slots=True)
class Turns:
    """What was given to whom; the caller gives it every verification, in order."""

    clock: dict[Lane, float] = field(default_factory=lambda: dict.fromkeys(Lane, 0.0))  # virtual time of each lane, s
    given: dict[tuple[Lane, str], float] = field(default_factory=dict)  # virtual finish of each key in a lane, s
    lane_finish: dict[Lane, float] = field(default_factory=lambda: dict.fromkeys(Lane, 0.0))
    now: float = 0.0  # virtual time of the machine, s

    def choose(self, waiting: Sequence[Waiting]) -> Waiting | None:
        """The next one; of one key the oldest."""
        if not waiting:
            return None
        lanes = {each.lane for each in waiting}
        lane = min(sorted(lanes), key=lambda each: max(self.lane_finish[each], self.now))
        return min(
            (each for each in waiting if each.lane is lane),
            key=lambda each: (max(self.given.get((lane, each.key), 0.0), self.clock[lane]), each.submission),
        )

    def charge(self, chosen: Waiting, seconds: float) -> None:
        """Count a verification to its key and lane, when it begins by an estimate or when it ends by what it took."""
        lane, key = chosen.lane, (chosen.lane, chosen.key)
        share = KNOWN_SHARE if lane is Lane.KNOWN else 1.0 - KNOWN_SHARE
        self.now = max(self.lane_finish[lane], self.now)  # a lane that was idle saved nothing up
        self.lane_finish[lane] = self.now + seconds / share
        self.clock[lane] = max(self.given.get(key, 0.0), self.clock[lane])
        self.given[key] = self.clock[lane] + seconds
        if len(self.given) > MOST_REMEMBERED:
            self._forget()

    def _forget(self) -> None:
        """Forget those that were given least; new ones begin level with them, so that no flood of keys starves an old one."""
        by_finish = sorted(self.given, key=lambda each: self.given[each])
        for each in by_finish[: len(by_finish) // 2]:
            self.clock[each[0]] = max(self.clock[each[0]], self.given.pop(each))


def may_be_next(waiting: Sequence[Waiting]) -> Sequence[Waiting]:
    """What may be taken next: of the hub's own canaries only those before which nothing of a worker waits."""
    oldest = min((each.submission for each in waiting if not each.canary), default=None)
    return [each for each in waiting if not each.canary or oldest is None or each.submission < oldest]


def refusal(lane: Lane, *, in_lane: int, of_key: int) -> str:
    """Why a key may queue nothing more now; empty: it may."""
    most = MOST_QUEUED_KNOWN if lane is Lane.KNOWN else MOST_QUEUED_NEW
    if of_key >= most:
        return f"{of_key} of yours wait already; {most} may"
    if in_lane >= (MOST_KNOWN if lane is Lane.KNOWN else MOST_NEW):
        return "the queue is full; try again later"
    return ""
