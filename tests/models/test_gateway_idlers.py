"""Idle connections keep nobody out: neither at the port of all runs nor at a jail's."""

import asyncio
import json
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

import pytest
from gateways import BODIES, Open, ask, gateway, post, provider
from scripted_models import ScriptedModels

from overnight.models import body as bodies
from overnight.models import connections, metadata_endpoints
from overnight.models.run import MOST_CALLS, GatewayRun
from overnight.models.usage import Wire
from overnight.testing.waiting import until

CHAT = json.dumps(BODIES[Wire.OPENAI_CHAT]).encode()
MOST = 8


def head(run: GatewayRun, length: int = len(CHAT)) -> bytes:
    """The head of a call."""
    return f"POST /{run.token}/v1/chat/completions HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\n\r\n".encode()


class Idler:
    """A connection that sends something, and then only listens."""

    def __init__(self, reader: asyncio.StreamReader) -> None:
        self.said = b""  # by the gateway
        self.listening = asyncio.ensure_future(self._listen(reader))

    async def _listen(self, reader: asyncio.StreamReader) -> None:
        with suppress(ConnectionError):
            while chunk := await reader.read(1000):
                self.said += chunk


@asynccontextmanager
async def idlers(port: int, number: int, sent: bytes = b"") -> AsyncIterator[list[Idler]]:
    """So many of them."""
    writers = []
    found = []
    try:
        for _ in range(number):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writers.append(writer)
            writer.write(sent)
            found.append(Idler(reader))
        yield found
    finally:
        for writer in writers:
            writer.close()
        await asyncio.gather(*(idler.listening for idler in found))


def closed(found: list[Idler]) -> int:
    """How many of them the gateway has closed."""
    return sum(idler.listening.done() for idler in found)


@asynccontextmanager
async def small_gateway(models: ScriptedModels, monkeypatch: pytest.MonkeyPatch, mode: str = "ok") -> AsyncIterator[Open]:
    """A gateway with room for few connections, so that a test need not open a thousand."""
    monkeypatch.setattr("overnight.models.gateway.MOST_AT_OWN_PORT", MOST)
    monkeypatch.setattr("overnight.models.gateway.MOST_CONNECTIONS", MOST)
    monkeypatch.setattr(connections, "MOST_CONNECTIONS", MOST // 2)
    async with gateway([provider(models, mode)]) as opened:
        yield opened


@pytest.mark.parametrize("at_door", [False, True], ids=["own-port", "jail"])
@pytest.mark.parametrize(
    "sent", [b"", b"POST /x HTTP/1.1\r\nHost: x\r\nX-", b"GET / HTTP/1.1\r\nHost: x\r\n\r\n", b"\x16\x03\x01"]
)
def test_idle_connections_make_room(
    models: ScriptedModels, monkeypatch: pytest.MonkeyPatch, at_door: bool, sent: bytes
) -> None:
    """Silent ones, half a header, a kept connection after a refusal: the oldest are closed, and a run's call passes."""

    async def walk() -> None:
        async with small_gateway(models, monkeypatch) as opened:
            with opened.gateway.use(role="r", number=1) as run:
                port = run.port
                if at_door:
                    listener = socket.create_server(("127.0.0.1", 0))
                    port = listener.getsockname()[1]
                    run.listen(listener)
                async with idlers(port, 4 * MOST, sent) as streams:
                    url = f"http://127.0.0.1:{port}/{run.token}/v1/chat/completions"
                    assert (await post(url, BODIES[Wire.OPENAI_CHAT])).status == 200
                    await until(lambda: closed(streams) >= 3 * MOST)
                    assert closed(streams[: 3 * MOST]) == 3 * MOST, "the oldest"

    asyncio.run(walk())


@pytest.mark.parametrize("whole", [False, True], ids=["half-bodies", "waiting"])
def test_a_run_that_fills_its_slots_harms_itself_alone(
    models: ScriptedModels, monkeypatch: pytest.MonkeyPatch, whole: bool
) -> None:
    """Half bodies hold its slots, and its further calls wait in connections of its own; another run's call passes."""

    async def walk() -> None:
        monkeypatch.setattr("overnight.models.gateway.MOST_AT_OWN_PORT", 64)
        monkeypatch.setattr(connections, "MOST_CONNECTIONS", 2 * MOST_CALLS)
        async with gateway([provider(models, "hang" if whole else "ok"), provider(models, "ok")]) as opened:
            use = opened.gateway.use
            with use(role="a", number=1) as hostile, use(role="b", number=2) as other:
                sent = head(hostile) + (CHAT if whole else CHAT[:5])
                async with idlers(hostile.port, 100, sent) as streams:
                    await until(hostile.slots.locked)
                    await until(lambda: closed(streams) >= 100 - 2 * MOST_CALLS)
                    models.canned("hang", {"choices": []})  # for calls from now on
                    assert (await ask(other.url)).status == 200
                    assert other.usage.calls == 1

    asyncio.run(walk())


def test_a_request_under_way_is_never_closed_for_another(models: ScriptedModels, monkeypatch: pytest.MonkeyPatch) -> None:
    """However many come after it; its answer arrives."""

    async def walk() -> None:
        async with small_gateway(models, monkeypatch, "slow") as opened:
            with opened.gateway.use(role="r", number=1) as run:
                asking = asyncio.ensure_future(ask(run.url))
                await until(lambda: models.seen)
                async with idlers(run.port, 3 * MOST) as streams:
                    await until(lambda: closed(streams) >= 2 * MOST)
                    models.go.set()
                    assert (await asking).status == 200

    asyncio.run(walk())


def test_half_bodies_end(models: ScriptedModels, monkeypatch: pytest.MonkeyPatch) -> None:
    """After their time they are answered with 408, and the run's slots are free again."""

    async def walk() -> None:
        monkeypatch.setattr(bodies, "BODY_S", 0.2)
        async with gateway([provider(models, "ok")]) as opened:
            with opened.gateway.use(role="r", number=1) as run:
                async with idlers(run.port, MOST_CALLS, head(run) + CHAT[:5]) as streams:
                    await until(run.slots.locked)
                    assert (await ask(run.url)).status == 200
                    await until(lambda: all(b"408 Request Timeout" in idler.said for idler in streams))

    asyncio.run(walk())


def test_a_list_of_models_has_its_own_time(models: ScriptedModels, monkeypatch: pytest.MonkeyPatch) -> None:
    """A provider that never answers it is not waited for as long as for a call."""

    async def walk() -> None:
        monkeypatch.setattr(metadata_endpoints, "LONGEST_S", 0.1)
        async with gateway([provider(models, "silent", silence_s=600.0)]) as opened:
            with opened.gateway.use(role="r", number=1) as run:
                assert (await post(run.url + "/v1/models", b"", method="GET")).document["data"] == []

    asyncio.run(walk())


def test_a_list_of_models_takes_a_slot(models: ScriptedModels) -> None:
    """A run cannot flood a provider with questions that cost nothing."""

    async def walk() -> None:
        async with gateway([provider(models, "silent", silence_s=600.0)]) as opened:
            with opened.gateway.use(role="r", number=1) as run:
                asking = [asyncio.ensure_future(post(run.url + "/v1/models", b"", method="GET")) for _ in range(MOST_CALLS)]
                await until(lambda: len(models.seen) == MOST_CALLS)
                assert run.slots.locked()
            await asyncio.gather(*asking, return_exceptions=True)

    asyncio.run(walk())
