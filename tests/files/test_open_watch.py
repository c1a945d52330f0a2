"""What was opened below a folder, as the kernel reports it."""

import subprocess
import sys
from pathlib import Path

import pytest

from overnight.files import open_watch
from overnight.files.open_watch import OpenWatch


def _opened(folder: Path, script: str) -> frozenset[str]:
    watch = OpenWatch(folder)
    subprocess.run([sys.executable, "-c", script], cwd=folder, check=True)
    opened = watch.close()
    assert watch.complete
    return opened


def test_only_files_that_were_opened_are_named(tmp_path: Path) -> None:
    """Also in folders below; a folder that was listed is no file."""
    (tmp_path / "a" / "b").mkdir(parents=True)
    for name in ("top", "a/read", "a/b/deep", "a/unread"):
        (tmp_path / name).touch()
    script = "import os; [open(name).close() for name in ('top', 'a/read', 'a/b/deep')]; os.listdir('a')"
    assert _opened(tmp_path, script) == {"top", "a/read", "a/b/deep"}


def test_odd_names_are_kept(tmp_path: Path) -> None:
    """Names that are not UTF-8, or have line breaks, are given as every other path of a tree is."""
    (tmp_path / "a\nb").touch()
    (tmp_path / "caf\udce9").touch()
    assert _opened(tmp_path, "import os; [open(name).close() for name in os.listdir(b'.')]") == {"a\nb", "caf\udce9"}


def test_a_link_to_a_folder_outside_is_not_watched(tmp_path: Path) -> None:
    """What a link leads to is not below the folder."""
    inside, outside = tmp_path / "in", tmp_path / "out"
    inside.mkdir()
    outside.mkdir()
    (outside / "file").touch()
    (inside / "link").symlink_to(outside)
    assert _opened(inside, "open('link/file').close()") == set()


def test_an_overflow_of_the_queue_is_reported(tmp_path: Path) -> None:
    """Events that the kernel had to drop make the finding incomplete, never wrong."""
    (tmp_path / "file").touch()
    watch = OpenWatch(tmp_path)
    watch._take(b"\xff\xff\xff\xff\x00\x40\x00\x00" + bytes(8))
    watch.close()
    assert not watch.complete


def test_names_without_end_are_not_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A job that opens ever new files makes the finding incomplete, and takes no more memory."""
    monkeypatch.setattr(open_watch, "MOST_NAMES", 2)
    for name in "abc":
        (tmp_path / name).touch()
    watch = OpenWatch(tmp_path)
    for name in "abc":
        (tmp_path / name).read_bytes()
    assert watch.close() == {"a", "b"} and not watch.complete
