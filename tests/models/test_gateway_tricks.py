"""Tricks with HTTP: of agents at the gateway, and of providers behind it."""

import asyncio
import gzip
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aiohttp
import pytest
from gateways import BODIES, Open, ask, gateway, post, provider
from scripted_models import ScriptedModels
from test_gateway_hostile import CHAT, head, raw

from overnight.models import stream as streams
from overnight.models import upstream
from overnight.models.port import ModelsParked, RequestRefused
from overnight.models.provider import Provider
from overnight.models.usage import Wire

TARGET = "/{token}/v1/chat/completions"
HIDDEN_CALL = b"POST /{token}/v1/messages HTTP/1.1\r\nHost: x\r\nContent-Length: 2\r\n\r\n{}"
CHUNKED = b"%x\r\n%s\r\n0\r\n\r\n" % (len(CHAT), CHAT)


@pytest.mark.parametrize(
    "framing",
    [
        f"Content-Length: {len(CHAT)}\r\nTransfer-Encoding: chunked\r\n",
        f"Transfer-Encoding: chunked\r\nContent-Length: {len(CHAT)}\r\n",
        f"Content-Length: {len(CHAT)}\r\nContent-Length: 4\r\n",
        f"Content-Length: +{len(CHAT)}\r\n",
        f"Content-Length: {len(CHAT)}, {len(CHAT)}\r\n",
        "Content-Length: -1\r\n",
        "Content-Length: 0x10\r\n",
        "Transfer-Encoding: xchunked\r\n",
        "Transfer-Encoding: chunked, identity\r\n",
        "Transfer-Encoding : chunked\r\n",
        " Transfer-Encoding: chunked\r\n",
        "Transfer-Encoding:\x0bchunked\r\n",
    ],
)
@pytest.mark.parametrize("body", [CHAT, CHUNKED], ids=["plain", "chunked"])
def test_no_second_request_hides_in_a_first(models: ScriptedModels, framing: str, body: bytes) -> None:
    """What two readers of HTTP may read differently is refused; what follows it is no request."""

    async def walk() -> None:
        async with gateway([provider(models, "ok")]) as opened:
            with opened.gateway.use(role="r", number=1) as run:
                start = f"POST {TARGET.format(token=run.token)} HTTP/1.1\r\nHost: x\r\n{framing}\r\n".encode()
                answer = await raw(run.port, start + body + HIDDEN_CALL.replace(b"{token}", run.token.encode()))
                assert b" 200 " not in answer
        assert not models.seen

    asyncio.run(walk())


@pytest.mark.parametrize(
    "path",
    [
        "//v1/chat/completions",
        "/./v1/chat/completions",
        "/v1//chat/completions",
        "/v1/%63hat/completions",
        "/v1/chat/completions%3Fkey=x",
        "/v1/chat%2Fcompletions",
        "\\v1\\chat\\completions",
        "/v1/chat/completions;x=1",
        "/v1/chat/completions/%2e%2e",
        "/v1beta/models/m1:generateContent/../x:countTokens",
        "/v1beta/models/..:generateContent",
        "/v1beta/models/.:generateContent",
        "/v1beta/models/m1%3Fkey=x:generateContent",
        "/v1/models/../files",
    ],
)
def test_no_other_spelling_of_a_path_is_one(models: ScriptedModels, path: str) -> None:
    """A provider never sees a path that we did not write, nor a model's name that is a step up."""

    async def walk() -> None:
        async with gateway([provider(models, "ok")]) as opened:
            with opened.gateway.use(role="r", number=1) as run:
                await raw(run.port, head(f"/{run.token}{path}?key=stolen") + CHAT)
        assert not models.seen

    asyncio.run(walk())


def test_a_page_in_a_browser_gets_nowhere(models: ScriptedModels) -> None:
    """Without a token no host name helps, and with one nothing allows another origin to read an answer."""

    async def walk() -> None:
        async with gateway([provider(models, "ok")]) as opened:
            with opened.gateway.use(role="r", number=1) as run:
                page = {"Origin": "https://evil.example", "Host": f"evil.example:{run.port}", "Content-Type": "text/plain"}
                base = f"http://127.0.0.1:{run.port}"
                assert (await post(base + "/v1/chat/completions", CHAT, page)).status == 401
                asked = {**page, "Access-Control-Request-Method": "POST", "Access-Control-Request-Private-Network": "true"}
                for method in ("OPTIONS", "GET", "POST"):
                    got = await post(f"{run.url}/v1/chat/completions", CHAT, asked, method)
                    assert not [name for name in got.headers if name.lower().startswith("access-control")]
        assert len(models.seen) == 1  # by its token, which a page does not have

    asyncio.run(walk())


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_connection_is_never_upgraded(models: ScriptedModels, method: str) -> None:
    """Neither to a websocket nor to HTTP/2."""

    async def walk() -> None:
        async with gateway([provider(models, "ok")]) as opened:
            with opened.gateway.use(role="r", number=1) as run:
                for protocol in ("websocket", "h2c"):
                    more = (
                        f"Upgrade: {protocol}\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nHTTP2-Settings: AAMAAABkAAQAAP__\r\n"
                    )
                    answer = await raw(run.port, head(TARGET.format(token=run.token), method=method, more=more) + CHAT)
                    assert b" 101 " not in answer[:20]
        assert all("upgrade" not in seen.headers for seen in models.seen)

    asyncio.run(walk())


@pytest.mark.parametrize("encoding", ["gzip, gzip", "br", "zstd", "gzip", "x-gzip", "compress", "deflate, gzip"])
def test_odd_compression_is_refused_or_bounded(models: ScriptedModels, encoding: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """A bomb in a bomb, and what we cannot read, goes to no provider."""

    async def walk() -> None:
        monkeypatch.setattr("overnight.models.body.LARGEST_BODY", 100_000)
        bomb = gzip.compress(gzip.compress(b" " * 50_000_000))
        async with gateway([provider(models, "ok")]) as opened:
            with opened.gateway.use(role="r", number=1) as run:
                got = await post(f"{run.url}/v1/chat/completions", bomb, {"Content-Encoding": encoding})
                assert got.status in {400, 413}
        assert not models.seen

    asyncio.run(walk())


@pytest.mark.parametrize("value", [b"a\x00b", b"a\x80\xff", b"a\x7fb", b"a\rb", "é".encode(), b"a" * 7000])
def test_an_odd_header_harms_nobody(models: ScriptedModels, value: bytes) -> None:
    """It is refused, or goes on as one header; the gateway goes on working."""

    async def walk() -> None:
        async with gateway([provider(models, "ok")]) as opened:
            with opened.gateway.use(role="r", number=1) as run:
                start = head(f"/{run.token}/v1/messages", more="anthropic-beta: @\r\n").replace(b"@", value)
                answer = await raw(run.port, start + CHAT)
                assert answer.startswith(b"HTTP/1.")
                assert b" 500 " not in answer[:20]
                assert (await ask(run.url)).status == 200
                assert [state.why for state in opened.gateway.accounts()] == [""]
        assert all(set(seen.headers) <= models.seen[0].headers.keys() | {"content-type"} for seen in models.seen)

    asyncio.run(walk())


# --- Providers ---


@asynccontextmanager
async def behind(answer: bytes, models: ScriptedModels, *more: Provider) -> AsyncIterator[tuple[Open, list[bytes]]]:
    """A gateway in front of a provider that answers with these bytes; and the heads of what it was asked."""
    heads: list[bytes] = []

    async def reply(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        heads.append(await reader.readuntil(b"\r\n\r\n"))
        writer.write(answer)
        writer.close()

    server = await asyncio.start_server(reply, "127.0.0.1", 0)
    base_url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    async with server, gateway([provider(models, "own", base_url=base_url), *more]) as opened:
        yield opened, heads


def answer(status: str, body: bytes = b"{}", *headers: str) -> bytes:
    """An answer over HTTP."""
    lines = [f"HTTP/1.1 {status}", "Connection: close", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@pytest.mark.parametrize(
    "status",
    ["100 Continue", "101 Switching Protocols", "102 Processing", "103 Early Hints", "199 Odd", "204 No Content", "205 Reset",
     "300 Multiple", "301 Moved", "302 Found", "304 Not Modified", "307 Temporary", "308 Permanent", "600 Odd", "999 Odd"],
)  # fmt: skip
def test_a_status_that_is_no_answer_is_a_failure(models: ScriptedModels, status: str) -> None:
    """The next provider is asked, a redirect is followed nowhere, and no connection is switched."""

    async def walk() -> None:
        moved = f"Location: {models.url('elsewhere')}/v1/chat/completions"
        said = answer(status, b"" if status[:2] in {"10", "20"} or status[0] == "1" else b"{}", moved, "Upgrade: websocket")
        async with behind(said, models, provider(models, "ok")) as (opened, heads):
            with opened.gateway.use(role="r", number=1) as run:
                assert models.text in (await ask(run.url)).text
                assert heads
        assert {seen.mode for seen in models.seen} == {"ok"}
        assert [call.provider for call in opened.called] == ["ok"]

    asyncio.run(walk())


def test_cookies_go_nowhere(models: ScriptedModels) -> None:
    """A provider's cookie reaches no agent, and is not sent with the next call; nor is any other header passed back."""

    async def walk() -> None:
        said = answer("200 OK", b'{"choices": []}', "Set-Cookie: a=b", "X-Secret: s", "Access-Control-Allow-Origin: *")
        async with behind(said, models) as (opened, heads):
            with opened.gateway.use(role="r", number=1) as run:
                for _ in range(2):
                    got = await ask(run.url)
                    assert not {name.lower() for name in got.headers} & {
                        "set-cookie",
                        "x-secret",
                        "access-control-allow-origin",
                    }
        assert len(heads) == 2
        assert b"cookie" not in b"".join(heads).lower()

    asyncio.run(walk())


COUNTED = {"choices": [], "usage": {"prompt_tokens": 70, "completion_tokens": 30}}


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["lf", "crlf", "cr"])
@pytest.mark.parametrize("asks", [False, True])
def test_lines_may_end_in_any_way(models: ScriptedModels, end: str, asks: bool) -> None:
    """The counts of a stream are exact whether its lines end with LF, CR LF or CR, and taken out if only we asked."""

    async def walk() -> None:
        words = f'data: {{"choices": [{{"delta": {{"content": "a word"}}}}]}}{end}{end}'
        body = f"{words}data: {json.dumps(COUNTED)}{end}{end}data: [DONE]{end}{end}".encode()
        async with behind(answer("200 OK", body, "Content-Type: text/event-stream"), models) as (opened, _):
            with opened.gateway.use(role="r", number=1) as run:
                got = await ask(run.url, stream=True, stream_options={"include_usage": asks})
        assert (run.usage.input_tokens, run.usage.output_tokens, run.usage.estimated) == (70, 30, 0)
        assert ("usage" in got.text) is asks
        assert "a word" in got.text and "[DONE]" in got.text

    asyncio.run(walk())


@pytest.mark.parametrize("packed", ["gzip", "deflate", "br", "nonsense"])
@pytest.mark.parametrize("size", [10, 300_000])
def test_a_compressed_answer_is_read_or_a_failure(
    models: ScriptedModels, packed: str, size: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Though a plain one was asked for; a bomb is bounded by its size when unpacked."""
    monkeypatch.setattr(upstream, "LARGEST_ANSWER", 100_000)
    monkeypatch.setattr(upstream.Reply.body, "__defaults__", (100_000,))

    async def walk() -> None:
        plain = json.dumps({"choices": [], "usage": COUNTED["usage"], "x": " " * size}).encode()
        said = answer("200 OK", gzip.compress(plain) if packed == "gzip" else plain, f"Content-Encoding: {packed}")
        async with behind(said, models) as (opened, _):
            with opened.gateway.use(role="r", number=1) as run:
                try:
                    await run.call(Wire.OPENAI_CHAT, BODIES[Wire.OPENAI_CHAT])
                    assert run.usage.input_tokens == 70
                    assert size == 10
                except (ModelsParked, RequestRefused):
                    assert run.usage.estimated == run.usage.calls  # it may be billed: at most our estimate counts

    asyncio.run(walk())


def test_an_endless_line_breaks_the_answer(models: ScriptedModels, monkeypatch: pytest.MonkeyPatch) -> None:
    """A stream whose line does not end is not kept in memory for ever; what came is estimated."""
    monkeypatch.setattr(streams, "LONGEST_LINE", 50_000)

    async def walk() -> None:
        body = b'data: {"choices": [{"delta": {"content": "' + b"x" * 200_000
        async with behind(answer("200 OK", body, "Content-Type: text/event-stream"), models) as (opened, _):
            with opened.gateway.use(role="r", number=1) as run, pytest.raises(aiohttp.ClientError):
                await ask(run.url, stream=True)
            assert run.usage.estimated == 1
            assert "without an end" in opened.gateway.accounts()[0].why

    asyncio.run(walk())
