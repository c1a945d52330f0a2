"""The seam of researchers: what proposes changes, or gives advice."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from overnight.agents.hindrance import Hindrance
from overnight.program.program import Program
from overnight.research.events import Proposed
from overnight.research.experiment import Draft, Experiment, Scalar
from overnight.research.search_trial import SearchTrial

__all__ = ["Adviser", "Assignment", "NoIdeas", "ProposalFailed", "Researcher", "Search", "SearchEnded", "SearchTrial"]


def _unseen() -> bool:
    return True  # the caller checks


def _none() -> str:
    return ""  # the caller checks


class SearchEnded(Exception):  # noqa: N818  # a normal outcome, not an error
    """Nothing more is measured for this assignment: the head moved, a budget is spent, or the session stops.

    Or another researcher of its kind proposes what its search found, which this one would find too.

    The researcher lets it pass. It counts as no failed try, and the researcher is asked again if the session goes on.
    """


class Search(Protocol):
    """Trials that a researcher may run before it proposes: cheap, with seeds of their own, and never evidence.

    They have no commit, no ref and no row in `results.tsv`; they count in the budget of trials.
    """

    @property
    def at_once(self) -> int:
        """How many may run at once for this researcher; more wait for these."""
        ...

    @property
    def sigma(self) -> float:
        """The standard deviation of one trial as the gate knows it, in the metric's units; 0: none, or not known."""
        ...

    @property
    def exact(self) -> bool:
        """Whether the target is deterministic, as far as that is known."""
        ...

    @property
    def head_values(self) -> Sequence[float]:
        """The newest values of the head, oldest first; of other seeds than any search trial."""
        ...

    def proof_trials(self, gain: float) -> float:
        """How many trials the proof of such a gain would take, those of the new head included; infinite: none will do.

        `gain` is in the metric's units, positive if it is better.
        """
        ...

    def trials_left(self) -> float:
        """How many trials the session may still run, those of proofs included; infinite if nothing bounds it.

        It is the least of what is left of the budget of trials, of the time, and of eight trials for each experiment. Only
        limits that the user set end a search: `measure` goes on at 0 if time and budget are not over.
        """
        ...

    async def measure(self, files: Mapping[str, bytes], notes: Mapping[str, Scalar], *, repeat: int = 0) -> SearchTrial:
        """Run the assignment's head with these files in place of its own.

        Args:
            files: new contents of files of the head, by path; what a proposal may not change has no value, and runs nothing.
            notes: the researcher's own, returned to it with the trial, also after a restart. People are shown `SO_FAR`.
            repeat: which of the search's seeds: trials of one repeat share a seed over the whole campaign.

        Raises:
            SearchEnded: nothing more is measured for this assignment. A trial that ended all the same is recalled.
        """
        ...


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
    search: Search | None = None  # None: there is none, as when a researcher is only tried; then propose at once


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

    name: str  # what the ledger calls it: "tuner", "mutator", "command", "scripted"

    async def propose(self, assignment: Assignment) -> Draft:
        """Edit the workspace and say why.

        Raises:
            NoIdeas: nothing is left to try; the campaign asks no more.
            ProposalFailed: this try came to nothing, through no fault of ours.
            ModelsParked: it needs a model, and none is available now.
            SearchEnded: its search did; let it pass.
        """
        ...

    def learn(self, experiment: Experiment) -> None:
        """Take in an ended experiment, also one of another researcher.

        Called in order for the newest few thousand when a campaign is taken up, then for each that ends.
        """
        ...

    def recall(self, trial: SearchTrial) -> None:
        """Take in a search trial, also one of another researcher.

        Called in order for the newest few thousand when a campaign is taken up, after all that it learns of experiments. Then
        for each that ends, unless `measure` returned it.
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
