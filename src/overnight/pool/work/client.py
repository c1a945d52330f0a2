"""A hub over HTTP, as a worker reaches it: one host, no redirects, no proxy, every answer bounded in size and time.

A hub may be hostile; nothing that it sends is unpacked. Does not cover: what the hub learns by being asked, such as this
machine's address.
"""

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from socket import gaierror
from types import TracebackType
from typing import TYPE_CHECKING, Self, TypeVar
from urllib.parse import urlsplit

from overnight.errors import UserError
from overnight.pool.changes import content_digest
from overnight.pool.messages import PREFIX, Answer, Card, NonceAnswer, Refusal, Signed, dump, is_genuine_card, read
from overnight.words.foreign import printable

if TYPE_CHECKING:
    from aiohttp import ClientResponse, ClientSession

CONNECT_S = 10.0
SMALL_S = 20.0  # for a whole small answer, however slowly it drips
LARGE_S = 120.0  # for entries, or a file
LARGEST_SMALL = 64 * 1024  # bytes
LARGEST_ENTRIES = 64 * 1024**2  # bytes of one answer: a genesis of 20,000 files has 5 MB, a usual block 50 kB
LARGEST_FILE = 64 * 1024**2  # bytes of a file of the public tree
MOST_AT_ONCE = 500  # entries of one answer
OF_PAGE = 40  # entries of a page of a mirror: the largest entries that there can be are below the bytes of one answer
OK, FIRST_REDIRECT, FIRST_ERROR = 200, 300, 400  # HTTP
MISSING = 404
LONGEST_URL = 500  # characters
SHOWN = 200
_HEADERS = {"Accept": "application/json, application/octet-stream", "Accept-Encoding": "identity"}
T = TypeVar("T")


class BadHub(UserError):  # noqa: N818  # named like the verdict
    """What a hub said is no answer of a hub; the message says why."""


class HubAway(UserError):  # noqa: N818  # a state
    """A hub does not answer now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HubAddress:
    """Where a hub is."""

    url: str  # scheme, host and port
    key: str = ""  # that it must have; empty: whoever said the address did not say

    @classmethod
    def parse(cls, text: str) -> "HubAddress":
        """An address as a person has it, such as `https://hub.example` or `https://hub.example#KEY`.

        Raises:
            UserError: it is none.
        """
        try:
            parts = urlsplit(text)
            port = parts.port
        except ValueError as error:
            raise UserError(f"{printable(text, SHOWN)} is no address of a hub", fix="write https://HOST") from error
        plain = len(text) <= LONGEST_URL and text.isascii() and text.isprintable() and " " not in text
        if not plain or parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc or parts.query:
            raise UserError(f"{printable(text, SHOWN)} is no address of a hub", fix="write https://HOST or https://HOST#KEY")
        if parts.path not in {"", "/", PREFIX, f"{PREFIX}/"}:
            raise UserError(f"{printable(text, SHOWN)} has a path, and a hub has none", fix="write https://HOST")
        host = f"[{parts.hostname}]" if ":" in parts.hostname else parts.hostname
        return cls(url=f"{parts.scheme}://{host}{f':{port}' if port else ''}", key=parts.fragment)


@dataclass(slots=True)
class Hub:
    """A hub; use it as a context."""

    address: HubAddress
    small_s: float = SMALL_S
    large_s: float = LARGE_S
    _session: "ClientSession | None" = field(default=None, init=False)
    _is_plain: bool = field(default=False, init=False)  # files at a web server, which reads no query

    async def __aenter__(self) -> Self:
        from aiohttp import ClientSession, DummyCookieJar, TCPConnector

        from overnight.pool.work.names import OutsideResolver

        self._session = ClientSession(
            connector=TCPConnector(resolver=OutsideResolver()),
            auto_decompress=False,
            trust_env=False,
            cookie_jar=DummyCookieJar(),
            headers=_HEADERS,
            max_line_size=4096,
        )
        return self

    async def __aexit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        if self._session is not None:
            await self._session.close()

    async def card(self) -> Card:
        """What it says of itself now, signed.

        Raises:
            BadHub: it is signed by somebody else, or is no card.
            HubAway: it does not answer.
        """
        card = await self._message(Card, "GET", "/hub")
        if not is_genuine_card(card):
            raise BadHub("the hub's card is not signed by its key")
        if self.address.key and card.hub != self.address.key:
            what = f"the hub at {self.address.url} has the key {card.hub}, and should have {printable(self.address.key, SHOWN)}"
            raise BadHub(what, fix="ask its founder which is right; join a hub with another key in a new folder")
        return card

    async def entries(self, after: int) -> Sequence[str]:
        """The next entries of its chain, as texts; raises as `card`.

        A mirror at a plain web server answers every query with the beginning: there, the page is fetched that has the next.
        """
        if not self._is_plain:
            texts = await self._texts(f"/entries?after={after}")
            self._is_plain = after >= 0 and bool(texts) and _is_genesis(texts[0])
            if not self._is_plain:
                return texts
        page, at = divmod(after + 1, OF_PAGE)
        return (await self._texts(f"/pages/{page}"))[at:]

    async def _texts(self, path: str) -> Sequence[str]:
        body = await self._ask("GET", path, most=LARGEST_ENTRIES, within_s=self.large_s)
        try:
            texts = json.loads(body)
        except (ValueError, RecursionError) as error:
            raise BadHub("the hub's entries are no JSON") from error
        if not isinstance(texts, list) or not all(isinstance(each, str) for each in texts):
            raise BadHub("the hub's entries are no list of texts")
        if len(texts) > MOST_AT_ONCE:
            raise BadHub(f"the hub sends {len(texts):,} entries at once; {MOST_AT_ONCE} are allowed")
        return texts

    async def file(self, digest: str, size: int) -> bytes:
        """A content, checked; raises as `card`."""
        if size > LARGEST_FILE:
            raise BadHub(f"a file of {size:,} bytes is in its tree; {LARGEST_FILE:,} are allowed")
        content = await self._ask("GET", f"/files/{digest}", most=size, within_s=self.large_s)
        if len(content) != size or content_digest(content) != digest:
            raise BadHub(f"the hub sends another content than that of the digest {digest}")
        return content

    async def nonce(self, key: str) -> str | Refusal:
        """A nonce for one request; raises as `card`."""
        body = await self._ask("POST", "/nonces", json_body={"key": key})
        try:
            return read(NonceAnswer, body).nonce
        except (ValueError, RecursionError):
            return _read(Refusal, body)

    async def send(self, request: Signed) -> Answer | Refusal:
        """Send what changes something; raises as `card`."""
        body = await self._ask("POST", "/requests", json_body=dump(request), fails=False)
        try:
            return read(Answer, body)
        except ValueError:
            return _read(Refusal, body)

    async def answer(self, submission: int, commitment: str) -> Answer | None:
        """How a submission stands, for who knows its commitment; raises as `card`."""
        try:
            found = await self._message(Answer, "GET", f"/submissions/{commitment}")
        except _NotThere:
            return None
        if found.submission != submission:
            raise BadHub(f"the hub answers about submission {found.submission}, and was asked about {submission}")
        return found

    async def _message(self, kind: type[T], method: str, path: str, body: Mapping[str, object] | None = None) -> T:
        return _read(kind, await self._ask(method, path, json_body=body))

    async def _ask(
        self,
        method: str,
        path: str,
        *,
        json_body: Mapping[str, object] | None = None,
        most: int = LARGEST_SMALL,
        within_s: float | None = None,
        fails: bool = True,
    ) -> bytes:
        """What it answers. `fails`: an error of HTTP is one."""
        import aiohttp

        assert self._session is not None, "use it as a context"  # noqa: S101  # ours
        limit_s = within_s or self.small_s
        timeout = aiohttp.ClientTimeout(total=limit_s, connect=min(CONNECT_S, limit_s))
        url = f"{self.address.url}{PREFIX}{path}"
        try:
            async with self._session.request(method, url, json=json_body, allow_redirects=False, timeout=timeout) as response:
                return await _body(response, most, fails=fails)
        except TimeoutError as error:
            raise HubAway(f"the answer of the hub at {self.address.url} did not end within {limit_s:g} s") from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise HubAway(f"the hub at {self.address.url} does not answer: {_why(error)}") from error


class _NotThere(BadHub):
    """It has no such thing."""


async def _body(response: "ClientResponse", most: int, *, fails: bool) -> bytes:
    """The body of an answer, if it is one and not too large."""
    if FIRST_REDIRECT <= response.status < FIRST_ERROR:
        leads = printable(response.headers.get("Location", "nowhere"), SHOWN)
        raise BadHub(f"the hub leads elsewhere, to {leads}; no redirect is followed")
    if response.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise BadHub("the hub's answer is compressed, although that was not asked for")
    if response.content_length is not None and response.content_length > most:
        raise BadHub(f"the hub's answer would have {response.content_length:,} bytes; {most:,} are allowed")
    content = bytearray()
    async for chunk in response.content.iter_any():
        content += chunk
        if len(content) > most:
            raise BadHub(f"the hub's answer has more than {most:,} bytes")
    if response.status != OK and fails:
        said = printable(bytes(content[:SHOWN]).decode("utf-8", "replace"), SHOWN)
        kind = _NotThere if response.status == MISSING else HubAway if response.status >= 500 else BadHub  # noqa: PLR2004  # HTTP
        raise kind(f"the hub answers {response.status}: {said}")
    return bytes(content)


def _why(error: Exception) -> str:
    """What the system says of a connection that failed, without the words of the library."""
    from overnight.pool.work.names import LeadsInside

    system = getattr(error, "os_error", error)
    if isinstance(system, OSError) and not isinstance(system, gaierror | LeadsInside) and system.errno:
        return os.strerror(system.errno)
    said = system.strerror if isinstance(system, OSError) else str(system)
    return printable(said or type(error).__name__, SHOWN)


def _is_genesis(text: str) -> bool:
    try:
        entry = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(entry, dict) and entry.get("kind") == "genesis"


def _read(kind: type[T], body: bytes) -> T:
    try:
        return read(kind, body)
    except (ValueError, RecursionError) as error:
        raise BadHub(f"the hub's answer is no {kind.__name__.lower()}") from error
