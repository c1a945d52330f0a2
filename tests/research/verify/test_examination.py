"""`overnight verify`: which parts of a campaign's record hold, and which were tampered with."""

import contextlib
import shutil
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from builders import proposed
from damage import EDITS, NOTES, ended_campaign, execute, failing
from targets import copied, git, overnight

from overnight.git.history import GitHistory
from overnight.research.order import BelieveChange, Giver
from overnight.research.reading import reading
from overnight.research.record.ledger import SqliteLedger
from overnight.research.record.port import Recorded
from overnight.research.verify import examination


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A noisy campaign with two keeps."""
    return ended_campaign(tmp_path_factory.mktemp("verify"))


@pytest.fixture
def repo(ended: Path, tmp_path: Path) -> Path:
    """A copy of it to damage."""
    return copied(ended, tmp_path / "copy")


def forge_log(repo: Path) -> None:
    for path in (repo / ".overnight/t/logs").rglob("*"):
        if path.is_file():
            path.write_bytes(path.read_bytes() + b"METRIC loss=0\n")


def remove_logs(repo: Path) -> None:
    shutil.rmtree(repo / ".overnight/t/logs")


def in_ledger(statement: str) -> Callable[[Path], None]:
    return lambda repo: execute(repo, statement)


def in_git(*arguments: str) -> Callable[[Path], None]:
    def change(repo: Path) -> None:
        git(repo, *arguments)

    return change


def cut_off(repo: Path) -> None:
    """Without the newest experiment and its snapshots, but with its row."""
    first = "SELECT min(seq) FROM events WHERE experiment=(SELECT max(experiment) FROM events)"
    execute(repo, f"DELETE FROM snapshots WHERE seq >= ({first})", f"DELETE FROM events WHERE seq >= ({first})")


def test_an_untouched_campaign_holds(repo: Path) -> None:
    """Everything holds, on one line each, with exit code 0."""
    done = overnight(repo, "verify", check=0)
    lines = done.stdout.splitlines()
    assert len(lines) == 8 and all(line.startswith("ok ") for line in lines)


def test_a_running_session_may_add_meanwhile(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is proposed while the events are read does not count as damage."""
    fold = examination._Reader._fold
    session = SqliteLedger(repo / ".overnight/t")

    def slowly(reader: examination._Reader, entry: Recorded) -> None:
        fold(reader, entry)
        if entry.seq == 1:
            session.append(proposed(len(EDITS) + 1))

    monkeypatch.setattr(examination._Reader, "_fold", slowly)
    assert failing(repo) == ["attempts"]  # that one has no commit
    session.close()
    monkeypatch.chdir(repo)
    with reading("t") as campaign:
        assert campaign.ledger.experiments(limit=1).total == len(EDITS) + 1


@pytest.mark.parametrize(
    ("harm", "shows"),
    [
        (forge_log, "outputs"),
        (remove_logs, "outputs"),
        (in_ledger("UPDATE events SET at=at+1 WHERE seq=20"), "ledger"),
        (in_ledger("UPDATE events SET prev=hash WHERE seq=20"), "ledger"),
        (in_ledger("DELETE FROM events WHERE seq > (SELECT max(seq) FROM events WHERE kind='concluded')"), "ledger"),
        (cut_off, "experiments"),
        (in_ledger("UPDATE events SET experiment=2 WHERE kind='concluded' AND experiment=1"), "experiments"),
        (in_ledger("UPDATE events SET kind='stopped' WHERE kind='concluded'"), "experiments"),
        (in_ledger("UPDATE experiments SET body=replace(body, 'discard', 'keep') WHERE number=2"), "experiments"),
        (in_ledger("DELETE FROM experiments WHERE number=2"), "experiments"),
        (in_ledger("UPDATE snapshots SET state=replace(state, 'OFFSET', 'offset')"), "snapshots"),
        (in_ledger("UPDATE snapshots SET state='junk'"), "snapshots"),
        (in_git("update-ref", "-d", "refs/overnight/t/2"), "attempts"),
        (in_git("update-ref", "refs/overnight/t/2", "main"), "attempts"),
        (in_git("update-ref", "refs/heads/autoresearch/t", "main"), "branch"),
        (in_git("update-ref", "-d", NOTES), "receipts"),
        (in_git("notes", "--ref", "overnight", "add", "-f", "-m", "{}", "autoresearch/t"), "receipts"),
    ],
)
def test_tampering_shows(repo: Path, harm: Callable[[Path], None], shows: str) -> None:
    """Outputs, events, what is derived from them, refs and receipts: each has its line."""
    harm(repo)
    assert shows in failing(repo)


def test_a_damaged_row_is_not_a_damaged_snapshot(repo: Path) -> None:
    """Each finding is about what it names."""
    execute(repo, "UPDATE experiments SET body='junk' WHERE number=3")
    assert "experiments" in failing(repo) and "snapshots" not in failing(repo)


@pytest.mark.parametrize("command", ["report", "show 1", "compare t t"])
def test_reading_a_damaged_ledger_says_what_to_do(repo: Path, command: str) -> None:
    """In our words, not in those of the library that could not read it."""
    execute(repo, "UPDATE events SET body='junk' WHERE seq=5 OR experiment=1")
    said = overnight(repo, *command.split(), check=3).stderr
    assert "is corrupted" in said and "`overnight verify`" in said and "http" not in said


def test_lost_receipts_are_published_again(repo: Path) -> None:
    """If a session was killed before it published, or lost the notes, the next one publishes the same receipts again."""
    before = git(repo, "notes", "--ref", "overnight", "show", "autoresearch/t")
    git(repo, "update-ref", "-d", NOTES)
    overnight(repo, "run", "--no-report")
    assert git(repo, "notes", "--ref", "overnight", "show", "autoresearch/t") == before
    assert failing(repo) == []


def test_a_keep_that_does_not_stand_on_the_one_before_is_found(repo: Path) -> None:
    """Two changes that were each judged against the same head, for instance."""
    with contextlib.chdir(repo), reading("t") as campaign, closing(GitHistory(campaign.repository)) as history:
        state = campaign.state()
        astray = git(repo, "commit-tree", f"{state.head}^{{tree}}", "-p", state.start, "-m", "on the start")
        assert examination._kept(history, state).holds
        kept = (*state.kept[:-1], replace(state.kept[-1], commit=astray))
        found = examination._kept(history, replace(state, kept=kept))
    assert not found.holds and "do not stand on the keep before" in found.detail


COLUMNS = {
    "events": ("seq", "at", "kind", "experiment", "body", "prev", "hash"),
    "experiments": ("number", "tree", "verdict", "body"),
    "snapshots": ("seq", "state"),
    "orders": ("key", "seq", "at", "state"),
}


def test_a_change_of_any_column_shows(ended: Path, tmp_path: Path) -> None:
    """Whatever is changed in a row that events or what is derived from them is read from, `verify` does not pass.

    Left out are `meanings` and `terms`, which only find similar attempts for a brief. Two orders wait.
    """
    ended = Path(shutil.copytree(ended, tmp_path / "ended", symlinks=True))
    ledger = SqliteLedger(ended / ".overnight/t")
    for key in ("one", "two"):
        ledger.place_order(BelieveChange(number=1, commit="c"), Giver(), key=key)
    with ledger.reading() as db:
        tables = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type='table'")]
        found = {table: tuple(row[1] for row in db.execute(f"PRAGMA table_info({table})")) for table in tables}
    ledger.close()
    assert {table: found[table] for table in found.keys() - {"meanings", "terms"}} == COLUMNS
    unseen = []
    for table, columns in COLUMNS.items():
        for column in columns:
            repo = Path(shutil.copytree(ended, tmp_path / f"{table}-{column}", symlinks=True))
            number = column in ("seq", "at", "experiment", "number")
            value = f"coalesce({column}, 0) + 1000" if number else f"CAST({column} AS TEXT) || 'x'"
            execute(repo, f"UPDATE {table} SET {column} = {value} WHERE rowid = 2 OR '{table}' = 'snapshots'")
            if not failing(repo):
                unseen.append(f"{table}.{column}")
    assert unseen == []
