"""Events of any type in one chain: durable, shared by processes, with derived tables that are always up to date."""

import os
import sqlite3
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import FrozenInstanceError
from pathlib import Path

import pytest
from sqlite_stores import SqliteConformance
from targets import started
from toy import Book, Lengths, Line

from overnight.errors import LedgerBusy, LedgerCorrupt, UserError
from overnight.ledger.chain import GENESIS, chain_hash
from overnight.ledger.file import NAME
from overnight.ledger.lock import hold, holder
from overnight.ledger.port import Recorded

LINES = [Line(None, "A book"), Line(1, "one"), Line(2, "two, longer"), Line(1, "three"), Line(None, "The end")]
PROCESSES, APPENDS = 3, 40
HOLD = """
import sys
from pathlib import Path
from toy import Book, Line
book = Book(Path(sys.argv[1]))
with book.lock():
    print("held", flush=True)
    sys.stdin.read()
"""
APPEND = f"""
import sys
from pathlib import Path
from toy import Book, Line
print("there", flush=True)
sys.stdin.readline()
book, author = Book(Path(sys.argv[1]), busy_s=250.0), int(sys.argv[2])  # a loaded machine lets one of several wait
for number in range({APPENDS}):
    book.append(Line(author, f"{{number}}"), Line(author, f"{{number}} too"))
"""


class TestConformance(SqliteConformance[Line]):
    """The store keeps the promises of its port for events of another type."""

    def open(self, folder: Path) -> Book:
        return Book(folder)

    def open_to_read(self, folder: Path) -> Book:
        return Book(folder, read_only=True)

    def some(self) -> Sequence[Line]:
        return LINES

    def subject(self, event: Line) -> int | None:
        return event.author


def test_who_watches_the_file_sees_an_append_once_it_can_be_read(tmp_path: Path) -> None:
    """The file is newer afterwards, though SQLite wrote to its log alone, and before anything could be read."""
    with closing(Book(tmp_path)) as book:
        book.append(LINES[0])
        os.utime((tmp_path / NAME), ns=(0, 0))
        book.append(LINES[1])
        assert (tmp_path / NAME).stat().st_mtime_ns > 0


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    with closing(Book(tmp_path)) as book:
        yield book


def test_an_owner_can_name_its_own_entries() -> None:
    """An alias for one type of event makes entries like the class itself, whose fields stay as they are."""
    alias = Recorded[Line]
    entry = alias(seq=1, at=0.5, event=LINES[0], digest="00")
    assert entry == Recorded(seq=1, at=0.5, event=LINES[0], digest="00")
    with pytest.raises(FrozenInstanceError):
        entry.seq = 2  # type: ignore[misc]  # that it is refused is the subject


def test_events_are_filed_by_their_subject(book: Book) -> None:
    """The events of one subject are found without reading the others."""
    book.append(*LINES)
    assert [entry.event.text for entry in book.events_of(1)] == ["one", "three"]
    assert book.events_of(3) == []
    assert list(book.places())[:2] == [(1, "title", None), (2, "line", 1)]


@pytest.mark.parametrize("at", ["x", b"1", float("inf"), float("-inf")])
def test_a_time_that_is_no_number_is_damage(book: Book, at: object) -> None:
    """This holds even if the hashes follow; the events before it are read."""
    book.append(*LINES[:2])
    prev = [entry.digest for entry in book.events()][-1]
    digest = chain_hash(prev, 3, at, "{}")  # type: ignore[arg-type]  # what a forger would do
    book._db.execute("INSERT INTO events VALUES(3, ?, 'line', 1, '{}', ?, ?)", (at, prev, digest))
    with pytest.raises(LedgerCorrupt, match="the first 2 events are intact"):
        list(book.events())


@pytest.mark.parametrize("seq", [0, -1])
def test_rows_before_the_first_event_are_damage(book: Book, seq: int) -> None:
    """They belong to no subject and move no number; the events after them are read."""
    copy = f"INSERT INTO events SELECT {seq}, at, kind, author, body, prev, hash FROM events WHERE seq=2"
    book.append(*LINES)
    book._db.execute(copy)
    assert [entry.seq for entry in book.events_of(1)] == [2, 4]
    assert [place[0] for place in book.places()] == [1, 2, 3, 4, 5]
    with pytest.raises(LedgerCorrupt, match="the first 5 events are intact"):
        book.check_chain()
    book._db.execute("DELETE FROM events WHERE seq > 0")
    assert book._chain.end() == (0, GENESIS)


def test_what_is_derived_is_written_with_the_events(book: Book) -> None:
    """If an event cannot be applied, neither its batch nor what was derived from it is recorded."""
    book.append(*LINES)
    with pytest.raises(RuntimeError, match="counted"):
        book.append(Line(2, "good"), Line(1, "fail"))
    assert book.lengths() == {1: 8, 2: 11}
    assert book.append(Line(3, "next")) == len(LINES) + 1
    book.check_chain()
    assert book.lengths() == {1: 8, 2: 11, 3: 4}


def test_what_is_derived_can_be_rebuilt(book: Book) -> None:
    """The events decide, whatever the tables held."""
    book.append(*LINES)
    book._db.execute("UPDATE lengths SET characters = 99")
    book.reindex()
    assert book.lengths() == {1: 8, 2: 11}


def test_tables_of_an_older_version_are_rebuilt(book: Book, tmp_path: Path) -> None:
    """This happens when the file is opened to write; a damaged one is left as it was, and reading it reports the damage."""
    book.append(*LINES)
    book._db.execute("DELETE FROM lengths")
    with closing(Book(tmp_path, version=2)) as newer:
        assert newer.lengths() == {1: 8, 2: 11}
        newer._db.executescript("DELETE FROM lengths WHERE author=2; UPDATE events SET at=0 WHERE seq=4;")
    with closing(Book(tmp_path, version=3)) as newest:
        assert newest.lengths() == {1: 8}
        with pytest.raises(LedgerCorrupt, match="the first 3 events are intact"):
            newest.check_chain()
        with pytest.raises(LedgerCorrupt, match="the first 3 events are intact"):
            newest.reindex()
        assert newest.lengths() == {1: 8}


def test_processes_append_to_one_chain(tmp_path: Path) -> None:
    """They start together without a ledger: batches stay whole, each writer's events stay in order, and nothing is lost."""
    here = Path(__file__).parent
    with ExitStack() as stack:
        programs = [("-c", APPEND, str(tmp_path), str(author)) for author in range(1, PROCESSES + 1)]
        writers = [stack.enter_context(started(program, here, stdin=subprocess.PIPE)) for program in programs]
        for writer in writers:
            assert writer.stdout is not None and writer.stdout.readline() == "there\n"
        for writer in writers:
            assert writer.stdin is not None
            writer.stdin.write("go\n")
            writer.stdin.flush()
        assert [writer.wait() for writer in writers] == [0] * PROCESSES
    with closing(Book(tmp_path, read_only=True)) as book:
        lines = [entry.event for entry in book.events()]
        whole = [text for number in range(APPENDS) for text in (f"{number}", f"{number} too")]
        for author in range(1, PROCESSES + 1):
            assert [line.text for line in lines if line.author == author] == whole
        assert all(first.author == second.author for first, second in zip(lines[::2], lines[1::2], strict=True))
        assert book.lengths() == dict.fromkeys(range(1, PROCESSES + 1), sum(map(len, whole)))


def test_a_writer_that_gets_no_turn_says_so(book: Book, tmp_path: Path) -> None:
    """The error names another process that keeps writing as the reason, and nothing is lost."""
    with closing(Book(tmp_path, busy_s=0.0)) as other:
        book._db.execute("BEGIN IMMEDIATE")
        with pytest.raises(UserError, match="another process has been writing"):
            other.append(*LINES)
        book._db.execute("ROLLBACK")
        other.append(*LINES)
    assert [entry.event for entry in book.events()] == LINES


def test_the_lock_ends_with_its_process(book: Book, tmp_path: Path) -> None:
    """A holder is known by its process id; a killed one no longer holds the lock."""
    assert holder(tmp_path) is None
    with started(("-c", HOLD, str(tmp_path)), Path(__file__).parent, stdin=subprocess.PIPE) as other:
        assert other.stdout is not None and other.stdout.readline() == "held\n"
        assert holder(tmp_path) == other.pid
        with pytest.raises(LedgerBusy, match=str(other.pid)), book.lock():
            pass
        other.kill()
        other.wait()
    assert holder(tmp_path) is None
    with book.lock():
        assert holder(tmp_path) is not None


@pytest.mark.parametrize("kind", ["link", "dangling link", "folder", "pipe"])
def test_the_lock_is_a_regular_file(tmp_path: Path, kind: str) -> None:
    """Anything else in its place is a clear error; where a link leads, nothing is written or created."""
    folder, other = tmp_path / "book", tmp_path / "other"
    folder.mkdir()
    other.write_text("precious")
    match kind:
        case "folder":
            (folder / "lock").mkdir()
        case "pipe":
            os.mkfifo(folder / "lock")
        case _:
            (folder / "lock").symlink_to(other if kind == "link" else tmp_path / "nowhere")
    with pytest.raises(UserError, match="not a regular file"), hold(folder):
        pass
    with pytest.raises(UserError, match="not a regular file"):
        holder(folder)
    assert other.read_text() == "precious" and not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("content", [b"", b"\xff", "²".encode(), b"junk", b"-1", b" " * 5000, b"9" * 5000])
def test_a_lock_with_junk_has_an_unknown_holder(tmp_path: Path, content: bytes) -> None:
    """Without a process id in the file, it is unknown which process holds the lock, and it is still held."""
    with hold(tmp_path):
        (tmp_path / "lock").write_bytes(content)
        assert holder(tmp_path) is None
        with pytest.raises(LedgerBusy, match=r"process \?"), hold(tmp_path):
            pass


def test_a_full_disk_is_one_line_and_loses_nothing(book: Book) -> None:
    """If SQLite says that the disk is full, the user gets an error, and what was written stays."""
    book.append(*LINES)
    pages = book._db.execute("PRAGMA page_count").fetchone()[0]
    book._db.execute(f"PRAGMA max_page_count={pages}")
    with pytest.raises(UserError, match="nothing is lost"):
        book.append(*(Line(1, "x" * 1000) for _ in range(100)))
    book._db.execute("PRAGMA max_page_count=1000000")
    assert [entry.event for entry in book.events()] == LINES and book.lengths() == {1: 8, 2: 11}


def test_reading_makes_no_file(tmp_path: Path) -> None:
    """A missing ledger is the user's mistake."""
    with pytest.raises(UserError, match=r"ledger\.db"):
        Book(tmp_path, read_only=True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("wal", [False, True])
def test_a_file_without_tables_is_an_empty_ledger(tmp_path: Path, wal: bool) -> None:
    """A process that is killed when it first opens the ledger leaves one; reading it does not change it."""
    path = tmp_path / "ledger.db"
    path.touch()
    if wal:
        with closing(sqlite3.connect(path)) as db:
            db.execute("PRAGMA journal_mode=WAL")
    before = path.read_bytes()
    with closing(Book(tmp_path, read_only=True)) as book:
        book.check_chain()
        assert list(book.events()) == [] and book.snapshot() is None and book.lengths() == {}
        with pytest.raises(UserError):
            book.append(*LINES)
    assert path.read_bytes() == before
    with closing(Book(tmp_path)) as book:
        book.append(*LINES)
    with closing(Book(tmp_path, read_only=True)) as book:
        assert [entry.event for entry in book.events()] == LINES


def test_a_new_file_has_all_of_its_tables_or_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who reads it while it is made, or after that failed, finds an empty ledger."""
    with monkeypatch.context() as patch:
        patch.setattr(Lengths, "schema", f"{Lengths.schema} CREATE nonsense;")
        with pytest.raises(UserError, match="cannot use"):
            Book(tmp_path)
    with closing(Book(tmp_path, read_only=True)) as reader:
        assert reader.newest() == 0 and not reader.snapshots()
    with closing(Book(tmp_path)) as book:
        book.append(*LINES)


def test_each_append_is_on_disk(book: Book) -> None:
    """SQLite is configured to wait for the disk."""
    assert book._db.execute("PRAGMA synchronous").fetchone() == (2,)
    assert book._db.execute("PRAGMA journal_mode").fetchone() == ("wal",)
