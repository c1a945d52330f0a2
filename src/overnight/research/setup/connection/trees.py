"""Changed work folders that report what was opened in them."""

from dataclasses import dataclass, field
from pathlib import Path

from overnight.files.open_watch import OpenWatch
from overnight.research.places.changed_trees import ChangedTrees
from overnight.research.places.port import View


@dataclass(slots=True, kw_only=True)
class ObservedTrees(ChangedTrees):
    """Reports what was opened in its folders as well."""

    opened: set[str] = field(default_factory=set)  # in folders that are deleted by now, relative to the tree
    complete: bool = True  # whether nothing that was opened can be missing in it
    _watches: dict[Path, OpenWatch] = field(default_factory=dict)

    def create(self, commit: str, view: View) -> Path:
        """A new folder that contains a view of a commit's tree with the changes."""
        folder = ChangedTrees.create(self, commit, view)
        self._watches[folder] = OpenWatch(folder)
        return folder

    def remove(self, folder: Path) -> None:
        """Delete a folder, whatever is in it."""
        if watch := self._watches.pop(folder, None):
            self.opened |= watch.close()
            self.complete &= watch.complete
        ChangedTrees.remove(self, folder)
