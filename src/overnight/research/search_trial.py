"""A search trial as researchers and the record know it: a trial that compares what may be proposed, and is no evidence."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from overnight.research.experiment import Scalar

SO_FAR = "so far"  # the note that tells people what the search has found, and why that is not proposed yet; absent: nothing


def so_far_in(notes: Mapping[str, Scalar]) -> str:
    """What the notes of a search trial tell people of its search; empty: nothing."""
    return str(notes.get(SO_FAR, ""))


@dataclass(frozen=True, slots=True, kw_only=True)
class Searched:
    """What a researcher asked a search trial for."""

    role: str
    base: str  # commit of the head, whose files it replaces
    notes: Mapping[str, Scalar] = field(default_factory=dict)
    repeat: int = 0  # trials of one repeat share a seed
    breach: str = ""  # the guard that its one trial breaks for certain; then its value counts for nothing

    @property
    def so_far(self) -> str:
        """What its researcher had found when it asked, and why that was not proposed, for people; foreign."""
        return so_far_in(self.notes)


@dataclass(frozen=True, slots=True, kw_only=True)
class SearchTrial:
    """A search trial that has ended, as its researcher gets it now and after a restart."""

    base: str  # commit of the head that its files replace files of
    role: str
    notes: Mapping[str, Scalar]  # the researcher's own, returned to it after a restart
    repeat: int  # which of the search's seeds: trials of one repeat share a seed
    value: float | None  # of the metric, in its own units; None: it has none
    reason: str = ""  # why it has none
    void: bool = False  # it has none because `prepare` failed, which says nothing about these files
    wall_s: float = 0.0
