"""What the tuner knows about its earlier proposals: a window of bounded size, built from the experiments passed to it."""

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from overnight.gate.verdict import Verdict
from overnight.research.experiment import Experiment, Scalar
from overnight.research.researchers.tuner.crashing import CRASHING, CrashingValues, Directions
from overnight.research.researchers.tuner.dead import DROPPED, DeadValues
from overnight.research.researchers.tuner.findings import Value

WINDOW = 100  # attempts kept; the optimizer's time grows with them
BEST, NEWEST = 30, 40  # attempts that stay when the window is full

POINT = "point"  # the note that identifies the content of the edited files
WAS = "was "  # prefix to the key of a changed constant, for its value before
CONSTANT_MARK = ":"  # in every key of a constant, and in no other note
_PLACE = re.compile(r"^[^ +-].*:\d+$")  # a heading among the lines of an edit


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One measured proposal that changed constants."""

    values: Mapping[str, Value]  # of all constants
    before: Mapping[str, Value]  # of the changed ones
    gain: float | None  # over its base, positive is better; None: it crashed, or was stopped early
    score: float | None  # the gain over the start of the campaign
    kept: bool


class Past:
    """Learns from finished experiments; the same experiments in the same order give the same past."""

    def __init__(self) -> None:
        self.attempts: list[Attempt] = []
        self.generation = 0  # grows whenever older attempts are dropped
        self.count = 0  # own experiments so far
        self.points: set[str] = set()
        self.gains: dict[tuple[str, bool], float] = {}  # the newest gain of a constant changed alone, upward or downward
        self.dead = DeadValues()
        self.crashing = CrashingValues()
        self._levels: dict[str, float] = {}  # by commit: how far a head is above the start of the campaign
        self._level = 0.0

    def level(self, commit: str) -> float:
        """How far a head is above the start of the campaign, in units of the metric."""
        return self._levels.get(commit, self._level)

    def learn(self, experiment: Experiment, *, own: bool) -> None:
        """Learn from a finished experiment; from another researcher's, only how far it moved the head."""
        conclusion = experiment.conclusion
        if conclusion is None:
            return
        gain = conclusion.gain if conclusion.gain is not None and math.isfinite(conclusion.gain) else None
        score = None if gain is None else self.level(experiment.base) + gain
        kept = conclusion.verdict is Verdict.KEEP
        if kept and score is not None:
            self._level = self._levels[experiment.commit] = score
        if kept and not (own and _only_numbers(experiment.notes)):
            self.dead.revive()
            self.crashing.revive(_changed_paths(experiment))
        if own:
            self.count += 1
            self.points.add(str(experiment.notes.get(POINT, "")))
            self.dead.learn(experiment, changed_keys(experiment.notes))
            self.crashing.learn(experiment, _directions(experiment.notes))
            stopped = conclusion.verdict is Verdict.DISCARD and experiment.trials and experiment.value is None
            if gain is not None or conclusion.verdict is Verdict.CRASH or stopped:
                self._attempt(experiment.notes, gain, score, kept=kept)

    def _attempt(self, notes: Mapping[str, Scalar], gain: float | None, score: float | None, *, kept: bool) -> None:
        noted = {key: value for key, value in notes.items() if value is not None and CONSTANT_MARK in key}
        before = {key.removeprefix(WAS): value for key, value in noted.items() if key.startswith(WAS)}
        values = {key: value for key, value in noted.items() if not key.startswith(WAS)}
        if not before or not before.keys() <= values.keys():
            return  # the proposal dropped a statement
        self.attempts.append(Attempt(values=values, before=before, gain=gain, score=score, kept=kept))
        if len(before) == 1:
            (key,) = before
            self.gains[key, is_upward(before[key], values[key])] = -math.inf if gain is None else gain
        if len(self.attempts) > WINDOW:
            self._forget()

    def _forget(self) -> None:
        older, newest = self.attempts[:-NEWEST], self.attempts[-NEWEST:]
        measured = sorted((a.score for a in older if a.score is not None), reverse=True)
        enough = measured[min(BEST, len(measured)) - 1] if measured else math.inf
        best = [attempt for attempt in older if attempt.score is not None and attempt.score >= enough][:BEST]
        self.attempts = best + newest
        self.generation += 1


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


def is_upward(old: Value, new: Value) -> bool:
    """Whether a change raises a number, switches on, or moves to a later word in alphabetical order."""
    if isinstance(old, str) or isinstance(new, str):
        return str(new) > str(old)
    return new > old
