"""The seams of the loop: what it asks of researchers, models, executors, history, ledger and notifiers."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from overnight.events import EnvironmentChanged, Event
from overnight.git.port import FileChange
from overnight.program.program import Program
from overnight.records.experiment import Draft, Experiment


def _unseen() -> bool:
    return True  # whoever gave the assignment looks for himself


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """What a researcher gets for one proposal, or an adviser for one answer."""

    number: int  # of the experiment
    role: str
    program: Program
    workspace: Path  # a fresh copy of the head's tree without its hidden files; edit it in place
    brief: str  # Markdown: program, what was kept, what failed and why, within a length limit
    head: str  # commit that the workspace shows; the same text means the same tree
    changed: Callable[[], bool] = _unseen  # whether the workspace differs from it now


class NoIdeas(Exception):  # noqa: N818  # a normal outcome, not an error
    """A researcher has nothing more to propose in this campaign."""


class ProposalFailed(Exception):  # noqa: N818  # recorded as an outcome, not an error
    """A researcher did not come to a proposal this time; the message says why, in one line."""


class Researcher(Protocol):
    """Whatever proposes changes."""

    name: str  # what the ledger calls it: "tuner", "command", "scripted"

    async def propose(self, assignment: Assignment) -> Draft:
        """Edit the workspace and say why.

        Raises:
            NoIdeas: nothing is left to try; the campaign asks no more.
            ProposalFailed: this try came to nothing, through no fault of ours.
            ModelsParked: it needs a model, and none can be had now.
        """
        ...

    def learn(self, experiment: Experiment) -> None:
        """Take in an ended experiment, also one of another researcher.

        Called in order for the newest few thousand when a campaign is taken up, then for each that ends.
        """
        ...


class Adviser(Protocol):
    """Whatever answers in words: a director, who has ideas, or a critic, who reads a proposal before it costs trials."""

    async def advise(self, assignment: Assignment) -> str:
        """The answer to the assignment's brief; what it does to the workspace counts for nothing.

        Raises:
            ProposalFailed: there was no answer.
            ModelsParked: it needs a model, and none can be had now.
        """
        ...


class Surroundings(Protocol):
    """What trials depend on outside the repository."""

    def look(self, known: Mapping[str, str], readable: Sequence[str]) -> EnvironmentChanged | None:
        """What differs from the environment as it is known, None if nothing does; cheap enough for every trial."""
        ...


class Orders(Protocol):
    """What persons write while a campaign runs."""

    def program(self) -> str | None:
        """The text of the program, if it changed since it was last looked at."""
        ...

    def ideas(self) -> str | None:
        """The queue of ideas as text, if somebody else changed it since `show_ideas`."""
        ...

    def show_ideas(self, text: str) -> None:
        """Put the queue where persons find it."""
        ...


class View(StrEnum):
    """Which part of a commit's tree a work folder shows."""

    OPEN = "open"  # without the hidden files: for researchers, candidates and checks
    SCORER = "scorer"  # without the editable files: for frozen code that scores artifacts
    SEALED = "sealed"  # all of it: for a holdout command that runs the candidate itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """What a researcher left in a workspace, against the tree that it was given."""

    changes: Sequence[FileChange]
    problems: Sequence[str]  # links, devices, unreadable or oversized files: one line each


class Workspaces(Protocol):
    """Work folders, each used once; nothing in them is trusted after a job or a researcher was there."""

    def create(self, commit: str, view: View) -> Path:
        """A new folder with a view of a commit's tree in it."""
        ...

    def collect(self, folder: Path, commit: str) -> Collected:
        """What differs in an OPEN folder from the commit that it was made of."""
        ...

    def artifact(self, folder: Path, name: str, limit_bytes: int) -> bytes:
        """A file that a job left, read without following links.

        Raises:
            BadArtifact: there is no such regular file within the limit.
        """
        ...

    def copy_artifacts(self, source: Path, names: Sequence[str], folder: Path, limit_bytes: int) -> None:
        """Copy files that a job left in `source` into a new folder, without following links, a piece at a time.

        Raises:
            BadArtifact: one is missing or no regular file, or together they are over the limit.
        """
        ...

    def output(self) -> Path:
        """A new path outside every work folder for one job's captured output."""
        ...

    def remove(self, folder: Path) -> None:
        """Delete a folder, whatever is in it."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """An event as the ledger holds it."""

    seq: int
    at: float  # Unix time, s
    event: Event
    digest: str  # hash over the event and the digest before it, hex


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """A page of experiments."""

    experiments: Sequence[Experiment]
    total: int


class Ledger(Protocol):
    """The append-only record of one campaign."""

    def append(self, *events: Event) -> None:
        """Add events, all or none; on return they are on disk."""
        ...

    def events(self, after: int = 0) -> Iterator[Recorded]:
        """Events with seq > `after`, in order.

        Raises:
            LedgerCorrupt: an event does not parse or its hash does not follow from the one before.
        """
        ...

    def experiments(self, *, offset: int = 0, limit: int = 50, newest_first: bool = True) -> Page:
        """A page of the campaign's experiments."""
        ...

    def experiment(self, number: int) -> Experiment | None:
        """One experiment by number."""
        ...

    def trials(self, number: int) -> Sequence[Recorded]:
        """The events of one experiment, in order."""
        ...

    def tried(self, tree: str) -> int | None:
        """The number of the first experiment with this proposal digest, None if it is new."""
        ...

    def same(self, shape: str) -> int | None:
        """The number of the first experiment that does what a proposal of this shape does, None if it is new."""
        ...

    def similar(self, terms: Collection[int], limit: int) -> Sequence[Experiment]:
        """The past experiments that have most in common with these terms of `core/similar.py`, the likest first."""
        ...

    def save_snapshot(self, snapshot: bytes) -> None:
        """Keep a state that folds all events so far; derived, so losing it loses only time."""
        ...

    def snapshot(self) -> tuple[int, bytes] | None:
        """The newest snapshot and the seq that it folds up to."""
        ...

    def snapshots(self) -> Sequence[tuple[int, bytes]]:
        """All snapshots that are kept, each with the seq that it folds up to, oldest first."""
        ...

    def lock(self) -> AbstractContextManager[None]:
        """Hold the campaign for this process.

        Raises:
            CampaignBusy: another process holds it.
        """
        ...


class Artifacts(Protocol):
    """Files kept under the SHA-256 of their content."""

    def keep(self, path: Path) -> str:
        """Move a file in; return its digest, hex."""
        ...

    def read(self, digest: str) -> bytes | None:
        """The content, None if it is not kept."""
        ...
