"""Which campaigns were begun here."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest
from builders import opened

from overnight.errors import LedgerCorrupt, UserError
from overnight.files.state_folder import state_folder
from overnight.research.places.begun import is_begun_here, mark_begun, require_begun_here
from overnight.research.record.ledger import SqliteLedger


@pytest.fixture(autouse=True)
def _home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def campaign(folder: Path) -> Path:
    """A campaign that has been opened, without a mark."""
    folder.mkdir()
    with closing(SqliteLedger(folder)) as ledger:
        ledger.append(opened())
    return folder


def begun(folder: Path) -> bool:
    with closing(SqliteLedger.for_reading(folder)) as ledger:
        return is_begun_here(folder, ledger)


def test_a_mark_is_for_one_file(tmp_path: Path) -> None:
    """Moved, a campaign stays marked; a copy, or the same events in another file, is not."""
    folder = campaign(tmp_path / "t")
    assert not begun(folder)
    with closing(SqliteLedger(folder)) as ledger:
        assert mark_begun(folder, ledger) == ""
    assert begun(folder)
    moved = folder.rename(tmp_path / "moved")
    assert begun(moved)
    copy = tmp_path / "copy"
    copy.mkdir()
    (copy / "ledger.db").write_bytes((moved / "ledger.db").read_bytes())
    assert not begun(copy)
    with closing(SqliteLedger(copy)) as ledger:
        mark_begun(copy, ledger)
    assert begun(copy) and begun(moved)  # a copy that is taken up takes nothing away


def test_the_refusal_has_the_option_that_names_it(tmp_path: Path) -> None:
    """A ledger without events is nobody's yet."""
    folder = campaign(tmp_path / "nov30")
    with closing(SqliteLedger(folder)) as ledger, pytest.raises(UserError, match="name it: --tag nov30"):
        require_begun_here(folder, ledger)
    (tmp_path / "empty").mkdir()
    with closing(SqliteLedger(tmp_path / "empty")) as ledger:
        require_begun_here(tmp_path / "empty", ledger)


def test_marks_are_private(tmp_path: Path) -> None:
    """For the user alone; a link in the place of one is no mark."""
    folder = campaign(tmp_path / "t")
    with closing(SqliteLedger(folder)) as ledger:
        mark_begun(folder, ledger)
    (mark,) = (tmp_path / "state/overnight/campaigns").iterdir()
    assert [path.stat().st_mode & 0o777 for path in (mark, mark.parent, mark.parent.parent)] == [0o600, 0o700, 0o700]
    mark.rename(tmp_path / "elsewhere")
    mark.symlink_to(tmp_path / "elsewhere")
    assert not begun(folder)


def changed(folder: Path, *statements: tuple[str, tuple[object, ...]]) -> Path:
    """The ledger after somebody changed it by hand."""
    with closing(sqlite3.connect(folder / "ledger.db")) as db:
        for statement, values in statements:
            db.execute(statement, values)
        db.commit()
    return folder


SNAPSHOT = ("INSERT INTO snapshots VALUES(1, ?)", (b"state",))
NO_FIRST = ("DELETE FROM events WHERE seq=1", ())
EARLY = ("UPDATE events SET seq=0 WHERE seq=1", ())


@pytest.mark.parametrize("statements", [(SNAPSHOT, NO_FIRST), (EARLY,)], ids=["a snapshot", "an event before the first"])
def test_a_ledger_without_its_first_event_is_nobodys(tmp_path: Path, statements: list[tuple[str, tuple[object, ...]]]) -> None:
    """Only a ledger in which nothing was ever written is nobody's yet; one that lost its beginning is corrupted, with a fix."""
    folder = changed(campaign(tmp_path / "t"), *statements)
    assert not begun(folder)
    with closing(SqliteLedger.for_reading(folder)) as ledger:
        with pytest.raises(LedgerCorrupt, match=r"cannot be known .* event 1 is missing.*name it: --tag t"):
            require_begun_here(folder, ledger)
        with pytest.raises(LedgerCorrupt):
            mark_begun(folder, ledger)


@pytest.mark.parametrize("name", ["ab\0cd", "{clone}/mark", "../x", "..", "", "A" * 64, "a" * 64, b"\xff\0", 7, "a" * 4096])
@pytest.mark.parametrize("followed", [False, True], ids=["as it stands", "as a chain"])
def test_the_name_of_a_mark_is_never_a_ledgers_own_word(tmp_path: Path, name: object, followed: bool) -> None:
    """A hash that is not that of the first event names no mark: no file of the clone, or anywhere else, makes it ours."""
    folder = campaign(tmp_path / "t")
    word = name.format(clone=tmp_path / "t") if isinstance(name, str) else name
    changed(folder, ("UPDATE events SET hash=?", (word,)), *([("UPDATE events SET prev=?", (word,))] if followed else []))
    marks = state_folder() / "campaigns"
    for place in (state_folder(), marks):
        place.mkdir(parents=True, exist_ok=True, mode=0o700)
    inode = (folder / "ledger.db").stat().st_ino
    for mark in (folder / "mark", marks.parent / "x", marks / ("a" * 64), marks / ("A" * 64)):
        for name_of_mark in (mark, mark.with_name(f"{mark.name}-{inode}")):
            name_of_mark.touch(mode=0o600)
    assert not begun(folder)
    with closing(SqliteLedger.for_reading(folder)) as ledger:
        with pytest.raises(LedgerCorrupt, match="name it: --tag t"):
            require_begun_here(folder, ledger)
        with pytest.raises(LedgerCorrupt):
            mark_begun(folder, ledger)
