"""A researcher's edit of a head, on its way to a proposal."""

from collections.abc import Sequence
from dataclasses import dataclass

from overnight.git.port import FileChange
from overnight.program.program import PATIENCE_S
from overnight.research.events import Proposed
from overnight.research.experiment import Draft
from overnight.research.loop.assigning import ProposalRequest
from overnight.research.places.port import Collected
from overnight.research.researchers.port import Researcher


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedResearcher:
    """A researcher and the role that it plays."""

    role: str
    researcher: Researcher
    reads: bool = False  # its brief: it works on ideas, and critics review its proposals
    patience_s: float = PATIENCE_S  # how long nothing new may come from it

    def waits_for(self, proposed: Proposed) -> bool:
        """Whether it may have other ideas after the verdict on a proposal: one of its role, or of a search of its kind."""
        return proposed.role == self.role or (proposed.searched > 0 and proposed.researcher == self.researcher.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkspaceEdit:
    """A researcher's edit of a head, and what it says about it."""

    role: str
    researcher: str
    draft: Draft
    base: str
    collected: Collected
    request: ProposalRequest
    searched: int = 0  # trials that its researcher ran before
    refusal: str = ""  # of a critic, after its author's answer
    together: tuple[int, ...] = ()  # experiments whose changes are merged into it

    @property
    def changes(self) -> Sequence[FileChange]:
        """What it changes, in scope or not."""
        return self.collected.changes
