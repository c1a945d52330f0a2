"""The work folders of a campaign keep the promises of `Workspaces`, and folders that break a promise are found."""

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from conformance import holds
from memory_history import MemoryHistory, repository
from plain_workspaces import PlainWorkspaces
from targets import repository_of

from overnight.git.history import GitHistory
from overnight.git.port import FileChange
from overnight.program.program import Direction, Metric, Program
from overnight.program.scope import matches
from overnight.research.places.port import Collected, View, Workspaces
from overnight.research.places.work_folders import WorkFolders, work_folders
from overnight.testing import WorkspacesConformance
from overnight.testing.workspaces import EDITABLE, FILES, HIDDEN, PROGRAM


class TestWorkFolders(WorkspacesConformance):
    """Those of a campaign, over a history in memory."""

    def make(self, folder: Path) -> tuple[WorkFolders, str]:
        history = MemoryHistory(repository(FILES, programs=[PROGRAM]))
        metric = Metric(name="x", direction=Direction.MINIMIZE)
        program = Program(path="program.md", metric=metric, editable=EDITABLE, hidden=HIDDEN)
        return WorkFolders(folder / "work", history, program), history.resolve_start()

    def test_what_a_killed_session_left_is_gone(self, tmp_path: Path) -> None:
        """New folders begin with an empty place."""
        (tmp_path / "work/7").mkdir(parents=True)
        (tmp_path / "work/7/old").write_text("")
        self.make(tmp_path)
        assert [path.name for path in (tmp_path / "work").iterdir()] == ["out"]

    def test_links_of_the_commit_are_not_replaced(self, tmp_path: Path) -> None:
        """A link of the repository is not shown, and a file in its place is a problem."""
        history = MemoryHistory(repository(FILES, links=["link"]))
        program = Program(path="program.md", metric=Metric(name="x", direction=Direction.MINIMIZE), editable=("*",))
        workspaces = WorkFolders(tmp_path / "work", history, program)
        folder = workspaces.create(history.resolve_start(), View.OPEN)
        (folder / "link").write_text("mine")
        found = workspaces.collect(folder, history.resolve_start())
        assert list(found.changes) == []
        assert found.problems == ["link collides with something that the workspace did not show"]


def test_git_is_where_a_command_may_run(tmp_path: Path) -> None:
    """Each folder of a campaign has a `.git`, except that of a researcher in our own process, which runs nothing."""
    checkout = repository_of(tmp_path / "repo", {"a.py": "A = 1\n", "program.md": "x"})
    checkout.overnight.mkdir()
    program = Program(path="program.md", metric=Metric(name="x", direction=Direction.MINIMIZE), editable=("a.py",))
    with closing(GitHistory(checkout)) as history:
        start = history.resolve_start()
        with work_folders(checkout, history, program, start) as workspaces:
            folders = {view: workspaces.create(start, view) for view in View}
            assert {view for view, folder in folders.items() if not (folder / ".git").exists()} == {View.EDITED}
            assert (folders[View.EDITED] / "a.py").read_text() == "A = 1\n"
            (folders[View.EDITED] / "a.py").write_text("A = 2\n")
            assert [change.path for change in workspaces.collect(folders[View.EDITED], start).changes] == ["a.py"]


class TestPlainWorkspaces(WorkspacesConformance):
    """Another implementation."""

    kind = PlainWorkspaces

    def make(self, folder: Path) -> tuple[Workspaces, str]:
        return self.kind(folder, FILES, programs=[PROGRAM], hidden=HIDDEN, editable=EDITABLE), "c1"


class ShowsEverything(PlainWorkspaces):
    """Leaves nothing out."""

    def create(self, commit: str, view: View) -> Path:
        return super().create(commit, View.SEALED)


class FollowsLinks(PlainWorkspaces):
    """Reads whatever a name leads to."""

    def _file(self, folder: Path, name: str, limit_bytes: int) -> Path:
        file = folder / name
        return file if file.is_symlink() else super()._file(folder, name, limit_bytes)


class TakesHiddenFiles(PlainWorkspaces):
    """Lets a researcher write the answers."""

    def collect(self, folder: Path, commit: str) -> Collected:
        found = super().collect(folder, commit)
        hidden = [problem.removesuffix(" is hidden") for problem in found.problems if problem.endswith(" is hidden")]
        more = [FileChange(path=path, content=(folder / path).read_bytes()) for path in hidden]
        return Collected(changes=[*found.changes, *more], problems=[])


class TakesEverything(PlainWorkspaces):
    """Takes by-products for changes."""

    def collect(self, folder: Path, commit: str) -> Collected:
        self.omitted = {**self.omitted, View.SCORER: ["**"]}
        return super().collect(folder, commit)


class LosesFrozenFiles(PlainWorkspaces):
    """Leaves out whatever `editable` does not cover."""

    def collect(self, folder: Path, commit: str) -> Collected:
        found = super().collect(folder, commit)
        return replace(found, changes=[change for change in found.changes if matches(change.path, EDITABLE)])


@pytest.mark.parametrize(
    ("kind", "promise"),
    [
        (ShowsEverything, "test_open_view_has_no_hidden_file"),
        (FollowsLinks, "test_copied_artifacts_are_regular_files"),
        (TakesHiddenFiles, "test_hidden_files_are_not_replaced"),
        (TakesEverything, "test_by_products_are_left_out"),
        (LosesFrozenFiles, "test_what_the_commit_has_is_no_by_product"),
    ],
)
def test_a_broken_promise_is_found(tmp_path: Path, kind: type[PlainWorkspaces], promise: str) -> None:
    """The suite fails for folders that break one of its promises."""
    suite = TestPlainWorkspaces()
    suite.kind = kind
    assert not holds(suite, promise, tmp_path)
