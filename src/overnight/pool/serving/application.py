"""The protocol over HTTP: six addresses, each bounded in size; how connections are bounded is `sockets/connections.py`'s."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus

from aiohttp import web
from pydantic import TypeAdapter

from overnight.pool.chain import Key
from overnight.pool.messages import LARGEST_REQUEST, PREFIX, NonceAnswer, Refusal, Reveal, Signed, dump, read
from overnight.pool.serving.addresses import Addresses
from overnight.pool.serving.counter import Counter
from overnight.pool.serving.desk import Desk
from overnight.pool.serving.inspector import Inspector
from overnight.pool.serving.refusing import Busy, why_of
from overnight.sockets.connections import HEADERS

MOST_ENTRIES = 500  # of one answer
MOST_ENTRIES_BYTES = 8_000_000  # of one answer, unless one entry alone is larger
ANSWER_BYTES = 1024  # of what is said of a submission: all answers are as long
LARGEST_SMALL = 1_000  # bytes of a body that asks for a nonce
MOST_LARGE = 8  # bodies that are read at once
SMALL = 64_000  # bytes; larger bodies take turns
NUMBER_DIGITS = 15
BODY_S = 60.0  # for a body to come
Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]
_KEY: TypeAdapter[str] = TypeAdapter(Key)


def application(open_desk: Callable[[], Desk], *, proxy: bool = False, inspector: Inspector | None = None) -> web.Application:
    """The hub's application; the desk is opened in a thread of its own when the application starts.

    `proxy`: all that comes from this machine's loopback comes from a proxy, which says from where it has it.
    """
    return Routes(Counter(open_desk), inspector or Inspector(), Addresses(proxy=proxy)).application()


class Routes:
    """What is answered at each address."""

    def __init__(self, counter: Counter, inspector: Inspector, addresses: Addresses) -> None:
        import anyio

        self._counter = counter
        self._inspector = inspector
        self._addresses = addresses
        self._large = anyio.CapacityLimiter(MOST_LARGE)

    def application(self) -> web.Application:
        """All routes."""
        made = web.Application(client_max_size=LARGEST_REQUEST, middlewares=[self._bounded])
        made.on_response_prepare.append(_add_headers)
        made.on_startup.append(self._start)
        made.on_cleanup.append(self._stop)
        made.router.add_get(f"{PREFIX}/hub", self._card, allow_head=False)
        made.router.add_get(f"{PREFIX}/entries", self._entries, allow_head=False)
        made.router.add_get(PREFIX + "/files/{digest:[0-9a-f]{64}}", self._file, allow_head=False)
        made.router.add_get(PREFIX + "/submissions/{commitment:[0-9a-f]{64}}", self._submission, allow_head=False)
        made.router.add_post(f"{PREFIX}/nonces", self._nonce)
        made.router.add_post(f"{PREFIX}/requests", self._request)
        return made

    @web.middleware
    async def _bounded(self, request: web.Request, handler: Handler) -> web.StreamResponse:
        """An encoded body is refused unread; what takes too long to come, and what cannot be answered soon, is said."""
        if request.headers.get("Content-Encoding", "identity") != "identity":
            raise web.HTTPUnsupportedMediaType(text="send bodies as they are\n")
        try:
            with self._addresses.one(request):
                async with asyncio.timeout(BODY_S):
                    return await handler(request)
        except TimeoutError:
            answer = web.Response(status=HTTPStatus.REQUEST_TIMEOUT, text="the request took too long\n")
            answer.force_close()
            return answer
        except Busy:
            return web.Response(status=HTTPStatus.SERVICE_UNAVAILABLE, text="too many requests; try again later\n")

    async def _start(self, _: web.Application) -> None:
        self._counter.start()
        self._inspector.start()

    async def _stop(self, _: web.Application) -> None:
        await self._inspector.stop()
        self._counter.stop()

    async def _card(self, _: web.Request) -> web.Response:
        return _json(dump(await self._counter.ask(lambda desk: desk.card())))

    async def _entries(self, request: web.Request) -> web.Response:
        after = request.query.get("after", "-1")
        if not (after == "-1" or (after.isascii() and after.isdigit() and len(after) <= NUMBER_DIGITS)):
            raise web.HTTPBadRequest(text="`after` is the number of an entry\n")
        texts = await self._counter.ask(lambda desk: desk.entries(int(after), MOST_ENTRIES))
        total = 0
        shown: list[str] = []
        for text in texts:
            total += len(text)
            if shown and total > MOST_ENTRIES_BYTES:
                break
            shown.append(text)
        return _json(shown)

    async def _file(self, request: web.Request) -> web.Response:
        digest = request.match_info["digest"]
        content = await self._counter.ask(lambda desk: desk.content(digest))
        if content is None:
            raise web.HTTPNotFound(text="no such file is public\n")
        return web.Response(body=content, content_type="application/octet-stream")

    async def _submission(self, request: web.Request) -> web.Response:
        commitment = request.match_info["commitment"]
        answer = await self._counter.ask(lambda desk: desk.answer(commitment))
        if answer is None:
            raise web.HTTPNotFound(text="no such submission\n")
        return _padded(dump(answer))

    async def _nonce(self, request: web.Request) -> web.Response:
        if (request.content_length or 0) > LARGEST_SMALL or len(text := await request.read()) > LARGEST_SMALL:
            raise web.HTTPRequestEntityTooLarge(LARGEST_SMALL, LARGEST_SMALL)
        try:
            body = json.loads(text)
            key = _KEY.validate_python(body["key"] if isinstance(body, dict) and len(body) == 1 else None)
        except (ValueError, KeyError, RecursionError):
            raise web.HTTPBadRequest(text='send {"key": your public key in hex}\n') from None
        nonce = await self._counter.ask(lambda desk: desk.nonce(key))
        if not nonce:
            return _padded(dump(Refusal(code="banned", why=why_of("banned"))))
        return _padded(dump(NonceAnswer(nonce=nonce)))

    async def _request(self, request: web.Request) -> web.Response:
        if request.content_length is None:
            raise web.HTTPLengthRequired(text="send Content-Length\n")
        if request.content_length <= SMALL:
            return await self._taken(request)
        with self._addresses.one(request, large=True):
            async with self._large:
                return await self._taken(request)

    async def _taken(self, request: web.Request) -> web.Response:
        try:
            signed = read(Signed, await request.read())
        except (ValueError, RecursionError):
            raise web.HTTPBadRequest(text="this is no request of the protocol, see docs/work.md\n") from None
        inspected = None
        if isinstance(signed.body, Reveal) and (asked := await self._counter.ask(lambda desk: desk.text_of(signed))):
            inspected = await self._inspector.inspect(*asked)
        return _padded(dump(await self._counter.take(signed, inspected)))


async def _add_headers(_: web.Request, answer: web.StreamResponse) -> None:
    answer.headers.update(HEADERS)


def _json(value: object) -> web.Response:
    return web.Response(body=json.dumps(value).encode(), content_type="application/json")


def _padded(value: Mapping[str, object]) -> web.Response:
    """All of one length, so that who sees only encrypted traffic learns no verdict."""
    return web.Response(body=json.dumps(value).encode().ljust(ANSWER_BYTES), content_type="application/json")
