"""Which campaigns were begun here."""

from contextlib import closing
from pathlib import Path

import pytest
from builders import opened

from overnight.errors import UserError
from overnight.research.places.begun import is_begun_here, mark_begun, require_begun_here, state_folder
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


def test_where_marks_are(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """XDG's folder if it is absolute, else ~/.local/state."""
    assert state_folder() == tmp_path / "state/overnight"
    monkeypatch.setenv("HOME", "/home/someone")
    for value in ("relative", ""):
        monkeypatch.setenv("XDG_STATE_HOME", value)
        assert state_folder() == Path("/home/someone/.local/state/overnight")
