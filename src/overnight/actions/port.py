"""The seams of actions: agents that take a turn, checkouts, checks, and the trunk that results are merged into."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from overnight.actions.charter import Request, Role, Rules
from overnight.actions.findings import CheckOutcome, Evidence, TurnOutcome
from overnight.models.port import ModelsParked


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What an agent is asked to do in one turn."""

    action: int
    turn: int
    role: Role
    folder: Path  # that it works in, and edits in place if it is the coder
    prompt: str
    changed: Callable[[], bool] | None = None  # whether the folder holds a change that would be taken; None: any counts
    paths: Collection[str] = ()  # of the repository, and of the change: what an answer may name
    unlike: str = ""  # an agent whose work is judged: another one is preferred, if there is one


class TurnParked(ModelsParked):
    """A turn had to stop because no model of its role can be asked now; what the folder holds is work in hand."""

    def __init__(self, parked: ModelsParked, outcome: TurnOutcome) -> None:
        """`outcome`: what it came to by then, with what it used."""
        super().__init__(str(parked), wait_s=parked.wait_s, spent=parked.spent)
        self.outcome = outcome


class Worker(Protocol):
    """Agents in roles."""

    async def turn(self, order: Order) -> TurnOutcome:
        """One agent's turn, to its end; whatever comes of it is an outcome.

        Raises:
            TurnParked: no provider of models can be asked now by any agent of the role.
            UserError: no agent of the role can be started on this machine.
            SandboxError: the machine's fault.
        """
        ...


class Checkout(Protocol):
    """Folders of commits of one repository."""

    def create(self, commit: str) -> Path:
        """A new folder that has a commit's files, and a `.git` of its own."""
        ...

    def changed(self, folder: Path, base: str) -> bool:
        """Whether anything differs in a folder from its base that would be committed."""
        ...

    def paths(self, commit: str) -> Sequence[str]:
        """The files of a commit."""
        ...

    def diff(self, base: str, commit: str) -> str:
        """The unified diff between two commits, cut at 1 MB."""
        ...

    def commit(self, folder: Path, *, base: str, action: int, turn: int, message: str) -> tuple[str, Sequence[str]]:
        """Commit what differs in a folder from its base: the commit, empty if nothing does; and what could not be taken."""
        ...

    def remove(self, folder: Path) -> None:
        """Delete a folder, whatever is in it."""
        ...


class Checks(Protocol):
    """What we find out ourselves about commits of one repository."""

    async def run(self, commit: str, commands: Sequence[str]) -> Sequence[CheckOutcome]:
        """Run commands, once each, on a fresh folder of a commit, in the jail."""
        ...

    async def evidence(self, *, base: str, commit: str, request: Request, rules: Rules) -> Evidence:
        """All that can be found out about a commit."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeTry:
    """What a merge would give."""

    commit: str = ""  # not yet on the trunk; empty: it conflicts
    onto: str = ""  # the head that it is on
    conflicts: Sequence[str] = ()  # paths
    whys: Sequence[str] = ()  # a line for each
    beside: Sequence[str] = ()  # paths of versions that could not be put into one file with the head's
    start: str = ""  # the head with all that fits of the change, and both sides of what does not


class Trunk(Protocol):
    """The integration branch of one repository."""

    @property
    def branch(self) -> str:
        """The name of the user's branch that it follows; empty if none."""
        ...

    def head(self) -> str:
        """Its commit; that of the user's branch before the first merge."""
        ...

    def owners(self) -> str:
        """The newest commit of the user's branch, which nothing of an action is in unless the user took it in."""
        ...

    def held(self) -> str:
        """Why it cannot be moved now, and what to type; empty if it can."""
        ...

    def landed(self, *, action: int, commit: str) -> str:
        """The commit of the trunk by which a commit of an action was merged; empty if it was not."""
        ...

    def merge(self, *, action: int, base: str, commit: str, message: str) -> MergeTry:
        """What an action changed, on top of the head; the trunk is not moved."""
        ...

    def advance(self, *, old: str, new: str) -> bool:
        """Move the trunk from one commit to another; False, changing nothing, if it is elsewhere or checked out."""
        ...

    def news(self) -> str:
        """The newest commit of the user's branch, if the trunk has not all of it; empty otherwise."""
        ...

    def join(self, commit: str) -> MergeTry:
        """The head and the user's commits as one; the trunk is not moved."""
        ...

    def changed(self) -> str:
        """What somebody else did to the trunk since we moved it last, said once; empty if it only went on."""
        ...

    def rules(self, commit: str) -> str:
        """The text that actions on a commit go by, with what its files show of it.

        Raises:
            ProgramError: it cannot be read.
        """
        ...

    def text(self, commit: str, path: str) -> str:
        """A file of a commit; empty if it has none."""
        ...

    def same_files(self, one: str, other: str) -> bool:
        """Whether two commits have the very same files."""
        ...

    def differing(self, one: str, other: str) -> Sequence[str]:
        """The paths at which two commits differ."""
        ...

    def leftovers(self, commit: str, *, conflicts: Sequence[str], beside: Sequence[str]) -> Sequence[str]:
        """What of a conflict is still in a commit: a line for each file."""
        ...
