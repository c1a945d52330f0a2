"""The hub over HTTP: what a worker is answered, and what is no request."""

import asyncio
import io
import json
from collections.abc import Awaitable, Callable
from pathlib import Path

import aiohttp
import pytest
from pool_desks import FILES, HUB, Worker, edit, open_desk, secret

from overnight.pool.chain import Genesis, entry_digest, read_entry
from overnight.pool.changes import content_digest
from overnight.pool.messages import PREFIX, Answer, Card, NonceAnswer, Refusal, dump, is_genuine_card, read
from overnight.pool.serving.application import ANSWER_BYTES, application
from overnight.sockets.connections import Bounds
from overnight.sockets.server import listening, serving

GZIP = b"\x1f\x8b"
Talk = Callable[[aiohttp.ClientSession], Awaitable[None]]


def talk(folder: Path, visit: Talk) -> None:
    """Serve a hub while a visitor talks to it."""

    async def both() -> None:
        sockets = listening(0)
        address = f"http://127.0.0.1:{sockets[0].getsockname()[1]}"
        async with (
            serving(application(lambda: open_desk(folder)), sockets, bounds=Bounds()),
            aiohttp.ClientSession(address, auto_decompress=False) as session,
        ):
            await visit(session)

    asyncio.run(both())


async def body_of(session: aiohttp.ClientSession, path: str) -> bytes:
    """Of a page that is there."""
    async with session.get(PREFIX + path) as answer:
        assert answer.status == 200
        return await answer.read()


async def post(session: aiohttp.ClientSession, path: str, message: object) -> bytes:
    """The answer to a message that is one."""
    async with session.post(PREFIX + path, json=message) as answer:
        assert answer.status == 200
        return await answer.read()


def test_a_worker_goes_from_card_to_queue(tmp_path: Path) -> None:
    """Card, chain, files, nonce, commitment, reveal, status; what is said of a submission has always one length."""

    async def visit(session: aiohttp.ClientSession) -> None:
        card = read(Card, await body_of(session, "/hub"))
        assert is_genuine_card(card)
        assert card.hub == HUB.public
        [text] = json.loads(await body_of(session, "/entries?after=-1"))
        genesis = read_entry(text)
        assert isinstance(genesis, Genesis)
        assert entry_digest(genesis) == card.head
        assert [await body_of(session, f"/files/{each.digest}") for each in genesis.files] == [
            content for _, content in sorted(FILES.items())
        ]
        worker, changes = Worker(key=secret(7), parent=card.head), edit("SCALE = 3.0\n")
        nonce = read(NonceAnswer, await post(session, "/nonces", {"key": worker.key.public})).nonce
        first = await post(session, "/requests", dump(worker.request(worker.commit(changes), nonce)))
        committed = read(Answer, first)
        reveal = worker.request(worker.reveal(committed.submission, changes), committed.nonce)
        second = await post(session, "/requests", dump(reveal))
        again = await post(session, "/requests", dump(reveal))
        status = await body_of(session, f"/submissions/{worker.commit(changes).commitment}")
        assert read(Answer, second).state == read(Answer, status).state == "queued"
        assert read(Refusal, again).code == "nonce"
        assert {len(each) for each in (first, second, again, status)} == {ANSWER_BYTES}
        async with session.get(f"{PREFIX}/files/{content_digest(b'SCALE = 3.0' + bytes([10]))}") as answer:
            assert answer.status == 404  # submitted, not accepted

    talk(tmp_path / "hub", visit)


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", "/requests", b"{", 400),
        ("POST", "/requests", b"[" * 60_000, 400),
        ("POST", "/requests", GZIP, 415),
        ("POST", "/requests", b"x" * 9_000_000, 413),
        ("POST", "/nonces", b'{"key": 1}', 400),
        ("POST", "/nonces", b"[" * 900, 400),
        ("POST", "/nonces", b" " * 1001, 413),
        ("GET", "/entries?after=x", b"", 400),
        ("GET", "/entries?after=" + "9" * 30, b"", 400),
        ("GET", "/submissions/2", b"", 404),
        ("GET", "/submissions/" + "9" * 64, b"", 404),
        ("GET", "/files/../hub.key", b"", 404),
        ("HEAD", "/hub", b"", 405),
        ("OPTIONS", "/requests", b"", 405),
    ],
)
def test_what_is_no_request_is_refused(tmp_path: Path, method: str, path: str, body: bytes, status: int) -> None:
    """In a few words, and the hub goes on."""

    async def visit(session: aiohttp.ClientSession) -> None:
        headers = {"Content-Encoding": "gzip"} if body.startswith(GZIP) else {}
        data = io.BytesIO(body) if body else None
        async with session.request(method, PREFIX + path, headers=headers, data=data) as answer:
            assert answer.status == status
            assert len(await answer.read()) < 200
        assert read(Card, await body_of(session, "/hub")).length == 0

    talk(tmp_path / "hub", visit)
