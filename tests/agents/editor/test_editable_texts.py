"""The editable files of a folder, and what an edit leaves there."""

import errno
import os
from itertools import count
from pathlib import Path

import pytest

from overnight.agents.editor import texts
from overnight.agents.editor.edit import DoesNotApply
from overnight.agents.editor.texts import MOST_BYTES, read_texts, write_texts
from overnight.files.folders import write_all


def anything(_path: str) -> bool:
    return True


def test_text_files_are_read_and_nothing_else(tmp_path: Path) -> None:
    """Links, binary and very large files, pipes, second names, and what git keeps are not shown to a model."""
    outside = tmp_path / "outside.py"
    outside.write_text("secret = 1\n")
    folder = tmp_path / "folder"
    (folder / "src").mkdir(parents=True)
    (folder / ".git").mkdir()
    (folder / ".git/config").write_text("[core]\n")
    (folder / "src/a.py").write_text("x = 1\n")
    (folder / "b.bin").write_bytes(b"\xff\x00")
    (folder / "c.txt").write_text("null \0\n")
    (folder / "d.csv").write_text("1\n" * MOST_BYTES)
    (folder / "link.py").symlink_to(outside)
    (folder / "linked").symlink_to(tmp_path)
    (folder / "hard.py").hardlink_to(outside)
    os.mkfifo(folder / "pipe.py")
    assert read_texts(folder, anything) == {"src/a.py": "x = 1\n"}
    assert read_texts(folder, lambda path: path.endswith(".md")) == {}


def test_writing_keeps_the_mode_and_makes_folders(tmp_path: Path) -> None:
    """An executable script stays one; a new file brings its folder."""
    script = tmp_path / "run.sh"
    script.write_text("old\n")
    script.chmod(0o755)
    write_texts(tmp_path, {"run.sh": "new\n", "src/new/a.py": "x = 1\n"})
    assert (script.read_text(), script.stat().st_mode & 0o111) == ("new\n", 0o111)
    assert (tmp_path / "src/new/a.py").read_text() == "x = 1\n"


@pytest.mark.parametrize("path", ["link.py", "linked/a.py", "src", "../a.py", "/etc/a.py", ".git/hooks/a", "a\0b"])
def test_nothing_is_written_through_a_link_or_outside(tmp_path: Path, path: str) -> None:
    """A link in the place of a file or of its folder, a folder, and a way out are refused, and stay as they are."""
    outside, folder = tmp_path / "outside", tmp_path / "folder"
    for each in (outside, folder, folder / "src", folder / ".git"):
        each.mkdir()
    (outside / "a.py").write_text("theirs\n")
    (folder / "link.py").symlink_to(outside / "a.py")
    (folder / "linked").symlink_to(outside)
    (folder / "b.py").write_text("before\n")
    with pytest.raises(DoesNotApply, match="cannot be written"):
        write_texts(folder, {"b.py": "after\n", "src/new.py": "ours\n", path: "ours\n"})
    assert (folder / "b.py").read_text() == "before\n"
    assert not (folder / "src/new.py").exists()
    assert (outside / "a.py").read_text() == "theirs\n"
    assert sorted(each.name for each in outside.iterdir()) == ["a.py"]


@pytest.mark.parametrize("fails_at", [1, 2, 3])
def test_a_full_disk_leaves_all_as_it_was(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fails_at: int) -> None:
    """A file that was replaced halfway has its old text again: without it the folder would look like an edit."""
    (tmp_path / "a.py").write_text("a\n")
    (tmp_path / "b.sh").write_text("b\n")
    (tmp_path / "b.sh").chmod(0o755)
    calls = count(1)

    def full(file: int, content: bytes) -> None:
        if next(calls) == fails_at:
            raise OSError(errno.ENOSPC, "No space left on device")
        write_all(file, content)

    monkeypatch.setattr(texts, "write_all", full)
    with pytest.raises(DoesNotApply, match="No space left"):
        write_texts(tmp_path, {"a.py": "A\n", "b.sh": "B\n", "new/c.py": "C\n"})
    assert read_texts(tmp_path, anything) == {"a.py": "a\n", "b.sh": "b\n"}
    assert (tmp_path / "b.sh").stat().st_mode & 0o111 == 0o111
