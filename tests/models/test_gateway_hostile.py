"""Hostile clients: an agent in a jail may send anything, but gets only model calls of its own run."""

import asyncio
import gzip
import json
import socket

import pytest
from gateways import BODIES, ask, gateway, post, provider
from scripted_models import ScriptedModels

from overnight.models import body as bodies
from overnight.models import connections, server
from overnight.models.run import GatewayRun
from overnight.models.usage import Wire
from overnight.testing.waiting import until

CHAT = json.dumps(BODIES[Wire.OPENAI_CHAT]).encode()


async def raw(port: int, text: bytes) -> bytes:
    """What the gateway answers to these bytes before it closes the connection."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(text)
        async with asyncio.timeout(10):
            return await reader.read()
    except ConnectionError:
        return b""
    finally:
        writer.close()


def head(target: str, *, method: str = "POST", length: int = len(CHAT), more: str = "") -> bytes:
    """The head of a request."""
    return f"{method} {target} HTTP/1.1\r\nHost: x\r\nContent-Length: {length}\r\nConnection: close\r\n{more}\r\n".encode()


def test_an_unknown_token_gets_nowhere(models: ScriptedModels) -> None:
    """Without a run's token the answer is a plain 401, and a token expires with its run."""

    async def walk() -> None:
        async with gateway([provider(models, "ok")]) as opened:
            with opened.gateway.use(role="r", number=1) as run:
                base = f"http://127.0.0.1:{run.port}"
                for path in ("/", "/v1/chat/completions", f"/{run.token[:-1]}/v1/chat/completions", f"/{run.token}x/v1/models"):
                    assert (await post(base + path, BODIES[Wire.OPENAI_CHAT])).status == 401
            got = await post(run.url + "/v1/chat/completions", BODIES[Wire.OPENAI_CHAT])
            assert (got.status, "overnight" in got.text) == (401, False)
        assert not models.seen

    asyncio.run(walk())


@pytest.mark.parametrize(
    "path",
    [
        "/v1/../../admin",
        "/v1/%2e%2e/files",
        "/v1/chat/completions/../../files",
        "/v1/files",
        "/v1/chat/completions/x",
        "//v1/chat/completions",
        "/v1beta/models/m1:deleteModel",
        "/v1beta/models/../files:generateContent",
        "/v1beta/models/m1%2f..%2f..:generateContent",
        "/v1/responses/resp_1/cancel",
        "@evil.example/v1/chat/completions",
        "/v1/chat/completions#x",
        "/" + "a" * 2000,
    ],
)
def test_only_known_paths_lead_anywhere(models: ScriptedModels, path: str) -> None:
    """No other path of the provider, and no other host, can be reached through ours."""

    async def walk() -> None:
        async with gateway([provider(models, "ok")]) as opened:
            with opened.gateway.use(role="r", number=1) as run:
                answer = await raw(run.port, head(f"/{run.token}{path}") + CHAT)
        assert answer.split(b" ")[1] in {b"404", b"400", b"401"}
        assert not models.seen

    asyncio.run(walk())


@pytest.mark.parametrize(
    "line",
    [
        "GET http://evil.example/{token}/v1/models HTTP/1.1",
        "CONNECT evil.example:443 HTTP/1.1",
        "DELETE /{token}/v1/models HTTP/1.1",
        "OPTIONS * HTTP/1.1",
        "PUT /{token}/v1/chat/completions HTTP/1.1",
        "\x16\x03\x01\x02\x00\x01\x00",
        "POST /{token}/v1/chat/completions HTTP/9.9",
    ],
)
def test_other_methods_and_forms_do_nothing(models: ScriptedModels, line: str) -> None:
    """Proxy requests, other methods and noise are refused."""

    async def walk() -> None:
        async with gateway([provider(models, "ok")]) as opened:
            with opened.gateway.use(role="r", number=1) as run:
                text = line.format(token=run.token) + "\r\nHost: evil.example\r\nConnection: close\r\n\r\n"
                assert b" 200 " not in (await raw(run.port, text.encode("latin-1")))[:20]
                assert (await ask(run.url)).status == 200  # and the gateway still works
        assert [seen.path for seen in models.seen] == ["/v1/chat/completions"]

    asyncio.run(walk())


def test_headers_do_not_get_through(models: ScriptedModels) -> None:
    """Only three headers of the wires are passed on, each cut to a length; a line break in one is refused."""
    passed = {
        "anthropic-version": "2024-01-01",
        "anthropic-beta": "a" * 5000,
        "X-Forwarded-Host": "evil",
        "Openai-Organization": "org",
    }

    async def walk() -> None:
        async with gateway([provider(models, "ok")]) as opened:
            with opened.gateway.use(role="r", number=1) as run:
                await post(run.url + "/v1/messages", BODIES[Wire.ANTHROPIC], passed)
                folded = head(f"/{run.token}/v1/messages", more="anthropic-beta: a\r\n\tx-api-key: evil\r\n") + CHAT
                bare = head(f"/{run.token}/v1/messages", more="anthropic-beta: a\nx-api-key: evil\r\n") + CHAT
                await raw(run.port, folded)
                await raw(run.port, bare)
        assert models.seen[0].headers["anthropic-version"] == "2024-01-01"
        assert len(models.seen[0].headers["anthropic-beta"]) == server.LONGEST_PASSED
        assert all("evil" not in json.dumps(dict(seen.headers)) and "org" not in seen.headers.values() for seen in models.seen)

    asyncio.run(walk())


def test_large_requests_are_refused(models: ScriptedModels, monkeypatch: pytest.MonkeyPatch) -> None:
    """A body over the limit is refused with 413, even if it exceeds the limit only when decompressed."""

    async def walk() -> None:
        monkeypatch.setattr(bodies, "LARGEST_BODY", 100_000)
        bomb = gzip.compress(b" " * 10_000_000)
        async with gateway([provider(models, "ok")]) as opened:
            with opened.gateway.use(role="r", number=1) as run:
                url = f"{run.url}/v1/chat/completions"
                assert (await post(url, b"x" * 100_001)).status == 413
                assert (await post(url, bomb, {"Content-Encoding": "gzip"})).status in {400, 413}
                assert (await post(url, b"not gzip", {"Content-Encoding": "gzip"})).status == 400
                assert (await post(url, CHAT)).status == 200
        assert len(models.seen) == 1

    asyncio.run(walk())


def test_many_large_requests_at_once_are_refused(models: ScriptedModels, monkeypatch: pytest.MonkeyPatch) -> None:
    """One run holds a bounded amount of memory, however many connections it opens."""

    async def walk() -> None:
        monkeypatch.setattr(bodies, "LARGEST_TOGETHER", 250_000)
        async with gateway([provider(models, "hang")]) as opened:
            with opened.gateway.use(role="r", number=1) as run:
                big = {**BODIES[Wire.OPENAI_CHAT], "user": "x" * 100_000}
                held = [asyncio.ensure_future(post(f"{run.url}/v1/chat/completions", big)) for _ in range(2)]
                await until(lambda: len(models.seen) == 2)
                assert (await post(f"{run.url}/v1/chat/completions", big)).status == 413
            await asyncio.gather(*held, return_exceptions=True)

    asyncio.run(walk())


def test_large_headers_are_refused(models: ScriptedModels) -> None:
    """The parser accepts neither one long header nor very many headers."""

    async def walk() -> None:
        async with gateway([provider(models, "ok")]) as opened:
            with opened.gateway.use(role="r", number=1) as run:
                target = f"/{run.token}/v1/chat/completions"
                long = head(target, more=f"x-long: {'a' * 20_000}\r\n") + CHAT
                many = head(target, more="".join(f"x-{index}: a\r\n" for index in range(500))) + CHAT
                assert b" 400 " in (await raw(run.port, long))[:20]
                assert b" 400 " in (await raw(run.port, many))[:20]
        assert not models.seen

    asyncio.run(walk())


def test_slow_requests_are_ended(models: ScriptedModels, monkeypatch: pytest.MonkeyPatch) -> None:
    """A body that trickles is answered with 408; if headers never end, or never come, the connection is closed."""

    async def walk() -> None:
        monkeypatch.setattr(bodies, "BODY_S", 0.05)
        async with gateway([provider(models, "ok")]) as opened:
            with opened.gateway.use(role="r", number=1) as run:
                reader, writer = await asyncio.open_connection("127.0.0.1", run.port)
                writer.write(head(f"/{run.token}/v1/chat/completions", length=100) + b"{")
                async with asyncio.timeout(10):
                    assert b" 408 " in await reader.readline()
                writer.close()
                monkeypatch.setattr(connections, "HEADERS_S", 0.05)
                for start in (b"", b"POST /x HTTP/1.1\r\nHost: x\r\n"):
                    reader, writer = await asyncio.open_connection("127.0.0.1", run.port)
                    writer.write(start)
                    async with asyncio.timeout(10):
                        assert await reader.read() == b""
                    writer.close()

    asyncio.run(walk())


@pytest.mark.parametrize("body", [b"", b"[]", b"null", b"{", b'"x"', b"\xff\xfe", b"[" * 100_000, b'{"a":' * 100_000, b"{}{}"])
def test_a_body_that_is_no_object_goes_to_no_provider(models: ScriptedModels, body: bytes) -> None:
    """The agent gets a 400 in its wire's format."""

    async def walk() -> None:
        async with gateway([provider(models, "ok")]) as opened:
            with opened.gateway.use(role="r", number=1) as run:
                got = await post(f"{run.url}/v1/messages", body)
        assert got.status == 400
        assert got.document["error"]["type"] == "invalid_request_error"
        assert not models.seen

    asyncio.run(walk())


def test_odd_fields_do_no_harm(models: ScriptedModels) -> None:
    """Fields of the wrong type, huge numbers and half surrogate pairs are left to the provider; duplicate keys are not."""

    async def walk() -> None:
        async with gateway([provider(models, "ok")]) as opened:
            with opened.gateway.use(role="r", number=1) as run:
                url = f"{run.url}/v1/chat/completions"
                for odd in (
                    {"model": 7},
                    {"max_tokens": -1},
                    {"max_tokens": 10**30},
                    {"stream_options": 3, "stream": True},
                    {"n": "x"},
                ):
                    assert (await post(url, {**BODIES[Wire.OPENAI_CHAT], **odd})).status == 200
                assert (await post(url, b'{"model": "m1", "messages": [], "user": "\\ud83d"}')).status == 200
                assert (await post(url, b'{"model": "a", "model": "b", "messages": []}')).status == 200
        assert models.seen[-1].body["model"] == "b"  # as we parsed it, only once
        assert models.seen[-2].body["user"] == "\ud83d"

    asyncio.run(walk())


def test_what_cannot_be_metered_is_refused(models: ScriptedModels) -> None:
    """Nobody could count an answer in the background."""

    async def walk() -> None:
        async with gateway([provider(models, "ok")]) as opened:
            with opened.gateway.use(role="r", number=1) as run:
                got = await ask(run.url, Wire.OPENAI_RESPONSES, background=True)
        assert got.status == 400
        assert "background" in got.document["error"]["message"]
        assert not models.seen

    asyncio.run(walk())


def listening_socket() -> socket.socket:
    """A socket as an executor creates one in a jail."""
    return socket.create_server(("127.0.0.1", 0))


def test_a_jails_door_serves_its_own_run_only(models: ScriptedModels) -> None:
    """At the socket of one run the token of another, even if known, gives no access."""

    async def walk() -> None:
        async with gateway([provider(models, "ok")]) as opened:
            with opened.gateway.use(role="a", number=1) as mine, opened.gateway.use(role="b", number=2) as other:
                listener = listening_socket()
                port = listener.getsockname()[1]
                mine.listen(listener)

                def at_door(run: GatewayRun) -> str:
                    return f"http://127.0.0.1:{port}/{run.token}/v1/chat/completions"

                assert (await post(at_door(mine), BODIES[Wire.OPENAI_CHAT])).status == 200
                assert (await post(at_door(other), BODIES[Wire.OPENAI_CHAT])).status == 401
                # Another user of this machine may have seen the token in a list of processes.
                assert (await ask(mine.url)).status == 401
                assert (mine.usage.calls, other.usage.calls) == (1, 0)

    asyncio.run(walk())


def test_a_door_takes_a_bounded_number_of_connections(models: ScriptedModels, monkeypatch: pytest.MonkeyPatch) -> None:
    """A jail that opens endless connections gets no more than its share, and others can still connect."""

    async def walk() -> None:
        monkeypatch.setattr("overnight.models.gateway.MOST_CONNECTIONS", 5)
        async with gateway([provider(models, "ok")]) as opened:
            use = opened.gateway.use
            with use(role="r", number=1) as run, use(role="s", number=2) as other:
                listener = listening_socket()
                run.listen(listener)
                streams = [await asyncio.open_connection("127.0.0.1", listener.getsockname()[1]) for _ in range(20)]

                def cut() -> int:
                    return sum(reader.at_eof() or reader.exception() is not None for reader, _ in streams)

                await until(lambda: cut() == 15)
                assert (await ask(other.url)).status == 200
                for _, writer in streams:
                    writer.close()

    asyncio.run(walk())
