"""The pages of a hub for everybody: made from the public chain alone, without a script, while submissions come in."""

import asyncio
import re
import threading
from collections.abc import Awaitable, Callable
from html.parser import HTMLParser
from pathlib import Path

import aiohttp
import hostile
import pytest
from pool_desks import HUB, NOON, Worker, edit, open_desk, secret
from pool_founders import block, submitted

from overnight.git.port import FileChange
from overnight.pool.canonical import canonical
from overnight.pool.chain import Block, Withdrawal, entry_json, signed
from overnight.pool.changes import apply, stated, tree_digest
from overnight.pool.events import EntryAdded, HubPaused
from overnight.pool.messages import PREFIX, Answer, NonceAnswer, dump, read
from overnight.pool.record.record import HubRecord
from overnight.pool.serving.application import application
from overnight.pool.serving.desk import Desk
from overnight.pool.serving.public_pages import MOST_WAITING, POLICY, PublicPages
from overnight.pool.serving.public_rendering import Shown, render_page
from overnight.sockets.connections import Bounds
from overnight.sockets.server import listening, serving

Talk = Callable[[aiohttp.ClientSession], Awaitable[None]]


def talk(folder: Path, visit: Talk, *, url: str = "") -> None:
    """Serve a hub with its pages while a visitor looks."""

    async def both() -> None:
        sockets = listening(0)
        address = f"http://127.0.0.1:{sockets[0].getsockname()[1]}"
        made = application(lambda: open_desk(folder))
        PublicPages(lambda: HubRecord(folder, read_only=True), url=url).add_to(made)
        async with serving(made, sockets, bounds=Bounds()), aiohttp.ClientSession(address) as session:
            await visit(session)

    asyncio.run(both())


async def page(session: aiohttp.ClientSession, path: str, status: int = 200) -> str:
    """Its text."""
    async with session.get(path) as answer:
        assert answer.status == status, path
        assert answer.headers["Content-Security-Policy"] == POLICY
        return await answer.text()


def changed_block(desk: Desk, number: int, changes: list[FileChange], *, hypothesis: str = "it helps") -> int:
    """A block with a change of public files."""
    chain = desk.record.chain()
    files = tuple(map(stated, changes))
    entry = Block(
        number=chain.number + 1,
        previous=chain.head,
        at=NOON,
        submission=1_000_000 + chain.number,
        submitter=secret(number).public,
        hypothesis=hypothesis,
        changes=files,
        tree=tree_digest(apply(chain.tree, files)),
        full="0" * 64,
        receipt="{}",
        holdout="0" * 64,
        gain=0.5,
        seconds=30.0,
    )
    text = canonical(entry_json(signed(entry, HUB))).decode()
    contents = [each.content for each in changes if each.content is not None]
    desk.record.append(
        EntryAdded(commit="0" * 40, number=entry.number, entry=text, submission=entry.submission), contents=contents
    )
    desk.chain.follow()
    return entry.number


def withdrawn_block(desk: Desk, number: int, why: str) -> None:
    """A withdrawal whose block stays in the tree."""
    chain = desk.record.chain()
    entry = Withdrawal(
        number=chain.number + 1,
        previous=chain.head,
        at=NOON,
        block=number,
        why=why,
        changes=(),
        tree=tree_digest(chain.tree),
        full="0" * 64,
    )
    text = canonical(entry_json(signed(entry, HUB))).decode()
    desk.record.append(EntryAdded(commit="0" * 40, number=entry.number, entry=text))
    desk.chain.follow()


def test_a_stranger_sees_the_project_and_how_to_join(tmp_path: Path) -> None:
    """Metric, progress, blocks with diff and receipt, the board, the queue in numbers, the commands with address and key."""
    desk = open_desk(tmp_path / "hub")
    with desk.record:
        changed_block(desk, 7, edit("SCALE = 3.0\n"), hypothesis="a larger scale")
        block(desk, 8, gain=1.5)
        submitted(desk, 9, hypothesis="not to be seen yet")

    async def visit(session: aiohttp.ClientSession) -> None:
        front = await page(session, "/")
        assert "loss, to minimize" in front
        assert "1 submission waiting: 0 of keys that have a block, 1 of new ones." in front
        assert "not to be seen yet" not in front
        host = f"{session._base_url}".rstrip("/")
        assert f"overnight work join &#39;{host}#{HUB.public}&#39; pool" in front
        assert re.search(r'<path d="M[0-9 .HV]+"/>', front)
        assert 'href="/blocks/2"' in front and "a larger scale" in front
        first = await page(session, "/blocks/1")
        assert '<span class="removed">-SCALE = 1.0</span>' in first and '<span class="added">+SCALE = 3.0</span>' in first
        assert "Does not hold: receipt" in first and "whether the values were ever measured" in first
        board = await page(session, "/board")
        assert board.index(secret(8).public[:12]) < board.index(secret(7).public[:12]) and "75 %" in board and "25 %" in board
        assert "editable: [train.py, run.sh, new/]" in await page(session, "/program")
        assert "Block 2" in await page(session, "/chain") and "Block 2" not in await page(session, "/chain?before=2")
        for path in ("/blocks/3", "/blocks/0", "/blocks/x", "/blocks/" + "9" * 30, "/hub.yaml", "/static/live.js", "/static/"):
            await page(session, path, 404)
        await page(session, "/chain?before=x", 400)
        assert "No entry here" in await page(session, "/chain?before=1")
        assert "1 to 2 of 2" in await page(session, "/chain?before=999999999")

    talk(tmp_path / "hub", visit)


def test_pages_follow_the_chain(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A new block, a withdrawal and a pause are shown, and the gain of what was withdrawn no longer counts."""
    monkeypatch.setattr("overnight.pool.serving.public_pages.FRESH_S", 0.0)
    desk = open_desk(tmp_path / "hub")
    with desk.record:
        block(desk, 7, gain=1.0)

        async def visit(session: aiohttp.ClientSession) -> None:
            assert "0 to 1<" in (await page(session, "/")).replace(". Below", "<")
            block(desk, 8, gain=2.0)
            assert "0 to 3." in await page(session, "/")
            withdrawn_block(desk, 1, "it broke <b>")
            desk.record.append(HubPaused(why="look"))
            front = await page(session, "/")
            assert "0 to 2." in front and "Paused: look" in front
            assert "Withdrawn: it broke &lt;b&gt;" in await page(session, "/blocks/1")

        talk(tmp_path / "hub", visit)


def test_an_address_is_shown_only_if_it_can_be_one(tmp_path: Path) -> None:
    """What a visitor says of the host is repeated to nobody else, and no markup comes in by it; a set address counts."""
    open_desk(tmp_path / "hub").record.store.close()

    async def visit(session: aiohttp.ClientSession) -> None:
        for host, shown in (("evil.example:1", "http://evil.example:1"), ("a'b$(x)", "URL"), ("x" * 300, "URL")):
            async with session.get("/", headers={"Host": host}) as answer:
                text = await answer.text()
                assert f"&#39;{shown}#{HUB.public}&#39;" in text and "$(x)" not in text
        assert "evil.example" not in await page(session, "/")

    async def sees_the_founder_s(session: aiohttp.ClientSession) -> None:
        assert f"&#39;https://hub.example#{HUB.public}&#39;" in await page(session, "/")

    talk(tmp_path / "hub", visit)
    talk(tmp_path / "hub", sees_the_founder_s, url="https://hub.example")


class Structure(HTMLParser):
    """The tags and attributes of a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: set[str] = set()
        self.attributes: set[str] = set()
        self.links: set[str] = set()
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Remember it."""
        self.tags.add(tag)
        self.attributes |= {name for name, _ in attrs}
        self.links |= {value or "" for name, value in attrs if name in {"href", "src"}}


EVIL_FILES = {
    "new/javascript:alert(1)": b"{{ genesis.hub }} {% raw %}",
    "new/<script>alert(1)<.py": b"<script>alert(1)</script>\n",
    "new/shown.py": "\x1b[2J\u202e\u200b<img src=x onerror=alert(1)>\n".encode(),
    "new/binary": bytes(range(256)),
    "new/long": b"x" * 150_000,
    "new/large": b"y\n" * 150_000,
    "new/many": b"".join(b"%d\n" % number for number in range(20_000)),
}


def test_words_and_files_of_strangers_are_text(tmp_path: Path) -> None:
    """Hostile hypotheses, names and contents: no tag, attribute or link but ours, nothing invisible, a page of bounded size."""
    desk = open_desk(tmp_path / "hub")
    with desk.record:
        changes = [FileChange(path=path, content=content) for path, content in EVIL_FILES.items()]
        changed_block(desk, 7, changes, hypothesis=hostile.EVERYTHING[:500])
        withdrawn_block(desk, 1, hostile.EVERYTHING[:500])
        desk.record.append(HubPaused(why=hostile.EVERYTHING[:200]))

    async def visit(session: aiohttp.ClientSession) -> None:
        for path in ("/", "/chain", "/board", "/program", "/blocks/1", "/blocks/2"):
            text = await page(session, path)
            found = Structure(text)
            assert not found.tags & {"script", "img", "iframe", "style", "form", "object", "base"}, path
            assert not {each for each in found.attributes if each.startswith("on")} and "style" not in found.attributes, path
            assert all(re.fullmatch(r"/[a-z0-9/.#?=]*|#main", link) for link in found.links), (path, found.links)
            assert not re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u200b-\u200f\u202a-\u202e\u2066-\u2069]", text), path
            assert len(text) < 1_000_000, path
            assert HUB.public in text
        shown = await page(session, "/blocks/1")
        assert "no text: 0 bytes before, 256 after" in shown and "too large to be shown: 0 bytes before, 300,000 after" in shown
        assert "{{ genesis.hub }}" in shown

    talk(tmp_path / "hub", visit)


def test_nothing_that_is_not_public_is_on_a_page(tmp_path: Path) -> None:
    """Neither what was only submitted, nor reasons of verdicts, nor the hub's secrets are on a page that can be reached."""
    desk = open_desk(tmp_path / "hub")
    with desk.record:
        block(desk, 7)
        submitted(desk, 8, "SCALE = 7654321.0\n", hypothesis="canary of a hypothesis")
        opened = desk.record.opened()

    async def visit(session: aiohttp.ClientSession) -> None:
        seen, waiting = dict[str, str](), ["/"]
        while waiting:
            path = waiting.pop().partition("#")[0]
            if path not in seen and not path.startswith("/static"):
                seen[path] = await page(session, path)
                waiting += [each for each in Structure(seen[path]).links if each.startswith("/")]
        assert len(seen) >= 5
        for word in ("7654321", "canary of a hypothesis", opened.salt, opened.secret, secret(8).public):
            assert not any(word in text for text in seen.values()), word

    talk(tmp_path / "hub", visit)


async def commits(session: aiohttp.ClientSession, number: int, parent: str) -> None:
    """A worker's commitment, which is taken."""
    worker = Worker(key=secret(100 + number), parent=parent)
    async with session.post(f"{PREFIX}/nonces", json={"key": worker.key.public}) as answer:
        nonce = read(NonceAnswer, await answer.read()).nonce
    request = worker.request(worker.commit(edit(f"SCALE = 1.{number}\n")), nonce)
    async with session.post(f"{PREFIX}/requests", json=dump(request)) as answer:
        assert read(Answer, await answer.read()).state == "committed"


def test_no_submission_waits_for_a_page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While a page takes as long as it likes, submissions are taken; more pages than can wait are refused, and then go on."""
    desk, goes_on = open_desk(tmp_path / "hub"), threading.Event()
    with desk.record:
        block(desk, 7)
        parent = desk.chain.head

    def slow(name: str, seen: Shown, number: int) -> str | None:
        goes_on.wait()
        return render_page(name, seen, number)

    monkeypatch.setattr("overnight.pool.serving.public_pages.render_page", slow)

    async def look(session: aiohttp.ClientSession, number: int) -> int:
        async with session.get(f"/chain?before={number}") as answer:
            return answer.status

    async def visit(session: aiohttp.ClientSession) -> None:
        waiting = [asyncio.create_task(look(session, number)) for number in range(MOST_WAITING + 10)]
        for number in range(40):
            await commits(session, number, parent)
        refused = [each for each in waiting if each.done()]
        assert [await each for each in refused] == [503] * 10
        goes_on.set()
        assert sorted(await asyncio.gather(*waiting)) == [200] * MOST_WAITING + [503] * 10

    talk(tmp_path / "hub", visit)


def test_pages_of_many_addresses_are_kept_within_bounds(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A page is made once while the chain stays as it is; the oldest go when there are too many."""
    made: list[int] = []
    desk = open_desk(tmp_path / "hub")
    with desk.record:
        block(desk, 7)

    def counted(name: str, seen: Shown, number: int) -> str | None:
        made.append(number)
        return render_page(name, seen, number)

    monkeypatch.setattr("overnight.pool.serving.public_pages.render_page", counted)
    monkeypatch.setattr("overnight.pool.serving.public_pages.FRESH_S", 1e9)
    monkeypatch.setattr("overnight.pool.serving.public_pages.MOST_KEPT", 10_000)

    async def visit(session: aiohttp.ClientSession) -> None:
        for _ in range(3):
            await page(session, "/chain?before=1")
        assert made == [1]
        for number in range(2, 40):
            await page(session, f"/chain?before={number}")
        await page(session, "/chain?before=1")
        assert made == [*range(1, 40), 1]

    talk(tmp_path / "hub", visit)
