"""What strangers try on a hub, a worker or a copy of a chain, beyond a single message: names, parents, copies, texts."""

import json
import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import pytest
from aiohttp.abc import AbstractResolver, ResolveResult
from pool_desks import Worker, edit, genesis_digest, open_desk, secret
from pool_hubs import FILES, FRONT, TestHub, changed, claimed, genesis_of, serving
from targets import git, overnight

from overnight.errors import UserError
from overnight.pool.canonical import canonical
from overnight.pool.chain import BadChain, Block, Chain, Genesis, entry_digest, entry_json, read_entry, signed
from overnight.pool.changes import content_digest, stated
from overnight.pool.hub.public import worker_front
from overnight.pool.hub.settings import HubSettings
from overnight.pool.messages import Answer, Commit, Refusal, Signed
from overnight.pool.serving.desk import Desk
from overnight.pool.work.client import Hub, HubAddress, HubAway
from overnight.pool.work.copies import read_here
from overnight.pool.work.names import OutsideResolver
from overnight.pool.work.outbox import Outbox
from overnight.pool.work.place import Place
from overnight.program.parser import parse_program

USELESS = FILES["train.py"].decode() + "# faster\n"
VALUES = [(5.0, 4.0 + 0.01 * at) for at in range(12)]

# --- Names ---


class Names(AbstractResolver):
    """Every name leads to these addresses."""

    def __init__(self, *addresses: str) -> None:
        self.addresses = addresses

    async def resolve(self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET) -> list[ResolveResult]:
        """As its owner says today."""
        return [ResolveResult(hostname=host, host=each, port=port, family=family, proto=0, flags=0) for each in self.addresses]

    async def close(self) -> None:
        """Nothing is open."""


WITHIN = ["127.0.0.1", "127.9.9.9", "0.0.0.0", "169.254.169.254", "224.0.0.1", "::1", "::", "fe80::1%eth0", "::ffff:127.0.0.1"]


@pytest.mark.parametrize("address", [*WITHIN, "::ffff:169.254.169.254"])
def test_a_name_leads_to_no_service_of_this_machine(address: str) -> None:
    """Whose name it is may change where it leads after somebody joined: one such address among others is enough."""
    with pytest.raises(OSError, match="leads to this machine"):
        anyio.run(OutsideResolver(Names("203.0.113.1", address)).resolve, "hub.example")


@pytest.mark.parametrize(("host", "address"), [("hub.example", "203.0.113.1"), ("hub.lan", "10.0.0.7"), ("localhost", "::1")])
def test_honest_names_lead_where_they_did(host: str, address: str) -> None:
    """Hubs in a private network are honest ones too, and `localhost` is the user's own word."""
    found = anyio.run(OutsideResolver(Names(address)).resolve, host)
    assert [each["host"] for each in found] == [address]


def test_a_worker_asks_nobody_at_such_a_name(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The hub that listens there is not asked at all."""
    monkeypatch.setattr("aiohttp.resolver.ThreadedResolver.resolve", Names("127.0.0.1").resolve)

    async def ask(port: str) -> None:
        async with Hub(HubAddress.parse(f"http://hub.example:{port}")) as hub:
            await hub.card()

    with serving(TestHub(tmp_path / "hub")) as listening:
        with pytest.raises(HubAway, match="leads to this machine"):
            anyio.run(ask, listening.url.rpartition(":")[2])
        assert listening.asked == []


# --- Parents and commitments ---


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    made = open_desk(tmp_path / "hub")
    with made.record:
        yield made


@pytest.mark.parametrize("parent", ["0" * 64, "a foreign genesis", "a submission"])
def test_a_parent_is_an_entry_of_this_chain(desk: Desk, parent: str) -> None:
    """Neither what nobody knows, nor another hub's entry, nor what was only submitted."""
    if parent == "a foreign genesis":
        parent = entry_digest(genesis_of(secret(9), FRONT, FILES))
    elif parent == "a submission":
        answer = Worker(key=secret(8), parent=genesis_digest(desk)).submits(desk, edit("SCALE = 3.0\n"))
        assert isinstance(answer, Answer)
        found = desk.record.submission(answer.submission)
        assert found is not None
        parent = found.digest
    answer = Worker(key=secret(7), parent=parent).commits(desk, edit("SCALE = 4.0\n"))
    assert isinstance(answer, Refusal) and answer.code == "stale"


def test_who_copies_a_commitment_cannot_reveal_it(desk: Desk) -> None:
    """Neither with the owner's salt and files, once those are seen, nor can its owner be kept from sending it anew."""
    owner, thief = (Worker(key=secret(at), parent=genesis_digest(desk)) for at in (7, 8))
    changes = edit("SCALE = 3.0\n")
    stolen = desk.take(thief.request(owner.commit(changes), desk.nonce(thief.key.public)))
    assert isinstance(stolen, Answer)
    refused = owner.commits(desk, changes)
    assert isinstance(refused, Refusal) and refused.code == "taken"
    answer = thief.reveals(desk, stolen.submission, changes)
    assert isinstance(answer, Refusal) and answer.code == "commitment"
    owner.salt = "33" * 32
    again = owner.submits(desk, changes)
    assert isinstance(again, Answer) and again.state == "queued"


def test_a_worker_whose_commitment_was_copied_sends_it_with_another_salt(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a thief on the way takes is a number without a change behind it."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    seen: list[str] = []
    with serving(TestHub(tmp_path / "hub")) as hub:
        take = hub.take

        def copied(request: Signed) -> Answer | Refusal:
            if isinstance(request.body, Commit):
                seen.append(request.body.commitment)
                if len(seen) == 1:
                    return Refusal(code="taken", why="another key made this commitment")
            return take(request)

        monkeypatch.setattr(hub, "take", copied)
        overnight(tmp_path, "work", "join", hub.url, "w", "--yes", check=0)
        work = tmp_path / "w"
        git(work, "checkout", "-q", "-b", "mine")
        (work / "train.py").write_text(FILES["train.py"].decode().replace("5.0", "4.0"))
        git(work, "commit", "-q", "-am", "Mine")
        overnight(work, "work", "submit", "mine")
        overnight(work, "work", "submit", "mine")
    [sending] = Outbox(place=Place(top=work)).all()
    assert sending.state == "queued" and len({*seen}) == len(seen) == 2


# --- Texts ---


def texts() -> dict[str, str]:
    """Texts of a first entry that two readers could read as two things, or none can."""
    good = canonical(entry_json(genesis_of(secret(1), FRONT, FILES))).decode()
    return {
        "a key twice": good.replace('"project":', '"project":"another","project":', 1),
        "a key twice, the other first": good.replace('"signature":', '"project":"another","signature":', 1),
        "a number of 5,000 digits": good.replace('"number":0', f'"number":{"9" * 5000}', 1),
        "a number beyond those of JSON": good.replace('"number":0', '"number":0,"protocol":9007199254740993', 1),
        "no number": good.replace('"at":1000000000', '"at":NaN', 1),
        "endless": good.replace('"at":1000000000', '"at":1e999', 1),
        "half a letter": good.replace("a small loss", "\\ud800", 1),
        "nested without end": good.replace('"front":{', f'"front":{{"a":{"[" * 100_000},', 1),
        "nested in the front": good.replace('"front":{', f'"front":{{"a":{"[" * 150}{"]" * 150},', 1),
        "a huge number in the front": good.replace('"front":{', f'"front":{{"a":{"9" * 400},', 1),
        "another key": good.replace('"kind":', '"mode":"120000","kind":', 1),
    }


@pytest.mark.parametrize("name", texts())
def test_a_text_is_the_same_entry_to_every_reader_or_none(tmp_path: Path, name: str) -> None:
    """A worker reads what the hub sends, a copy what is in a file: neither takes what the signature is not over."""
    text = texts()[name]
    assert text != canonical(entry_json(genesis_of(secret(1), FRONT, FILES))).decode()
    (tmp_path / "chain.jsonl").write_text(text + "\n")
    assert _head_of_worker(text) == _head_of_copy(tmp_path / "chain.jsonl")


def _head_of_worker(text: str) -> str:
    try:
        entry = read_entry(text)
        assert isinstance(entry, Genesis)
        return Chain.begin(entry).head
    except (ValueError, RecursionError):  # as `fetch_chain` takes them
        return ""


def _head_of_copy(path: Path) -> str:
    try:
        return read_here(path).chain.head
    except BadChain:
        return ""


HOSTILE = "\x1b[2J\u202egood\x07\n# agreed: y"


def test_no_words_of_a_hub_steer_a_terminal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Why it pauses, and what a block claims, stay in their line, before somebody agrees and after."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    with serving(TestHub(tmp_path / "hub")) as hub:
        hub.paused = HOSTILE
        changes = tuple(map(stated, changed(train_dot_py=USELESS)))
        hub.contents |= {content_digest(USELESS.encode()): USELESS.encode()}

        def add() -> None:
            block = signed(replace(hub.block(changes, claims=claimed(VALUES)), hypothesis=HOSTILE), hub.key)
            assert isinstance(block, Block)
            hub.chain.add(block)
            hub.texts.append(canonical(entry_json(block)).decode())

        hub.do(add)
        said = [
            overnight(tmp_path, "work", "join", hub.url, "w", "--yes", check=0),
            overnight(tmp_path / "w", "work", "status", check=0),
            overnight(tmp_path, "hub", "verify-chain", "w", "--rerun", check=2),
        ]
    for done in said:
        assert not {"\x1b", "\u202e", "\x07"} & {*done.stdout, *done.stderr}
        assert "\n# agreed" not in done.stdout
    assert r"\x1b[2J" in said[0].stdout and r"\x1b[2J" in said[2].stdout
    assert "\x1b" not in git(tmp_path / "w", "log", "--format=%B", "chain")


# --- Code that leaves something for the next trial ---

PLACES = [".", "..", "__pycache__", "/tmp", "/var/tmp", "/dev/shm", "~", "~/.cache", "$TMPDIR"]
PLANTED = f"""\
import os, pathlib
places = [pathlib.Path(os.path.expandvars(os.path.expanduser(each))) for each in {PLACES!r}]
def found():
    return any((place / "planted.py").exists() for place in places)
"""
PARENT = PLANTED + "print(f'METRIC loss={1.0 if found() else 5.0}')\n"
PLANTS = (
    PLANTED
    + """\
print(f'METRIC loss={1.0 if found() else 5.0}')
done = 0
for place in places:
    try:
        place.mkdir(exist_ok=True)
        (place / "planted.py").write_text(open(__file__).read())
        done += 1
    except OSError:
        pass
for path in (pathlib.Path(__file__), pathlib.Path("README.md")):
    try:
        path.write_text("print('METRIC loss=1.0')")
    except OSError:
        pass
assert done and found()
"""
)


def test_no_code_carries_itself_into_the_next_trial(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What it writes, wherever it may, is gone when the parent or it runs again: each value is that of a clean folder."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    files = {**FILES, "train.py": PARENT.encode()}
    with serving(TestHub(tmp_path / "hub", files=files)) as hub:
        hub.do(lambda: hub.add(changed(train_dot_py=PLANTS), claims=claimed(VALUES)))
        command = ("hub", "verify-chain", hub.url, "--rerun", "--pairs", "3", "--yes", "--json")
        found = json.loads(overnight(tmp_path, *command, check=1).stdout)["rerun"]
    assert [(each["before"], each["after"]) for each in found["pairs"]] == [(5.0, 5.0)] * 3
    assert found["agreement"] == "does not agree"


# --- A founder ---


@pytest.mark.parametrize("more", [{"pattern": "loss ([0-9.]+)"}, {"curve": "([0-9]+)% ([0-9.]+)"}], ids=["pattern", "curve"])
def test_a_founder_hears_at_once_what_no_worker_runs(more: dict[str, str]) -> None:
    """A regular expression of a stranger would run outside a worker's jail; with a metric of its own a worker can join."""
    front: dict[str, Any] = {
        "metric": {"name": "loss", "direction": "minimize", **more},
        "measure": "python train.py {seed}",
        "editable": ["train.py"],
        "researchers": [{"role": "t", "use": "tuner"}],
    }
    program = parse_program(f"---\n{json.dumps(front)}\n---\n", "program.md")
    with pytest.raises(UserError, match="no regular expression"):
        worker_front(program, HubSettings(project="x"))
    plain: dict[str, Any] = {"name": "loss", "direction": "minimize"}
    assert worker_front(program, HubSettings(project="x", worker={"metric": plain}))["metric"] == plain
