"""What the tuner knows about its earlier trials and proposals: a window of bounded size, built from what is passed to it."""

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from overnight.gate.verdict import Verdict
from overnight.program.program import Metric
from overnight.research.experiment import Experiment, Scalar
from overnight.research.researchers.tuner.crashing import CRASHING, CrashingValues, Directions
from overnight.research.researchers.tuner.dead import DROPPED, DeadValues
from overnight.research.researchers.tuner.findings import Value
from overnight.research.researchers.tuner.observations import Observation, oriented
from overnight.research.search_trial import SearchTrial

REMEMBERED = 1000  # trials
FRUITLESS = 40  # search trials in a row without a value: nothing is to be found this way
BEST, NEWEST = 64, 192  # of them that the surrogate sees: its time grows with the cube of their number

POINT = "point"  # the note that identifies the content of the edited files
WAS = "was "  # prefix to the key of a changed constant, for its value before
CONSTANT_MARK = ":"  # in every key of a constant, and in no other note
_PLACE = re.compile(r"^[^ +-].*:\d+$")  # a heading among the lines of an edit


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """A trial, or the mean of an experiment's own trials, as it was reported."""

    values: Mapping[str, Value]
    value: float | None  # in the metric's units
    base: str  # commit of the head
    seed: str  # what its trials share
    trials: int = 1
    before: Mapping[str, Value] = field(default_factory=dict)  # of an experiment: its changed constants in the head
    gain: float | None = None  # of an experiment over the head


class Past:
    """Learns from finished trials and experiments; the same ones in the same order give the same past."""

    def __init__(self) -> None:
        self.searched = 0  # search trials
        self.fruitless = 0  # the newest of them in a row that changed something and have no value
        self.why_fruitless = ""  # of the last of those
        self.points: set[str] = set()  # of own proposals
        self.dead = DeadValues()
        self.crashing = CrashingValues()
        self._seen: tuple[_Seen, ...] = ()  # replaced, never changed: a search reads it in a thread
        self._versions: dict[str, int] = {}  # by commit: how many keeps of others its code has
        self._newest = 0  # version
        self._rewritten: dict[str, int] = {}  # by path: the version that changed it last; under no name: all of them
        self._heads: dict[tuple[str, int], float] = {}  # search trials of heads themselves, by commit and repeat

    def learn(self, experiment: Experiment, *, own: bool) -> None:
        """Learn from a finished experiment; from another researcher's, only that the code is another."""
        conclusion = experiment.conclusion
        if conclusion is None:
            return
        kept, numbers = conclusion.verdict is Verdict.KEEP, own and _only_numbers(experiment.notes)
        if kept:
            self._newest = max(self._newest, self._version(experiment.base)) + (not numbers)
            self._versions[experiment.commit] = self._newest
            if not numbers:
                paths = _changed_paths(experiment)
                self._rewritten.update(dict.fromkeys([""] if paths is None else paths, self._newest))
                self.fruitless = 0
                self.dead.revive()
                self.crashing.revive(paths)
        if own:
            self.points.add(str(experiment.notes.get(POINT, "")))
            self.dead.learn(experiment, changed_keys(experiment.notes))
            self.crashing.learn(experiment, _directions(experiment.notes))
            self._learn_values(experiment)

    def recall(self, trial: SearchTrial) -> None:
        """Learn from a search trial of a tuner; one without inputs shows nothing, and is measured again."""
        values, before = _values(trial.notes)
        if not values or trial.void:
            return
        self.searched += 1
        seen = _Seen(values=values, value=trial.value, base=trial.base, seed=f"search {trial.repeat}")
        self._remember(seen)
        if not before:
            if trial.value is not None:
                self._heads[trial.base, trial.repeat] = trial.value
            return
        self.fruitless, self.why_fruitless = (self.fruitless + 1, trial.reason) if trial.value is None else (0, "")
        head, directions = self._heads.get((trial.base, trial.repeat)), self._valid(_directions(trial.notes), trial.base)
        if head is not None and self._version(trial.base) == self._newest:
            self.dead.see(before, trial.value, same=trial.value == head)
        if trial.value is None and len(directions) == len(before):
            self.crashing.see(directions, crashed=True, ran=False)
        elif trial.value is not None:
            self.crashing.see(directions, crashed=False, ran=head not in {None, trial.value})

    def observations(self, metric: Metric) -> Sequence[Observation]:
        """What the surrogate should see, oldest first: the newest, and the best of those before."""
        seen = list(self._seen)
        older, newest = seen[:-NEWEST], seen[-NEWEST:]
        older.sort(key=lambda one: math.inf if one.value is None else oriented(metric, one.value))
        return [found for one in (*older[:BEST], *newest) for found in self._observed(one, metric)]

    def is_even(self, key: str) -> bool:
        """Whether a constant never had a whole value that is no power of two, in what was measured."""
        values = (one.values.get(key) for one in self._seen)
        return not any(isinstance(value, int) and value > 0 and value & (value - 1) for value in values)

    def block(self, base: str, seed: str) -> str:
        """What trials of these seeds on the code of this head share."""
        return f"{self._version(base)} {seed}"

    def repeats(self, values: Mapping[str, Value], base: str) -> frozenset[str]:
        """The seeds with which these values were measured on the code of this head."""
        version = self._version(base)
        return frozenset(
            one.seed
            for one in self._seen
            if self._version(one.base) == version and all(one.values.get(key) == value for key, value in values.items())
        )

    def _valid(self, directions: Directions, base: str) -> Directions:
        """Those of constants in files that nobody else has changed since this head."""
        since, every = self._version(base), self._rewritten.get("", 0)
        return {
            key: way
            for key, way in directions.items()
            if max(every, self._rewritten.get(key.partition(CONSTANT_MARK)[0], 0)) <= since
        }

    def _version(self, commit: str) -> int:
        return self._versions.get(commit, 0)

    def _learn_values(self, experiment: Experiment) -> None:
        values, before = _values(experiment.notes)
        conclusion = experiment.conclusion
        if not before or conclusion is None or not before.keys() <= values.keys():
            return  # the proposal dropped a statement
        gain = conclusion.gain if conclusion.gain is not None and math.isfinite(conclusion.gain) else None
        if gain is None and conclusion.verdict is not Verdict.CRASH:
            return
        crashed = gain is None
        seen = _Seen(
            values=values,
            value=None if crashed else experiment.value,
            base=experiment.base,
            seed=f"experiment {experiment.number}",
            trials=max(experiment.trials, 1),
            before=before,
            gain=gain,
        )
        if crashed or experiment.value is not None:
            self._remember(seen)

    def _remember(self, seen: _Seen) -> None:
        self._seen = (*self._seen, seen)[-REMEMBERED:]

    def _observed(self, seen: _Seen, metric: Metric) -> Sequence[Observation]:
        value = None if seen.value is None else oriented(metric, seen.value)
        block, share = self.block(seen.base, seen.seed), 1.0 / seen.trials
        own = Observation(values=seen.values, value=value, block=block, share=share)
        if value is None or seen.gain is None:
            return [own]
        return [own, Observation(values={**seen.values, **seen.before}, value=value + seen.gain, block=block, share=share)]


def _values(notes: Mapping[str, Scalar]) -> tuple[Mapping[str, Value], Mapping[str, Value]]:
    """The values of all constants by a proposal's or a trial's notes, and those of the changed ones before it."""
    noted = {key: value for key, value in notes.items() if value is not None and CONSTANT_MARK in key}
    before = {key.removeprefix(WAS): value for key, value in noted.items() if key.startswith(WAS)}
    return {key: value for key, value in noted.items() if not key.startswith(WAS)}, before


def changed_keys(notes: Mapping[str, Scalar]) -> frozenset[str]:
    """The keys of the constants that a proposal changes, by its notes."""
    return frozenset(key.removeprefix(WAS) for key in notes if key.startswith(WAS))


def without_bookkeeping(notes: Mapping[str, Scalar]) -> Mapping[str, Scalar]:
    """Notes without what only the tuner reads: all values as they were when it proposed; the head may have moved since."""
    if POINT not in notes:
        return notes
    return {name: note for name, note in notes.items() if CONSTANT_MARK not in name and name not in {POINT, DROPPED, CRASHING}}


def _directions(notes: Mapping[str, Scalar]) -> Directions:
    """The keys of the constants that a proposal changes, by whether it raises them; None for a switch or a text."""
    return {key: _way(notes[WAS + key], notes.get(key)) for key in sorted(changed_keys(notes))}


def _way(old: Scalar, new: Scalar) -> bool | None:
    if isinstance(old, int | float) and isinstance(new, int | float) and not isinstance(old, bool):
        return new > old
    return None


def _changed_paths(experiment: Experiment) -> list[str] | None:
    """The files that a small edit changes, None if its lines are not known."""
    return [line.rpartition(":")[0] for line in experiment.edit.lines if _PLACE.search(line)] or None


def _only_numbers(notes: Mapping[str, Scalar]) -> bool:
    """Whether a proposal only changes numbers: a switch or an option may give life to what was dead."""
    before = [value for key, value in notes.items() if key.startswith(WAS)]
    return bool(before) and not any(isinstance(value, bool | str) for value in before)
