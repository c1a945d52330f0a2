"""A provider that echoes its key: it reaches no agent, in whatever answer, event, piece or header."""

import asyncio
import json
from pathlib import Path

import aiohttp
import pytest
from gateways import BODIES, ask, gateway, post, provider, request_of
from scripted_models import Reply, ScriptedModels

from overnight.models.provider import Provider
from overnight.models.usage import Wire
from overnight.words.secret import HIDDEN

KEY = "sk-proj-9Uz0T1SIaXqA2h9DbzDZST6d8fNYvvUVl4nuYV"
PARTS = (KEY[8:16], KEY[-8:])  # its secret part begins and ends with these
WIRES = pytest.mark.parametrize("wire", list(Wire))
ENVIRONMENT = {"REAL": KEY}
HEADER = "hush-7Zk2Qw9Lm4Xv8Bn1"


def leaks(text: str) -> bool:
    """Whether a part of the key is in it, also spelled as JSON may spell it."""
    return any(
        part in said for part in (*PARTS, HEADER) for said in (text, json.loads(f'"{text}"') if '"' not in text else text)
    )


@WIRES
@pytest.mark.parametrize("stream", [False, True])
def test_it_is_in_no_answer(models: ScriptedModels, wire: Wire, stream: bool) -> None:
    """In a body, in a later event, in part, in a secret header's value, and in the headers that are passed back."""

    async def walk() -> None:
        said = f"used {KEY}, {KEY[:20]}..., ...{KEY[-9:]} and {HEADER}"
        events = b"data: {}\n\n" + f"data: {json.dumps({'echo': said})}\n\n".encode() * 2
        kind = "text/event-stream" if stream else "application/json"
        body = events if stream else json.dumps({"echo": said}).encode()
        models.replies["echo"] = Reply(headers={"Content-Type": kind, "x-request-id": f"r-{KEY}"}, body=body)
        one = provider(models, "echo", key_env="REAL", headers={"X-Auth": f"Bearer {HEADER}"})
        async with gateway([one], environment=ENVIRONMENT) as opened:
            with opened.gateway.use(role="r", number=1) as run:
                got = await ask(run.url, wire, stream=stream)
        assert got.status == 200
        assert not leaks(got.text + str(got.headers))
        assert got.text.count(f"used {HIDDEN}, {HIDDEN}..., ...{HIDDEN} and {HIDDEN}") == (2 if stream else 1)
        assert {name.lower(): value for name, value in got.headers.items()}["x-request-id"] == f"r-{HIDDEN}"

    asyncio.run(walk())


@pytest.mark.parametrize("key", [KEY, "AIza/9Uz0T1SI+aXqA2h9Db/zDZST6d8fNYvvUVl4nuYV=="])
def test_it_is_in_no_list_and_no_error(models: ScriptedModels, key: str) -> None:
    """Lists of models, counts of tokens and errors lose it too, also as JSON escapes it."""

    async def walk() -> None:
        escaped = "".join(f"\\u{ord(character):04x}" for character in key)
        odd = key.replace("/", "\\/")
        for status in (200, 400, 404, 500):
            body = f'{{"a": "{key}", "b": "{escaped}", "c": "{odd}", "error": {{"message": "{key[:18]} {key[-8:]}"}}}}'
            models.replies["echo"] = Reply(status=status, body=body.encode())
            async with gateway([provider(models, "echo", key_env="REAL")], environment={"REAL": key}) as opened:
                with opened.gateway.use(role="r", number=1) as run:
                    counted = await post(run.url + "/v1/messages/count_tokens", BODIES[Wire.ANTHROPIC])
                    listed = await post(run.url + "/v1/models", b"", method="GET")
                    asked = await ask(run.url)
                for got in (counted, listed, asked):
                    assert key[-8:] not in json.dumps(got.document) + got.text
                    assert key[8:16] not in json.dumps(got.document) + got.text
                assert key[-8:] not in opened.gateway.accounts()[0].why

    asyncio.run(walk())


def test_a_key_that_was_replaced_goes_too(models: ScriptedModels, tmp_path: Path) -> None:
    """A provider may name the one that it refused before."""
    other, runs = "sk-proj-Rb5K2vWq8LxJc3MzYt7NdHf4PgSa6Ue1Qi0", tmp_path / "runs"
    command = f"echo x >> {runs}; test $(wc -l < {runs}) = 1 && echo {KEY} || echo {other}"

    async def walk() -> None:
        models.text = f"not {KEY}, nor ...{KEY[-9:]}, but {other}"
        one = provider(models, "f401x1", key_command=command)
        async with gateway([one], environment={"PATH": "/usr/bin:/bin"}) as opened:
            with opened.gateway.use(role="r", number=1) as run:
                got = await ask(run.url)
        assert [seen.headers["authorization"] for seen in models.seen] == [f"Bearer {KEY}", f"Bearer {other}"]
        assert f"not {HIDDEN}, nor ...{HIDDEN}, but {HIDDEN}" in got.text

    asyncio.run(walk())


@pytest.mark.parametrize("key", ["abcdwxyz", "hunter", "correct-horse-battery", "pw-7x1"])
@pytest.mark.parametrize("stream", [False, True])
def test_a_short_key_or_one_of_words_is_in_no_answer(models: ScriptedModels, key: str, stream: bool) -> None:
    """The whole of it goes from answers, streams, headers and errors alike; what is like a part of it stays."""

    async def walk() -> None:
        said = json.dumps({"echo": f"used {key}, not {key[:-1]} nor {key[1:]}"})
        kind = {"Content-Type": "text/event-stream"} if stream else {}
        body = f"data: {{}}\n\ndata: {said}\n\n" if stream else said
        for status in (200, 400):
            models.replies["echo"] = Reply(status=status, headers={**kind, "x-request-id": f"r-{key}"}, body=body.encode())
            async with gateway([provider(models, "echo", key_env="REAL")], environment={"REAL": key}) as opened:
                with opened.gateway.use(role="r", number=1) as run:
                    got = await ask(run.url, stream=stream)
            assert key not in got.text + str(got.headers)
            assert f"used {HIDDEN}, not {key[:-1]} nor {key[1:]}" in got.text

    asyncio.run(walk())


@pytest.mark.parametrize(
    ("name", "value"),
    [("Cookie", f"session={HEADER}; theme=dark"), ("Cookie", f"theme=dark; session={HEADER}"), ("X-Auth", f"Token {HEADER}")],
)
def test_the_name_of_a_secret_in_a_header_stays(models: ScriptedModels, name: str, value: str) -> None:
    """`session=` and `Token` are no secrets, and the value behind them goes wherever it stands."""

    async def walk() -> None:
        models.replies["echo"] = Reply(body=json.dumps({"echo": f"session=, Token, {HEADER}, {value}, 1000000"}).encode())
        one = provider(models, "echo", key_env="REAL", headers={name: value, "X-Token-Limit": "1000000"})
        async with gateway([one], environment=ENVIRONMENT) as opened:
            with opened.gateway.use(role="r", number=1) as run:
                got = await ask(run.url)
        assert got.document["echo"] == f"session=, Token, {HIDDEN}, {value.replace(HEADER, HIDDEN)}, 1000000"

    asyncio.run(walk())


@pytest.mark.parametrize("wire", [Wire.OPENAI_CHAT, Wire.ANTHROPIC])
def test_it_is_gone_at_every_cut_and_nothing_else_waits(wire: Wire) -> None:
    """The key in two pieces is held together; every whole event goes on before the provider writes the next."""
    event = f'data: {{"echo": "a {KEY} z"}}\n\n'.encode()

    async def walk() -> None:
        go = asyncio.Queue[int]()

        async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.readuntil(b"\r\n\r\n")
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n")
            while (cut := await go.get()) >= 0:
                writer.write(event[:cut])
                await writer.drain()
                await go.get()
                writer.write(event[cut:])
                await writer.drain()
            writer.close()

        upstream = await asyncio.start_server(answer, "127.0.0.1", 0)
        base_url = f"http://127.0.0.1:{upstream.sockets[0].getsockname()[1]}"
        one = Provider(name="own", base_url=base_url, wires=tuple(Wire), key_env="REAL")
        async with upstream, gateway([one], environment=ENVIRONMENT) as opened:
            with opened.gateway.use(role="r", number=1) as run:
                path, body = request_of(wire, stream=True)
                for step in (1, 0):
                    go.put_nowait(step)
                async with aiohttp.ClientSession() as session, session.post(run.url + path, json=body) as response:
                    for cut in range(1, len(event) - 1):
                        said = b""
                        while not said.endswith(b"\n\n"):  # which comes although the provider waits for us now
                            said += await response.content.readany()
                        assert said == f'data: {{"echo": "a {HIDDEN} z"}}\n\n'.encode()
                        for step in (cut + 1, 0):
                            go.put_nowait(step)
                    go.put_nowait(-1)
                    await response.content.read()

    asyncio.run(walk())
