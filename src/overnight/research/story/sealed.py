"""The sealed holdout's answers about candidates: rounded gains, never a value."""

from overnight.gate.verdict import Verdict
from overnight.research.events import Concluded
from overnight.research.story.story import SealedAnswer
from overnight.research.story.thinning import Thinned

REFUSALS = 500  # that a story holds; more are thinned evenly


class SealedTally:
    """Gathers the answers: all those about kept changes, the others in bounded memory."""

    def __init__(self) -> None:
        self._kept: list[tuple[int, SealedAnswer]] = []
        self._refused: Thinned[tuple[int, SealedAnswer]] = Thinned(REFUSALS)
        self._asked = 0

    def take(self, event: Concluded) -> None:
        """Add the answer that a verdict contains, if any."""
        conclusion = event.conclusion
        if conclusion.gain is None or conclusion.holdout_gain is None:
            return
        self._asked += 1
        kept = conclusion.verdict is Verdict.KEEP
        answer = SealedAnswer(
            number=event.number,
            gain=conclusion.gain,
            low=conclusion.low,
            high=conclusion.high,
            holdout_gain=conclusion.holdout_gain,
            kept=kept,
        )
        if kept:
            self._kept.append((self._asked, answer))
        else:
            self._refused.add((self._asked, answer))

    def answers(self) -> tuple[SealedAnswer, ...]:
        """The answers in the order of the verdicts."""
        placed = sorted((*self._kept, *self._refused.items()), key=lambda pair: pair[0])
        return tuple(answer for _, answer in placed)
