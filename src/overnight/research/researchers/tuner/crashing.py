"""Which values crash whenever they are changed, as the tuner's own experiments show: those that a format fixes, say."""

from collections import Counter
from collections.abc import Iterable, Mapping
from itertools import chain

from overnight.gate.verdict import Verdict
from overnight.research.experiment import Experiment, Scalar

CRASHING = "crashing"  # the note with the keys of constants that a proposal says always crashed
ENOUGH = 3  # crashes
ENOUGH_ONE_WAY = 6  # of a number that was only raised, or only lowered: the other way may run

Directions = Mapping[str, bool | None]  # by key: whether it was raised; None: it is no number


class CrashingValues:
    """The constants whose changes crashed several times and never gave another value of the metric.

    If several constants were changed at once, those that ran before are not to blame; nor is any other if one of the rest
    also crashed alone.
    """

    def __init__(self) -> None:
        self.said: set[str] = set()  # what a proposal has said
        self._ran: set[str] = set()
        self._crashes: list[Directions] = []  # only those of which no constant is known to run; a few for each constant
        self._dropped: tuple[str, ...] | None = None

    @property
    def dropped(self) -> tuple[str, ...]:
        """Their keys, in the order in which they crashed first."""
        if self._dropped is None:
            self._dropped = tuple(key for key, found in self._blamed().items() if _is_enough(found))
        return self._dropped

    @property
    def crashed(self) -> frozenset[str]:
        """The keys of all that are to blame for a crash, once or more often."""
        return frozenset(self._blamed())

    def learn(self, experiment: Experiment, changed: Directions) -> None:
        """Take in an own experiment that changed these constants."""
        self.said |= said_crashing(experiment.notes)
        if experiment.conclusion is not None:
            crashed = experiment.conclusion.verdict is Verdict.CRASH
            self.see(changed, crashed=crashed, ran=bool(experiment.trials) and not experiment.same_as_head)

    def see(self, changed: Directions, *, crashed: bool, ran: bool) -> None:
        """Take in whether a trial that changed these constants crashed, or ran with another value than the head's."""
        if crashed:
            if suspects := {key: way for key, way in changed.items() if key not in self._ran}:
                self._crashes.append(suspects)
        elif ran:
            self._ran |= changed.keys()
            rest = ({key: way for key, way in crash.items() if key not in changed} for crash in self._crashes)
            self._crashes = [crash for crash in rest if crash]
        self._dropped = None

    def revive(self, paths: Iterable[str] | None) -> None:
        """Forget what was learned of constants in these files, None for all: the head has changed there."""
        gone = None if paths is None else frozenset(paths)

        def is_gone(key: str) -> bool:
            return gone is None or key.partition(":")[0] in gone

        self.said = {key for key in self.said if not is_gone(key)}
        self._ran = {key for key in self._ran if not is_gone(key)}
        self._crashes = [crash for crash in self._crashes if not any(is_gone(key) for key in crash)]
        self._dropped = None

    def _blamed(self) -> Mapping[str, list[bool | None]]:
        alone = {key for crash in self._crashes if len(crash) == 1 for key in crash}
        blamed: dict[str, list[bool | None]] = {}
        for key, way in chain.from_iterable(_to_blame(crash, alone) for crash in self._crashes):
            blamed.setdefault(key, []).append(way)
        return blamed


def _to_blame(crash: Directions, alone: set[str]) -> Iterable[tuple[str, bool | None]]:
    known = [(key, way) for key, way in crash.items() if key in alone]
    return known or crash.items()


def _is_enough(ways: list[bool | None]) -> bool:
    one_way = len(Counter(ways)) == 1 and ways[0] is not None
    return len(ways) >= (ENOUGH_ONE_WAY if one_way else ENOUGH)


def said_crashing(notes: Mapping[str, Scalar]) -> frozenset[str]:
    """The keys that a proposal says always crashed, by its notes."""
    return frozenset(str(notes.get(CRASHING, "")).split("\n")) - {""}
