"""Work folders whose files are changed on purpose: to search, or to see what depends on a file."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from overnight.git.port import FileChange
from overnight.research.places.port import Collected, View, Workspaces
from overnight.research.places.workspace import write_changes


@dataclass(slots=True, kw_only=True)
class ChangedTrees:
    """The port `Workspaces` over another one: every tree that contains the editable files gets the changes.

    Their git shows the commit, so there the changes are ones that nobody has committed.
    """

    inner: Workspaces
    changes: Sequence[FileChange] = ()  # in scope

    def create(self, commit: str, view: View) -> Path:
        """A new folder that contains a view of a commit's tree with the changes."""
        folder = self.inner.create(commit, view)
        if view is not View.SCORER:
            write_changes(folder, self.changes)
        return folder

    def collect(self, folder: Path, commit: str) -> Collected:
        """What differs in an OPEN folder from the commit that it was created from."""
        return self.inner.collect(folder, commit)

    def artifact(self, folder: Path, name: str, limit_bytes: int) -> bytes:
        """A file that a job left, read without following links."""
        return self.inner.artifact(folder, name, limit_bytes)

    def copy_artifacts(self, source: Path, names: Sequence[str], folder: Path, limit_bytes: int) -> None:
        """Copy files that a job left in `source` into a new folder, without following links."""
        self.inner.copy_artifacts(source, names, folder, limit_bytes)

    def output(self) -> Path:
        """A new path outside every work folder for one job's captured output."""
        return self.inner.output()

    def remove(self, folder: Path) -> None:
        """Delete a folder, whatever is in it."""
        self.inner.remove(folder)
