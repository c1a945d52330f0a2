"""The gateway and canned models keep the promises of `Models`, and the suite detects models that break one."""

import asyncio
import json
import secrets
import socket
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager, contextmanager

import pytest
from aiohttp import web
from conformance import holds
from gateways import gateway, provider
from scripted_models import scripted_models

from overnight.models.port import ModelRun, Models, ModelsParked, RequestRefused
from overnight.models.usage import Usage, Wire
from overnight.testing import ModelsConformance

LOOPBACK = "127.0.0.1"
Answer = Callable[[], Awaitable[Mapping[str, object]]]


class TestGateway(ModelsConformance):
    """The gateway, with scripted providers."""

    def answering(self) -> AbstractAsyncContextManager[Models]:
        return self._over("ok")

    def parked(self) -> AbstractAsyncContextManager[Models]:
        return self._over("e429q")

    def refusing(self) -> AbstractAsyncContextManager[Models]:
        return self._over("e400")

    def silent(self) -> AbstractAsyncContextManager[Models]:
        return self._over("hang")

    @asynccontextmanager
    async def _over(self, mode: str) -> AsyncIterator[Models]:
        with scripted_models() as server:
            async with gateway([provider(server, mode)]) as opened:
                yield opened.gateway


class CannedRun:
    """Implements `ModelRun` without any provider."""

    wires: Sequence[Wire] = (Wire.ANTHROPIC,)

    def __init__(self, models: "CannedModels", model: str) -> None:
        self.models, self.model, self.port = models, model, models.port
        self.token = secrets.token_hex()
        self.usage = Usage()
        self.refusal: ModelsParked | None = None
        self.failure = ""
        self.waiting = 0
        self.newest = time.monotonic()
        self.doors: list[asyncio.Task[None]] = []

    @property
    def url(self) -> str:
        return f"http://{LOOPBACK}:{self.port}/{self.token}"

    @property
    def idle_s(self) -> float:
        return 0.0 if self.waiting else time.monotonic() - self.newest

    def listen(self, listening: socket.socket) -> None:
        self.doors.append(
            asyncio.ensure_future(self.models.serve(listening, lambda token: self if token == self.token else None))
        )

    async def call(self, wire: Wire, body: Mapping[str, object], *, waits: bool = True) -> Mapping[str, object]:
        begun, self.waiting = time.monotonic(), self.waiting + 1
        try:
            answer = await self.models.answer()
        except ModelsParked as refusal:
            self.refusal = refusal
            raise
        except RequestRefused as refused:
            self.failure = str(refused)
            raise
        finally:
            self.waiting -= 1
            self.newest = time.monotonic()
        self.refusal, self.failure = None, ""
        self.usage += Usage(calls=1, input_tokens=len(json.dumps(body)), output_tokens=1, seconds=time.monotonic() - begun)
        return answer


class CannedModels:
    """Implements `Models` with one answer to everything."""

    run = CannedRun

    def __init__(self, answer: Answer) -> None:
        self.answer = answer
        self.runs: dict[str, CannedRun] = {}
        self.listening = socket.create_server((LOOPBACK, 0))
        self.port = self.listening.getsockname()[1]

    @contextmanager
    def use(self, *, role: str, number: int, model: str = "") -> Iterator[ModelRun]:
        run = self.run(self, model)
        self.runs[run.token] = run
        try:
            yield run
        finally:
            self.end(run)

    def end(self, run: CannedRun) -> None:
        """Close its URL."""
        del self.runs[run.token]
        for door in run.doors:
            door.cancel()

    async def serve(self, listening: socket.socket, find: Callable[[str], CannedRun | None]) -> None:
        """Answer on a socket until this is cancelled."""

        async def handle(request: web.BaseRequest) -> web.Response:
            run = find(request.path.split("/")[1])
            if run is None:
                return web.json_response({}, status=401)
            return web.json_response(await run.call(Wire.ANTHROPIC, await request.json()))

        loop = asyncio.get_running_loop()
        with listening:
            async with await loop.create_server(web.Server(handle), sock=listening):
                await asyncio.Event().wait()


async def answer() -> Mapping[str, object]:
    await asyncio.sleep(0)
    return {"content": "yes"}


async def park() -> Mapping[str, object]:
    await asyncio.sleep(0)
    raise ModelsParked("none is left", wait_s=1.0)


async def refuse() -> Mapping[str, object]:
    await asyncio.sleep(0)
    raise RequestRefused("it is malformed")


async def hang() -> Mapping[str, object]:
    await asyncio.Event().wait()
    return {}


class TestCannedModels(ModelsConformance):
    """A second implementation of the port."""

    kind = CannedModels

    def answering(self) -> AbstractAsyncContextManager[Models]:
        return self._with(answer)

    def parked(self) -> AbstractAsyncContextManager[Models]:
        return self._with(park)

    def refusing(self) -> AbstractAsyncContextManager[Models]:
        return self._with(refuse)

    def silent(self) -> AbstractAsyncContextManager[Models]:
        return self._with(hang)

    @asynccontextmanager
    async def _with(self, answer: Answer) -> AsyncIterator[Models]:
        models = self.kind(answer)
        door = asyncio.ensure_future(models.serve(models.listening, models.runs.get))
        try:
            yield models
        finally:
            door.cancel()
            await asyncio.gather(door, return_exceptions=True)


class KeepsUrls(CannedModels):
    """Closes nothing."""

    def end(self, run: CannedRun) -> None:
        """Do nothing."""


class ForgetfulRun(CannedRun):
    """Counts nothing, and remembers no refusal."""

    async def call(self, wire: Wire, body: Mapping[str, object], *, waits: bool = True) -> Mapping[str, object]:
        return await self.models.answer()


class CountsNothing(CannedModels):
    """Ignores what is spent."""

    run = ForgetfulRun


class ParksEverything(CannedModels):
    """Treats every failure as a lack of models."""

    def __init__(self, answer: Answer) -> None:
        async def parked() -> Mapping[str, object]:
            try:
                return await answer()
            except RequestRefused as refused:
                raise ModelsParked(str(refused)) from None

        super().__init__(parked)


@pytest.mark.parametrize(
    ("kind", "promise"),
    [
        (KeepsUrls, "test_url_is_closed_at_the_end"),
        (CountsNothing, "test_calls_are_counted"),
        (CountsNothing, "test_parked_models_say_why"),
        (CountsNothing, "test_an_agents_calls_are_counted_alike"),
        (ParksEverything, "test_a_refused_request_differs_from_parked_models"),
    ],
)
def test_a_broken_promise_is_found(kind: type[CannedModels], promise: str) -> None:
    """The suite fails for models that break a promise."""
    suite = TestCannedModels()
    suite.kind = kind
    assert not holds(suite, promise)
