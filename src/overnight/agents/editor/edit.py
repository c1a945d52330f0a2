"""Edits as a model meant them, before anyone looked whether they fit."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Hunk:
    """Lines of a file, and what comes in their place; without old lines it is a new file."""

    old: Sequence[str]
    new: Sequence[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """One block of an answer. A block can often be read in several ways; the first that fits the file is meant."""

    path: str  # as the model wrote it; empty if it named none
    ways: Sequence[Sequence[Hunk]]  # each is the hunks that belong together
    whole: bool = False  # the new lines are the whole file


class DoesNotApply(Exception):  # noqa: N818  # the model's fault, which it is told
    """Edits that cannot be made; has each reason, for the model to read."""

    def __init__(self, *problems: str) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems
