"""A hub in one file, and a hub from such a file: all of it or nothing, and never behind what it has published."""

import io
import json
import os
import shutil
import sqlite3
import tarfile
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from targets import git, overnight, repository_of

from overnight.errors import UserError
from overnight.git.repository import Repository, open_repository
from overnight.ledger.file import NAME as LEDGER
from overnight.pool.canonical import canonical
from overnight.pool.chain import Block, entry_json, signed
from overnight.pool.changes import tree_digest
from overnight.pool.events import EntryAdded
from overnight.pool.hub.opening import hub_folder, hub_key, key_file, open_hub
from overnight.pool.hub.settings import parse_hub_settings
from overnight.pool.keeping import restore as restoring
from overnight.pool.keeping.backup import _copy_at_once, back_up
from overnight.pool.keeping.form import ABOUT
from overnight.pool.keeping.restore import restore
from overnight.pool.record.record import HubRecord
from overnight.pool.work.copies import Copy, read_here

SETTINGS = "project: small\nbounds: [0, 100]\nworker: {score: python public_score.py}\n"
FILES = {
    "train.py": "import json\njson.dump({'x': 1.0}, open('out.json', 'w'))\n",
    "score.py": "print('METRIC loss=1')\n",
    "public_score.py": "print('METRIC loss=1')\n",
    "hub.yaml": SETTINGS,
    "program.md": (
        "---\nmetric: {name: loss, direction: minimize}\nproduce: python train.py\nartifacts: [out.json]\n"
        "score: python score.py\nholdout: python score.py\neditable: [train.py]\nhidden: [score.py]\n---\n# Get close\n"
    ),
}


@pytest.fixture
def hub(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """A repository with a hub of one block, and a campaign that is only a file."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    made = repository_of(tmp_path / "hub", FILES)
    open_hub(made, parse_hub_settings(SETTINGS))
    add_block(made)
    return made


def add_block(repository: Repository, *, at: float = 2e9) -> None:
    """A block that changes nothing."""
    with HubRecord(hub_folder(repository)) as record:
        chain = record.chain()
        entry = Block(
            number=chain.number + 1,
            previous=chain.head,
            at=at,
            submission=chain.number + 1,
            submitter="0" * 64,
            hypothesis="it helps",
            changes=(),
            tree=tree_digest(chain.tree),
            full="0" * 64,
            receipt="{}",
            holdout="0" * 64,
            gain=1.0,
            seconds=1.0,
        )
        text = canonical(entry_json(signed(entry, hub_key(repository)))).decode()
        added = EntryAdded(commit=record.head_commit(), number=entry.number, entry=text, submission=entry.submission)
        record.append(added, contents=[b"x"])


def clone_of(hub: Repository, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """A clone on another machine."""
    git(folder.parent, "clone", "-q", str(hub.toplevel), str(folder))
    monkeypatch.setenv("XDG_STATE_HOME", str(folder.parent / f"{folder.name} state"))
    return open_repository(folder)


def copy_of(hub: Repository, file: Path) -> Copy:
    """What is published of it, as a file."""
    with HubRecord(hub_folder(hub), read_only=True) as record:
        file.write_text("".join(f"{each}\n" for each in record.entries()))
    return read_here(file)


def is_none(repository: Repository) -> bool:
    """Whether there is no hub, no key, and nothing that was only begun."""
    left = list(repository.overnight.glob(".work-*")) if repository.overnight.exists() else []
    return not (hub_folder(repository) / LEDGER).exists() and not key_file(repository).exists() and not left


def test_a_hub_goes_on_in_a_clone(hub: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Record, contents, key and settings are those that were; the file is for its owner alone, and replaces no other."""
    overnight(hub.toplevel, "hub", "backup", str(tmp_path / "b"), check=0)
    assert (tmp_path / "b").stat().st_mode & 0o777 == 0o600
    before = (tmp_path / "b").read_bytes()
    assert "there is a file" in overnight(hub.toplevel, "hub", "backup", str(tmp_path / "b"), check=2).stderr
    assert (tmp_path / "b").read_bytes() == before and [each.name for each in key_file(hub).parent.iterdir()] == ["key"]
    copy_of(hub, tmp_path / "published")
    clone = clone_of(hub, tmp_path / "clone", monkeypatch)
    (clone.toplevel / "hub.yaml").unlink()
    done = overnight(clone.toplevel, "hub", "restore", str(tmp_path / "b"), "--against", str(tmp_path / "published"), check=0)
    assert "never serve two copies" in done.stdout
    with HubRecord(hub_folder(hub), read_only=True) as one, HubRecord(hub_folder(clone), read_only=True) as other:
        assert one.entries() == other.entries() and one.opened() == other.opened()
        assert other.content("2d711642b726b04401627ca9fbac32f5c8530fb1903cc4db02258717921a4881") == b"x"
    assert hub_key(clone).public == read_here(tmp_path / "published").chain.genesis.hub
    assert key_file(clone).stat().st_mode & 0o777 == 0o600
    assert (clone.toplevel / "hub.yaml").read_text() == SETTINGS
    add_block(clone)
    assert "in " in overnight(clone.toplevel, "hub", "restore", str(tmp_path / "b"), "--anyway", check=2).stderr


def test_a_backup_without_the_right_key_is_none(hub: Repository, tmp_path: Path) -> None:
    """It is said before, and not when the hub is lost."""
    key_file(hub).write_text("7" * 64 + "\n")
    with pytest.raises(UserError, match="is not this hub's"):
        back_up(hub, tmp_path / "b")
    key_file(hub).unlink()
    with pytest.raises(UserError, match="there is no key"):
        back_up(hub, tmp_path / "b")
    assert not (tmp_path / "b").exists()


def test_a_copy_is_of_one_moment(tmp_path: Path) -> None:
    """While others write, no campaign has what the record of the same copy lacks."""
    record, campaign, done = tmp_path / "record", tmp_path / "campaign", threading.Event()
    for each in (record, campaign):
        with closing(sqlite3.connect(each)) as db:
            db.executescript("PRAGMA journal_mode=WAL; CREATE TABLE t(n INTEGER);")

    def write() -> None:
        with closing(sqlite3.connect(record, isolation_level=None)) as one, closing(sqlite3.connect(campaign)) as two:
            two.isolation_level = None
            for db in (one, two):
                db.execute("PRAGMA synchronous=OFF")
                db.execute("PRAGMA busy_timeout=10000")
            number = 0
            while not done.is_set():
                number += 1
                one.execute("INSERT INTO t VALUES(?)", (number,))
                two.execute("INSERT INTO t VALUES(?)", (number,))

    writer = threading.Thread(target=write)
    writer.start()
    try:
        for number in range(10):
            one, two = tmp_path / f"{number}/record", tmp_path / f"{number}/campaign"
            _copy_at_once(record, {record: one, campaign: two})
            with closing(sqlite3.connect(one)) as first, closing(sqlite3.connect(two)) as second:
                [(recorded,)], [(run,)] = (db.execute("SELECT TOTAL(1) FROM t").fetchall() for db in (first, second))
            assert 0 <= recorded - run <= 1
    finally:
        done.set()
        writer.join()


def test_a_backup_behind_the_chain_is_refused(hub: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a look at what is published, or behind it; unless its founder says so."""
    back_up(hub, tmp_path / "b")
    add_block(hub)
    longer = copy_of(hub, tmp_path / "longer")
    clone = clone_of(hub, tmp_path / "clone", monkeypatch)
    with pytest.raises(UserError, match="workers may have seen more"):
        restore(clone, tmp_path / "b", None)
    with pytest.raises(UserError, match=r"ends with entry 1, and .* shows 2"):
        restore(clone, tmp_path / "b", longer)
    assert is_none(clone)
    assert restore(clone, tmp_path / "b", longer, anyway=True).entries == 1


def test_another_chain_is_never_gone_on_beside(hub: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A copy that has another entry with the same number shows that the hub signed two; nothing is restored."""
    back_up(hub, tmp_path / "early")
    add_block(hub, at=2e9)
    other = copy_of(hub, tmp_path / "other")
    for each in hub_folder(hub).iterdir():
        each.unlink()
    hub_folder(hub).rmdir()
    restore(hub, tmp_path / "early", None, anyway=True)
    add_block(hub, at=3e9)
    back_up(hub, tmp_path / "late")
    clone = clone_of(hub, tmp_path / "clone", monkeypatch)
    with pytest.raises(UserError, match="signed two chains"):
        restore(clone, tmp_path / "late", other, anyway=True)
    assert is_none(clone)


def members(file: Path) -> list[tuple[tarfile.TarInfo, bytes]]:
    """Those of an archive."""
    with tarfile.open(file) as tar:
        return [(each, (tar.extractfile(each) or io.BytesIO()).read()) for each in tar]


def write(file: Path, found: list[tuple[tarfile.TarInfo, bytes]]) -> None:
    """An archive."""
    with tarfile.open(file, "w") as tar:
        for entry, content in found:
            if entry.isreg():
                entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content))


def about_with(file: Path, change: Callable[[dict[str, Any]], None]) -> None:
    """Let a backup say something else of itself."""
    [(entry, text), *rest] = members(file)
    said = json.loads(text)
    change(said)
    write(file, [(entry, json.dumps(said).encode()), *rest])


def flip(file: Path, number: int) -> None:
    """Change a byte in the middle of a member."""
    found = members(file)
    entry, content = found[number]
    at = len(content) // 2
    found[number] = (entry, content[:at] + bytes([content[at] ^ 1]) + content[at + 1 :])
    write(file, found)


def linked(file: Path) -> None:
    """A link in place of the key."""
    found = members(file)
    at = next(at for at, (each, _) in enumerate(found) if each.name == "key")
    entry = tarfile.TarInfo("key")
    entry.type, entry.linkname = tarfile.SYMTYPE, "/etc/passwd"
    found[at] = (entry, b"")
    write(file, found)


def renamed(file: Path, name: str) -> None:
    """Another name of the key, in the list too."""
    found = members(file)
    for each, _ in found:
        each.name = name if each.name == "key" else each.name
    write(file, found)
    about_with(file, lambda said: next(each for each in said["members"] if each["name"] == "key").update(name=name))


DAMAGES: dict[str, Callable[[Path], object]] = {
    **{f"member {number} changed": lambda file, number=number: flip(file, number) for number in range(1, 5)},  # type: ignore[misc]
    "nothing": lambda file: file.write_bytes(b""),
    "no archive": lambda file: file.write_bytes(b"x" * 10_000),
    "cut off": lambda file: file.write_bytes(file.read_bytes()[: -file.stat().st_size // 3]),
    "no first file": lambda file: write(file, members(file)[1:]),
    "a member less": lambda file: write(file, members(file)[:-1]),
    "another order": lambda file: write(file, [members(file)[0], *members(file)[:0:-1]]),
    "a link": linked,
    "a name outside": lambda file: renamed(file, "../key"),
    "a name above": lambda file: renamed(file, "/tmp/key"),
    "another form": lambda file: about_with(file, lambda said: said.update(form=2)),
    "another key": lambda file: about_with(file, lambda said: said.update(hub="0" * 64)),
    "another head": lambda file: about_with(file, lambda said: said.update(head="0" * 64)),
    "a member twice": lambda file: about_with(file, lambda said: said["members"].append(said["members"][0])),
    "no members": lambda file: about_with(file, lambda said: said.update(members=[])),
    "a word more": lambda file: about_with(file, lambda said: said.update(x=1)),
}


@pytest.mark.parametrize("damage", DAMAGES)
def test_a_damaged_backup_makes_no_hub(hub: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, damage: str) -> None:
    """It is said in a line; nothing of it is left."""
    back_up(hub, tmp_path / "b")
    assert members(tmp_path / "b")[0][0].name == ABOUT
    DAMAGES[damage](tmp_path / "b")
    clone = clone_of(hub, tmp_path / "clone", monkeypatch)
    with pytest.raises(UserError) as refused:
        restore(clone, tmp_path / "b", None, anyway=True)
    assert refused.value.fix
    assert is_none(clone)


def test_what_is_there_is_not_replaced(hub: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Another key, or a campaign of that name, keeps its place."""
    back_up(hub, tmp_path / "b")
    clone = clone_of(hub, tmp_path / "clone", monkeypatch)
    key = key_file(clone)
    key.parent.mkdir(parents=True, mode=0o700)
    key.write_text("7" * 64 + "\n")
    with pytest.raises(UserError, match="another key"):
        restore(clone, tmp_path / "b", None, anyway=True)
    assert key.read_text() == "7" * 64 + "\n" and not (hub_folder(clone) / LEDGER).exists()


def steps() -> Iterator[tuple[object, str]]:
    """What restoring does to the disk, by what does it."""
    yield from (
        (restoring, name) for name in ("_write", "read_bundle", "write_atomically", "_place_campaign", "_place_settings")
    )
    yield from ((Path, name) for name in ("rename", "replace"))


def killed_at(number: int, clone: Repository, file: Path) -> bool:
    """Whether a restoring that is killed before or after one of its steps came so far."""
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 9
    try:
        left = [number]

        def wrapped(call: Callable[..., Any]) -> Callable[..., Any]:
            def step(*given: Any, **named: Any) -> Any:  # Any: whatever the step takes
                _tick(left)
                done = call(*given, **named)
                _tick(left)
                return done

            return step

        for owner, name in steps():
            setattr(owner, name, wrapped(getattr(owner, name)))
        restore(clone, file, None, anyway=True)
        os._exit(0)
    finally:
        os._exit(1)


def _tick(left: list[int]) -> None:
    left[0] -= 1
    if left[0] < 0:
        os._exit(9)


def test_a_kill_leaves_no_half_of_a_hub(hub: Repository, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Wherever restoring is killed, there is no hub or all of it, and it can be done again."""
    back_up(hub, tmp_path / "b")
    count = 0
    clone = clone_of(hub, tmp_path / "clone", monkeypatch)
    while killed_at(count, clone, tmp_path / "b"):
        count += 1
        if not (hub_folder(clone) / LEDGER).exists():
            continue
        with HubRecord(hub_folder(clone), read_only=True) as record:
            assert record.chain().number == 1
        assert hub_key(clone).public == record_key(clone)
        shutil.rmtree(hub_folder(clone))
    assert count > 10
    assert (hub_folder(clone) / LEDGER).exists()
    assert not list(clone.overnight.glob(".work-*"))


def record_key(repository: Repository) -> str:
    """The key that the chain has."""
    with HubRecord(hub_folder(repository), read_only=True) as record:
        return record.chain().genesis.hub
