"""What is read of a job's folder."""

import hashlib
import os
import socket
from pathlib import Path

import pytest

from overnight.machines.nodes.manifest import Kind, names_of, read_manifest, tree_digest


def test_each_kind_that_travels_is_listed(tmp_path: Path) -> None:
    """Files have mode, size, time and digest; links where they lead; empty folders are there; what is above comes first."""
    (tmp_path / "a/empty").mkdir(parents=True)
    (tmp_path / "a/run.sh").write_text("echo")
    (tmp_path / "a/run.sh").chmod(0o755)
    os.utime(tmp_path / "a/run.sh", ns=(5, 7_000_000_001))
    (tmp_path / "link").symlink_to("/nowhere/at all")
    entries = read_manifest(tmp_path)
    assert [(each.path, each.kind) for each in entries] == [
        (b"a", Kind.FOLDER),
        (b"a/empty", Kind.FOLDER),
        (b"a/run.sh", Kind.FILE),
        (b"link", Kind.LINK),
    ]
    file, link = entries[2:]
    assert (file.mode, file.size_bytes, file.modified_ns) == (0o755, 4, 7_000_000_001)
    assert (file.content, link.content) == (hashlib.sha256(b"echo").digest(), b"/nowhere/at all")


def test_what_does_not_travel_is_left_out(tmp_path: Path) -> None:
    """Pipes and sockets are not read, and reading does not wait for them."""
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(str(tmp_path / "socket"))
        assert read_manifest(tmp_path) == []


def test_links_are_not_followed(tmp_path: Path) -> None:
    """A link to a folder is a link, whatever is in there; a folder that is itself a link is refused."""
    (tmp_path / "tree").mkdir()
    (tmp_path / "secret").mkdir()
    (tmp_path / "secret/key").write_text("key")
    (tmp_path / "tree/in").symlink_to("../secret")
    (tmp_path / "other").symlink_to("secret")
    assert [each.path for each in read_manifest(tmp_path / "tree")] == [b"in"]
    with pytest.raises(OSError, match="other"):
        read_manifest(tmp_path / "other")


def test_any_name_is_read(tmp_path: Path) -> None:
    """Names that are not UTF-8, and those with a newline, are read as their bytes."""
    for name in (b"\xff\xfe", b"new\nline", "ü".encode()):
        (tmp_path / os.fsdecode(name)).touch()
    assert {each.path for each in read_manifest(tmp_path)} == {b"\xff\xfe", b"new\nline", "ü".encode()}


@pytest.mark.parametrize("path", [b"", b"/etc/passwd", b"..", b"a/../../b", b"a//b", b".", b"a/.", b"a\0b", b"a/" * 4000])
def test_a_path_that_leads_out_is_refused(path: bytes) -> None:
    """Only names below the folder, each one of its own."""
    with pytest.raises(ValueError, match="not a path inside a folder"):
        names_of(path)


def test_the_digest_is_of_what_a_job_reads(tmp_path: Path) -> None:
    """It changes with contents, modes, names and links; not with times, or with what git wrote at another time."""
    (tmp_path / ".git").mkdir()
    (tmp_path / "file").write_text("x")
    (tmp_path / "link").symlink_to("file")
    digests = [tree_digest(read_manifest(tmp_path))]
    (tmp_path / ".git/index").write_text("later")
    os.utime(tmp_path / "file", (1, 1))
    assert tree_digest(read_manifest(tmp_path)) == digests[0]
    for change in (
        lambda: (tmp_path / "file").write_text("y"),
        lambda: (tmp_path / "file").chmod(0o755),
        lambda: (tmp_path / "file").rename(tmp_path / "other"),
        (tmp_path / "link").unlink,
    ):
        change()
        digests.append(tree_digest(read_manifest(tmp_path)))
    assert len(set(digests)) == 5
