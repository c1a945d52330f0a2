"""When our agent gets a remark that it repeats itself."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from file_clock import settle

from overnight.agents.own import repeats as repeats_module
from overnight.agents.own.repeats import NEARLY, SAME, Repeats


def test_the_same_again_is_counted(tmp_path: Path) -> None:
    """A command with the same outcome counts up; another command, or another outcome, does not."""
    (tmp_path / "a.py").write_text("x")
    settle(tmp_path)
    repeats = Repeats(tmp_path)
    assert [repeats.count("ls", "a.py").same for _ in range(3)] == [1, 2, 3]
    assert repeats.count("ls", "b.py").same == 1
    assert repeats.count("cat a.py", "a.py").same == 1


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
    assert [repeats.count("test", "ok").same for _ in range(2)] == [1, 2]
    change(file)
    assert repeats.count("test", "ok").same == 1


def rewrite(file: Path) -> None:
    """The same content in a new file, as `sed -i` leaves it."""
    (other := file.with_name("other")).write_bytes(file.read_bytes())
    other.replace(file)


def hand_over(file: Path) -> None:
    """A new file for its owner, as our jail does it."""
    os.chown(file, os.getuid(), os.getgid())


@pytest.mark.parametrize("touch", [rewrite, hand_over, Path.touch])
def test_files_that_hold_the_same_are_unchanged(tmp_path: Path, touch: Callable[[Path], None]) -> None:
    """However often they are written: only the first time that a command comes again, nobody has looked into them yet."""
    (file := tmp_path / "a.py").write_text("x")
    settle(tmp_path)
    repeats, times = Repeats(tmp_path), list[int]()
    for _ in range(6):
        touch(file)
        times.append(repeats.count("sed", "ok").same)
    assert times == [1, 1, 2, 3, 4, 5]


def test_a_folder_of_many_bytes_is_not_read_whole(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Once so many were read at a time, size and time of writing stand for what a file holds."""
    monkeypatch.setattr(repeats_module, "READ_AT_ONCE", 3)
    (first := tmp_path / "a").write_text("xx")
    (second := tmp_path / "b").write_text("yy")
    repeats, times = Repeats(tmp_path), list[int]()
    for _ in range(6):
        first.touch()
        second.touch()
        settle(tmp_path)
        times.append(repeats.count("touch", "ok").same)
    assert times == [1] * 6


def test_commands_that_undo_each_other_go_round_in_a_circle(tmp_path: Path) -> None:
    """Each leaves the files as it left them before, although they change all the time."""
    file = tmp_path / "a.py"
    repeats, over = Repeats(tmp_path), list[bool]()
    for _ in range(SAME + 2):
        for content in ("1", "2"):
            file.write_text(content)
            over.append(repeats.count(f"echo {content} > a.py", "").over)
    assert over == [False] * 2 * (SAME + 1) + [True] * 2


PASSING = [
    ("2026-12-01 05:44:01 loss 3", "2026-12-02T06:10:59.5Z loss 3"),
    ("5 passed in 0.12s", "5 passed in 1.3 seconds"),
    ("real\t0m3.5s", "real\t1m0.25s"),
    ("pid 123 at 0x7f00", "pid 4567 at 0x7fff"),
    ("[1234] done, 12.5 it/s", "[99] done, 7 it/s"),
    ("wrote /tmp/tmpab12/x", "wrote /tmp/tmpzz99/x"),
    ("-rw-r--r-- 1 u g 3 Dec  1 05:44 a.py", "-rw-r--r-- 1 u g 3 Dec  1 06:44 a.py"),
]


@pytest.mark.parametrize(("one", "other"), PASSING)
def test_times_and_process_ids_make_no_difference_in_the_long_run(tmp_path: Path, one: str, other: str) -> None:
    """Such an outcome may come more often than just the same one, but not for ever."""
    settle(tmp_path)
    repeats = Repeats(tmp_path)
    found = [repeats.count("run", outcome) for outcome in (one, other) * NEARLY]
    assert [repetition.nearly for repetition in found] == list(range(1, 2 * NEARLY + 1))
    assert {repetition.same for repetition in found} == {1}
    assert [repetition.over for repetition in found] == [n > NEARLY for n in range(1, 2 * NEARLY + 1)]


@pytest.mark.parametrize(
    ("one", "other"), [("loss=3.1", "loss=3.2"), ("3 passed", "4 passed"), ("accuracy 91%", "accuracy 92%")]
)
def test_another_number_is_another_outcome(tmp_path: Path, one: str, other: str) -> None:
    """A measurement that is repeated for its noise is no circle."""
    settle(tmp_path)
    repeats = Repeats(tmp_path)
    assert [repeats.count("run", outcome).nearly for outcome in (one, other, one)] == [1, 1, 2]


def test_odd_files_are_looked_at_and_not_read(tmp_path: Path) -> None:
    """A pipe would block for ever, a link leads elsewhere, a file without end has no room."""
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("/dev/zero")
    with (tmp_path / "huge").open("wb") as huge:
        huge.truncate(10**12)
    settle(tmp_path)
    repeats = Repeats(tmp_path)
    assert [repeats.count("ls", "ok").same for _ in range(3)] == [1, 2, 3]
    (tmp_path / "link").unlink()
    (tmp_path / "link").symlink_to("/dev/null")
    assert repeats.count("ls", "ok").same == 1
