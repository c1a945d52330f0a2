"""What the models of a campaign promise: a URL for each piece of work, calls through it, and a count of all calls."""

# ruff: noqa: S101  # a suite consists of assertions

import asyncio
import json
import socket
from collections.abc import Awaitable, Callable, Mapping
from contextlib import AbstractAsyncContextManager, suppress
from typing import Any, TypeVar
from urllib.parse import urlsplit

from overnight.models.port import ModelRun, Models, ModelsParked, RequestRefused
from overnight.models.usage import Wire
from overnight.testing.failures import failure_of, is_one_line
from overnight.testing.waiting import PATIENCE_S, until

LOOPBACK = "127.0.0.1"
MODEL = "m1"
NO_ANSWER = 0  # instead of an HTTP status
GOOD = range(200, 300)  # HTTP
BODIES: Mapping[Wire, Mapping[str, Any]] = {  # Any: JSON
    Wire.OPENAI_CHAT: {"model": MODEL, "messages": [{"role": "user", "content": "hi"}]},
    Wire.OPENAI_RESPONSES: {"model": MODEL, "input": "hi"},
    Wire.ANTHROPIC: {"model": MODEL, "max_tokens": 100, "messages": [{"role": "user", "content": "hi"}]},
    Wire.GEMINI: {"model": MODEL, "contents": [{"role": "user", "parts": [{"text": "hi"}]}]},
}
PATHS: Mapping[Wire, str] = {
    Wire.OPENAI_CHAT: "/v1/chat/completions",
    Wire.OPENAI_RESPONSES: "/v1/responses",
    Wire.ANTHROPIC: "/v1/messages",
    Wire.GEMINI: f"/v1beta/models/{MODEL}:generateContent",
}

T = TypeVar("T")


class ModelsConformance:
    """What every `Models` promises of the runs that it hands out."""

    def answering(self) -> AbstractAsyncContextManager[Models]:
        """Models that answer every request on each of their wires."""
        raise NotImplementedError

    def parked(self) -> AbstractAsyncContextManager[Models]:
        """Models none of which can be asked now."""
        raise NotImplementedError

    def refusing(self) -> AbstractAsyncContextManager[Models]:
        """Models whose provider refuses every request as malformed."""
        raise NotImplementedError

    def silent(self) -> AbstractAsyncContextManager[Models]:
        """Models whose provider takes a request and never answers."""
        raise NotImplementedError

    def test_url_is_on_loopback_and_secret(self) -> None:
        """A run has a port on this machine and a token that no other run has."""

        async def walk() -> None:
            async with self.answering() as models:
                with models.use(role="r", number=1) as one, models.use(role="r", number=2) as two:
                    await asyncio.sleep(0)  # one turn of the event loop, which every piece of work takes
                    for run in (one, two):
                        url = urlsplit(run.url)
                        assert (url.scheme, url.hostname, url.port) == ("http", LOOPBACK, run.port)
                        assert len(url.path.strip("/")) > len("guessed")
                    assert one.url != two.url

        asyncio.run(walk())

    def test_model_is_the_one_of_the_work(self) -> None:
        """A run knows its model, which is empty if the agent chooses."""

        async def walk() -> None:
            async with self.answering() as models:
                with models.use(role="r", number=1, model="big") as named, models.use(role="r", number=2) as free:
                    await asyncio.sleep(0)
                    assert (named.model, free.model) == ("big", "")

        asyncio.run(walk())

    def test_every_wire_can_be_called(self) -> None:
        """A run names each wire once, and each answers."""

        async def walk(run: ModelRun) -> None:
            assert run.wires
            assert len(set(run.wires)) == len(run.wires)
            for wire in run.wires:
                assert await run.call(wire, BODIES[wire])

        _with_run(self.answering(), walk)

    def test_calls_are_counted(self) -> None:
        """Nothing is used at first; each call adds its tokens and its time."""

        async def walk(run: ModelRun) -> None:
            assert (run.usage.calls, run.usage.tokens) == (0, 0)
            await _call(run)
            first = run.usage
            await _call(run)
            assert (first.calls, run.usage.calls) == (1, 2)
            assert 0 < first.tokens < run.usage.tokens
            assert 0 < first.seconds < run.usage.seconds

        _with_run(self.answering(), walk)

    def test_an_agents_calls_are_counted_alike(self) -> None:
        """An agent's request to the URL is answered and counted like our own call."""

        async def walk(run: ModelRun) -> None:
            await _call(run)
            ours = run.usage
            assert await _post(run.url, run.port, run.wires[0]) in GOOD
            assert (ours.calls, run.usage.calls, run.usage.tokens) == (1, 2, 2 * ours.tokens)

        _with_run(self.answering(), walk)

    def test_each_run_has_its_own_count(self) -> None:
        """Concurrent runs do not count each other's calls, and a count outlives its run."""

        async def walk() -> None:
            async with self.answering() as models:
                with models.use(role="r", number=1) as one, models.use(role="r", number=2) as two:
                    await _call(one)
                assert (one.usage.calls, two.usage.calls) == (1, 0)

        asyncio.run(walk())

    def test_another_token_is_not_answered(self) -> None:
        """A request without the run's token gets nothing from it."""

        async def walk(run: ModelRun) -> None:
            assert await _post(f"http://{LOOPBACK}:{run.port}/guessed", run.port, run.wires[0]) not in GOOD
            assert run.usage.calls == 0

        _with_run(self.answering(), walk)

    def test_url_is_closed_at_the_end(self) -> None:
        """When the work ends, its URL no longer answers, while those of other runs do."""

        async def walk() -> None:
            async with self.answering() as models:
                with models.use(role="r", number=1) as later:
                    with models.use(role="r", number=2) as run:
                        assert await _post(run.url, run.port, run.wires[0]) in GOOD
                    assert await _post(run.url, run.port, run.wires[0]) not in GOOD
                    assert await _post(later.url, later.port, later.wires[0]) in GOOD
                assert (run.usage.calls, later.usage.calls) == (1, 1)

        asyncio.run(walk())

    def test_a_further_socket_is_answered(self) -> None:
        """A listening socket that is passed in serves only this run, and is closed with it."""

        async def walk() -> None:
            async with self.answering() as models:
                with models.use(role="r", number=1) as other:
                    with models.use(role="r", number=2) as run:
                        listening = socket.create_server((LOOPBACK, 0))
                        port = listening.getsockname()[1]
                        run.listen(listening)
                        assert await _post(run.url, port, run.wires[0]) in GOOD
                        assert await _post(other.url, port, run.wires[0]) not in GOOD
                    await until(lambda: listening.fileno() < 0)
                    assert await _post(run.url, port, run.wires[0]) == NO_ANSWER
                    assert (run.usage.calls, other.usage.calls) == (1, 0)

        asyncio.run(walk())

    def test_parked_models_say_why(self) -> None:
        """If no model can be asked, a call is refused with one line, and the run remembers it."""

        async def walk(run: ModelRun) -> None:
            assert run.refusal is None
            parked = await failure_of(ModelsParked, run.call(run.wires[0], BODIES[run.wires[0]], waits=False))
            assert run.refusal is not None and str(run.refusal) == str(parked)
            parked = await failure_of(ModelsParked, _call(run))
            assert is_one_line(str(parked))
            assert parked.wait_s is None or parked.wait_s >= 0.0
            assert run.refusal is not None and str(run.refusal) == str(parked)

        _with_run(self.parked(), walk)

    def test_an_answer_leaves_no_refusal(self) -> None:
        """A run whose newest call was answered was not refused."""

        async def walk(run: ModelRun) -> None:
            await _call(run)
            assert run.refusal is None and not run.failure

        _with_run(self.answering(), walk)

    def test_a_refused_request_differs_from_parked_models(self) -> None:
        """A request that the provider refuses is the caller's fault, reported in one line."""

        async def walk(run: ModelRun) -> None:
            assert is_one_line(str(await failure_of(RequestRefused, _call(run))))
            assert is_one_line(run.failure) and run.refusal is None

        _with_run(self.refusing(), walk)

    def test_idle_time_grows_between_calls_alone(self) -> None:
        """A run is idle from its start, not while it waits for an answer, and again when the caller has given up."""

        async def walk(run: ModelRun) -> None:
            first = run.idle_s
            assert first >= 0.0
            await until(lambda: run.idle_s > first)
            asking = asyncio.ensure_future(_call(run))
            await until(lambda: run.idle_s == 0.0)
            asking.cancel()
            with suppress(asyncio.CancelledError):
                await asking
            await until(lambda: run.idle_s > 0.0)

        _with_run(self.silent(), walk)


def _with_run(opening: AbstractAsyncContextManager[Models], walk: Callable[[ModelRun], Awaitable[T]]) -> T:
    async def inside() -> T:
        async with opening as models:
            with models.use(role="r", number=1) as run:
                return await walk(run)

    return asyncio.run(inside())


async def _call(run: ModelRun) -> Mapping[str, object]:
    wire = run.wires[0]
    return await run.call(wire, BODIES[wire])


async def _post(url: str, port: int, wire: Wire) -> int:
    """The HTTP status of a request to a run's path at a port; NO_ANSWER if there is none."""
    body = json.dumps(BODIES[wire]).encode()
    path = urlsplit(url).path.rstrip("/") + PATHS[wire]
    head = f"POST {path} HTTP/1.1\r\nHost: {LOOPBACK}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    async with asyncio.timeout(PATIENCE_S):
        try:
            reader, writer = await asyncio.open_connection(LOOPBACK, port)
        except OSError:
            return NO_ANSWER
        try:
            writer.write(f"{head}Connection: close\r\n\r\n".encode() + body)
            answer = await reader.read()
        except OSError:
            return NO_ANSWER
        finally:
            writer.close()
    return int(answer.split(maxsplit=2)[1]) if answer else NO_ANSWER
