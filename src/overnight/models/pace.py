"""How fast each model of a provider writes, against its own usual pace."""

from collections import deque
from dataclasses import dataclass, field

from overnight.words.figures import figure

NEWEST = 5  # calls that are compared with those before them: prompts differ, so one alone says nothing
USUAL = 20  # calls before them that it takes to know a usual pace
REMEMBERED = 200  # calls of a model
MODELS = 32  # of a provider; further ones are not watched
SLOWER = 4.0  # times


@dataclass(slots=True)
class Pace:
    """The newest calls of one provider."""

    _calls: dict[str, deque[tuple[int, float]]] = field(default_factory=dict)  # by model: tokens written, s

    def add(self, model: str, tokens: int, seconds: float) -> None:
        """A call ended."""
        if model in self._calls or len(self._calls) < MODELS:
            self._calls.setdefault(model, deque(maxlen=REMEMBERED)).append((tokens, seconds))

    def slow(self) -> str:
        """Which model is slow, in one line; empty if none is."""
        for model, calls in self._calls.items():
            if len(calls) < USUAL + NEWEST:
                continue
            now, usual = _per_second(list(calls)[-NEWEST:]), _per_second(list(calls)[:-NEWEST])
            if now * SLOWER < usual:
                return f"{model} writes {figure(now, 2)} tokens/s, and usually {figure(usual, 2)}"
        return ""


def _per_second(calls: list[tuple[int, float]]) -> float:
    seconds = sum(took for _, took in calls)
    return sum(tokens for tokens, _ in calls) / seconds if seconds else 0.0
