"""The interface of places: work folders, what people write meanwhile, and what trials depend on outside the repository."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from overnight.git.port import FileChange
from overnight.research.events import EnvironmentChanged
from overnight.research.experiment import ByProducts


class EnvironmentWatch(Protocol):
    """What trials depend on outside the repository."""

    def look(self, known: Mapping[str, str], readable: Sequence[str]) -> EnvironmentChanged | None:
        """What differs from the known environment, None if nothing does; cheap enough for every trial."""
        ...


class CacheState(Protocol):
    """The kernel's copies of files that jobs read, which one trial can change for the next."""

    def prepare(self, check: Callable[[], None]) -> None:
        """Bring them into the state in which every trial begins; may take as long as reading them.

        `check` is called between files, and raises once nobody waits any more.
        """
        ...


class Orders(Protocol):
    """What people write while a campaign runs."""

    def program(self) -> str | None:
        """The text of the program, if it changed since it was last read."""
        ...

    def ideas(self) -> str | None:
        """The queue of ideas as text, if someone else changed it since `show_ideas`."""
        ...

    def believed(self) -> Collection[str]:
        """The kept commits that a person has read and believes."""
        ...

    def show_ideas(self, text: str) -> None:
        """Write the queue where people find it."""
        ...


class View(StrEnum):
    """Which part of a commit's tree a work folder shows."""

    OPEN = "open"  # without the hidden files: for researchers, candidates and checks
    SCORER = "scorer"  # without the editable files: for frozen code that scores artifacts
    EDITED = "edited"  # as OPEN, and without git: what a researcher in our own process edits, which runs nothing there
    SEALED = "sealed"  # the whole tree: for a holdout command that runs the candidate itself


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """What a researcher left in a workspace, compared with the tree that it was given."""

    changes: Sequence[FileChange]
    problems: Sequence[str]  # links, devices, unreadable or oversized files: one line each
    by_products: ByProducts = field(default_factory=ByProducts)  # neither


class Workspaces(Protocol):
    """Work folders, each used once; nothing in them is trusted after a job or a researcher has used them."""

    def create(self, commit: str, view: View) -> Path:
        """A new folder that contains a view of a commit's tree."""
        ...

    def collect(self, folder: Path, commit: str) -> Collected:
        """What differs in an OPEN folder from the commit that it was created from, without its by-products.

        These are new files and folders outside `editable`, whatever they are, and new ones that git ignores by the commit's
        `.gitignore` files, unless `editable` names the file itself.
        """
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
            BadArtifact: one is missing or not a regular file, or together they are over the limit.
        """
        ...

    def output(self) -> Path:
        """A new path outside every work folder for one job's captured output."""
        ...

    def remove(self, folder: Path) -> None:
        """Delete a folder, whatever is in it."""
        ...
