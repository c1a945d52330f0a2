"""A web page, fetched through a proxy of our own that reaches the one host of its address.

The proxy resolves the name itself, and connects to that very address if it is a public one. Redirects are followed within the
host alone. What comes is never unpacked: a server that compresses all the same is refused.

Does not cover: what the address itself tells its host, which is why words of strangers must not choose it; what the page says,
which is foreign.
"""

import re
import socket
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import urljoin, urlsplit

from overnight.claw.hands.page_text import text_of
from overnight.egress.allowance import Allowance
from overnight.egress.hosts import BadHost, HostRule, Target, read_target
from overnight.errors import UserError
from overnight.machines.proxied import system_dialer
from overnight.words.foreign import printable

if TYPE_CHECKING:
    from aiohttp import ClientResponse

    from overnight.egress.dial import Dialer

LARGEST = 2_000_000  # bytes that come over the wire
LONGEST = 2_000  # characters of an address
WAIT_S = 30.0  # for all of it
MOST_REDIRECTS = 5
SHOWN = 200
_HEADERS = {"Accept": "text/html, text/plain, application/json;q=0.9, */*;q=0.1", "Accept-Encoding": "identity"}
_TEXTS = (
    "text/",
    "application/json",
    "application/xml",
    "application/xhtml+xml",
    "application/rss+xml",
    "application/atom+xml",
)
_CHARSET = re.compile(
    r"(?i)utf-?(8|16|16le|16be|32)|(us-)?ascii|(iso-?8859|windows|cp|koi8|euc)-?\w{1,5}|gb\w{4,5}|big5|shift_jis"
)
_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetched:
    """A page as it came."""

    url: str  # where it was found in the end
    status: int
    kind: str  # its type, such as text/html
    title: str
    text: str  # without markup, scripts and pictures


def fetch(url: str, *, dialer: "Callable[[], Dialer]" = system_dialer, tls: ssl.SSLContext | None = None) -> Fetched:
    """The page of an address.

    Raises:
        UserError: it is no address of the web, or nothing that can be read came back.
    """
    import anyio

    target_of(url)
    try:
        return anyio.run(_fetch, url, dialer, tls)
    except TimeoutError as error:
        raise UserError(f"{printable(url, SHOWN)} did not answer within {WAIT_S:g} s") from error


def target_of(url: str) -> Target:
    """The host that an address of the web is at.

    Raises:
        UserError: it is no address of the web.
    """
    try:
        parts = urlsplit(url)
        if len(url) > LONGEST or not url.isprintable() or not url.isascii() or " " in url:
            raise BadHost(f"an address has at most {LONGEST:,} plain characters; escape the others")
        if parts.scheme not in _PORTS or parts.username is not None or parts.password is not None:
            raise BadHost("an address begins with http:// or https:// and names no user")
        return read_target(parts.netloc, _PORTS[parts.scheme])
    except ValueError as error:
        raise UserError(
            f"{printable(url, SHOWN)} is no address that is fetched: {error}", fix="give a whole address"
        ) from error


async def _fetch(url: str, dialer: "Callable[[], Dialer]", tls: ssl.SSLContext | None) -> Fetched:
    import anyio
    from aiohttp import ClientError, ClientSession, ClientTimeout

    from overnight.egress.connection import Outcome
    from overnight.egress.proxy import Proxy

    host = target_of(url).host
    ports = tuple(dict.fromkeys((target_of(url).port, *_PORTS.values())))
    allowance = Allowance(hosts=(HostRule(host=host, ports=ports),), bytes_up=64 * 1024, bytes_down=LARGEST + 64 * 1024)
    listening = socket.create_server(("127.0.0.1", 0))
    way = f"http://127.0.0.1:{listening.getsockname()[1]}"
    proxy = Proxy(allowance, dialer())
    with anyio.fail_after(WAIT_S):
        async with (
            proxy,
            ClientSession(
                auto_decompress=False, timeout=ClientTimeout(total=WAIT_S), trust_env=False, headers=_HEADERS
            ) as session,
        ):
            proxy.listen(listening)
            try:
                for _ in range(MOST_REDIRECTS + 1):
                    async with session.get(url, proxy=way, allow_redirects=False, ssl=tls or True) as response:
                        refused = [each.reason for each in proxy.connections if each.outcome is not Outcome.REACHED]
                        if refused:
                            raise UserError(f"{printable(url, SHOWN)} is not reached: {printable(refused[0], SHOWN)}")
                        if not (leads := _leads(response, url)):
                            return await _read(response, url)
                        url = leads
                        if target_of(url).host != host:
                            what = f"it leads to {printable(url, SHOWN)}, which is at another host"
                            raise UserError(what, fix="fetch that one if it is meant")
            except (ClientError, OSError) as error:
                said = next((each.reason for each in proxy.connections if each.reason), str(error))
                raise UserError(f"{printable(url, SHOWN)} cannot be fetched: {printable(said, SHOWN)}") from error
            raise UserError(f"{printable(url, SHOWN)} leads from one page to the next without an end")


def _leads(response: "ClientResponse", url: str) -> str:
    """Where a redirect leads; empty if it is none."""
    if response.status not in {301, 302, 303, 307, 308} or "Location" not in response.headers:
        return ""
    return urljoin(url, response.headers["Location"])


async def _read(response: "ClientResponse", url: str) -> Fetched:
    if response.headers.get("Content-Encoding", "identity").lower() != "identity":
        raise UserError(f"{printable(url, SHOWN)} comes compressed although that was not asked for")
    kind = response.content_type.lower()
    if not kind.startswith(_TEXTS):
        raise UserError(f"{printable(url, SHOWN)} is {printable(kind, SHOWN)}, which has no text to read")
    content = await response.content.read(LARGEST + 1)
    while len(content) <= LARGEST and (more := await response.content.read(LARGEST + 1)):
        content += more
    if len(content) > LARGEST:
        raise UserError(f"{printable(url, SHOWN)} has more than {LARGEST:,} bytes")
    text = _decoded(content, response.charset or "utf-8")
    title, plain = text_of(text) if kind in {"text/html", "application/xhtml+xml"} else ("", text)
    return Fetched(url=url, status=response.status, kind=kind, title=title, text=plain)


def _decoded(content: bytes, charset: str) -> str:
    """As text; only by encodings of pages: others fail, take hours, or are no encodings of texts."""
    try:
        return content.decode(charset if _CHARSET.fullmatch(charset) else "utf-8", "replace")
    except LookupError:
        return content.decode("utf-8", "replace")
