"""The work folders of one session: created from a commit, used once, deleted; none survives a session."""

import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from functools import partial
from itertools import count
from pathlib import Path

from overnight.files.folders import copy_artifacts, read_artifact, remove_tree
from overnight.files.private_folder import private_folder
from overnight.git.clone import Clones
from overnight.git.ignoring import RULES, IgnoreRules, make_empty_repository
from overnight.git.port import History
from overnight.git.repository import Repository
from overnight.program.program import Program
from overnight.program.scope import matches
from overnight.research.places.by_products import Sieve
from overnight.research.places.placed import Placed, output_folders
from overnight.research.places.port import Collected, View
from overnight.research.places.workspace import FileState, collect_changes, snapshot

SETTLED_S = 2  # git reads a file again that changed in the second in which its index was written


@contextmanager
def work_folders(
    repository: Repository, history: History, program: Program, start: str, *, seen_from: Repository | None = None
) -> Iterator["WorkFolders"]:
    """The work folders of one session of a campaign that starts at a commit, deleted at its end.

    What is not committed is found in the checkout of `seen_from`, if the repository is a copy of that.

    A job sees where its folder lies on the host. So that place is of the same form for a campaign, a rehearsal and a rerun:
    a candidate that behaves well only when it is checked must not know when that is.
    """
    top = (seen_from or repository).toplevel
    placed = Placed(
        links={path: top / path for path in program.readable if not path.startswith("/")},
        folders=output_folders(top, history, program, start),
    )
    with private_folder(repository.overnight, "work") as place:
        changes = partial(matches, globs=program.editable)
        clones = Clones(
            repository,
            place / "git",
            start=start,
            changes=changes,
            at_s=int(time.time()) - SETTLED_S,
            ignored=tuple(placed.links),
        )
        with closing(clones):
            yield WorkFolders(place / "trees", history, program, clones, placed)


class WorkFolders:
    """The port `Workspaces`, in one folder that belongs to this session alone."""

    def __init__(
        self, root: Path, history: History, program: Program, clones: Clones | None = None, placed: Placed | None = None
    ) -> None:
        """Without `clones` there is no git in the folders; `placed` is what they have beside the files of a commit."""
        remove_tree(root)  # what a killed session left
        self.scratch = root / "out"
        self.scratch.mkdir(parents=True)
        self._root = root
        self._history = history
        self._clones = clones
        self._placed = placed or Placed()
        globs = {View.OPEN: program.hidden, View.EDITED: program.hidden, View.SCORER: program.editable, View.SEALED: ()}
        self._omit = {view: partial(matches, globs=omitted) for view, omitted in globs.items()}
        self._program = program
        self._numbers = count(1)
        self._bases: dict[str, Mapping[str, FileState]] = {}
        self._empty = self.scratch / "empty.git"
        make_empty_repository(self._empty)
        self._ignoring: dict[str, Path] = {}

    def create(self, commit: str, view: View) -> Path:
        """A new folder that contains a view of a commit's tree."""
        folder = self._written(commit, view)
        self._placed.put_into(folder)
        if self._clones and view is not View.EDITED:
            self._clones.write(commit, folder, self._omit[view])
        return folder

    def _written(self, commit: str, view: View) -> Path:
        folder = self._root / secrets.token_hex(8)  # a job sees its folder's name: it must not tell which trial this is
        folder.mkdir()
        self._history.write_tree(commit, folder, omit=self._omit[view])
        return folder

    def collect(self, folder: Path, commit: str) -> Collected:
        """What differs in an OPEN or EDITED folder from the commit that it was created from."""
        base = self._base(commit)
        unseen = [path for path in self._history.paths(commit) if path not in base]
        with IgnoreRules(self._rules(commit), self._empty) as rules:
            sieve = Sieve(program=self._program, ignores=rules.ignores)
            return collect_changes(folder, base, reserved=unseen, placed=self._placed.links, sieve=sieve)

    def artifact(self, folder: Path, name: str, limit_bytes: int) -> bytes:
        """A file that a job left, read without following links."""
        return read_artifact(folder, name, limit_bytes)

    def copy_artifacts(self, source: Path, names: Sequence[str], folder: Path, limit_bytes: int) -> None:
        """Copy files that a job left in `source` into a new folder, without following links."""
        copy_artifacts(source, names, folder, limit_bytes)

    def output(self) -> Path:
        """A new path outside every work folder for one job's captured output."""
        return self.scratch / str(next(self._numbers))

    def remove(self, folder: Path) -> None:
        """Delete a folder, whatever is in it."""
        remove_tree(folder)

    def _rules(self, commit: str) -> Path:
        """A folder with the `.gitignore` files of a commit and nothing else; there is one, for the newest head only."""
        if commit not in self._ignoring:
            for old in self._ignoring.values():
                remove_tree(old)
            folder = self.output()
            folder.mkdir()
            self._history.write_tree(commit, folder, omit=lambda path: path.rpartition("/")[2] != RULES)
            self._ignoring = {commit: folder}
        return self._ignoring[commit]

    def _base(self, commit: str) -> Mapping[str, FileState]:
        """The files of a commit as a researcher first sees them; cached for the newest head only."""
        if commit not in self._bases:
            folder = self._written(commit, View.OPEN)
            self._bases = {commit: snapshot(folder)}
            self.remove(folder)
        return self._bases[commit]
