"""One request to one account over HTTP, up to the first bytes of its answer."""

import asyncio
import json
import os
import re
import socket
import ssl
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AsyncExitStack
from io import BytesIO
from types import TracebackType
from typing import Self
from urllib.parse import urlsplit
from urllib.request import proxy_bypass_environment  # type: ignore[attr-defined]  # typeshed leaves it out

import aiohttp
from pydantic_core import to_json
from yarl import URL

from overnight import __version__
from overnight.models.provider import Provider, is_here
from overnight.models.wires.wire import Format, UpstreamRequest
from overnight.words.secret import Secret

LARGEST_ANSWER = 64 * 1024 * 1024  # bytes of an answer that is not streamed
AT_ONCE = 2**20  # bytes of a body that is written in one go; a larger one, as with pictures, in pieces
KEEP_ALIVE_S = 30.0
WHOLE_S = 3600.0  # of an answer, or six times its provider's silence: else one that only sends keep-alives never ends
VERSION = re.compile(r"v[0-9]+(?:alpha|beta)?[0-9]*")
HEADERS = {"User-Agent": f"overnight/{__version__}", "Accept-Encoding": "identity"}


class Unreachable(Exception):  # noqa: N818  # reported as a busy account
    """The provider gave no whole answer; says why, in one line.

    Attributes:
        stale: a kept connection was closed while it was idle, which says nothing about the provider.
        refused: no connection came about: nobody listens, the host is unknown, or its certificate is not trusted.
    """

    def __init__(self, why: str, *, stale: bool = False, refused: bool = False) -> None:
        super().__init__(why)
        self.stale = stale
        self.refused = refused


class Reply:
    """An answer whose first bytes are there."""

    def __init__(self, response: aiohttp.ClientResponse, first: bytes) -> None:
        self._response = response
        self._first = first
        self.first_at = time.monotonic()
        self.status = response.status
        self.headers = {name.lower(): value for name, value in response.headers.items()}

    @property
    def streamed(self) -> bool:
        """Whether it is a stream of events."""
        return "text/event-stream" in self.headers.get("content-type", "").lower()

    @property
    def over(self) -> bool:
        """Whether all of it has been read, so that a read would give nothing."""
        return self._response.content.at_eof()

    @property
    def first(self) -> bytes:
        """The first bytes of the body; empty only if it has none."""
        return self._first

    async def chunks(self) -> AsyncIterator[bytes]:
        """The body as it comes.

        Raises:
            Unreachable: it broke.
        """
        if self._first:
            yield self._first
        while chunk := await _read(self._response):
            yield chunk

    async def body(self, most: int = LARGEST_ANSWER) -> bytes:
        """All of the body, if it has no more bytes than `most`.

        Raises:
            Unreachable: it broke, or does not end; it is closed then.
        """
        body = bytearray()
        try:
            async for chunk in self.chunks():
                body += chunk
                if len(body) > most:
                    raise Unreachable("its answer does not end")
        except (Unreachable, asyncio.CancelledError):
            self.close()
            raise
        return bytes(body)

    async def fill(self) -> None:
        """Take in all of the body, so that it cannot break any more.

        Raises:
            Unreachable: it broke, or does not end.
        """
        self._first = await self.body()

    def close(self) -> None:
        """Give the connection back, or end it if the answer has not ended."""
        if self._response.content.at_eof():
            self._response.release()
        else:
            self._response.close()


class Upstream:
    """The HTTP client that all accounts share."""

    def __init__(
        self, environment: Mapping[str, str], connect_s: float, sent: Callable[[Provider, int], None] | None = None
    ) -> None:
        """`environment` names the proxies, as usual (`HTTPS_PROXY`, `NO_PROXY`).

        `sent` gets the size of each body that went to a provider, whatever came of it.
        """
        self._environment = environment
        self._connect_s = connect_s
        self._sent = sent or (lambda *_: None)
        self._stack = AsyncExitStack()
        self._session: aiohttp.ClientSession

    async def __aenter__(self) -> Self:
        connector = aiohttp.TCPConnector(limit=0, keepalive_timeout=KEEP_ALIVE_S)
        self._session = aiohttp.ClientSession(connector=connector, headers=HEADERS, cookie_jar=aiohttp.DummyCookieJar())
        await self._stack.enter_async_context(self._session)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def ask(
        self, provider: Provider, key: Secret | None, wire: Format, sent: UpstreamRequest, extra: Mapping[str, str]
    ) -> Reply:
        """The provider's answer, when its first bytes are there.

        Raises:
            Unreachable: it gave none.
        """
        url = endpoint(provider.base_url, wire.version, sent)
        headers = {**extra, **provider.headers}
        if key is not None:
            headers |= wire.key_headers(key.reveal())
        body = None if sent.body is None else encode(sent.body)
        if body is not None:
            headers["Content-Type"] = "application/json"
        left = body is not None
        try:
            return await self._exchange("GET" if body is None else "POST", url, provider.silence_s, headers, body)
        except Unreachable as error:
            left = left and not error.refused
            raise
        finally:
            if left and body is not None:
                self._sent(provider, len(body))

    async def get(self, url: str, wait_s: float) -> Reply:
        """The answer of a URL to a plain GET without any key, when its first bytes are there.

        Raises:
            Unreachable: it gave none.
        """
        return await self._exchange("GET", url, wait_s, {}, None)

    async def _exchange(self, method: str, url: str, silence_s: float, headers: Mapping[str, str], body: bytes | None) -> Reply:
        timeout = aiohttp.ClientTimeout(total=max(WHOLE_S, 6 * silence_s), sock_connect=self._connect_s, sock_read=silence_s)
        response: aiohttp.ClientResponse | None = None
        try:
            response = await self._session.request(
                method,
                URL(url, encoded=True),
                data=BytesIO(body) if body and len(body) > AT_ONCE else body,
                headers=headers,
                timeout=timeout,
                allow_redirects=False,
                proxy=proxy_for(url, self._environment),
            )
            return Reply(response, await _read(response))
        except (aiohttp.ClientError, OSError, ValueError) as error:
            if response is not None:
                response.close()
            stale = isinstance(error, aiohttp.ServerDisconnectedError | ConnectionResetError)
            refused = isinstance(error, aiohttp.ClientConnectorError)
            raise Unreachable(_describe(error), stale=stale and response is None, refused=refused) from None
        except (asyncio.CancelledError, Unreachable):
            if response is not None:
                response.close()
            raise


async def _read(response: aiohttp.ClientResponse) -> bytes:
    try:
        return await response.content.readany()
    except (aiohttp.ClientError, OSError) as error:
        raise Unreachable(f"its answer broke off: {_describe(error)}") from None


def _describe(error: Exception) -> str:
    """What went wrong, without the URL or a header that an exception's text may hold."""
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, aiohttp.ClientConnectorError):
        return f"no connection: {_words_of(error.os_error)}"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    return {
        "ServerDisconnectedError": "it closed the connection",
        "ClientPayloadError": "it closed the connection",
    }.get(type(error).__name__, type(error).__name__)


def _words_of(error: OSError) -> str:
    """The system's words, for asyncio puts the address into its own; a resolver and TLS number their errors differently."""
    if error.errno and not isinstance(error, socket.gaierror | ssl.SSLError):
        return os.strerror(error.errno)
    return error.strerror or type(error).__name__


def endpoint(base_url: str, version: str, sent: UpstreamRequest) -> str:
    """The URL of a request: the API version is added if the base URL has none."""
    base = base_url.rstrip("/")
    versioned = any(VERSION.fullmatch(segment) for segment in urlsplit(base).path.split("/"))
    return base + ("" if versioned else f"/{version}") + sent.path + (f"?{sent.query}" if sent.query else "")


def proxy_for(url: str, environment: Mapping[str, str]) -> str | None:
    """The proxy that the environment names for a URL; None for the machine itself."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    if is_here(url):
        return None
    settings = {name.lower(): value for name, value in environment.items() if name.lower().endswith("_proxy")}
    if proxy_bypass_environment(host, {"no": settings.get("no_proxy", "")}):
        return None
    return settings.get(f"{parts.scheme}_proxy") or settings.get("all_proxy") or None


def encode(body: Mapping[str, object]) -> bytes:
    """A request's body, also if a text in it holds half a surrogate pair."""
    try:
        return to_json(body, inf_nan_mode="null")
    except ValueError:
        return json.dumps(body).encode()
