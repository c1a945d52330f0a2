"""The transcripts of a campaign's agents as files."""

import os
import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from overnight.agents.port import Task
from overnight.agents.transcript import EntryKind, Transcript
from overnight.research.places.transcripts import TranscriptFolder, newest_sessions, sessions_of
from overnight.words.scrubber import Scrubber


def task(number: int, role: str = "explorer") -> Task:
    """What a session was about."""
    return Task(folder=Path("/nowhere"), role=role, number=number)


def transcript(text: str) -> Transcript:
    """A session of one message."""
    made = Transcript()
    made.add(EntryKind.MESSAGE, text)
    return made


def names(folder: Path) -> list[str]:
    """What is in a folder."""
    return sorted(path.name for path in folder.iterdir())


def test_a_session_is_a_file_with_headings(tmp_path: Path) -> None:
    """It is named for number and role, and says both in its title."""
    folder = tmp_path / "transcripts"
    TranscriptFolder(folder).keep(task(12), transcript("what it said"))
    assert names(folder) == ["12-explorer.md"]
    assert (folder / "12-explorer.md").read_text() == "# explorer, number 12\n\n### Agent\n\n    what it said\n"


def test_two_sessions_of_one_number_and_role_are_two_files(tmp_path: Path) -> None:
    """As when there are two critics, or a proposal is tried again."""
    kept = TranscriptFolder(tmp_path)
    for text in ("one", "two", "three"):
        kept.keep(task(3, "critic"), transcript(text))
    assert names(tmp_path) == ["3-critic-2.md", "3-critic-3.md", "3-critic.md"]


def test_a_role_leads_nowhere(tmp_path: Path) -> None:
    """Whatever a role is called, its file is in the folder."""
    folder = tmp_path / "transcripts"
    for role in ("../../x", "a/b", "é\n\0", "r" * 300):
        TranscriptFolder(folder).keep(task(1, role), transcript("x"))
    assert names(tmp_path) == ["transcripts"]
    assert len(names(folder)) == 4


def test_the_oldest_are_deleted_first(tmp_path: Path) -> None:
    """All files together never take more than the bound, and those of earlier sessions count."""
    size = len(transcript("x" * 1_000).render("explorer, number 10").encode())
    for number in range(10, 60):
        TranscriptFolder(tmp_path, most_bytes=5 * size).keep(task(number), transcript("x" * 1_000))
        assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 5 * size
    assert names(tmp_path) == [f"{number}-explorer.md" for number in range(55, 60)]


def test_the_folder_is_looked_through_only_when_it_may_be_full(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """So keeping one more costs the same, however many there are; what another session left counts from the first look on."""
    TranscriptFolder(tmp_path).keep(task(1), transcript("x" * 1000))
    looks: list[object] = []
    scandir = os.scandir

    def counted(path: Path) -> object:
        looks.append(path)
        return scandir(path)

    monkeypatch.setattr(os, "scandir", counted)
    folder = TranscriptFolder(tmp_path, most_bytes=12_000)
    for number in range(2, 11):
        folder.keep(task(number), transcript("x" * 1000))
    assert len(looks) == 1
    assert len(names(tmp_path)) == 10
    for number in range(11, 14):
        folder.keep(task(number), transcript("x" * 1000))
    assert len(looks) > 1
    assert sum(path.stat().st_size for path in tmp_path.iterdir()) <= 12_000


def test_a_link_in_the_place_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    """Nothing is written or deleted where it leads."""
    docs = tmp_path / "docs"
    docs.mkdir()
    for name in ("thesis.md", "1-explorer.md"):
        (docs / name).write_text("x" * 3_000)
    (tmp_path / "transcripts").symlink_to(docs)
    TranscriptFolder(tmp_path / "transcripts", most_bytes=1_000).keep(task(2), transcript("hello"))
    assert names(docs) == ["1-explorer.md", "thesis.md"]


@pytest.mark.parametrize("name", ["old.md", "0-explorer.md", "9-explorer.md"])
@pytest.mark.parametrize("kind", ["dangling link", "link", "folder"])
def test_an_odd_entry_stays_and_does_not_end_the_keeping(tmp_path: Path, name: str, kind: str) -> None:
    """A link or a folder is neither counted nor deleted nor written over, whatever its name and age."""
    folder, other = tmp_path / "transcripts", tmp_path / "other"
    folder.mkdir()
    other.write_text("x" * 3_000)
    if kind == "folder":
        (folder / name).mkdir()
    else:
        (folder / name).symlink_to("/nonexistent" if kind == "dangling link" else other)
    os.utime(folder / name, (1, 1), follow_symlinks=False)
    for number in range(6, 10):
        TranscriptFolder(folder, most_bytes=800).keep(task(number), transcript("x" * 300))
    kept = {path.name for path in folder.iterdir() if path.is_file() and not path.is_symlink()}
    assert kept == {"8-explorer.md", "9-explorer-2.md" if name == "9-explorer.md" else "9-explorer.md"}
    assert (folder / name).is_symlink() or (folder / name).is_dir()
    assert other.stat().st_size == 3_000


def test_only_transcripts_are_deleted(tmp_path: Path) -> None:
    """A file with another form of name stays; what a killed writer left does not."""
    for name in ("notes.md", "1-explorer.md.bak", ".1-explorer.md.abcd_123", "1-explorer.md"):
        (tmp_path / name).write_text("x" * 3_000)
    TranscriptFolder(tmp_path, most_bytes=1_000).keep(task(2), transcript("hello"))
    assert names(tmp_path) == ["1-explorer.md.bak", "2-explorer.md", "notes.md"]


@contextmanager
def full_disk() -> Iterator[None]:
    """No file of this process can grow."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_what_cannot_be_written_is_left_out(tmp_path: Path) -> None:
    """A full disk, or something else in the folder's place, stops no campaign and leaves nothing half written."""
    kept = TranscriptFolder(tmp_path / "transcripts")
    kept.keep(task(1), transcript("one"))
    with full_disk():
        kept.keep(task(2), transcript("two"))
    assert names(tmp_path / "transcripts") == ["1-explorer.md"]
    (tmp_path / "file").write_text("")
    TranscriptFolder(tmp_path / "file").keep(task(1), transcript("one"))
    TranscriptFolder(tmp_path / "missing" / "transcripts").keep(task(1), transcript("one"))


def test_the_sessions_of_an_assignment_are_read_in_their_order(tmp_path: Path) -> None:
    """The author's first. Those of another number that begins alike are not; neither are other files."""
    kept = TranscriptFolder(tmp_path)
    for number, role, text in ((1, "critic", "a"), (1, "critic", "b"), (1, "explorer", "c"), (12, "explorer", "d")):
        kept.keep(task(number, role), transcript(text))
    (tmp_path / "1-notes.txt").write_text("x")
    found = sessions_of(tmp_path, 1, "explorer")
    assert [(one.name, one.number, one.role) for one in found] == [
        ("1-explorer.md", 1, "explorer"),
        ("1-critic.md", 1, "critic"),
        ("1-critic-2.md", 1, "critic"),
    ]
    assert [one.name for one in newest_sessions(tmp_path, 2)] == ["12-explorer.md", "1-explorer.md"]
    assert sessions_of(tmp_path, 2, "explorer") == [] and newest_sessions(tmp_path / "none", 2) == []


def test_a_transcript_is_read_as_foreign_text(tmp_path: Path) -> None:
    """Whatever has been written into its file meanwhile; a link and a pipe are not read."""
    (tmp_path / "secret").write_text("secret")
    (tmp_path / "1-a.md").write_bytes(b"\x1b[2J\xff\n")
    (tmp_path / "1-b.md").symlink_to(tmp_path / "secret")
    os.mkfifo(tmp_path / "1-c.md")
    (one,) = sessions_of(tmp_path, 1, "explorer")
    assert (one.name, one.text) == ("1-a.md", "\\x1b[2J\ufffd\n")


def test_no_secret_is_kept(tmp_path: Path) -> None:
    """Neither a known one, also in part, nor what looks like one, whatever kind of entry it is in."""
    known, shaped = "team-alpha-0123456789abcdefghijABCDEFGHIJ", "sk-ant-0123456789abcdefghij"
    kept = TranscriptFolder(tmp_path, scrubber=Scrubber([known]))
    made = Transcript()
    for kind in EntryKind:
        made.add(kind, f"{known} {known[-12:]} {shaped} https://me:hunter22@host/")
    kept.keep(task(1), made)
    text = sessions_of(tmp_path, 1, "explorer")[0].text
    for secret in (known, known[-12:], shaped, "hunter22"):
        assert secret not in text
