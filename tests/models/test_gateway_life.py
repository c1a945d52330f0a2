"""From opening to closing: nothing is left behind, and calls in progress are settled."""

import asyncio
import gc
import os
import socket

import aiohttp
import anyio
import pytest
from gateways import BODIES, gateway, post, provider
from scripted_models import ScriptedModels

from overnight.models.provider import Provider
from overnight.models.usage import Wire
from overnight.testing.waiting import until


def descriptors() -> int:
    """Open files and sockets of this process."""
    return len(os.listdir("/proc/self/fd"))  # noqa: PTH208  # a path per entry is not wanted


def test_nothing_is_left_after_the_end(models: ScriptedModels) -> None:
    """No task, no socket and no port is left, even with requests in progress and idle connections."""

    async def walk() -> None:
        before, tasks = descriptors(), len(asyncio.all_tasks())
        async with aiohttp.ClientSession() as session:
            async with gateway([provider(models, "hang")]) as opened:
                with opened.gateway.use(role="r", number=1) as run:
                    async with session.get(run.url) as idle:
                        assert idle.status == 200
                    door = socket.create_server(("127.0.0.1", 0))
                    url = f"http://127.0.0.1:{door.getsockname()[1]}/{run.token}/v1/chat/completions"
                    run.listen(door)
                    asking = asyncio.ensure_future(session.post(url, json=BODIES[Wire.OPENAI_CHAT]))
                    await until(lambda: models.seen)
                assert run.usage.estimated == 1  # settled when the run ends, not later
            with pytest.raises(aiohttp.ClientError):
                await asking
        models.closing.set()  # the provider's ends of the connections are in this process too
        await until(lambda: len(asyncio.all_tasks()) == tasks)
        await until(lambda: descriptors() <= before)
        with pytest.raises(ConnectionRefusedError):
            await asyncio.open_connection("127.0.0.1", run.port)

    asyncio.run(walk())
    gc.collect()


def test_ten_thousand_runs_leave_nothing() -> None:
    """Runs and the sockets of their jails do not accumulate (a few hundred represent many)."""

    async def walk() -> None:
        async with gateway([]) as opened:
            counts = []
            for number in range(300):
                with opened.gateway.use(role="r", number=number) as run:
                    run.listen(socket.create_server(("127.0.0.1", 0)))
                    await asyncio.sleep(0)
                await asyncio.sleep(0)
                counts.append((descriptors(), len(asyncio.all_tasks())))
            await until(lambda: descriptors() <= counts[0][0])
            assert counts[-1][1] <= counts[1][1] + 1

    asyncio.run(walk())


def test_a_jails_socket_ends_with_its_run(models: ScriptedModels) -> None:
    """When the run is over, its socket accepts no more connections, and open ones are cut."""

    async def walk() -> None:
        async with gateway([provider(models, "ok")]) as opened:
            with opened.gateway.use(role="r", number=1) as run:
                listener = socket.create_server(("127.0.0.1", 0))
                port = listener.getsockname()[1]
                run.listen(listener)
                reader, writer = await asyncio.open_connection("127.0.0.1", port)
                assert (await post(f"http://127.0.0.1:{port}/{run.token}/v1/models", b"", method="GET")).status == 200
            async with asyncio.timeout(10):
                assert await reader.read(1) == b""
            writer.close()
            await until(lambda: listener.fileno() == -1)
            with pytest.raises(ConnectionRefusedError):
                await asyncio.open_connection("127.0.0.1", port)

    asyncio.run(walk())


def test_a_gateway_that_ends_at_once_leaves_no_socket() -> None:
    """Nor does a run: each socket is closed even if its server had no time to start."""

    async def walk() -> None:
        before, door = descriptors(), socket.create_server(("127.0.0.1", 0))
        async with gateway([]) as opened:
            with opened.gateway.use(role="r", number=1) as run:
                run.listen(door)
        await until(lambda: door.fileno() == -1 and descriptors() <= before)

    asyncio.run(walk())


def test_a_cancelled_campaign_closes_its_gateway(models: ScriptedModels) -> None:
    """Cancellation through a scope still settles calls in progress and closes every socket."""

    async def walk() -> None:
        before = descriptors()
        with anyio.CancelScope() as scope:
            async with gateway([provider(models, "hang")]) as opened:
                with opened.gateway.use(role="r", number=1) as run:
                    async with anyio.create_task_group() as group:
                        group.start_soon(run.call, Wire.OPENAI_CHAT, dict(BODIES[Wire.OPENAI_CHAT]))
                        await until(lambda: models.seen)
                        scope.cancel()
        assert run.usage.estimated == 1
        models.closing.set()
        await until(lambda: descriptors() <= before)

    anyio.run(walk)


def test_streams_are_not_held_back() -> None:
    """Each piece of a stream reaches the agent before the provider writes the next one."""
    first, second = b'data: {"choices": [{"delta": {"content": "a"}}]}\n\n', b"data: [DONE]\n\n"

    async def walk() -> None:
        go = asyncio.Event()

        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n" + first)
            await go.wait()
            writer.write(second)
            writer.close()

        upstream = await asyncio.start_server(answer, "127.0.0.1", 0)
        one = provider_at(upstream.sockets[0].getsockname()[1])
        async with upstream, gateway([one]) as opened:
            with opened.gateway.use(role="r", number=1) as run:
                async with aiohttp.ClientSession() as session:
                    body = {**BODIES[Wire.OPENAI_CHAT], "stream": True}
                    async with session.post(f"{run.url}/v1/chat/completions", json=body) as response:
                        assert await response.content.readany() == first
                        assert run.idle_s == 0.0
                        go.set()
                        assert await response.content.read() == second

    asyncio.run(walk())


def provider_at(port: int) -> Provider:
    """A provider at a port."""
    return Provider(name="own", base_url=f"http://127.0.0.1:{port}", wires=tuple(Wire))
