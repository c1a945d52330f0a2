"""How far a learner is, folded from the events; pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from overnight.ledger.port import Recorded
from overnight.tutor.course.events import SOLUTION, Event, Explained, Filled, Helped, Predicted, Reset, Tried
from overnight.tutor.course.fsrs import Memory, Rating, first, reviewed

MANY_ATTEMPTS = 3  # to pass: it was hard


@dataclass(frozen=True, slots=True, kw_only=True)
class StepProgress:
    """One step."""

    choice: int | None = None  # that was predicted, index
    predicted_right: bool = False
    attempts: int = 0  # until it was passed
    since_help: int = 0  # attempts since the newest hint
    hints: int = 0  # that were given
    solution_shown: bool = False
    filled: frozenset[int] = frozenset()  # examples without gaps now
    passed_at: float | None = None  # Unix time, s; None: it is not passed
    explained: int = 0
    passed_over: bool = False  # the learner went on without an explanation
    memory: Memory | None = None
    lapsed: bool = False  # forgotten, and not shown again since
    reviews: int = 0  # that were passed

    @property
    def due(self) -> float | None:
        """Unix time at which it is to be shown again, s; None: it is not passed."""
        if self.memory is None:
            return None
        return self.memory.at if self.lapsed else self.memory.due


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """One curriculum."""

    steps: Mapping[str, StepProgress] = field(default_factory=dict)

    def of(self, step: str) -> StepProgress:
        """How far a step is."""
        return self.steps.get(step, StepProgress())


def fold(curriculum: str, events: Iterable[Recorded[Event]]) -> Progress:
    """What the events of a curriculum add up to."""
    steps: dict[str, StepProgress] = {}
    for entry in events:
        event = entry.event
        if event.curriculum != curriculum or not hasattr(event, "step"):
            continue
        if isinstance(event, Reset):
            steps = {name: each for name, each in steps.items() if event.step and name != event.step}
        else:
            steps[event.step] = _after(steps.get(event.step, StepProgress()), event, entry.at)
    return Progress(steps=steps)


def _after(step: StepProgress, event: Event, at: float) -> StepProgress:
    match event:
        case Predicted():
            return step if step.choice is not None else replace(step, choice=event.choice, predicted_right=event.right)
        case Tried():
            return _tried(step, event, at)
        case Filled(item=item, right=right):
            return replace(step, filled=step.filled | {item}) if right else step
        case Helped(hint=hint):
            if hint == SOLUTION:
                return replace(step, solution_shown=True)
            return replace(step, hints=max(step.hints, hint + 1), since_help=0)
        case Explained(words=words):
            return replace(step, explained=step.explained + 1) if words else replace(step, passed_over=True)
    return step


def _tried(step: StepProgress, event: Tried, at: float) -> StepProgress:
    if step.passed_at is None:
        step = replace(step, attempts=step.attempts + 1, since_help=step.since_help + 1)
        return replace(step, passed_at=at, memory=first(_first_rating(step), at)) if event.passed else step
    due = step.due
    if step.memory is None or due is None or at < due:  # practice between reviews says little
        return step
    if event.passed:
        return replace(step, memory=reviewed(step.memory, Rating.GOOD, at), lapsed=False, reviews=step.reviews + 1)
    return step if step.lapsed else replace(step, memory=reviewed(step.memory, Rating.AGAIN, at), lapsed=True)


def _first_rating(step: StepProgress) -> Rating:
    if step.solution_shown:
        return Rating.AGAIN
    if step.hints or step.attempts > MANY_ATTEMPTS:
        return Rating.HARD
    return Rating.EASY if step.attempts == 1 and step.predicted_right else Rating.GOOD
