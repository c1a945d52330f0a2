"""A job's folder on a node, and what its job changed there."""

import os
import shutil
import socket
from dataclasses import replace
from pathlib import Path

import pytest

from overnight.jail.job import JobEnding, Limits
from overnight.jail.limit_hits import LimitHit
from overnight.machines.nodes.manifest import Entry, Kind, read_manifest
from overnight.machines.nodes.returned import Returning
from overnight.machines.nodes.tree import Changes, Piece, find_changes, make_tree, read_pieces

LIMITS = Limits(disk_bytes=20 * 1000**2, files=100)
START = Piece(index=0, offset=0, size_bytes=0)


class Trees:
    """A folder on the head, its contents by digest, and its copy on a node."""

    def __init__(self, place: Path) -> None:
        self.head, self.node, self.contents = place / "head", place / "node", place / "contents"
        self.head.mkdir()
        self.contents.mkdir()
        self.entries: list[Entry] = []

    def send(self) -> None:
        self.entries = read_manifest(self.head)
        for each in self.entries:
            if each.kind is Kind.FILE:
                shutil.copyfile(self.head / os.fsdecode(each.path), self.contents / each.content.hex())
        make_tree(self.node, self.entries, lambda digest: os.open(self.contents / digest.hex(), os.O_RDONLY))

    def changes(self) -> Changes:
        found = find_changes(self.node, self.entries, LIMITS)
        assert isinstance(found, Changes)
        return found

    def bring_back(self, most_bytes: int = 1000) -> None:
        changes = self.changes()
        returning = Returning(self.head, changes, LIMITS)
        after = START
        while True:
            pieces, contents = read_pieces(self.node, changes.changed, after, most_bytes)
            returning.write(pieces, contents)
            if sum(map(len, contents)) < most_bytes:
                break
            after = pieces[-1]


@pytest.fixture
def trees(tmp_path: Path) -> Trees:
    found = Trees(tmp_path)
    (found.head / "a/b").mkdir(parents=True)
    (found.head / "a/file").write_text("old")
    (found.head / "a/b/deep").write_text("deep")
    (found.head / "run.sh").write_text("echo")
    (found.head / "run.sh").chmod(0o755)
    (found.head / "link").symlink_to("a/file")
    return found


def listed(folder: Path) -> list[tuple[bytes, Kind, int, bytes]]:
    return [(each.path, each.kind, each.size_bytes, each.content) for each in read_manifest(folder)]


def test_the_copy_is_the_same(trees: Trees) -> None:
    """Contents, modes, links, empty folders and times of files are those of the head's folder; no file has a second name."""
    os.utime(trees.head / "run.sh", ns=(0, 123_456_789))
    trees.send()
    assert listed(trees.node) == listed(trees.head)
    status = (trees.node / "run.sh").stat()
    assert (status.st_mode & 0o777, status.st_mtime_ns, status.st_nlink) == (0o755, 123_456_789, 1)
    assert trees.changes() == Changes()


def test_a_job_changes_nothing_but_its_own_copy(trees: Trees) -> None:
    """What a job writes is not in the contents that later jobs get."""
    trees.send()
    (trees.node / "a/file").write_text("overwritten")
    assert {each.read_text() for each in trees.contents.iterdir()} == {"old", "deep", "echo"}


def test_only_what_changed_comes_back(trees: Trees) -> None:
    """New, changed, deleted and replaced entries come back; what was only touched or read does not."""
    trees.send()
    (trees.node / "a/file").write_text("new")  # the same size
    (trees.node / "a/more/inner").mkdir(parents=True)
    (trees.node / "a/more/made").write_bytes(b"x" * 5000)
    shutil.rmtree(trees.node / "a/b")
    (trees.node / "a/b").write_text("a file now")
    (trees.node / "link").unlink()
    (trees.node / "link").mkdir()
    os.utime(trees.node / "run.sh", (1, 1))
    changes = trees.changes()
    assert set(changes.deleted) == {b"a/b/deep", b"a/b", b"link"}
    assert [each.path for each in changes.changed] == [b"a/b", b"a/file", b"a/more", b"a/more/inner", b"a/more/made", b"link"]
    trees.bring_back()
    assert listed(trees.head) == listed(trees.node)


@pytest.mark.parametrize("most_bytes", [1, 7, 1000, 10**6])
def test_contents_come_in_pieces_of_any_size(trees: Trees, most_bytes: int) -> None:
    """However small the pieces, the whole comes back; empty files too."""
    trees.send()
    (trees.node / "one").write_bytes(bytes(range(50)))
    (trees.node / "none").touch()
    (trees.node / "two").write_bytes(b"z" * 33)
    trees.bring_back(most_bytes)
    assert listed(trees.head) == listed(trees.node)


def test_holes_do_not_travel(trees: Trees) -> None:
    """Of a huge sparse file only what was written comes back, and the file has the same size here."""
    trees.send()
    with (trees.node / "sparse").open("wb") as file:
        file.truncate(LIMITS.disk_bytes - 10)
        file.seek(10**7)
        file.write(b"in the middle")
    _, contents = read_pieces(trees.node, trees.changes().changed, START, 10**6)
    assert 0 < sum(map(len, contents)) < 10**6
    trees.bring_back(10**6)
    assert (trees.head / "sparse").stat().st_size == LIMITS.disk_bytes - 10
    assert (trees.head / "sparse").stat().st_blocks * 512 < 10**6
    with (trees.head / "sparse").open("rb") as file:
        file.seek(10**7 - 1)
        assert file.read(14) == b"\0in the middle"


def test_what_no_job_may_leave_ends_it(trees: Trees) -> None:
    """A folder over the limit of bytes or files counts as a job that a limit ended, and nothing of it travels."""
    trees.send()
    (trees.node / "big").write_bytes(b"x" * 2_000_000)
    few_bytes, few_files = replace(LIMITS, disk_bytes=10**6), replace(LIMITS, files=3)
    for limits, said in ((few_bytes, "on disk of 1 MB"), (few_files, "more than 3 files")):
        found = find_changes(trees.node, trees.entries, limits)
        assert isinstance(found, LimitHit)
        assert found.ending is JobEnding.DISK and said in found.detail


def test_devices_pipes_and_sockets_stay(trees: Trees) -> None:
    """They do not come back, and nothing waits for them; one in the place of a file deletes that."""
    trees.send()
    os.mkfifo(trees.node / "pipe")
    (trees.node / "run.sh").unlink()
    os.mkfifo(trees.node / "run.sh")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(trees.node / "socket"))
        if os.geteuid() == 0:
            os.mknod(trees.node / "null", 0o20666, os.makedev(1, 3))
        assert trees.changes() == Changes(deleted=(b"run.sh",))


def test_what_a_job_locked_is_read_all_the_same(trees: Trees) -> None:
    """Modes that keep us out are ours to change."""
    trees.send()
    (trees.node / "a/made").write_text("x")
    (trees.node / "a/made").chmod(0)
    (trees.node / "a").chmod(0)
    trees.bring_back()
    assert (trees.head / "a/made").read_text() == "x"


def test_a_hard_link_comes_back_as_a_file(trees: Trees) -> None:
    """Two names of one file are two files here."""
    trees.send()
    os.link(trees.node / "a/file", trees.node / "second")
    trees.bring_back()
    assert (trees.head / "second").read_text() == "old" and (trees.head / "second").stat().st_nlink == 1


def test_a_folder_is_never_made_elsewhere(tmp_path: Path) -> None:
    """A path that leads out is refused on the node too, also through a link of the tree."""
    out = Entry(path=b"../out", kind=Kind.FOLDER)
    with pytest.raises(ValueError, match="not a path inside"):
        make_tree(tmp_path / "one", [out], lambda _: 0)
    link = Entry(path=b"link", kind=Kind.LINK, content=str(tmp_path).encode())
    with pytest.raises(OSError, match="link"):
        make_tree(tmp_path / "two", [link, Entry(path=b"link/made", kind=Kind.FOLDER)], lambda _: 0)
    assert not (tmp_path / "out").exists() and not (tmp_path / "made").exists()
