"""What an agent over ACP may send: how much at a time, how much in all, and what it may become in our memory."""

import asyncio
import json
import tracemalloc
from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from socket import socketpair

import pytest
from hypothesis import given
from hypothesis import strategies as st

from overnight.agents.acp.client import Client
from overnight.agents.acp.incoming import LIMITS, Incoming, IncomingLimits
from overnight.agents.acp.opening import open_session
from overnight.agents.acp.peer import Params, Peer
from overnight.agents.port import TurnFailed
from overnight.agents.transcript import Transcript

ROOM = LIMITS.line_bytes - 1000  # bytes for the repeated part of a line
MEMORY_PER_BYTE = 12  # of our memory for a byte of a line: the buffer, the line, and what 50,000 values take


def sent(data: bytes, limits: IncomingLimits = LIMITS) -> Incoming:
    """An agent's side that is closed after this data."""
    reader = asyncio.StreamReader(limit=limits.line_bytes)
    reader.feed_data(data)
    reader.feed_eof()
    return Incoming(reader, limits)


def first_line(data: bytes, limits: IncomingLimits = LIMITS) -> bytes:
    """The first line that is not left out."""

    async def read() -> bytes:
        return await sent(data, limits).next_line()

    return asyncio.run(read())


@asynccontextmanager
async def connected(
    incoming: Incoming, seen: Callable[[str, Params], None] = lambda _method, _params: None
) -> AsyncIterator[tuple[Peer, Client]]:
    """A peer with a client, whose messages to the agent nobody reads."""
    ours, theirs = socketpair()
    _, writer = await asyncio.open_connection(sock=ours)
    client = Client(Transcript())

    def on_notification(method: str, params: Params) -> None:
        seen(method, params)
        client.on_notification(method, params)

    with theirs:
        yield Peer(incoming, writer, on_notification=on_notification, on_request=client.on_request), client
        writer.close()


def update(kind: str, **more: object) -> bytes:
    """A `session/update` as a line."""
    told = {"method": "session/update", "params": {"update": {"sessionUpdate": kind, **more}}}
    return json.dumps(told).encode() + b"\n"


@pytest.mark.parametrize(
    "line",
    [b'{"method":"x"}\n', b"\n", b"noise\n", update("agent_message_chunk", content={"text": "x" * 5000})],
    ids=["messages", "nothing", "noise", "long"],
)
def test_a_flood_leaves_the_loop_its_turns(line: bytes) -> None:
    """However much has arrived, other tasks have a turn after some lines or bytes of it."""
    turn, lines = 0, Counter[int]()

    class Counting(Incoming):
        async def next_line(self) -> bytes:
            found = await super().next_line()
            lines[turn] += 1
            return found

    async def count_turns() -> None:
        nonlocal turn
        while True:
            turn += 1
            await asyncio.sleep(0)

    async def flood() -> None:
        async with connected(Counting(sent(line * 2_000)._reader)) as (peer, _):
            counting = asyncio.create_task(count_turns())
            await asyncio.sleep(0)
            await peer.listen()
            counting.cancel()

    asyncio.run(flood())
    assert lines.total() == 2_001, "all of them, and the end"
    most = min(LIMITS.lines_at_once, LIMITS.bytes_at_once // len(line) + 1)
    assert max(lines.values()) <= most + 1, "the end is no line"


FEW = IncomingLimits(line_bytes=1000, lines=5, total_bytes=2_000)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"x" * 1001, "the agent sent a line of over 1,000 bytes"),
        (b"\n" * 6, "the agent sent over 5 messages"),
        (b"x" * 700 + b"\n" + b"x" * 700 + b"\n" + b"x" * 700 + b"\n", "the agent sent over 2,000 bytes"),
    ],
)
def test_too_much_ends_the_session_with_the_reason(data: bytes, reason: str) -> None:
    """The request under way and every later one fail with it."""

    async def talk() -> None:
        async with connected(sent(data, FEW)) as (peer, _):
            asked = asyncio.create_task(peer.request("session/prompt", {}))
            await asyncio.sleep(0)
            await peer.listen()
            for request in (asked, peer.request("session/prompt", {})):
                with pytest.raises(TurnFailed, match=reason):
                    await request
            assert peer.ended == reason

    asyncio.run(talk())


def _filled(before: str, unit: str, after: str) -> bytes:
    return f"{before}{unit * (ROOM // len(unit))}{unit.rstrip(',')}{after}\n".encode()


def _bombs() -> Iterator[tuple[str, bytes]]:
    for name, unit in {"objects": "{},", "arrays": "[],", "numbers": "0,", "pairs": '{"":0},', "strings": '"ab",'}.items():
        yield f"answer-{name}", _filled('{"id":0,"result":{"sessionId":"s","x":[', unit, "]}}")
        for field in ("authMethods", "models", "configOptions"):
            yield f"{field}-{name}", _filled(f'{{"id":0,"result":{{"protocolVersion":1,"{field}":[', unit, "]}}")
        before = '{"method":"session/update","params":{"update":{"sessionUpdate":"plan","entries":['
        yield f"plan-{name}", _filled(before, unit, "]}}}")
        before = '{"id":"q","method":"session/request_permission","params":{"options":['
        yield f"options-{name}", _filled(before, unit, "]}}")
    yield "keys", _filled('{"method":"x","params":{', '"":0,', "}}")
    yield "deep", b"[" * ROOM + b"\n"
    yield "digits", b'{"id":0,"result":' + b"1" * ROOM + b"}\n"
    yield "quotes", b'"' * ROOM + b"\n"
    yield "escaped", b'"' + b'\\"' * (ROOM // 2) + b"\n"
    yield "backslashes", b'"' + b"\\" * ROOM + b"\n"


BOMBS = dict(_bombs())


@pytest.mark.parametrize("name", BOMBS)
def test_a_line_takes_little_more_memory_than_its_bytes(name: str) -> None:
    """Neither what it is read into nor the errors that it causes grow with the number of values in it."""
    data = BOMBS[name]

    async def talk() -> None:
        async with connected(sent(data)) as (peer, _):
            asked = asyncio.create_task(open_session(peer, "/trial", "m", None))
            await asyncio.sleep(0)
            await peer.listen()
            with pytest.raises(TurnFailed):
                await asked

    tracemalloc.start()
    try:
        asyncio.run(talk())
        _, peak_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert peak_bytes <= MEMORY_PER_BYTE * len(data)


@given(
    st.recursive(
        st.none() | st.integers() | st.text(max_size=5),
        lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
        max_leaves=20,
    )
)
def test_no_message_within_the_limits_is_left_out(document: object) -> None:
    """As long as it has fewer values than a third of the limit, whatever its strings contain."""
    line = json.dumps(document).encode() + b"\n"
    values = IncomingLimits(values=max(1, 3 * _values(document)))
    assert first_line(line, values) == line


def _values(document: object) -> int:
    if isinstance(document, list):
        return 1 + sum(map(_values, document))
    if isinstance(document, dict):
        return 1 + sum(1 + _values(value) for value in document.values())
    return 1


def test_a_file_full_of_commas_is_one_value() -> None:
    """What stands in a string is not counted, so that an update with a whole file in it is read."""
    line = update("agent_message_chunk", content={"text": '[1,2,"3",\\"{' * 100_000})
    assert first_line(line) == line


@pytest.mark.parametrize("answer", [b'{"id":0,"error":{"message":"no"}}\n', b'{"id":0,"result":1}\n', b""])
def test_an_answer_that_nobody_waits_for_any_more_is_silent(answer: bytes) -> None:
    """An agent that answers a request that it never read, or ends then, causes no message of an unhandled error."""
    unhandled: list[object] = []

    async def talk() -> None:
        asyncio.get_running_loop().set_exception_handler(lambda _loop, context: unhandled.append(context))
        async with connected(sent(answer)) as (peer, _):
            asked = asyncio.create_task(peer.request("session/prompt", {"text": "x" * 10_000_000}))
            await asyncio.sleep(0)  # it waits for the agent to read
            await peer.listen()
            asked.cancel()
            await asyncio.wait([asked])

    asyncio.run(talk())
    assert unhandled == []
