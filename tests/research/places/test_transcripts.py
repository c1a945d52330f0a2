"""The transcripts of a campaign's agents as files."""

import resource
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from overnight.agents.port import Task
from overnight.agents.transcript import EntryKind, Transcript
from overnight.research.places.transcripts import TranscriptFolder


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
