"""Where the time of slots went in the last hour: at work, or waiting for what. Pure."""

from collections import defaultdict, deque
from collections.abc import Mapping
from dataclasses import dataclass, field

from overnight.actions.board.schedule import Next, Wait

HOUR_S = 3600.0
PIECE_S = 10.0
WORKING = "working"


@dataclass(slots=True)
class SlotTime:
    """The time of all slots, by what they did, in pieces of some seconds."""

    _pieces: "deque[tuple[float, defaultdict[str, float]]]" = field(default_factory=deque)
    _now: tuple[float, Mapping[str, int]] | None = None  # since when, how many slots do what

    def note(self, now: float, *, at_once: int, working: int, chosen: Next) -> None:
        """Count the time since the last note, and say what the slots do from now on."""
        self._count(now)
        working += len(chosen.start)
        self._now = now, {WORKING: working, **idle_slots(at_once - working, chosen)}

    def shares(self, now: float) -> Mapping[str, float]:
        """The shares of the slots' time in the last hour."""
        self._count(now)
        totals: defaultdict[str, float] = defaultdict(float)
        for _, piece in self._pieces:
            for key, slot_s in piece.items():
                totals[key] += slot_s
        whole = sum(totals.values())
        return {key: slot_s / whole for key, slot_s in sorted(totals.items()) if slot_s > 0}

    def _count(self, now: float) -> None:
        if self._now is None:
            return
        since, doing = self._now
        if not self._pieces or now - self._pieces[-1][0] >= PIECE_S:
            self._pieces.append((now, defaultdict(float)))
        for key, slots in doing.items():
            self._pieces[-1][1][key] += slots * max(0.0, now - since)  # the clock may be set back
        while now - self._pieces[0][0] > HOUR_S:
            self._pieces.popleft()
        self._now = now, doing


def idle_slots(idle: int, chosen: Next) -> Mapping[str, int]:
    """What so many idle slots wait for: each of the actions that were held back would have taken one."""
    counts: dict[str, int] = {}
    for held in chosen.held[: max(0, idle)]:
        counts[held.wait] = counts.get(held.wait, 0) + 1
    left = idle - sum(counts.values())
    return {**counts, Wait.NOTHING: left} if left > 0 else counts
