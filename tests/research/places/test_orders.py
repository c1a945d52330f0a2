"""What people write while a campaign runs, as files."""

import fcntl
import os
from pathlib import Path

from overnight.research.places.orders import LARGEST, OrderFiles, add_idea


def orders(tmp_path: Path, known: str = "old") -> OrderFiles:
    """The files of a campaign whose program is `known`."""
    (tmp_path / "program.md").write_text(known)
    return OrderFiles(tmp_path / "program.md", tmp_path, known=known)


def test_a_program_is_reported_once_when_it_changed(tmp_path: Path) -> None:
    """Neither the known text, nor a file that was only touched, nor the same text twice."""
    found = orders(tmp_path)
    assert found.program() is None
    os.utime(tmp_path / "program.md", (1, 1))
    assert found.program() is None
    (tmp_path / "program.md").write_text("new text")
    assert found.program() == "new text"
    assert found.program() is None
    (tmp_path / "program.md").write_text("old")
    assert found.program() == "old", "a change that is taken back is one too"


def test_a_program_that_is_gone_or_a_folder_says_nothing(tmp_path: Path) -> None:
    """Editors remove files for a moment."""
    found = orders(tmp_path)
    (tmp_path / "program.md").unlink()
    assert found.program() is None
    (tmp_path / "program.md").mkdir()
    assert found.program() is None
    (tmp_path / "program.md").rmdir()
    (tmp_path / "program.md").write_bytes(b"new \xff")
    assert found.program() == "new �"


def test_ideas_of_ours_are_no_news(tmp_path: Path) -> None:
    """Only a text that someone else wrote is."""
    found = orders(tmp_path)
    assert found.ideas() is None
    found.show_ideas("- [ ] #1 ours\n")
    assert found.ideas() is None
    add_idea(tmp_path, "theirs")
    assert found.ideas() == "- [ ] #1 ours\n- [ ] theirs\n"
    found.show_ideas("- [ ] #1 ours\n- [ ] #2 theirs\n")
    assert found.ideas() is None


def test_ideas_of_an_earlier_session_are_read(tmp_path: Path) -> None:
    """What was written between two sessions is reported; a deleted file comes back, and drops nothing."""
    (tmp_path / "ideas.md").write_text("- [ ] between\n")
    found = orders(tmp_path)
    assert found.ideas() == "- [ ] between\n"
    found.show_ideas("shown")
    (tmp_path / "ideas.md").unlink()
    assert found.ideas() is None
    found.show_ideas("shown")
    assert (tmp_path / "ideas.md").read_text() == "shown"


def test_a_line_is_added_to_whatever_is_there(tmp_path: Path) -> None:
    """No file yet, no final newline, text that is not UTF-8."""
    add_idea(tmp_path, "one")
    with (tmp_path / "ideas.md").open("ab") as file:
        file.write(b"\xff no line end")
    add_idea(tmp_path, "two é")
    assert (tmp_path / "ideas.md").read_bytes() == b"- [ ] one\n\xff no line end\n- [ ] two \xc3\xa9\n"


def test_a_disk_that_takes_nothing_loses_only_the_news(tmp_path: Path) -> None:
    """The file stays as it was, the campaign goes on, and the next call tries again."""
    found = orders(tmp_path)
    (tmp_path / "ideas.md").mkdir()
    found.show_ideas("first")
    assert list(tmp_path.glob(".ideas*")) == [] and (tmp_path / "ideas.md").is_dir()
    (tmp_path / "ideas.md").rmdir()
    found.show_ideas("first")
    assert (tmp_path / "ideas.md").read_text() == "first"


def test_a_huge_file_is_read_up_to_a_limit(tmp_path: Path) -> None:
    """Memory is bounded."""
    found = orders(tmp_path)
    (tmp_path / "ideas.md").write_bytes(b"x" * (LARGEST + 10))
    assert found.ideas() == "x" * LARGEST


def test_what_is_written_meanwhile_is_not_overwritten(tmp_path: Path) -> None:
    """The queue is shown once what was added since it was read is read too."""
    found = orders(tmp_path)
    found.show_ideas("- [ ] #1 ours\n")
    assert found.ideas() is None
    add_idea(tmp_path, "theirs")
    found.show_ideas("- [x] #1 ours\n")
    assert (written := found.ideas()) == "- [ ] #1 ours\n- [ ] theirs\n"
    found.show_ideas("- [x] #1 ours\n- [ ] #2 theirs\n")
    assert (tmp_path / "ideas.md").read_text() != written


def test_a_writer_that_holds_the_ideas_does_not_hold_up_the_campaign(tmp_path: Path) -> None:
    """The file is outdated until the next time."""
    found = orders(tmp_path)
    held = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)
    found.show_ideas("first")
    assert not (tmp_path / "ideas.md").exists()
    os.close(held)
    found.show_ideas("first")
    assert (tmp_path / "ideas.md").read_text() == "first"


def test_what_an_older_version_noted_as_believed_is_read(tmp_path: Path) -> None:
    """A commit on each line; a link in the place of the file is not followed, and says nothing."""
    found = orders(tmp_path)
    assert found.believed() == frozenset()
    (tmp_path / "believed.txt").write_text("aa\nbb\n")
    assert found.believed() == {"aa", "bb"}
    (tmp_path / "believed.txt").rename(tmp_path / "elsewhere")
    (tmp_path / "believed.txt").symlink_to(tmp_path / "elsewhere")
    assert found.believed() == frozenset()
