"""The seam of researchers: what proposes changes, or gives advice."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from overnight.agents.hindrance import Hindrance
from overnight.program.program import Program
from overnight.research.events import Proposed
from overnight.research.experiment import Draft, Experiment


def _unseen() -> bool:
    return True  # the caller checks


def _none() -> str:
    return ""  # the caller checks


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """What a researcher gets for one proposal, or an adviser for one answer."""

    number: int  # of the assignment
    role: str
    program: Program
    workspace: Path  # a fresh copy of the head's tree without its hidden files; edit it in place
    brief: str  # Markdown: program, what was kept, what failed and why, within a length limit
    head: str  # commit that the workspace shows; the same text means the same tree
    changed: Callable[[], bool] = _unseen  # whether the workspace differs from it now
    # Why what the workspace holds now is not worth a trial if its author was cut off; empty if it is. None: it never is.
    unfit: Callable[[], str] | None = None
    objection: Callable[[], str] = _none  # why it would be rejected if it were submitted now; empty if it would not
    under_way: Sequence[Proposed] = ()  # everybody's proposals without a verdict, also its own


class NoIdeas(Exception):  # noqa: N818  # a normal outcome, not an error
    """A researcher has nothing more to propose in this campaign."""


class ProposalFailed(Exception):  # noqa: N818  # recorded as an outcome, not an error
    """A researcher did not come to a proposal this time; the message says why, in one line."""

    def __init__(self, why: str, *, hindrance: Hindrance | None = None) -> None:
        """`hindrance`: what kept it from working; None if it did work."""
        super().__init__(" ".join(why.split()))
        self.hindrance = hindrance


class Researcher(Protocol):
    """Proposes changes."""

    name: str  # what the ledger calls it: "tuner", "command", "scripted"

    async def propose(self, assignment: Assignment) -> Draft:
        """Edit the workspace and say why.

        Raises:
            NoIdeas: nothing is left to try; the campaign asks no more.
            ProposalFailed: this try came to nothing, through no fault of ours.
            ModelsParked: it needs a model, and none is available now.
        """
        ...

    def learn(self, experiment: Experiment) -> None:
        """Take in an ended experiment, also one of another researcher.

        Called in order for the newest few thousand when a campaign is taken up, then for each that ends.
        """
        ...


class Adviser(Protocol):
    """Answers in words: a director, who has ideas, or a critic, who reads a proposal before it costs trials."""

    async def advise(self, assignment: Assignment) -> str:
        """The answer to the assignment's brief; what it does to the workspace counts for nothing.

        Raises:
            ProposalFailed: there was no answer.
            ModelsParked: it needs a model, and none is available now.
        """
        ...
