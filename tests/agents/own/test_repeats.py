"""When our agent gets a remark that it repeats itself."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from file_clock import settle

from overnight.agents.own.repeats import Repeats


def test_the_same_again_is_counted(tmp_path: Path) -> None:
    """A command with the same outcome counts up; another command, or another outcome, does not."""
    (tmp_path / "a.py").write_text("x")
    settle(tmp_path)
    repeats = Repeats(tmp_path)
    assert [repeats.count("ls", "a.py") for _ in range(3)] == [1, 2, 3]
    assert repeats.count("ls", "b.py") == 1
    assert repeats.count("cat a.py", "a.py") == 1


def write(file: Path) -> None:
    """New content of the same length."""
    file.write_text("y")


def disguise(file: Path) -> None:
    """New content under the old file's times."""
    before = file.stat()
    file.write_text("y")
    os.utime(file, ns=(before.st_atime_ns, before.st_mtime_ns))


def remove(file: Path) -> None:
    """A change that leaves a trace only in the folder."""
    file.unlink()


@pytest.mark.parametrize("change", [write, disguise, remove])
def test_a_changed_folder_starts_the_count_again(tmp_path: Path, change: Callable[[Path], None]) -> None:
    """The same outcome after a change anywhere below the folder is not a repetition."""
    (file := tmp_path / "deep" / "a.py").parent.mkdir()
    file.write_text("x")
    settle(tmp_path)
    repeats = Repeats(tmp_path)
    assert [repeats.count("test", "ok") for _ in range(2)] == [1, 2]
    change(file)
    assert repeats.count("test", "ok") == 1
