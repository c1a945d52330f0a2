"""Folders that hostile code left: nothing is followed, nothing blocks, everything can be deleted."""

import os
import socket
from pathlib import Path

import pytest

from overnight.files.folders import (
    BadArtifact,
    copy_artifacts,
    copy_tree,
    create_file,
    delete_file,
    is_odd,
    open_regular,
    opened,
    read_artifact,
    remove_tree,
)


def test_artifact_is_read(tmp_path: Path) -> None:
    """A regular file within the limit is read, also in folders below."""
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "model.json").write_bytes(b"{}")
    assert read_artifact(tmp_path, "out/model.json", 2) == b"{}"


def test_artifact_is_missing(tmp_path: Path) -> None:
    """A missing file is named."""
    with pytest.raises(BadArtifact, match="model is missing"):
        read_artifact(tmp_path, "model", 10)


def test_artifact_is_too_large(tmp_path: Path) -> None:
    """A file over the limit is not read at all, however large it says it is."""
    with (tmp_path / "model").open("wb") as file:
        file.truncate(1 << 40)
    with pytest.raises(BadArtifact, match="model has 1099511627776 bytes, more than the limit of 10"):
        read_artifact(tmp_path, "model", 10)


@pytest.mark.parametrize("name", ["../secret", "/etc/passwd", "", "a/../../secret", ".git/config", "x\0"])
def test_artifact_outside(tmp_path: Path, name: str) -> None:
    """A name that leads out of the folder is refused."""
    (tmp_path / "secret").write_text("s")
    (tmp_path / "job").mkdir()
    with pytest.raises(BadArtifact, match="not a path inside a tree"):
        read_artifact(tmp_path / "job", name, 10)


def test_artifact_is_no_file(tmp_path: Path) -> None:
    """Links of both kinds (also in a folder of the path), pipes, sockets and folders are refused and never waited for."""
    job = tmp_path / "job"
    (job / "folder").mkdir(parents=True)
    secret = tmp_path / "secret"
    secret.write_text("s")
    (job / "link").symlink_to(secret)
    (job / "way").symlink_to(tmp_path)
    os.link(secret, job / "hard")
    os.mkfifo(job / "pipe")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(os.path.relpath(job / "socket"))
        for name in ("link", "way/secret", "hard", "pipe", "socket", "folder"):
            with pytest.raises(BadArtifact, match=r"not a (readable )?regular file"):
                read_artifact(job, name, 10)


def test_artifacts_are_copied(tmp_path: Path) -> None:
    """Content and folders are copied, a hole as the bytes that it reads as; what had the name is replaced."""
    source, folder = tmp_path / "job", tmp_path / "score"
    (source / "out").mkdir(parents=True)
    (source / "out" / "model").write_bytes(b"abc")
    with (source / "hole").open("wb") as file:
        file.truncate(5)
    folder.mkdir()
    (folder / "hole").write_text("before")
    copy_artifacts(source, ["out/model", "hole"], folder, 8)
    assert ((folder / "out/model").read_bytes(), (folder / "hole").read_bytes()) == (b"abc", bytes(5))


def test_artifacts_have_one_limit_together(tmp_path: Path) -> None:
    """Each is within the limit, all together are not: the sum is reported and none is copied, however little disk they use."""
    source, folder = tmp_path / "job", tmp_path / "score"
    source.mkdir()
    folder.mkdir()
    for name in ("a", "b", "c"):
        with (source / name).open("wb") as file:
            file.truncate(400)
    with pytest.raises(BadArtifact, match="the files have 1200 bytes together, more than the limit of 1000"):
        copy_artifacts(source, ["a", "b", "c"], folder, 1000)
    assert not list(folder.iterdir())


def test_an_artifact_that_is_a_link_is_not_copied(tmp_path: Path) -> None:
    """The ones before it are not copied either."""
    source, folder = tmp_path / "job", tmp_path / "score"
    source.mkdir()
    folder.mkdir()
    (source / "a").write_text("a")
    (source / "link").symlink_to("/etc/passwd")
    with pytest.raises(BadArtifact, match="link is not a readable regular file"):
        copy_artifacts(source, ["a", "link"], folder, 1000)
    assert not list(folder.iterdir())


def test_create_does_not_follow_or_overwrite(tmp_path: Path) -> None:
    """A new file is never written through a link or over a file."""
    tree, outside = tmp_path / "tree", tmp_path / "outside"
    tree.mkdir()
    outside.mkdir()
    (tree / "folder").symlink_to(outside)
    (tree / "dangling").symlink_to(outside / "new")
    (tree / "file").write_text("old")
    with opened(tree) as root:
        for path in ("folder/new", "dangling", "file", "file/new"):
            with pytest.raises(OSError, match=r"exists|Not a directory|symbolic links"):
                create_file(root, path, executable=False)
    assert list(outside.iterdir()) == []
    assert (tree / "file").read_text() == "old"


def test_delete_prunes_empty_folders(tmp_path: Path) -> None:
    """Folders that the file leaves empty are deleted with it, as in git; others stay."""
    (tmp_path / "a" / "b" / "c").mkdir(parents=True)
    (tmp_path / "a" / "b" / "c" / "x").write_text("")
    (tmp_path / "a" / "y").write_text("")
    with opened(tmp_path) as root:
        delete_file(root, "a/b/c/x")
    assert [path.name for path in tmp_path.rglob("*")] == ["a", "y"]


def test_copy_tree(tmp_path: Path) -> None:
    """Contents and executable bits are copied; links are not."""
    source = tmp_path / "source"
    (source / "a" / "b").mkdir(parents=True)
    (source / "a" / "b" / "run.sh").write_text("#!/bin/sh\n")
    (source / "a" / "b" / "run.sh").chmod(0o755)
    (source / "large").write_bytes(bytes(range(256)) * 10_000)
    (source / "link").symlink_to("/etc/passwd")
    copy_tree(source, tmp_path / "copy")
    copied = {str(path.relative_to(tmp_path / "copy")) for path in (tmp_path / "copy").rglob("*")}
    assert copied == {"a", "a/b", "a/b/run.sh", "large"}
    assert (tmp_path / "copy" / "large").read_bytes() == (source / "large").read_bytes()
    assert (tmp_path / "copy" / "a" / "b" / "run.sh").stat().st_mode & 0o100


def test_copy_to_another_file_system(tmp_path: Path) -> None:
    """If the file system cannot copy by itself, the bytes are copied."""
    (tmp_path / "source").mkdir()
    (tmp_path / "source" / "x").write_bytes(b"x" * 100_000)
    destination = Path("/dev/shm") / f"overnight-test-{os.getpid()}"
    copy_tree(tmp_path / "source", destination)
    copied = (destination / "x").read_bytes()
    remove_tree(destination)
    assert copied == b"x" * 100_000
    assert not destination.exists()


def test_remove_tree(tmp_path: Path) -> None:
    """Everything in a folder is deleted with it, and what its links point to stays."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "precious").write_text("p")
    tree = tmp_path / "tree"
    (tree / "a" / "b").mkdir(parents=True)
    (tree / "a" / "link").symlink_to(outside)
    (tree / "a" / "b" / "file").symlink_to(outside / "precious")
    os.mkfifo(tree / "a" / "pipe")
    (tree / os.fsdecode(b"bytes\xff")).write_text("")
    (tree / "a" / "b").chmod(0)
    (tree / "a").chmod(0o500)
    tree.chmod(0o300)
    remove_tree(tree)
    assert not tree.exists()
    assert (outside / "precious").read_text() == "p"
    assert outside.stat().st_mode & 0o777 == 0o755


def test_remove_what_is_no_folder(tmp_path: Path) -> None:
    """A link itself is deleted, so is a file, and a missing path is no error."""
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to("folder")
    (tmp_path / "file").write_text("")
    for name in ("link", "file", "nothing"):
        remove_tree(tmp_path / name)
    assert [path.name for path in tmp_path.iterdir()] == ["folder"]


def test_remove_a_very_deep_tree(tmp_path: Path) -> None:
    """Folders nested deeper than any path or recursion allows are deleted."""
    top = tmp_path / "deep"
    top.mkdir()
    at = os.open(top, os.O_RDONLY)
    for _ in range(3000):
        os.mkdir("nested", dir_fd=at)
        inner = os.open("nested", os.O_RDONLY, dir_fd=at)
        os.close(at)
        at = inner
    os.close(at)
    remove_tree(top)
    assert not top.exists()


@pytest.mark.parametrize("flags", [os.O_RDONLY, os.O_WRONLY, os.O_RDWR | os.O_CREAT])
def test_only_a_regular_file_is_opened(tmp_path: Path, flags: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever else is in its place is odd, and nothing waits for it; a link counts only if links are not to be followed."""
    monkeypatch.chdir(tmp_path)  # the path of a socket is short
    (tmp_path / "file").write_text("x")
    (tmp_path / "link").symlink_to("file")
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "way").symlink_to(".")
    (tmp_path / "folder").mkdir()
    os.mkfifo(tmp_path / "pipe")
    with socket.socket(socket.AF_UNIX) as server, opened(tmp_path) as folder:
        server.bind("socket")
        before = set(Path("/proc/self/fd").iterdir())
        for name in ("link", "loop", "folder", "pipe", "socket", "file/below"):
            with pytest.raises(OSError) as caught:
                open_regular(name, flags | os.O_NOFOLLOW, folder)
            assert is_odd(caught.value), name
        assert set(Path("/proc/self/fd").iterdir()) == before
        with pytest.raises(OSError) as caught:
            opened(tmp_path / "way").__enter__()
        assert is_odd(caught.value)
        os.close(open_regular("link", flags, folder))
    with pytest.raises(FileNotFoundError) as missing:
        open_regular("none", os.O_RDONLY)
    assert not is_odd(missing.value)
