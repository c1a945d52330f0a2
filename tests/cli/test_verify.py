"""`overnight verify`: what holds, what was tampered with, what is left of a damaged ledger, and receipts in a clone."""

import contextlib
import json
import shutil
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from builders import proposed
from targets import COMMAND, git, make_repo, overnight, program, read_json, started

from overnight.cli import examination
from overnight.cli.examination import examine
from overnight.cli.reading import reading
from overnight.cli.receipts import examine_receipt
from overnight.git.repository import open_repository
from overnight.research.record.ledger import SqliteLedger
from overnight.research.record.port import Recorded

EDITS = (("OFFSET = 5.0", "OFFSET = 3.0"), ("OFFSET = 3.0", "OFFSET = 9.0"), ("OFFSET = 3.0", "OFFSET = 2.0"))
NOTES = "refs/notes/overnight"


@pytest.fixture(scope="module")
def ended(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A noisy campaign with two keeps."""
    repo = make_repo(tmp_path_factory.mktemp("verify") / "r", program(*EDITS, front="guards: [wall_s <= 9]"), noise=0.1)
    overnight(repo, "run", "--tag", "t", "--no-report", check=0)
    return repo


@pytest.fixture
def repo(ended: Path, tmp_path: Path) -> Iterator[Path]:
    """A copy of it to do harm to."""
    yield Path(shutil.copytree(ended, tmp_path / "copy", symlinks=True))


def failing(repo: Path) -> list[str]:
    """What does not hold."""
    with contextlib.chdir(repo), reading("t") as campaign:
        return [finding.what for finding in examine(campaign) if not finding.holds]


def execute(repo: Path, *statements: str) -> None:
    with sqlite3.connect(repo / ".overnight/t/ledger.db") as db:
        for statement in statements:
            db.execute(statement)
    db.close()


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
    """Everything is said to hold, a line each, with exit code 0."""
    done = overnight(repo, "verify", check=0)
    lines = done.stdout.splitlines()
    assert len(lines) == 8 and all(line.startswith("ok ") for line in lines)


def test_a_running_session_may_add_meanwhile(repo: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is proposed while the events are read is not held against the record."""
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


def test_a_damaged_row_is_no_damaged_snapshot(repo: Path) -> None:
    """Each finding is about what it names."""
    execute(repo, "UPDATE experiments SET body='junk' WHERE number=3")
    assert "experiments" in failing(repo) and "snapshots" not in failing(repo)


@pytest.mark.parametrize("command", ["report", "show 1", "compare t t"])
def test_who_reads_a_damaged_ledger_is_told_what_to_do(repo: Path, command: str) -> None:
    """In our words, and not in those of the library that could not read it."""
    execute(repo, "UPDATE events SET body='junk' WHERE seq=5 OR experiment=1")
    said = overnight(repo, *command.split(), check=3).stderr
    assert "is corrupted" in said and "`overnight verify`" in said and "http" not in said


def test_lost_receipts_are_published_again(repo: Path) -> None:
    """A session that was killed before it published, or lost the notes, is made good by the next one, the same as before."""
    before = git(repo, "notes", "--ref", "overnight", "show", "autoresearch/t")
    git(repo, "update-ref", "-d", NOTES)
    overnight(repo, "run", "--no-report")
    assert git(repo, "notes", "--ref", "overnight", "show", "autoresearch/t") == before
    assert failing(repo) == []


def test_what_is_intact_of_a_damaged_ledger_is_said_and_written_out(repo: Path, tmp_path: Path) -> None:
    """The number of events, the last experiment, and a file with the events that only its owner can read."""
    execute(repo, "UPDATE events SET at=at+1 WHERE kind='proposed' AND experiment=3", "DELETE FROM snapshots")
    damaged_at = _one(repo, "SELECT seq FROM events WHERE kind='proposed' AND experiment=3")
    told = overnight(repo, "verify", check=1).stdout
    assert f"the first {damaged_at - 1} events are intact" in told and "the last intact experiment is #2" in told
    assert "--salvage" in told
    target = tmp_path / "saved.jsonl"
    overnight(repo, "verify", "--salvage", str(target), check=0)
    events = [json.loads(line) for line in target.read_text().splitlines()]
    assert [event["seq"] for event in events] == list(range(1, damaged_at))
    assert events[0]["event"]["kind"] == "campaign_opened" and target.stat().st_mode & 0o777 == 0o600
    assert "cannot be written" in overnight(repo, "verify", "--salvage", str(target), check=2).stderr


def test_a_ledger_with_a_damaged_page_can_be_read(repo: Path, tmp_path: Path) -> None:
    """Garbage at the end of the file costs the events there; those before it come out."""
    path = repo / ".overnight/t/ledger.db"
    execute(repo, "PRAGMA user_version=1")
    with sqlite3.connect(path) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        page = db.execute("SELECT max(pageno) FROM dbstat WHERE name='events'").fetchone()[0] if _has_dbstat(db) else 0
        size = db.execute("PRAGMA page_size").fetchone()[0]
    db.close()
    if not page:
        pytest.skip("this SQLite cannot tell which page is whose")
    with path.open("r+b") as file:
        file.seek((page - 1) * size)
        file.write(b"\xff" * size)
    target = tmp_path / "saved.jsonl"
    overnight(repo, "verify", check=1)
    overnight(repo, "verify", "--salvage", str(target), check=0)
    assert len(target.read_text().splitlines()) > 10


def _has_dbstat(db: sqlite3.Connection) -> bool:
    return ("ENABLE_DBSTAT_VTAB",) in db.execute("PRAGMA compile_options").fetchall()


def _one(repo: Path, query: str) -> Any:  # Any: a value of SQLite
    with sqlite3.connect(repo / ".overnight/t/ledger.db") as db:
        found = db.execute(query).fetchone()[0]
    db.close()
    return found


def test_a_rerun_measures_with_seeds_of_its_own(repo: Path) -> None:
    """Kept changes hold up again, with their seeds printed; nothing is recorded, and no campaign seed is used."""
    events = _one(repo, "SELECT count(*) FROM events")
    used = {trial["seed"] for number in ("1", "3") for trial in read_json(repo, "show", number)["trials"]}
    told = json.loads(overnight(repo, "verify", "--rerun", "all", "--pairs", "4", "--json", check=0).stdout)
    assert [one["number"] for one in told] == [1, 3] and all(one["holds"] for one in told)
    assert told[0]["estimate"]["low"] > 1.5 and len(told[0]["pairs"]) == 4
    assert not used & {pair["seed"] for one in told for pair in one["pairs"]}
    assert _one(repo, "SELECT count(*) FROM events") == events
    assert not list((repo / ".overnight").glob(".rerun-*"))
    assert "was not kept" in overnight(repo, "verify", "--rerun", "2", check=2).stderr


def test_a_claim_that_no_longer_holds_is_said_and_why_it_may_be(tmp_path: Path) -> None:
    """Data outside the repository changed: the rerun refutes the keep, and the next session warns and records it."""
    data = tmp_path / "data"
    data.mkdir()
    (data / "gain").write_text("1")
    text = program(("OFFSET = 5.0", "OFFSET = 3.0"), front=f"readable: [{data}]")
    repo = make_repo(tmp_path / "r", text, noise=0.1)
    code = (repo / "train.py").read_text().replace("METRIC loss={OFFSET +", "METRIC loss={OFFSET * gain +")
    (repo / "train.py").write_text(f"gain = float(open('{data}/gain').read())\n{code}")
    git(repo, "commit", "-qam", "data")
    overnight(repo, "run", "--tag", "t", "--no-report", check=0)
    (data / "gain").write_text("0")
    told = json.loads(overnight(repo, "verify", "--rerun", "1", "--pairs", "3", "--json", check=1).stdout)
    assert told[0]["holds"] is False and told[0]["estimate"]["gain"] == 0.0
    done = overnight(repo, "run")
    assert f"WARNING: changed during the campaign: {data}" in done.stderr
    assert str(data) in read_json(repo, "status")["cautions"][0]
    folder = repo / ".overnight/t"
    assert "trials before and after may not be comparable" in (folder / "report.md").read_text()
    assert "may not be comparable" in (folder / "report.html").read_text()
    assert _one(repo, "SELECT count(*) FROM events WHERE kind='environment_changed'") == 1
    overnight(repo, "run", "--no-report")
    assert _one(repo, "SELECT count(*) FROM events WHERE kind='environment_changed'") == 1


def test_data_that_changes_during_a_session_is_in_the_record(tmp_path: Path) -> None:
    """Between two trials, before the one that ran on it; the session that was under way warns."""
    data = tmp_path / "data"
    data.write_text("1")
    text = program(*((f"OFFSET = {n}.0", f"OFFSET = {n - 1}.0") for n in (5, 4, 3, 2)), front=f"readable: [{data}]")
    repo = make_repo(tmp_path / "r", text)
    with started((COMMAND, "run", "--tag", "t", "--plain", "--no-report"), repo) as session:
        assert session.stdout is not None
        next(line for line in session.stdout if line.startswith("#1 "))
        data.write_text("2")
        session.stdout.read()
        session.wait()
    with sqlite3.connect(repo / ".overnight/t/ledger.db") as db:
        kinds = [kind for (kind,) in db.execute("SELECT kind FROM events ORDER BY seq")]
        trials = [
            json.loads(body) for (body,) in db.execute("SELECT body FROM events WHERE kind='trial_finished' ORDER BY seq")
        ]
    db.close()
    assert len({trial["trial"]["surroundings"] for trial in trials}) == 2
    assert kinds.count("environment_changed") == 1
    after = kinds[kinds.index("environment_changed") :]
    assert "trial_finished" in after and "stopped" in after
    assert str(data) in read_json(repo, "status")["cautions"][0]


def test_a_campaign_without_a_jail_says_so_for_ever(tmp_path: Path) -> None:
    """The warning is on every start, in status, report and receipt, also after later sessions in the jail."""
    repo = make_repo(tmp_path / "r", program(("OFFSET = 5.0", "OFFSET = 3.0")))
    done = overnight(repo, "run", "--tag", "t", "--no-report", "--sandbox", "process", "--experiments", "1", check=0)
    assert "WARNING: candidates run without a jail" in done.stderr
    done = overnight(repo, "run", check=1)
    assert "WARNING: candidates ran without a jail in 1 session" in done.stderr
    assert "WARNING   candidates ran without a jail" in overnight(repo, "status", check=0).stdout
    assert "without a jail" in (repo / ".overnight/t/report.md").read_text()
    assert "without a jail" in (repo / ".overnight/t/report.html").read_text()
    told = overnight(repo, "verify", "--receipt", "autoresearch/t", check=0).stdout
    assert "WARNING: candidates ran without a jail" in told
    assert "WARNING" in overnight(repo, "check", "--sandbox", "process", check=0).stderr


@pytest.fixture
def clone(ended: Path, tmp_path: Path) -> Path:
    """What a stranger has: a clone with the notes, and nothing of the campaign's folder."""
    git(tmp_path, "clone", "-q", str(ended), "clone")
    git(tmp_path / "clone", "fetch", "-q", "origin", f"{NOTES}:{NOTES}")
    assert not (tmp_path / "clone/.overnight").exists()
    return tmp_path / "clone"


def test_a_stranger_checks_a_receipt(clone: Path) -> None:
    """With the repository alone E is computed anew, and the verdict said; nothing is written there."""
    for commit in ("origin/autoresearch/t", "origin/autoresearch/t^"):
        told = overnight(clone, "verify", "--receipt", commit, check=0).stdout
        assert "yes: by these values loss is better" in told and "FAIL" not in told
        assert "E = " in told and "needed" in told
    assert read_json(clone, "verify", "--receipt", "origin/autoresearch/t")["holds"] is True
    assert not (clone / ".overnight").exists()


def test_the_secret_is_not_published(repo: Path) -> None:
    """Nothing under the notes' ref holds the secret that seeds come from."""
    secret = json.loads(_one(repo, "SELECT body FROM events WHERE seq=1"))["secret"]
    published = git(repo, "log", "-p", NOTES)
    assert "log_e" in published and secret not in published


def test_a_commit_without_a_receipt_comes_with_the_fix(clone: Path) -> None:
    """How to fetch them; and a name that is no commit is said."""
    git(clone, "update-ref", "-d", NOTES)
    assert f"git fetch origin {NOTES}:{NOTES}" in overnight(clone, "verify", "--receipt", "HEAD", check=2).stderr
    assert "no commit" in overnight(clone, "verify", "--receipt", "nothing", check=2).stderr


@pytest.mark.parametrize(
    ("field", "value", "shows"),
    [
        ("direction", "maximize", "program"),
        ("error_rate", 0.9, "program"),
        ("guards", [], "program"),
        ("tree", "0" * 64, "change"),
        ("keeps", 0, "chain"),
        ("keeps", 2, "chain"),
        ("start", "0" * 40, "chain"),
        ("commit", "0" * 40, "commit"),
        ("base", "0" * 40, "commit"),
        ("log_e", 99.0, "evidence"),
        ("level", 0.4, "level"),
    ],
)
def test_a_forged_receipt_does_not_hold(clone: Path, field: str, value: object, shows: str) -> None:
    """What a receipt says of commit, change, chain and program is held against the repository."""
    note = json.loads(git(clone, "notes", "--ref", "overnight", "show", "origin/autoresearch/t"))
    assert field in note
    git(clone, "notes", "--ref", "overnight", "add", "-f", "-m", json.dumps(note | {field: value}), "origin/autoresearch/t")
    _, findings = examine_receipt(open_repository(clone), "origin/autoresearch/t")
    assert shows in [finding.what for finding in findings if finding.holds is False]


def test_a_receipt_moved_to_another_commit_does_not_hold(clone: Path) -> None:
    """The evidence of one change says nothing of another."""
    git(clone, "notes", "--ref", "overnight", "copy", "-f", "origin/autoresearch/t", "origin/main")
    done = overnight(clone, "verify", "--receipt", "origin/main", check=1)
    assert "FAIL  commit" in done.stdout and "no: the receipt does not carry its verdict" in done.stdout
