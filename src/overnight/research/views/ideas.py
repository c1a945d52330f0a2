"""The queue of a campaign's ideas as it is shown."""

from dataclasses import dataclass

from overnight.research.idea import Idea


@dataclass(frozen=True, slots=True, kw_only=True)
class IdeaList:
    """What `idea list --json` prints."""

    open: tuple[Idea, ...]  # open and taken ones, the first to be tried first
    done: tuple[Idea, ...]  # tried and dropped ones, newest last; a limited number


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedIdea:
    """An idea of the queue that was dropped or moved."""

    campaign: str  # its tag
    number: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AddedIdea:
    """An idea that was added."""

    campaign: str  # its tag
    text: str  # one printable line
    read: bool  # the program has a researcher that reads ideas
