"""What every history of a repository promises: it reads commits, adds ours, and moves our branch."""

# ruff: noqa: S101  # a suite consists of assertions

import os
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

from overnight.git.port import FileChange, History, TreeFile
from overnight.testing.folders import new

FILES: Mapping[str, bytes] = {"lib/model.py": b"width = 8\n", "run.sh": b"#!/bin/sh\n", "train.py": b"rate = 0.1\n"}
PROGRAM = "run.sh"  # the executable one
LINKS: Mapping[str, str] = {"link": "train.py"}
OID_LENGTHS = {40, 64}  # hex digits of a full id: SHA-1, SHA-256
ODD_NAMES = ("with space", "new\nline", 'qu"ote', "ümläut", os.fsdecode(b"bytes\xff\xfe"), "tab\there", "-dash", "lib/ x")

Contents = Mapping[str, tuple[bytes, bool]]  # of a folder, by path: content, and whether it is executable


class HistoryConformance:
    """What every `History` promises, checked on a commit that holds `FILES` and `LINKS`."""

    def make(self, folder: Path) -> History:
        """The history of a new repository in this empty folder, whose checked-out commit holds `FILES` and `LINKS`."""
        raise NotImplementedError

    def again(self, folder: Path) -> History:
        """Another history of the repository that `make` created in this folder, as another process would open it."""
        raise NotImplementedError

    def test_start_is_a_full_id(self, tmp_path: Path) -> None:
        """The start is one commit, given by its full id, and does not depend on what we add later."""
        with closing(self.make(tmp_path)) as history:
            start = history.resolve_start()
            assert len(start) in OID_LENGTHS and set(start) <= set("0123456789abcdef")
            history.advance(tag="t", old=None, new=_attempt(history, 1, _change("x")))
            assert history.resolve_start() == start

    def test_files_are_the_regular_ones(self, tmp_path: Path) -> None:
        """Files are sorted by path and have size and mode; links are left out."""
        with closing(self.make(tmp_path)) as history:
            assert list(history.files(history.resolve_start())) == [
                TreeFile(path=path, executable=path == PROGRAM, size_bytes=len(content)) for path, content in FILES.items()
            ]

    def test_paths_are_all(self, tmp_path: Path) -> None:
        """Paths are sorted and include links."""
        with closing(self.make(tmp_path)) as history:
            assert list(history.paths(history.resolve_start())) == sorted([*FILES, *LINKS])

    def test_contents_are_those_asked_for(self, tmp_path: Path) -> None:
        """Only the named files are read."""
        with closing(self.make(tmp_path)) as history:
            start = history.resolve_start()
            assert dict(history.read_files(start, ["train.py", "run.sh"])) == {
                name: FILES[name] for name in ("train.py", PROGRAM)
            }
            assert dict(history.read_files(start, [])) == {}

    def test_tree_is_written_whole(self, tmp_path: Path) -> None:
        """A written tree has the files with their modes, and no links."""
        with closing(self.make(new(tmp_path, "repo"))) as history:
            found = _written(history, history.resolve_start(), tmp_path / "out")
        assert found == {path: (content, path == PROGRAM) for path, content in FILES.items()}

    def test_tree_is_written_without_what_is_omitted(self, tmp_path: Path) -> None:
        """The caller decides by path which files are not written; it is not asked about folders."""
        with closing(self.make(new(tmp_path, "repo"))) as history:
            history.write_tree(history.resolve_start(), new(tmp_path, "out"), omit=lambda path: path in {"lib/model.py", "run"})
        assert _contents(tmp_path / "out").keys() == {"train.py", PROGRAM}

    def test_attempt_is_its_base_with_the_changes(self, tmp_path: Path) -> None:
        """An attempt can add, change and delete files and make them executable; its base stays as it was."""
        changes = [
            _change("train.py", b"rate = 0.2\n"),
            _change("lib/model.py", None),
            _change("a/b/c.sh", b"c", executable=True),
        ]
        with closing(self.make(new(tmp_path, "repo"))) as history:
            start = history.resolve_start()
            commit = _attempt(history, 3, *changes)
            found = _written(history, commit, tmp_path / "out")
            assert commit != start
            assert found == {"train.py": (b"rate = 0.2\n", False), "a/b/c.sh": (b"c", True), PROGRAM: (FILES[PROGRAM], True)}
            assert list(history.paths(commit)) == sorted([*found, *LINKS])
            assert list(history.paths(start)) == sorted([*FILES, *LINKS])

    def test_attempts_are_built_on_attempts(self, tmp_path: Path) -> None:
        """An attempt may be the base of the next one."""
        with closing(self.make(tmp_path)) as history:
            first = _attempt(history, 1, _change("x", b"1"))
            second = _attempt(history, 2, _change("y", b"2"), base=first)
            assert dict(history.read_files(second, ["x", "y"])) == {"x": b"1", "y": b"2"}

    def test_attempts_do_not_replace_each_other(self, tmp_path: Path) -> None:
        """Attempts with the same number in different campaigns and groups coexist."""
        with closing(self.make(tmp_path)) as history:
            start = history.resolve_start()
            places = [("t", ""), ("t", "g"), ("u", "")]
            commits = [
                history.record_attempt(
                    tag=tag, number=1, base=start, changes=[_change("x", f"{tag}{group}".encode())], message="m", group=group
                )
                for tag, group in places
            ]
            assert [history.read_files(commit, ["x"])["x"] for commit in commits] == [b"t", b"tg", b"u"]

    def test_number_is_given_again(self, tmp_path: Path) -> None:
        """An attempt that a killed process left unrecorded is replaced by the one that takes its number."""
        with closing(self.make(tmp_path)) as history:
            _attempt(history, 1, _change("x"))
            assert "y" in history.paths(_attempt(history, 1, _change("y")))

    def test_file_and_folder_swap(self, tmp_path: Path) -> None:
        """A file may become a folder, and a folder a file, if the old one is deleted."""
        changes = [_change("train.py", None), _change("train.py/x"), _change("lib/model.py", None), _change("lib")]
        with closing(self.make(new(tmp_path, "repo"))) as history:
            assert _written(history, _attempt(history, 1, *changes), tmp_path / "out").keys() == {"train.py/x", "lib", PROGRAM}

    def test_everything_is_deleted(self, tmp_path: Path) -> None:
        """A commit may have no files; deleting what does not exist changes nothing."""
        gone = [_change(path, None) for path in (*FILES, "never/there")]
        with closing(self.make(new(tmp_path, "repo"))) as history:
            assert _written(history, _attempt(history, 1, *gone), tmp_path / "out") == {}

    def test_names_of_any_bytes(self, tmp_path: Path) -> None:
        """Names with spaces, newlines, quotes and bytes that are not UTF-8 go into a commit and come back unchanged."""
        with closing(self.make(new(tmp_path, "repo"))) as history:
            commit = _attempt(history, 1, *(_change(name, b"y") for name in ODD_NAMES))
            found = _written(history, commit, tmp_path / "out")
        assert [found.get(name) for name in ODD_NAMES] == [(b"y", False)] * len(ODD_NAMES)

    def test_branch_is_nowhere_at_first(self, tmp_path: Path) -> None:
        """A campaign's branch does not exist before it is first moved, and each campaign has its own."""
        with closing(self.make(tmp_path)) as history:
            start = history.resolve_start()
            assert history.branch_head("t") is None
            assert history.advance(tag="t", old=None, new=start)
            assert (history.branch_head("t"), history.branch_head("u")) == (start, None)

    def test_branch_moves_only_from_where_it_is(self, tmp_path: Path) -> None:
        """A move from anywhere else is refused and changes nothing."""
        with closing(self.make(tmp_path)) as history:
            start = history.resolve_start()
            one, two = (_attempt(history, number, _change("x", b"%d" % number)) for number in (1, 2))
            assert not history.advance(tag="t", old=start, new=one)
            assert history.branch_head("t") is None
            assert history.advance(tag="t", old=None, new=start)
            assert not history.advance(tag="t", old=None, new=one)
            assert not history.advance(tag="t", old=two, new=one)
            assert history.branch_head("t") == start
            assert history.advance(tag="t", old=start, new=one)
            assert not history.advance(tag="t", old=start, new=two)
            assert history.branch_head("t") == one

    def test_all_is_in_the_repository(self, tmp_path: Path) -> None:
        """Another process sees the branch, the attempts and what was published, even after ours has ended."""
        with closing(self.make(tmp_path)) as history:
            start = history.resolve_start()
            commit = _attempt(history, 1, _change("x", b"1"))
            history.advance(tag="t", old=None, new=commit)
            history.publish(commit, "found\n")
        with closing(self.again(tmp_path)) as other:
            assert (other.resolve_start(), other.branch_head("t")) == (start, commit)
            assert (dict(other.read_files(commit, ["x"])), other.published(commit)) == ({"x": b"1"}, "found\n")

    def test_a_rival_who_was_faster_is_seen(self, tmp_path: Path) -> None:
        """If another process has moved the branch, a move from its old place is refused."""
        with closing(self.make(tmp_path)) as history, closing(self.again(tmp_path)) as rival:
            start = history.resolve_start()
            history.advance(tag="t", old=None, new=start)
            ours, theirs = _attempt(history, 1, _change("x")), _attempt(rival, 2, _change("y"))
            assert rival.advance(tag="t", old=start, new=theirs)
            assert not history.advance(tag="t", old=start, new=ours)
            assert history.branch_head("t") == theirs

    def test_text_of_a_commit_comes_back(self, tmp_path: Path) -> None:
        """Text attached to a commit is read as it was written; other commits have none."""
        with closing(self.make(tmp_path)) as history:
            start, other = history.resolve_start(), _attempt(history, 1, _change("x"))
            assert history.published(start) is None
            history.publish(start, '{"größer": 1}\n')
            assert (history.published(start), history.published(other)) == ('{"größer": 1}\n', None)

    def test_text_of_a_commit_is_replaced(self, tmp_path: Path) -> None:
        """Publishing the same text again changes nothing; another text replaces it."""
        with closing(self.make(tmp_path)) as history:
            start = history.resolve_start()
            for text in ("one\n", "one\n", "two\n"):
                history.publish(start, text)
                assert history.published(start) == text

    def test_diff_shows_both_sides(self, tmp_path: Path) -> None:
        """The diff has the removed and the added lines; between a commit and itself it is empty."""
        with closing(self.make(tmp_path)) as history:
            start = history.resolve_start()
            lines = history.diff(start, _attempt(history, 1, _change("train.py", b"rate = 0.2\n"))).splitlines()
            assert {"-rate = 0.1", "+rate = 0.2"} <= set(lines)
            assert any("train.py" in line for line in lines)
            assert history.diff(start, start) == ""

    def test_diff_can_be_encoded(self, tmp_path: Path) -> None:
        """Bytes that are not UTF-8 are replaced in a diff."""
        with closing(self.make(tmp_path)) as history:
            shown = history.diff(history.resolve_start(), _attempt(history, 1, _change("x", b"\xff line\n")))
            assert "+\ufffd line" in shown
            assert shown.encode()

    def test_changes_are_carried_over_to_another_head(self, tmp_path: Path) -> None:
        """Changes to files that the head left alone apply to it, sorted by path; what it already has is not a change."""
        with closing(self.make(new(tmp_path, "repo"))) as history:
            start = history.resolve_start()
            head = _attempt(history, 1, _change("train.py", b"ours\n"))
            commit = _attempt(
                history,
                2,
                _change("lib/model.py", None),
                _change("new", b"n", executable=True),
                _change("train.py", b"ours\n"),
            )
            merged = history.merge(base=start, head=head, commit=commit)
            assert list(merged or []) == [_change("lib/model.py", None), _change("new", b"n", executable=True)]
            found = _written(history, _attempt(history, 3, *(merged or []), base=head), tmp_path / "out")
            assert found == {"new": (b"n", True), PROGRAM: (FILES[PROGRAM], True), "train.py": (b"ours\n", False)}

    def test_changes_that_conflict_are_none(self, tmp_path: Path) -> None:
        """If both changed a file differently, or one deleted it, there is no merge."""
        with closing(self.make(tmp_path)) as history:
            start = history.resolve_start()
            head = _attempt(history, 1, _change("train.py", b"ours\n"))
            for number, content in enumerate((b"theirs\n", None), start=2):
                theirs = _attempt(history, number, _change("train.py", content))
                assert history.merge(base=start, head=head, commit=theirs) is None


def _change(path: str, content: bytes | None = b"new\n", *, executable: bool = False) -> FileChange:
    return FileChange(path=path, content=content, executable=executable)


def _attempt(history: History, number: int, *changes: FileChange, base: str = "") -> str:
    start = base or history.resolve_start()
    return history.record_attempt(tag="t", number=number, base=start, changes=changes, message="try it")


def _written(history: History, commit: str, folder: Path) -> Contents:
    folder.mkdir()
    history.write_tree(commit, folder)
    return _contents(folder)


def _contents(folder: Path) -> Contents:
    assert not [path for path in folder.rglob("*") if path.is_symlink()]
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {os.fsdecode(path.relative_to(folder)): (path.read_bytes(), bool(path.stat().st_mode & 0o100)) for path in files}
