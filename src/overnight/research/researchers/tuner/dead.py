"""Which values change nothing, as the tuner's own experiments show: the same value of the metric, to the last digit."""

from collections.abc import Iterable, Mapping

from overnight.gate.verdict import Verdict
from overnight.research.experiment import Experiment, Scalar

DROPPED = "dropped"  # the note with the keys of constants that a proposal says were dropped
_FINE_DIGITS = 6  # significant ones: two trials of a metric with fewer may be equal by chance


class DeadValues:
    """The constants that were changed without any effect.

    A value of the metric with few digits, such as a count of errors, may stay the same by chance, and shows nothing.
    """

    def __init__(self) -> None:
        self.dropped: tuple[str, ...] = ()  # their keys
        self.said: set[str] = set()  # what a proposal has said
        # Changed alone or kept, with another value: it changes nothing only in a part of its range.
        self._alive: set[str] = set()

    def learn(self, experiment: Experiment, changed: Iterable[str]) -> None:
        """Take in an own experiment that changed these constants."""
        self.said |= said_dropped(experiment.notes)
        if experiment.conclusion:
            verdict, same = experiment.conclusion.verdict, experiment.same_as_head
            self.see(changed, experiment.value, same=same and verdict is Verdict.DISCARD, kept=verdict is Verdict.KEEP)

    def see(self, changed: Iterable[str], value: float | None, *, same: bool, kept: bool = False) -> None:
        """Take in a value that changed constants gave; `same`: the head has it too, with the same seed, to the last digit."""
        keys = [key for key in changed if key not in self._alive]
        if value is None:
            return
        if same and is_fine(value):
            self.dropped = tuple(dict.fromkeys((*self.dropped, *keys)))
        elif not same and (len(keys) == 1 or kept):
            self._alive |= set(keys)
            self.dropped = tuple(key for key in self.dropped if key not in self._alive)

    def revive(self) -> None:
        """Forget all: the head now reads values that it did not read before."""
        self.dropped, self.said, self._alive = (), set(), set()


def said_dropped(notes: Mapping[str, Scalar]) -> frozenset[str]:
    """The keys that a proposal says were dropped, by its notes."""
    return frozenset(str(notes.get(DROPPED, "")).split("\n")) - {""}


def is_fine(value: float) -> bool:
    """Whether a value of the metric has so many digits that two trials hardly ever share it by chance."""
    digits = repr(value).split("e")[0].lstrip("-").replace(".", "").strip("0")
    return len(digits) >= _FINE_DIGITS
