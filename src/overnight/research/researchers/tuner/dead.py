"""Which values change nothing, as the tuner's own experiments show: the same value of the metric, to the last digit."""

from collections.abc import Iterable, Mapping

from overnight.gate.verdict import Verdict
from overnight.research.experiment import Experiment, Scalar

DROPPED = "dropped"  # the note with the keys of constants that a proposal says were dropped
_FINE_DIGITS = 6  # significant ones: two trials of a metric with fewer may be equal by chance


class DeadValues:
    """The constants that were changed without any effect, by the head that they were changed in.

    A value of the metric with few digits, such as a count of errors, may stay the same by chance: the constants of such
    trials are only put back, and tried again when nothing else is left.
    """

    def __init__(self) -> None:
        self.dropped: dict[str, bool] = {}  # by key: whether that is beyond doubt
        self.said: set[str] = set()  # what a proposal has said
        self._alive: set[str] = (
            set()
        )  # changed alone or kept, with another value: it changes nothing only in a part of its range

    def learn(self, experiment: Experiment, changed: Iterable[str]) -> None:
        """Take in an own experiment that changed these constants."""
        self.said |= said_dropped(experiment.notes)
        if experiment.conclusion is None or experiment.value is None:
            return
        verdict, keys = experiment.conclusion.verdict, frozenset(changed) - self._alive
        if verdict is Verdict.DISCARD and experiment.same_as_head:
            sure = is_fine(experiment.value)
            self.dropped |= {key: sure or self.dropped.get(key, False) for key in keys}
        elif not experiment.same_as_head and (len(keys) == 1 or verdict is Verdict.KEEP):
            self._alive |= keys
            self.dropped = {key: sure for key, sure in self.dropped.items() if key not in keys}

    def revive(self) -> None:
        """Forget all: the head now reads values that it did not read before."""
        self.dropped, self.said, self._alive = {}, set(), set()


def said_dropped(notes: Mapping[str, Scalar]) -> frozenset[str]:
    """The keys that a proposal says were dropped, by its notes."""
    return frozenset(str(notes.get(DROPPED, "")).split("\n")) - {""}


def is_fine(value: float) -> bool:
    """Whether a value of the metric has so many digits that two trials hardly ever share it by chance."""
    digits = repr(value).split("e")[0].lstrip("-").replace(".", "").strip("0")
    return len(digits) >= _FINE_DIGITS
