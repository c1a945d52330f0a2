"""A curriculum as values: what is taught, in which order, and how each step is asked and checked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

SECTIONS = ("Idea", "Predict", "Example", "Exercise", "Explain back")


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """A question that is asked before anything is explained."""

    choices: Sequence[str]
    answer: int  # index of the right one
    because: str
    most: int | None  # index of what most people choose


@dataclass(frozen=True, slots=True, kw_only=True)
class Faded:
    """The example again, with gaps."""

    code: str  # gaps are `____`
    answers: Sequence[str]  # one for each gap


@dataclass(frozen=True, slots=True, kw_only=True)
class Misconception:
    """A wrong belief, as a program that follows from it."""

    name: str
    belief: str  # one line
    counter_example: str
    source: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One idea."""

    id: str
    title: str
    needs: Sequence[str]  # ids of earlier steps
    lines: Sequence[tuple[int, int]]  # of the taught file, first and last
    is_campaign: bool  # checked with what the repository's campaign says
    prediction: Prediction
    rubric: Sequence[str]
    hints: Sequence[str]  # the weakest first
    fades: Sequence[Faded]
    sections: Mapping[str, str]  # Markdown, by SECTIONS
    start: str  # source that the learner completes
    solution: str
    check: str  # source of the checks
    misconceptions: Sequence[Misconception]
    campaign: str = ""  # JSON of a made-up campaign, for a check of the curriculum itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Curriculum:
    """Steps in order."""

    name: str
    title: str
    about: str
    taught: str  # name of the file that the steps explain line by line; empty: none
    steps: Sequence[Step]
    files: Mapping[str, bytes] = field(repr=False)  # what lies beside the learner's file

    def step(self, wanted: str) -> Step | None:
        """The step of an id."""
        return next((step for step in self.steps if step.id == wanted), None)
