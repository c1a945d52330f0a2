"""What a claw keeps can be checked, forgotten, backed up, restored, upgraded and removed."""

import io
import sqlite3
import tarfile
from collections.abc import Mapping
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from claws import ClawUnderTest, make_test_claw
from targets import run_here

from overnight.claw.agenda.clock import changed
from overnight.claw.events import Adopted, Forgotten, Received, Restored, ScheduleState
from overnight.claw.folders import claw_folder, claw_names
from overnight.claw.keeping import locked_file
from overnight.claw.keeping.backup import back_up
from overnight.claw.keeping.living import adopt, require_alive
from overnight.claw.keeping.locked_file import CHUNK_BYTES, read_locked, write_locked
from overnight.claw.keeping.removing import remove_claw
from overnight.claw.keeping.restore import restore
from overnight.claw.record import erasing
from overnight.claw.record import upgrade as upgrading
from overnight.claw.record.checking import check_record
from overnight.claw.record.record import VERSION, ClawRecord, refs_of
from overnight.claw.views.looking import look
from overnight.claw.views.status import status_words
from overnight.errors import UserError
from overnight.ledger.sealed import forget_texts

RECORDS = Path(__file__).with_name("records")  # one of each version, as SQL
WORDS = "five words are long enough"


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(locked_file, "COST", 1 << 10)  # a fifth of a second otherwise, and that is the point


def test_all_of_a_record_holds_until_something_is_changed(claw: ClawUnderTest) -> None:
    """The check names a changed text, one that is of no event, one that is missing, and a table that is not of the events."""
    claw.tell("note that tea is in the jar")
    claw.tell("remind me in 20 minutes to stretch")
    found = check_record(claw.record)
    assert not found.findings and found.events > 10 and found.texts > 5
    with claw.record.store.reading() as db:
        [id_, other] = [row[0] for row in db.execute("SELECT id FROM texts LIMIT 2")]
        db.execute("UPDATE texts SET text='coffee' WHERE id=?", (id_,))
        db.execute("DELETE FROM texts WHERE id=?", (other,))
        db.execute("INSERT INTO texts VALUES('stray', x'00', 'x')")
        db.execute("DELETE FROM facts")
    findings = " ".join(check_record(claw.record).findings)
    for each in (f"{id_} of event", f"{other} is missing", "stray is of no event", "table facts is not"):
        assert each in findings
    claw.record.store.reindex()
    assert "table facts" not in " ".join(check_record(claw.record).findings)
    with claw.record.store.reading() as db:
        db.execute("UPDATE events SET body=replace(body, 'owner', 'other') WHERE seq=1")
    assert "corrupted" in " ".join(check_record(claw.record).findings)


def test_what_is_forgotten_is_in_no_file_of_the_record(claw: ClawUnderTest) -> None:
    """Neither in the database, nor in its log, nor in a copy of before an upgrade, a kill or not; the chain holds."""
    secret = "xylophone-in-the-cellar"
    claw.hear(secret)
    [entry] = claw.record.newest_of(["received"], 1)
    assert isinstance(entry.event, Received)
    folder = claw.record.folder
    for number in range(50):
        claw.hear(f"message {number} " + "x" * 2000)
    (folder / "ledger.v1.db").write_text(secret)
    assert any(secret.encode() in path.read_bytes() for path in folder.iterdir())
    erasing.begin(folder)
    id_ = entry.event.text.id
    gone = Forgotten(texts=[id_], events=[entry.seq], by="owner")
    claw.record.store.append(gone, beside=lambda db: forget_texts(db, [id_]))  # and a kill comes here
    assert any(secret.encode() in path.read_bytes() for path in folder.iterdir())
    ClawRecord(claw.folder).store.close()
    assert not [path.name for path in folder.iterdir() if secret.encode() in path.read_bytes()]
    assert claw.record.text(entry.event.text) == "[forgotten]" and not (folder / erasing.MARK).exists()
    found = check_record(claw.record)
    assert not found.findings and found.forgotten == 1


def test_what_was_asked_of_the_claw_can_be_forgotten_everywhere(claw: ClawUnderTest) -> None:
    """The record of operations knows that something was noted, and not what; nor does any other file of the user's state."""
    secret = "xylophone-in-the-cellar"
    claw.tell(f"note that the {secret} is mine")
    claw.tell(f"remind me in 20 minutes to tune the {secret}")
    claw.tell(f"remind me in {secret} to fail")
    texts = [ref for entry in claw.record.store.events() for ref in refs_of(entry.event) if secret in claw.record.text(ref)]
    ids = [ref.id for ref in texts]
    assert len(ids) > 6
    claw.record.forget(ids, Forgotten(texts=ids, events=[], by="owner"))
    state = claw.folder.parents[1]
    assert (state / "operations").is_dir()
    assert not [str(path) for path in state.rglob("*") if path.is_file() and secret.encode() in path.read_bytes()]
    assert not check_record(claw.record).findings


def test_a_locked_file_is_read_whole_or_not_at_all() -> None:
    """With another passphrase, a changed byte, a chunk less or two exchanged, nothing wrong is ever returned."""
    content = bytes(range(256)) * (CHUNK_BYTES // 100)
    file = io.BytesIO()
    write_locked(file, [content[:1000], content[1000:]], WORDS)
    locked = file.getvalue()
    assert b"".join(read_locked(io.BytesIO(locked), WORDS)) == content
    assert content[:64] not in locked
    head, size = len(locked) % (CHUNK_BYTES + 16), CHUNK_BYTES + 16
    start = 40
    chunks = [locked[at : at + size] for at in range(start, len(locked), size)]
    assert len(chunks) == 3 and head
    bad = {
        "other passphrase": (locked, WORDS + "!"),
        "changed": (locked[:-5] + b"?????", WORDS),
        "cut off": (locked[: start + size], WORDS),
        "cut inside": (locked[:-1], WORDS),
        "exchanged": (locked[:start] + chunks[1] + chunks[0] + chunks[2], WORDS),
        "no backup": (b"x" * 100, WORDS),
    }
    for name, (each, passphrase) in bad.items():
        with pytest.raises(UserError):
            assert not list(read_locked(io.BytesIO(each), passphrase)), name
    with pytest.raises(UserError, match="less than"):
        write_locked(io.BytesIO(), [], "short")


def test_a_restored_claw_is_frozen_until_its_owner_says_so(claw: ClawUnderTest, tmp_path: Path) -> None:
    """It has what there was; what the backup had not sent, answered or run is not done late, unless it is asked for."""
    claw.tell("note that tea is in the jar")
    claw.tell("remind me every day at 8 to stretch")
    claw.hear("reminders", channel="terminal")
    (claw.folder / "skills" / "one").mkdir()
    (claw.folder / "skills" / "one" / "SKILL.md").write_text("how to")
    (claw.folder / "files" / "link").symlink_to("/etc/passwd")
    back_up(claw.folder, claw.record, tmp_path / "backup", WORDS)
    assert b"tea is in the jar" not in (tmp_path / "backup").read_bytes()
    with pytest.raises(UserError, match="there is a file"):
        back_up(claw.folder, claw.record, tmp_path / "backup", WORDS)
    with pytest.raises(UserError, match="there is a claw `claw` already"):
        restore(tmp_path / "backup", None, WORDS)
    folder, about = restore(tmp_path / "backup", "second", WORDS)
    assert folder == claw_folder("second") and about.name == "claw"
    assert (folder / "skills" / "one" / "SKILL.md").read_text() == "how to" and not (folder / "files" / "link").exists()
    claw.clock.now += 3 * 24 * 3600
    with ClawRecord(folder, clock=claw.clock) as record:
        second = ClawUnderTest(folder=folder, record=record, clock=claw.clock, _count=100)
        assert record.is_frozen and not check_record(record).findings
        shown = status_words(look(record.folder.parent, record))
        assert "frozen, as it was made from a backup; once the original is ended: overnight claw adopt --claw" in shown
        with pytest.raises(UserError, match="frozen"):
            second.run()
        with pytest.raises(UserError, match="`claw` is the same claw"):
            adopt(folder, record, catch_up=False, by="owner")
        remove_claw(claw.folder)
        skipped = adopt(folder, record, catch_up=False, by="owner")
        assert (skipped.causes, skipped.runs) == (1, 1)
        assert second.run() == []
        [said] = second.tell("what do you know about tea?")
        assert "tea is in the jar" in said
        kinds = [entry.event for entry in record.store.events() if isinstance(entry.event, Restored | Adopted)]
        assert len(kinds) == 2 and not check_record(record).findings


def test_a_copy_does_not_run_beside_its_original(claw: ClawUnderTest) -> None:
    """One that was copied by hand is refused as long as the other one runs on this machine."""
    claw.tell("help")
    copy = claw_folder("copy")
    copy.mkdir()
    (copy / "claw.yaml").write_text("")
    (copy / "memory").mkdir()
    with claw.record.store.reading() as db, sqlite3.connect(copy / "memory" / "ledger.db") as other:
        db.backup(other)
    other.close()
    with ClawRecord(copy) as record:
        require_alive(copy, record)
        with claw.record.store.lock(), pytest.raises(UserError, match="a copy of `claw`, which runs"):
            require_alive(copy, record)


def test_a_start_changes_no_other_claw(claw: ClawUnderTest, tmp_path: Path) -> None:
    """Older, newer, frozen and damaged ones stay as they are, and keep nobody from starting."""
    claw.tell("help")
    back_up(claw.folder, claw.record, tmp_path / "backup", WORDS)
    frozen, _ = restore(tmp_path / "backup", "frozen", WORDS)
    others = [make_test_claw(name) for name in ("damaged", "newer", "older")]
    for other in others:
        other.record.append(Adopted(by="owner"))
    for other, version in zip(others[1:], (VERSION + 1, 1), strict=True):
        with other.record.store.reading() as db:
            db.execute(f"PRAGMA user_version={version}")
    for other in others:
        other.record.store.close()
    (others[0].record.folder / "ledger.db").write_bytes(b"?" * 4096)
    kept = {
        path: path.read_bytes() for path in claw.folder.parent.glob("*/memory/ledger*.db") if claw.folder not in path.parents
    }
    require_alive(claw.folder, claw.record)
    assert claw.tell("help")
    found = {
        path: path.read_bytes() for path in claw.folder.parent.glob("*/memory/ledger*.db") if claw.folder not in path.parents
    }
    assert found == kept and len(kept) == 4
    with ClawRecord(frozen) as record, pytest.raises(UserError, match="`claw` is the same claw"):
        adopt(frozen, record, catch_up=False, by="owner")


def test_a_schedule_of_an_unknown_zone_keeps_no_claw_frozen(claw: ClawUnderTest) -> None:
    """This machine may not know the zone of a backup: such a schedule is paused, with why, and the rest lives."""
    claw.tell("remind me every day at 8 to stretch")
    claw.tell("remind me every day at 9 to rest")
    [first, second] = claw.record.schedules()
    moved = replace(changed(first, state=first.state, next_=first.next, handled=first.handled), zone="Mars/Olympus")
    claw.record.append(moved, Restored(made=0.0))
    claw.clock.now += 3 * 24 * 3600
    assert adopt(claw.folder, claw.record, catch_up=False, by="owner").runs == 2
    found = {plan.number: plan for plan in claw.record.schedules()}
    assert found[first.number].state is ScheduleState.PAUSED and "Mars" in found[first.number].why
    assert found[second.number].state is ScheduleState.LIVE


def test_a_broken_backup_leaves_nothing(claw: ClawUnderTest, tmp_path: Path) -> None:
    """Neither a claw nor a folder; a newer form is refused with what to install."""
    claw.tell("help")
    back_up(claw.folder, claw.record, tmp_path / "backup", WORDS)
    whole = (tmp_path / "backup").read_bytes()
    before = sorted(claw.folder.parent.iterdir())
    for cut in (0, 30, 100, len(whole) // 2, len(whole) - 1):
        (tmp_path / "cut").write_bytes(whole[:cut])
        with pytest.raises(UserError):
            restore(tmp_path / "cut", "second", WORDS)
    assert sorted(claw.folder.parent.iterdir()) == before and claw_names() == ["claw"]


def hostile(path: Path, name: str, fields: Mapping[str, object]) -> Path:
    """A backup by somebody who knows the passphrase, with one odd entry more than one has."""
    out = io.BytesIO()
    about = b'{"name": "second", "version": 2, "events": 1, "newest": "", "at": 1.0}'
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as tar:
        for each, text in (("about.json", about), ("claw.yaml", b""), (name, b"")):
            entry = tarfile.TarInfo(each)
            entry.size = len(text)
            for field, value in fields.items() if each == name else ():
                setattr(entry, field, value)
            tar.addfile(entry, io.BytesIO(text))
    with path.open("wb") as file:
        write_locked(file, [out.getvalue()], WORDS)
    return path


HOLES = {"GNU.sparse.map": "0,0", "GNU.sparse.numblocks": "1", "GNU.sparse.size": str(1 << 50), "GNU.sparse.major": "0"}


@pytest.mark.parametrize(
    ("name", "fields"),
    [
        ("../second/claw.yaml", {}),
        ("/tmp/x", {}),  # nothing is written there
        ("files/../../x", {}),
        ("memory/ledger.db-wal", {}),
        ("memory/lock", {}),
        ("memory/x/y", {}),
        ("files/a\u202eb", {}),
        ("files/a\nb", {}),
        ("files/link", {"type": tarfile.SYMTYPE, "linkname": "/etc/passwd"}),
        ("files/hard", {"type": tarfile.LNKTYPE, "linkname": "claw.yaml"}),
        ("files/pipe", {"type": tarfile.FIFOTYPE}),
        ("files/device", {"type": tarfile.CHRTYPE}),
        ("files/holes", {"pax_headers": HOLES}),
        ("claw.yaml/x", {}),
        ("claw.yaml", {}),
        ("/".join(["d"] * 2_000), {}),
        ("files/" + "x" * 300, {}),
    ],
)
def test_a_hostile_archive_is_refused(claw_state: Path, tmp_path: Path, name: str, fields: dict[str, object]) -> None:
    """Entries that lead elsewhere, are no files, have holes of a petabyte, or are files that SQLite would act on."""
    before = {path for path in tmp_path.rglob("*") if claw_state not in path.parents}
    with pytest.raises(UserError, match=r"which is no file|a file named|cannot be read: |is not a folder"):
        restore(hostile(tmp_path / "backup", name, fields), "second", WORDS)
    assert claw_names() == [] and not list((claw_state / "overnight").glob("claws/*/*"))
    assert {path for path in tmp_path.rglob("*") if claw_state not in path.parents} - before <= {
        tmp_path / "backup",
        claw_state,
    }


@pytest.mark.parametrize("version", sorted(path.stem for path in RECORDS.glob("v*.sql")))
def test_a_record_of_each_older_version_goes_on(claw_state: Path, version: str) -> None:
    """Facts, schedules and what waits are as they were; the copy of before stays until something is forgotten."""
    made = make_test_claw()
    made.record.store.close()
    ledger = made.record.folder / "ledger.db"
    for path in made.record.folder.glob("ledger.db*"):
        path.unlink()
    with closing(sqlite3.connect(ledger)) as db:
        db.executescript((RECORDS / f"{version}.sql").read_text())
    with ClawRecord(made.folder, clock=made.clock) as record:
        assert not check_record(record).findings
        assert [path.name for path in upgrading.kept_copies(record.folder)] == [f"ledger.{version}.db"]
        assert record.next_cause() is not None and len(record.schedules()) == 1
        again = ClawUnderTest(folder=made.folder, record=record, clock=made.clock, _count=100)
        assert "tea is in the jar" in " ".join(again.tell("what do you know about tea?"))
        texts = [ref.id for entry in record.newest_of(["fact_set"], 1) for ref in refs_of(entry.event)]
        record.forget(texts, Forgotten(texts=texts, events=[], by="owner"))
        assert not upgrading.kept_copies(record.folder) and not check_record(record).findings


def test_a_record_of_a_newer_version_is_refused(claw: ClawUnderTest) -> None:
    """With what to install; nothing of it is changed. One that an older version runs is not brought forward under it."""
    with claw.record.store.reading() as db:
        db.execute(f"PRAGMA user_version={VERSION + 1}")
    with pytest.raises(UserError, match=r"newer overnight .*; install that version again"):
        ClawRecord(claw.folder)
    with claw.record.store.reading() as db:
        db.execute("PRAGMA user_version=1")
    with claw.record.store.lock(), pytest.raises(UserError, match="runs an older version"):
        ClawRecord(claw.folder)
    assert not upgrading.kept_copies(claw.record.folder)


def test_a_removed_claw_leaves_nothing(claw: ClawUnderTest) -> None:
    """Its folder is gone; one that runs stays."""
    with claw.record.store.lock(), pytest.raises(UserError, match="runs"):
        remove_claw(claw.folder)
    remove_claw(claw.folder)
    assert not claw.folder.exists() and claw_names() == []


def test_the_backups_that_were_made_are_known(claw: ClawUnderTest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is listed with its time, newest first, and whether it is still there; the chain holds with them."""
    monkeypatch.setenv("CLAW_BACKUP", WORDS)
    for name in ("one", "two"):
        run_here(tmp_path, "claw", "backup", name)
    (tmp_path / "one").unlink()
    [two, one] = run_here(tmp_path, "claw", "backups").stdout.splitlines()
    assert two.startswith(f"{tmp_path / 'two'}, of ") and "not there" not in two
    assert one.startswith(f"{tmp_path / 'one'}, of ") and one.endswith("(not there any more)")
    assert any("two, of" in said for said in claw.tell("backups"))
    assert not check_record(claw.record).findings
