"""Reading what a researcher left, attack trees included, and applying changes to a trusted copy."""

import os
import socket
from collections.abc import Mapping
from pathlib import Path

import pytest
from examples import scaled
from hypothesis import given, settings
from hypothesis import strategies as st

from overnight.files.folders import copy_tree, remove_tree
from overnight.git.port import FileChange
from overnight.research.places import workspace as module
from overnight.research.places.port import Collected
from overnight.research.places.workspace import FileState, collect_changes, snapshot, write_changes

BASE = {"train.py": b"rate = 0.1\n", "lib/model.py": b"width = 8\n", "lib/deep/x": b"", "run.sh": b"#!/bin/sh\n"}


@pytest.fixture
def base(tmp_path: Path) -> Mapping[str, FileState]:
    """The snapshot of a template; a workspace of it is at `tmp_path / "work"`."""
    template = tmp_path / "template"
    fill(template, BASE)
    (template / "run.sh").chmod(0o755)
    copy_tree(template, tmp_path / "work")
    return snapshot(template)


def fill(folder: Path, files: Mapping[str, bytes]) -> None:
    folder.mkdir(exist_ok=True)
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content)


def collected(tmp_path: Path, base: Mapping[str, FileState], *reserved: str) -> Collected:
    return collect_changes(tmp_path / "work", base, reserved=reserved)


def problems(tmp_path: Path, base: Mapping[str, FileState], *reserved: str) -> list[str]:
    found = collected(tmp_path, base, *reserved)
    assert not any(change.content is not None for change in found.changes)
    return sorted(found.problems)


def test_file_becomes_folder(tmp_path: Path, base: Mapping[str, FileState]) -> None:
    """A file that became a folder is a deletion and new files; the reverse works too."""
    work = tmp_path / "work"
    (work / "train.py").unlink()
    fill(work, {"train.py/inner": b"x"})
    remove_tree(work / "lib")
    (work / "lib").write_bytes(b"now a file")
    found = {change.path: change.content for change in collected(tmp_path, base).changes}
    assert found == {"lib": b"now a file", "lib/deep/x": None, "lib/model.py": None, "train.py": None, "train.py/inner": b"x"}


def test_what_tools_leave_is_passed_over(tmp_path: Path, base: Mapping[str, FileState]) -> None:
    """Compiled Python, our brief and the throwaway repository's folder are not changes unless the base has them."""
    passed = {"lib/__pycache__/m.pyc": b"", "old.pyc": b"", ".overnight-brief.md": b"", ".git/HEAD": b"ref: x\n"}
    fill(tmp_path / "work", passed)
    assert collected(tmp_path, base) == Collected(changes=[], problems=[])


def test_compiled_python_of_the_base_counts(tmp_path: Path) -> None:
    """If the base has such a file, changing it is a change."""
    fill(tmp_path / "template", {"old.pyc": b"1", "__pycache__/x": b"1"})
    fill(tmp_path / "work", {"old.pyc": b"2", "__pycache__/x": b"2"})
    found = collected(tmp_path, snapshot(tmp_path / "template"))
    assert [change.path for change in found.changes] == ["__pycache__/x", "old.pyc"]


def test_links_are_never_followed(tmp_path: Path, base: Mapping[str, FileState]) -> None:
    """Symbolic links to files and folders, dangling ones and hard links are problems; nothing behind them is read."""
    work, outside = tmp_path / "work", tmp_path / "outside"
    fill(outside, {"secret": b"s"})
    (work / "file").symlink_to(outside / "secret")
    (work / "folder").symlink_to(outside)
    (work / "loop").symlink_to("loop")
    os.link(outside / "secret", work / "hard")
    assert problems(tmp_path, base) == [
        "file is a symbolic link; only regular files are accepted",
        "folder is a symbolic link; only regular files are accepted",
        "hard is a hard link; only regular files are accepted",
        "loop is a symbolic link; only regular files are accepted",
    ]


def test_link_in_the_place_of_a_file(tmp_path: Path, base: Mapping[str, FileState]) -> None:
    """A file of the base that became a link is a problem, even if the link leads to the same content."""
    work = tmp_path / "work"
    (work / "train.py").unlink()
    (work / "train.py").symlink_to(tmp_path / "template" / "train.py")
    remove_tree(work / "lib")
    (work / "lib").symlink_to(tmp_path / "template" / "lib")
    assert problems(tmp_path, base) == [
        "lib is a symbolic link; only regular files are accepted",
        "train.py is a symbolic link; only regular files are accepted",
    ]


def test_pipes_and_sockets_do_not_block(tmp_path: Path, base: Mapping[str, FileState]) -> None:
    """Pipes and sockets are problems and are never waited for."""
    work = tmp_path / "work"
    os.mkfifo(work / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.path.relpath(work / "socket"))
        assert problems(tmp_path, base) == [
            "pipe is a pipe; only regular files are accepted",
            "socket is a socket; only regular files are accepted",
        ]


@pytest.mark.skipif(os.geteuid() != 0, reason="making a device needs root")
def test_devices(tmp_path: Path, base: Mapping[str, FileState]) -> None:
    """A device is a problem and is never opened."""
    os.mknod(tmp_path / "work" / "zero", 0o20666, os.makedev(1, 5))
    assert problems(tmp_path, base) == ["zero is a device; only regular files are accepted"]


def test_git_folders(tmp_path: Path, base: Mapping[str, FileState]) -> None:
    """Git's own names below the top, in any letter case, are problems; so is a link or file in place of the top one."""
    fill(tmp_path / "work", {"lib/.git/config": b"", "vendor/.GIT": b"gitdir: /", ".git": b"gitdir: /elsewhere"})
    assert problems(tmp_path, base) == [
        ".git is git's own folder, which is not accepted",
        "lib/.git is git's own folder, which is not accepted",
        "vendor/.GIT is git's own folder, which is not accepted",
    ]


def test_names_that_collide(tmp_path: Path, base: Mapping[str, FileState]) -> None:
    """New names of files or folders that differ from others only by letter case or Unicode form are problems."""
    fill(tmp_path / "work", {"Train.py": b"", "LIB/other": b"", "e\u0301": b"", "\u00e9": b""})
    found = collected(tmp_path, base)
    assert [change.path for change in found.changes] == ["e\u0301"]
    assert sorted(found.problems) == [
        "LIB/other has the same name as lib when letter case is ignored",
        "Train.py has the same name as train.py when letter case is ignored",
        "\u00e9 has the same name as e\u0301 when letter case is ignored",
    ]


def test_renaming_the_case_is_no_collision(tmp_path: Path, base: Mapping[str, FileState]) -> None:
    """A file that only changed the case of its name collides with nothing."""
    (tmp_path / "work" / "train.py").rename(tmp_path / "work" / "Train.py")
    found = collected(tmp_path, base)
    assert [change.path for change in found.changes] == ["Train.py", "train.py"]
    assert found.problems == []


def test_names_that_cannot_be_shown(tmp_path: Path, base: Mapping[str, FileState]) -> None:
    """Names with control characters or broken UTF-8 are problems, reported in printable text."""
    fill(tmp_path / "work", {"a\nb": b"", "\x1b[31m": b"", os.fsdecode(b"\xff"): b""})
    found = problems(tmp_path, base)
    assert len(found) == 3
    assert all(line.isprintable() and line.endswith("unprintable characters or broken UTF-8") for line in found)


def test_odd_names_of_the_base_stay(tmp_path: Path) -> None:
    """A user's file with such a name is not a problem unless it is changed."""
    odd = {os.fsdecode(b"\xff"): b"1", "a\nb": b"1"}
    fill(tmp_path / "template", odd)
    fill(tmp_path / "work", odd)
    base = snapshot(tmp_path / "template")
    assert collected(tmp_path, base) == Collected(changes=[], problems=[])
    (tmp_path / "work" / "a\nb").unlink()
    found = collected(tmp_path, base)
    assert found.changes == []
    assert len(found.problems) == 1


def test_reserved_places(tmp_path: Path, base: Mapping[str, FileState]) -> None:
    """Changes at, under or above what the workspace did not show are problems."""
    fill(tmp_path / "work", {"hidden": b"", "link/x": b"", "folder": b""})
    assert problems(tmp_path, base, "hidden", "link", "folder/deep/secret") == [
        "folder collides with something that the workspace did not show",
        "hidden collides with something that the workspace did not show",
        "link/x collides with something that the workspace did not show",
    ]


def test_large_files(tmp_path: Path, base: Mapping[str, FileState]) -> None:
    """A file over the limit is a problem whose content is never read, even a hole of a terabyte."""
    with (tmp_path / "work" / "hole").open("wb") as file:
        file.truncate(1 << 40)
    assert problems(tmp_path, base) == ["hole has 1099511627776 bytes, more than the limit of 8000000"]


def test_large_file_of_the_base(tmp_path: Path) -> None:
    """A user's large file may stay unchanged, and is a problem if it changed."""
    large = b"x" * (module.MAX_FILE_BYTES + 1)
    fill(tmp_path / "template", {"data": large})
    fill(tmp_path / "work", {"data": large})
    base = snapshot(tmp_path / "template")
    assert collected(tmp_path, base) == Collected(changes=[], problems=[])
    with (tmp_path / "work" / "data").open("r+b") as file:
        file.write(b"y")
    assert problems(tmp_path, base) == ["data has 8000001 bytes, more than the limit of 8000000"]


def test_too_much_in_all(tmp_path: Path, base: Mapping[str, FileState]) -> None:
    """Many files that are each within the limit are a problem together."""
    fill(tmp_path / "work", {f"{number}": b"x" * 7_500_000 for number in range(9)})
    found = collected(tmp_path, base)
    assert len(found.changes) == 8
    assert [line.split(" ", 1)[1] for line in found.problems] == ["brings the change over the total limit of 64000000 bytes"]


def test_too_many(tmp_path: Path, base: Mapping[str, FileState], monkeypatch: pytest.MonkeyPatch) -> None:
    """A flood of files or of empty folders ends the reading with one line."""
    monkeypatch.setattr(module, "MAX_CHANGED_FILES", 50)
    for number in range(60):
        (tmp_path / "work" / f"folder{number}").mkdir()
    assert collected(tmp_path, base) == Collected(changes=[], problems=["more than 50 new files and folders"])


def test_many_problems_are_cut(tmp_path: Path, base: Mapping[str, FileState]) -> None:
    """Problems are listed up to a limit; the rest is counted."""
    for number in range(30):
        (tmp_path / "work" / f"link{number}").symlink_to("x")
    found = collected(tmp_path, base).problems
    assert len(found) == 21
    assert found[-1] == "and 10 more problems of this kind"


def test_deep_nest(tmp_path: Path, base: Mapping[str, FileState]) -> None:
    """Folders nested deeper than anyone needs are a problem, not a stack overflow."""
    (tmp_path / "work" / "/".join("d" * 100)).mkdir(parents=True)
    (line,) = problems(tmp_path, base)
    assert line.endswith("is more than 64 folders deep")


def test_workspace_is_gone(tmp_path: Path, base: Mapping[str, FileState]) -> None:
    """A deleted workspace, or a link in its place, is reported."""
    remove_tree(tmp_path / "work")
    assert problems(tmp_path, base) == ["the workspace cannot be read: No such file or directory"]
    (tmp_path / "work").symlink_to(tmp_path / "template")
    (line,) = problems(tmp_path, base)
    assert line.startswith("the workspace cannot be read")


PATHS = st.lists(st.sampled_from(["a", "b", "c"]), min_size=1, max_size=3).map("/".join)
TREES = st.dictionaries(PATHS, st.binary(max_size=5), max_size=6).filter(
    lambda tree: not any(other.startswith(f"{path}/") for path in tree for other in tree)
)


@settings(max_examples=scaled(100), deadline=None)
@given(before=TREES, after=TREES)
def test_changes_turn_one_tree_into_the_other(
    tmp_path_factory: pytest.TempPathFactory, before: dict[str, bytes], after: dict[str, bytes]
) -> None:
    """Whatever a researcher does to a tree, its changes applied to a fresh copy give the same files."""
    folder = tmp_path_factory.mktemp("round")
    fill(folder / "template", before)
    fill(folder / "work", after)
    found = collect_changes(folder / "work", snapshot(folder / "template"))
    assert found.problems == []
    copy_tree(folder / "template", folder / "trial")
    write_changes(folder / "trial", found.changes)
    assert snapshot(folder / "trial") == snapshot(folder / "work")


def test_write_changes_stays_inside(tmp_path: Path) -> None:
    """Changes are not written through links or outside the tree."""
    fill(tmp_path / "outside", {"file": b"old"})
    fill(tmp_path / "tree", {})
    (tmp_path / "tree" / "way").symlink_to(tmp_path / "outside")
    with pytest.raises(OSError, match="Not a directory"):
        write_changes(tmp_path / "tree", [FileChange(path="way/file", content=b"new")])
    with pytest.raises(ValueError, match="not a path inside a tree"):
        write_changes(tmp_path / "tree", [FileChange(path="../outside/file", content=b"new")])
    assert (tmp_path / "outside" / "file").read_bytes() == b"old"
