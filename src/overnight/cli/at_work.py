"""What is under way in a session, for its live view: running trials, who works on what, and how fast models answer."""

from collections import deque
from dataclasses import dataclass

from overnight.gate.trial import TrialKey
from overnight.machines.place import Place
from overnight.research.events import ProposalMissed

MISSES = 3  # newest tries that came to nothing
PACE_S = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Running:
    """A trial that is running now."""

    key: TrialKey
    place: Place
    since: float  # monotonic, s


@dataclass(frozen=True, slots=True, kw_only=True)
class Worker:
    """A researcher or adviser at work."""

    role: str
    assignment: int
    since: float  # of what it does now, monotonic, s
    doing: str = ""  # foreign; empty: nothing that is worth a word


class TokenRate:
    """Tokens per second over the last minute."""

    def __init__(self) -> None:
        self._calls: deque[tuple[float, int]] = deque()  # monotonic, s; tokens
        self._began = 0.0

    def add(self, now: float, tokens: int) -> None:
        """Count a call that has ended."""
        self._began = self._began or now
        self._calls.append((now, tokens))

    def per_second(self, now: float) -> float:
        """The mean over the last minute, or since the first call if that is more recent."""
        while self._calls and self._calls[0][0] < now - PACE_S:
            self._calls.popleft()
        return sum(tokens for _, tokens in self._calls) / min(PACE_S, max(1.0, now - self._began))


def missed_words(missed: ProposalMissed) -> str:
    """What a role did whose try came to nothing."""
    return "could not work" if missed.fault else "made no proposal"
