"""The gateway's HTTP server: each run is known by its token, and only calls to models pass.

A client may be hostile: an agent in a jail may send anything. Only the paths of `routes.py` lead anywhere, keys and
headers of the client are dropped, sizes, times and connections are bounded, and no run can be reached by another's
token. Does not cover: what a model is asked, and tools that a provider runs by itself (a web search at the
provider's side reaches the network although the jail does not).
"""

import asyncio
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager

from aiohttp import web
from pydantic_core import to_json

from overnight.models.body import BadRequest, parse, read_body
from overnight.models.call import Broken, ModelCall
from overnight.models.connections import Connection, Listener
from overnight.models.metadata_endpoints import MetadataEndpoints
from overnight.models.port import ModelsParked
from overnight.models.relay import ModelAnswer
from overnight.models.routes import Kind, Route, find_route, token_of
from overnight.models.run import GatewayRun
from overnight.models.usage import Wire
from overnight.models.wires.formats import FORMATS
from overnight.models.wires.wire import Format
from overnight.words.scrub import scrub_text

CLOSE_S = 1.0
LONGEST_PASSED = 1024  # characters
PASSED_BACK = ("content-type", "request-id", "x-request-id")
NEVER_AGAIN = {"x-should-retry": "false"}  # understood by the clients of OpenAI and Anthropic
FALLBACK: Format = FORMATS[Wire.OPENAI_CHAT]  # the form of errors if no wire is known


class _Stream(web.StreamResponse):
    """A stream whose headers go out with its first chunk: each write costs a system call and wakes the client."""

    _send_headers_immediately = False  # aiohttp's own switch, which its `Response` uses; without it nothing breaks


class Server:
    """Answers on any number of listening sockets."""

    def __init__(self, runs: Mapping[str, GatewayRun], side: MetadataEndpoints) -> None:
        """`runs` by token, as they are at any time."""
        self._runs = runs
        self._side = side
        self._loop = asyncio.get_running_loop()
        self._manager = web.Server(self._handle, handler_cancellation=True)
        self._listeners: dict[Listener, asyncio.Task[None]] = {}

    def listen(self, listening: socket.socket, listener: Listener) -> None:
        """Answer on a listening socket until `stop_listening`."""
        listening.setblocking(False)
        task = self._listeners[listener] = self._loop.create_task(self._serve(listening, listener))
        task.add_done_callback(lambda _: listening.close())  # even if it is cancelled before it starts

    def stop_listening(self, listener: Listener) -> None:
        """Close a listener, its socket and its connections."""
        if task := self._listeners.pop(listener, None):
            task.cancel()
        listener.close()

    async def close(self) -> None:
        """Close everything; on return no task is left."""
        tasks = list(self._listeners.values())
        for listener in list(self._listeners):
            self.stop_listening(listener)
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._manager.shutdown(CLOSE_S)

    async def _serve(self, listening: socket.socket, listener: Listener) -> None:
        try:
            server = await self._loop.create_server(lambda: Connection(self._manager, listener, self._loop), sock=listening)
        except OSError:  # its jail is gone already
            return
        try:
            await asyncio.Event().wait()
        finally:
            server.close()

    async def _handle(self, request: web.BaseRequest) -> web.StreamResponse:
        found = token_of(request.raw_path)
        run = self._runs.get(found[0]) if found else None
        connection = request.protocol
        if found is None or run is None or not isinstance(connection, Connection) or not connection.may_use(run):
            return _json(401, FALLBACK.error_body(401, "this address is not in use, or no longer"))
        connection.listener.assign(connection, run)
        route = find_route(request.method, found[1], found[2])
        if route is None:
            return _json(404, FALLBACK.error_body(404, "there is nothing here"))
        with _cut_at_end(request, run):
            try:
                return await self._answer(request, connection, run, route)
            except BadRequest as error:
                form = FORMATS[route.wire] if route.wire else FALLBACK
                return _json(error.status, form.error_body(error.status, str(error)))

    async def _answer(
        self, request: web.BaseRequest, connection: Connection, run: GatewayRun, route: Route
    ) -> web.StreamResponse:
        if route.kind is Kind.ROOT:
            return _json(200, {})
        async with run.slots:
            body = await read_body(request, run.room)
            try:
                with connection.listener.at_work(connection):
                    return await (
                        self._models(request, run) if route.kind is Kind.MODELS else self._post(request, run, route, body)
                    )
            finally:
                run.room.give(len(body))

    async def _models(self, request: web.BaseRequest, run: GatewayRun) -> web.StreamResponse:
        wires = _family(request)
        return _json(200, await self._side.models(wires, run.model, _passed(request, FORMATS[wires[0]])))

    async def _post(self, request: web.BaseRequest, run: GatewayRun, route: Route, body: bytes) -> web.StreamResponse:
        assert route.wire is not None  # noqa: S101  # of every route with a body
        form = FORMATS[route.wire]
        document, headers = parse(body), _passed(request, form)
        try:
            model_request = run.request(
                route.wire, document, model=route.model, stream=route.stream, array=route.array, headers=headers
            )
        except ValueError as error:
            raise BadRequest(400, str(error)) from None
        if route.kind is Kind.COUNT_TOKENS:
            counted = await self._side.count_tokens(route.wire, document, model_request.model, len(body), headers)
            return _json(200, counted)
        with run.open(model_request, len(body)) as call:
            try:
                answer = await run.ask(call, model_request)
            except ModelsParked as refusal:
                status, error_body = form.refusal(str(refusal))
                return _json(status, error_body, NEVER_AGAIN)
            if answer.reply is None:
                return web.Response(status=answer.status, body=answer.fault, content_type="application/json")
            return await _pass_on(request, call, answer, array=model_request.array)


async def _pass_on(request: web.BaseRequest, call: ModelCall, answer: ModelAnswer, *, array: bool) -> web.StreamResponse:
    """The answer as it comes; if it breaks, the client's connection is closed."""
    assert answer.reply is not None  # noqa: S101  # the caller looked
    keys = answer.account.keys.forms
    headers = {name: scrub_text(value, keys) for name, value in answer.reply.headers.items() if name in PASSED_BACK}
    if not answer.reply.streamed:
        return web.Response(status=answer.status, body=b"".join([chunk async for chunk in call.chunks()]), headers=headers)
    if array:
        headers["content-type"] = "application/json"
    response = _Stream(status=answer.status, headers=headers)
    await response.prepare(request)
    try:
        async for chunk in call.chunks():
            await (response.write_eof(chunk) if call.over else response.write(chunk))
    except Broken as broken:
        await response.write(b"")  # the headers, if nothing came before
        if request.transport is not None:
            request.transport.close()  # what came before is still sent; the end mark is not
        raise ConnectionResetError(str(broken)) from None
    await response.write_eof()
    return response


def _passed(request: web.BaseRequest, form: Format) -> Mapping[str, str]:
    """What of a client's headers goes on to a provider."""
    return {name: request.headers[name][:LONGEST_PASSED] for name in form.passed_on if name in request.headers}


@contextmanager
def _cut_at_end(request: web.BaseRequest, run: GatewayRun) -> Iterator[None]:
    """Cut the client's connection if its run ends meanwhile."""

    def cut() -> None:
        if request.transport is not None:
            request.transport.abort()

    take_back = run.at_end(cut)
    try:
        yield
    finally:
        take_back()


def _family(request: web.BaseRequest) -> Sequence[Wire]:
    """The wires whose models a client wants to list."""
    if "anthropic-version" in request.headers:
        return (Wire.ANTHROPIC,)
    return (Wire.GEMINI,) if "/v1beta/" in request.raw_path else (Wire.OPENAI_CHAT, Wire.OPENAI_RESPONSES)


def _json(status: int, document: Mapping[str, object], headers: Mapping[str, str] | None = None) -> web.Response:
    return web.Response(status=status, body=to_json(document), content_type="application/json", headers=headers)
