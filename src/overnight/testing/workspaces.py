"""What all workspaces promise: which files their folders show, and what is read back from them."""

# ruff: noqa: S101  # a suite consists of assertions

import os
from collections.abc import Mapping
from pathlib import Path

from overnight.files.folders import BadArtifact
from overnight.git.port import FileChange
from overnight.research.places.port import View, Workspaces
from overnight.testing.failures import failure, is_one_line
from overnight.testing.folders import contents, new

FILES: Mapping[str, bytes] = {
    "answers/test.csv": b"1,2\n",
    "lib/model.py": b"width = 8\n",
    "run.sh": b"#!/bin/sh\n",
    "score.py": b"print(1)\n",
    "train.py": b"rate = 0.1\n",
}
PROGRAM = "run.sh"  # the executable one
HIDDEN = ("answers/**",)
EDITABLE = ("train.py", "lib/**")
OPEN = ("lib/model.py", "run.sh", "score.py", "train.py")
BEYOND_ALL_BYTES = 1 << 40  # size of a file that exceeds every limit
LIMIT_BYTES = 1000


class WorkspacesConformance:
    """What every `Workspaces` promises, checked on a commit that holds `FILES`."""

    def make(self, folder: Path) -> tuple[Workspaces, str]:
        """Workspaces below an empty folder, for a program with `HIDDEN` and `EDITABLE`; and a commit that holds `FILES`."""
        raise NotImplementedError

    def test_open_view_has_no_hidden_file(self, tmp_path: Path) -> None:
        """A researcher and a candidate see everything except the hidden files, with file modes."""
        workspaces, commit = self.make(tmp_path)
        folder = workspaces.create(commit, View.OPEN)
        assert contents(folder) == {path: FILES[path] for path in OPEN}
        assert [path for path in OPEN if os.access(folder / path, os.X_OK)] == [PROGRAM]

    def test_edited_view_has_what_the_open_one_has(self, tmp_path: Path) -> None:
        """A researcher in our own process sees the files that an agent sees, without a `.git`."""
        workspaces, commit = self.make(tmp_path)
        shown = {path: text for path, text in contents(workspaces.create(commit, View.OPEN)).items() if ".git/" not in path}
        assert contents(workspaces.create(commit, View.EDITED)) == shown

    def test_scorer_view_has_no_editable_file(self, tmp_path: Path) -> None:
        """The scorer runs among files that no candidate can change."""
        workspaces, commit = self.make(tmp_path)
        found = contents(workspaces.create(commit, View.SCORER))
        assert found == {path: FILES[path] for path in ("answers/test.csv", "run.sh", "score.py")}

    def test_sealed_view_has_all(self, tmp_path: Path) -> None:
        """A holdout command that runs the candidate itself sees the whole commit."""
        workspaces, commit = self.make(tmp_path)
        assert contents(workspaces.create(commit, View.SEALED)) == FILES

    def test_each_folder_is_its_own(self, tmp_path: Path) -> None:
        """Changes in one folder appear in no other, neither an earlier nor a later one."""
        workspaces, commit = self.make(tmp_path)
        before, folder = (workspaces.create(commit, View.OPEN) for _ in range(2))
        (folder / "train.py").write_text("changed")
        (folder / "new").write_text("")
        after = workspaces.create(commit, View.OPEN)
        assert len({before, folder, after}) == len((before, folder, after))
        assert contents(before) == contents(after) == {path: FILES[path] for path in OPEN}

    def test_nothing_differs_in_an_untouched_folder(self, tmp_path: Path) -> None:
        """Hidden files do not count as deleted, and a file rewritten with the same content is not a change."""
        workspaces, commit = self.make(tmp_path)
        folder = workspaces.create(commit, View.OPEN)
        (folder / "train.py").write_bytes(FILES["train.py"])
        (folder / "empty").mkdir()
        found = workspaces.collect(folder, commit)
        assert (list(found.changes), list(found.problems)) == ([], [])

    def test_changes_are_collected(self, tmp_path: Path) -> None:
        """New, changed (even if of the same size), deleted and newly executable files are changes, sorted by path."""
        workspaces, commit = self.make(tmp_path)
        folder = workspaces.create(commit, View.OPEN)
        (folder / "train.py").write_bytes(b"rate = 0.2\n")
        (folder / "lib/model.py").unlink()
        (folder / "score.py").chmod(0o755)
        (folder / "lib/new").mkdir()
        (folder / "lib/new/a.py").write_bytes(b"a")
        found = workspaces.collect(folder, commit)
        assert list(found.problems) == []
        assert list(found.changes) == [
            FileChange(path="lib/model.py", content=None),
            FileChange(path="lib/new/a.py", content=b"a"),
            FileChange(path="score.py", content=FILES["score.py"], executable=True),
            FileChange(path="train.py", content=b"rate = 0.2\n"),
        ]

    def test_links_are_not_followed_by_collecting(self, tmp_path: Path) -> None:
        """Links to a file and to a folder are each a problem, and nothing they lead to is a change."""
        workspaces, commit = self.make(new(tmp_path, "work"))
        folder = workspaces.create(commit, View.OPEN)
        (new(tmp_path, "outside") / "secret").write_text("s")
        (folder / "lib/file").symlink_to(tmp_path / "outside/secret")
        (folder / "lib/folder").symlink_to(tmp_path / "outside")
        _problems_alone(workspaces, folder, commit, "lib/file", "lib/folder")

    def test_by_products_are_left_out(self, tmp_path: Path) -> None:
        """New files and folders outside `editable` are neither changes nor problems, whatever they are; they are named."""
        workspaces, commit = self.make(tmp_path)
        folder = workspaces.create(commit, View.OPEN)
        (folder / "train.py").write_bytes(b"rate = 0.2\n")
        _hole(folder / "checkpoint.pt", BEYOND_ALL_BYTES)
        (folder / "latest").symlink_to("/")
        (new(folder, "plots") / "a.png").write_bytes(b"a")
        found = workspaces.collect(folder, commit)
        assert list(found.changes) == [FileChange(path="train.py", content=b"rate = 0.2\n")]
        assert list(found.problems) == []
        assert (found.by_products.count, found.by_products.ignored) == (3, ())
        assert found.by_products.others == ("checkpoint.pt", "latest", "plots/")

    def test_what_the_commit_has_is_no_by_product(self, tmp_path: Path) -> None:
        """A frozen file that was changed or deleted is a change, and one that became a link is a problem."""
        workspaces, commit = self.make(tmp_path)
        folder = workspaces.create(commit, View.OPEN)
        (folder / "score.py").write_bytes(b"print(2)\n")
        (folder / "run.sh").unlink()
        found = workspaces.collect(folder, commit)
        assert [(change.path, change.content) for change in found.changes] == [("run.sh", None), ("score.py", b"print(2)\n")]
        (folder / "run.sh").symlink_to("score.py")
        assert [problem.split()[0] for problem in workspaces.collect(folder, commit).problems] == ["run.sh"]

    def test_pipes_are_not_waited_for_by_collecting(self, tmp_path: Path) -> None:
        """A pipe is a problem, and nothing waits for its content."""
        workspaces, commit = self.make(tmp_path)
        folder = workspaces.create(commit, View.OPEN)
        os.mkfifo(folder / "lib/pipe")
        _problems_alone(workspaces, folder, commit, "lib/pipe")

    def test_oversized_files_are_not_read_by_collecting(self, tmp_path: Path) -> None:
        """A sparse file of a terabyte is a problem."""
        workspaces, commit = self.make(tmp_path)
        folder = workspaces.create(commit, View.OPEN)
        _hole(folder / "lib/huge", BEYOND_ALL_BYTES)
        _problems_alone(workspaces, folder, commit, "lib/huge")

    def test_hidden_files_are_not_replaced(self, tmp_path: Path) -> None:
        """A file in the place of a hidden one is a problem, not a change."""
        workspaces, commit = self.make(tmp_path)
        folder = workspaces.create(commit, View.OPEN)
        new(folder, "answers")
        (folder / "answers/test.csv").write_text("9,9\n")
        _problems_alone(workspaces, folder, commit, "answers/test.csv")

    def test_artifact_is_read(self, tmp_path: Path) -> None:
        """A file that a job left is read whole, up to exactly the limit, even in a subfolder."""
        workspaces, commit = self.make(tmp_path)
        folder = workspaces.create(commit, View.OPEN)
        new(folder, "out")
        (folder / "out/model").write_bytes(b"x" * LIMIT_BYTES)
        assert workspaces.artifact(folder, "out/model", LIMIT_BYTES) == b"x" * LIMIT_BYTES

    def test_artifact_is_a_regular_file_within_the_limit(self, tmp_path: Path) -> None:
        """What is missing, a folder, a link, behind a link, a pipe, too large or outside is refused with one line."""
        workspaces, commit = self.make(new(tmp_path, "work"))
        folder = workspaces.create(commit, View.OPEN)
        for name in self._bad_artifacts(tmp_path, folder):
            refused = failure(BadArtifact, lambda name=name: workspaces.artifact(folder, name, LIMIT_BYTES))  # type: ignore[misc]
            assert is_one_line(str(refused)), name

    def test_artifacts_are_copied(self, tmp_path: Path) -> None:
        """The named files, and nothing else, arrive in the other folder under their names."""
        workspaces, commit = self.make(tmp_path)
        source, folder = workspaces.create(commit, View.OPEN), workspaces.create(commit, View.SCORER)
        new(source, "out")
        (source / "out/model").write_bytes(b"m")
        (source / "log").write_bytes(b"l")
        before = contents(folder)
        workspaces.copy_artifacts(source, ["out/model", "train.py"], folder, LIMIT_BYTES)
        assert contents(folder) == {**before, "out/model": b"m", "train.py": FILES["train.py"]}

    def test_copied_artifacts_are_regular_files(self, tmp_path: Path) -> None:
        """What cannot be read as an artifact cannot be copied as one."""
        workspaces, commit = self.make(new(tmp_path, "work"))
        source, folder = workspaces.create(commit, View.OPEN), workspaces.create(commit, View.SCORER)
        before = contents(folder)
        for name in self._bad_artifacts(tmp_path, source):
            copy = lambda name=name: workspaces.copy_artifacts(source, [name], folder, LIMIT_BYTES)  # noqa: E731
            assert is_one_line(str(failure(BadArtifact, copy))), name
        assert contents(folder) == before

    def test_copied_artifacts_have_one_limit(self, tmp_path: Path) -> None:
        """Files that are each within the limit are refused if together they exceed it."""
        workspaces, commit = self.make(tmp_path)
        source, folder = workspaces.create(commit, View.OPEN), workspaces.create(commit, View.SCORER)
        names = ["a", "b", "c"]
        for name in names:
            _hole(source / name, LIMIT_BYTES * 2 // 5)
        workspaces.copy_artifacts(source, names[:2], folder, LIMIT_BYTES)
        copied = contents(folder)
        refused = failure(BadArtifact, lambda: workspaces.copy_artifacts(source, names, folder, LIMIT_BYTES))
        assert is_one_line(str(refused))
        assert contents(folder) == copied

    def test_output_is_outside_every_folder(self, tmp_path: Path) -> None:
        """Each output path is new and writable, and lies in no folder that a job sees."""
        workspaces, commit = self.make(tmp_path)
        folder = workspaces.create(commit, View.OPEN)
        paths = [workspaces.output() for _ in range(3)]
        assert len(set(paths)) == len(paths)
        for path in paths:
            assert not path.exists()
            path.write_text("")
            assert not path.is_relative_to(folder)
        assert contents(workspaces.create(commit, View.OPEN)) == contents(folder)

    def test_folder_is_removed_whatever_is_in_it(self, tmp_path: Path) -> None:
        """Locked folders, pipes and links are removed; link targets and other folders stay."""
        workspaces, commit = self.make(new(tmp_path, "work"))
        folder, other = (workspaces.create(commit, View.OPEN) for _ in range(2))
        (new(tmp_path, "outside") / "precious").write_text("p")
        (folder / "lib/link").symlink_to(tmp_path / "outside")
        os.mkfifo(folder / "lib/pipe")
        (folder / "lib").chmod(0)
        folder.chmod(0o500)
        workspaces.remove(folder)
        assert not folder.exists()
        assert (tmp_path / "outside/precious").read_text() == "p"
        assert contents(other)

    def _bad_artifacts(self, tmp_path: Path, folder: Path) -> list[str]:
        """Names in a folder that are not regular files of at most LIMIT_BYTES."""
        outside = new(tmp_path, "outside")
        (outside / "secret").write_text("s")
        (folder / "link").symlink_to(outside / "secret")
        (folder / "way").symlink_to(outside)
        os.mkfifo(folder / "pipe")
        _hole(folder / "large", LIMIT_BYTES + 1)
        _hole(folder / "huge", BEYOND_ALL_BYTES)
        above = os.path.relpath(outside / "secret", folder)
        return ["missing", "lib", "link", "way/secret", "pipe", "large", "huge", above, str(outside / "secret")]


def _problems_alone(workspaces: Workspaces, folder: Path, commit: str, *paths: str) -> None:
    """Each path is a problem, reported in one line with its name, and nothing is a change."""
    found = workspaces.collect(folder, commit)
    assert list(found.changes) == []
    assert len(found.problems) == len(paths)
    for path, problem in zip(sorted(paths), sorted(found.problems), strict=True):
        assert path in problem and is_one_line(problem)


def _hole(path: Path, size_bytes: int) -> None:
    with path.open("wb") as file:
        file.truncate(size_bytes)
