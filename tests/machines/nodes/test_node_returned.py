"""What a hostile node returns: nothing of it is written outside the job's folder, or beyond the job's limits."""

import os
from dataclasses import replace
from pathlib import Path

import pytest

from overnight.errors import SandboxError
from overnight.jail.job import Limits
from overnight.machines.nodes.manifest import Entry, Kind
from overnight.machines.nodes.returned import BadReturn, Returning
from overnight.machines.nodes.tree import Changes, Piece

LIMITS = Limits(disk_bytes=1000, files=10)


def file(path: bytes, size: int = 4, mode: int = 0o644) -> Entry:
    return Entry(path=path, kind=Kind.FILE, size_bytes=size, mode=mode)


def link(path: bytes, target: bytes) -> Entry:
    return Entry(path=path, kind=Kind.LINK, content=target)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "job/sub").mkdir(parents=True)
    (tmp_path / "job/sub/kept").write_text("kept")
    (tmp_path / "outside").write_text("ours")
    return tmp_path / "job"


def returned(folder: Path, *changed: Entry, deleted: tuple[bytes, ...] = ()) -> Returning:
    return Returning(folder, Changes(changed=changed, deleted=deleted), LIMITS)


@pytest.mark.parametrize("path", [b"../outside", b"/etc/overnight-was-here", b"sub/../../outside", b"", b"sub//x", b"a\0b"])
def test_a_path_that_leads_out_is_not_written(folder: Path, path: bytes) -> None:
    """Neither made nor deleted."""
    for changes in (Changes(changed=(file(path),)), Changes(deleted=(path,))):
        with pytest.raises(BadReturn, match="not a path inside a folder"):
            Returning(folder, changes, LIMITS)
    assert (folder.parent / "outside").read_text() == "ours"


def test_nothing_is_written_through_a_link(folder: Path) -> None:
    """A link that comes first is no way out for what comes after it: not as a folder, not in a file's place."""
    with pytest.raises(BadReturn):
        returned(folder, link(b"way", b".."), file(b"way/made"))
    with pytest.raises(BadReturn):
        returned(folder, link(b"way2", b"../outside"), file(b"way2/"))
    assert not (folder.parent / "made").exists()


def test_a_file_that_became_a_link_is_not_followed(folder: Path) -> None:
    """Contents go into files that were made here: a link of the same name, made later, gets none."""
    both = returned(folder, file(b"x"), link(b"x", b"../outside"))
    with pytest.raises(BadReturn, match="cannot be written"):
        both.write([Piece(index=0, offset=0, size_bytes=4)], [b"evil"])
    assert (folder.parent / "outside").read_text() == "ours"


def test_a_link_of_the_tree_is_replaced_not_followed(folder: Path) -> None:
    """A changed file in the place of a link is a new file; where the link led stays."""
    (folder / "data").symlink_to("../outside")
    made = returned(folder, file(b"data"))
    made.write([Piece(index=0, offset=0, size_bytes=4)], [b"mine"])
    assert (folder / "data").read_text() == "mine" and not (folder / "data").is_symlink()
    assert (folder.parent / "outside").read_text() == "ours"


def test_a_deleted_link_is_deleted_itself(folder: Path) -> None:
    """Not what it leads to; a folder is deleted with all that is in it."""
    (folder / "way").symlink_to("..")
    (folder / "sub/more").mkdir()
    returned(folder, deleted=(b"way", b"sub", b"never there"))
    assert list(folder.iterdir()) == [] and (folder.parent / "outside").exists()


def test_a_program_of_another_user_is_not_made(folder: Path) -> None:
    """Bits that make a program run as its owner do not come back."""
    returned(folder, file(b"su", mode=0o6755), Entry(path=b"d", kind=Kind.FOLDER, mode=0o7777))
    assert (folder / "su").stat().st_mode & 0o7777 == 0o755
    assert (folder / "d").stat().st_mode & 0o7000 == 0


def test_limits_hold_here_too(folder: Path) -> None:
    """Too many entries, too large a file, and more contents than the job may write are refused."""
    with pytest.raises(BadReturn, match="more than 10 files"):
        returned(folder, *(file(b"%d" % number) for number in range(11)))
    with pytest.raises(BadReturn, match="more than 1,000 bytes"):
        returned(folder, file(b"big", size=1001))
    with pytest.raises(BadReturn, match="more than 1,000 bytes"):
        returned(folder, file(b"small", size=-1))
    three = returned(folder, *(file(b"%d" % number, size=400) for number in range(3)))
    with pytest.raises(BadReturn, match="more than the job may write"):
        for index in range(3):
            three.write([Piece(index=index, offset=0, size_bytes=400)], [b"x" * 400])


@pytest.mark.parametrize(
    "piece",
    [
        Piece(index=1, offset=0, size_bytes=4),
        Piece(index=-2, offset=0, size_bytes=4),
        Piece(index=0, offset=1, size_bytes=4),
        Piece(index=0, offset=-4, size_bytes=4),
        Piece(index=2, offset=0, size_bytes=4),
    ],
)
def test_contents_belong_to_a_file(folder: Path, piece: Piece) -> None:
    """A piece of no file, or outside its file, is refused."""
    made = returned(folder, file(b"x"), Entry(path=b"d", kind=Kind.FOLDER))
    with pytest.raises(BadReturn, match=r"belongs to no file|lies outside its file"):
        made.write([piece], [b"abcd"])
    with pytest.raises(BadReturn, match="incomplete"):
        made.write([piece], [])


def test_links_have_a_bounded_target(folder: Path) -> None:
    """One that leads nowhere, or is endless, is refused."""
    for target in (b"", b"x" * 5000):
        with pytest.raises(BadReturn, match="a link that leads nowhere"):
            returned(folder, link(b"l", target))


@pytest.mark.skipif(os.geteuid() != 0, reason="mounts a small disk, as root")
def test_a_full_disk_here_is_not_the_nodes_fault(tmp_path: Path) -> None:
    """It is the user's to free space on the head."""
    import subprocess

    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k", "tmpfs", str(disk)], check=True)
    try:
        limits = replace(LIMITS, disk_bytes=10**6)
        made = Returning(disk, Changes(changed=(file(b"x", size=10**6),)), limits)
        with pytest.raises(SandboxError, match="cannot be written: No space left on device; free space on the disk"):
            made.write([Piece(index=0, offset=0, size_bytes=10**6)], [b"x" * 10**6])
    finally:
        subprocess.run(["umount", str(disk)], check=True)
