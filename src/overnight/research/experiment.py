"""An experiment as a row of the history, and what a researcher sends with its proposal."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated

from pydantic import BeforeValidator

from overnight.gate.lesson import Lesson
from overnight.gate.verdict import Conclusion
from overnight.research.old_events import with_superseded
from overnight.words.quantities import more

Scalar = str | int | float | bool | None

RecordedConclusion = Annotated[Conclusion, BeforeValidator(with_superseded)]


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionTranscript:
    """What went into a session of an agent and came out of it, by its own account; no part of the record."""

    name: str  # of its file in the campaign's folder of transcripts
    number: int  # of the assignment
    role: str  # as the name of the file has it
    text: str  # Markdown, printable, without known secrets; long outputs and sessions are cut in the middle


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What a researcher says about its edit: claims, never measurements."""

    hypothesis: str  # one sentence
    notes: Mapping[str, Scalar] = field(default_factory=dict)  # its own, returned to it with the result
    tokens: int = 0
    cost_usd: float = 0.0
    searched: int = 0  # search trials that it was found by, so that it is not screened; only from our own process
    together: tuple[int, ...] = ()  # experiments of its role whose changes are to be merged into its edit; not looked up yet
    lesson: Lesson = Lesson.ALL
    waited_s: float = 0.0  # until there was anything to propose, no reason to be asked further ahead; infinite: it never is


@dataclass(frozen=True, slots=True, kw_only=True)
class ByProducts:
    """New files and folders that a researcher left in its workspace and that are no part of its proposal."""

    count: int = 0  # a folder that is left out as a whole counts once
    ignored: tuple[str, ...] = ()  # names of a few that git ignores, printable; a folder's ends with a slash
    others: tuple[str, ...] = ()  # of a few that `editable` does not cover

    def __str__(self) -> str:
        """The names, and why each is left out; empty if there are none."""
        kinds = ((self.others, "outside `editable`"), (self.ignored, "ignored by git"))
        named = [f"{', '.join(names)} ({why})" for names, why in kinds if names]
        unnamed = self.count - len(self.others) - len(self.ignored)
        return "; ".join([*named, *([more(unnamed)] if named and unnamed else [])])


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """What a proposal changes in the files of its base: how much, and the lines themselves if they are few."""

    files: int = 0
    added: int = 0  # lines
    removed: int = 0
    lines: tuple[str, ...] = ()  # a small diff, printable: `path:line`, then lines with `-` and `+`; empty: it is not small
    digest: str = ""  # equal for the same changed lines on any base; empty: recorded before there was one


@dataclass(frozen=True, slots=True, kw_only=True)
class Experiment:
    """One row of the campaign's history."""

    number: int
    role: str
    researcher: str
    hypothesis: str
    base: str  # commit that it is measured against
    commit: str  # on top of that; empty for a reject
    tree: str  # digest of the proposal
    notes: Mapping[str, Scalar] = field(default_factory=dict)
    value: float | None = None  # mean over its own screening and confirmation trials, since they last started again
    trials: int = 0  # these
    conclusion: RecordedConclusion | None = None  # None: still open
    at: float = 0.0  # Unix time of the proposal, s
    seconds: float = 0.0  # from proposal to verdict
    same_as_head: bool = False  # its trials with seeds of the head's trials have the same values, to the last digit
    restart: int = 0  # how often its evidence started again, because the head moved or it was reopened
    replaces: tuple[int, ...] = ()  # kept experiments that it would undo, because their texts conflict
    assignment: int = 0  # that it answers, as in the names of transcripts; 0: recorded before there were any
    cost_usd: float = 0.0
    tokens: int = 0
    by_products: ByProducts = field(default_factory=ByProducts)  # that its researcher left
    edit: Edit = field(default_factory=Edit)
    curve: tuple[tuple[float, float], ...] = ()  # of its first screening trial, as in `Trial`
    searched: int = 0  # search trials of its researcher that it was found by
    together: tuple[int, ...] = ()  # earlier experiments whose changes are merged into it
    unscreened: bool = False  # it was put to the test at once, as those stand in for screening
