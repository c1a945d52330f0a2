"""What a device says of itself over HTTP, without being changed: its first page, usual descriptions, and what those link to.

Only its own address is asked, by GET, without a query. A link that reads like an order (`/relay/on`) is not followed.
Does not cover: a device that does something at a path that does not read so.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import urljoin, urlsplit

from overnight.home.drivers._http import OK, Http
from overnight.home.port import DeviceError, Unreachable
from overnight.words.foreign import printable_lines

FIRST = ("/", "/index.html", "/openapi.json", "/description.xml", "/.well-known/wot", "/.well-known/core", "/api", "/status")
MOST = 24  # paths that are asked
LONGEST = 6_000  # characters that are kept of one
ORDERS = (  # words in a path
    "on off set toggle reboot restart reset factory delete remove erase open close lock unlock start stop play pause up down"
    " update upgrade flash do cmd cm command control exec run switch turn trigger pair logout save apply write format"
)
_ORDERS = frozenset(ORDERS.split())
_LINK = re.compile(r"""(?:href|src|action)\s*=\s*["']?([^"'\s>]{1,200})|["'`](/[\w./-]{1,100})["'`]""", re.IGNORECASE)
_NOISE = re.compile(r"<(style|svg)\b.*?</\1>|data:[\w/+;-]+,[\w+/=%-]+", re.IGNORECASE | re.DOTALL)
_TEXT = re.compile(r"\.(png|jpe?g|gif|ico|webp|woff2?|ttf|mp4|gz|zip|bin|css|map)$", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """One answer; foreign."""

    path: str
    text: str


async def look_around(http: Http) -> Sequence[Page]:
    """What it says, by path.

    Raises:
        Unreachable: it does not answer at all.
    """
    waiting, asked, found = list(FIRST), set[str](), list[Page]()
    while waiting and len(asked) < MOST:
        path = waiting.pop(0)
        if path in asked:
            continue
        asked.add(path)
        try:
            answer = await http.send("GET", path)
        except Unreachable:
            raise
        except DeviceError:
            continue
        text = answer.body.decode("utf-8", "replace")
        if answer.status >= OK or not text.strip() or "\0" in text or any(each.text == _kept(text) for each in found):
            continue
        found.append(Page(path=path, text=_kept(text)))
        waiting += links(text, path, http.base)
    return found


def links(text: str, path: str, base: str) -> Iterator[str]:
    """The paths at the same address that a page names and that only read, as far as their words show."""
    for match in _LINK.finditer(text):
        try:
            to = urlsplit(urljoin(base + path, match[1] or match[2]))
        except ValueError:
            continue
        words = re.findall(r"[a-z]+", re.sub(r"([a-z])([A-Z])", r"\1 \2", to.path).lower())
        if (
            f"{to.scheme}://{to.netloc}" == base
            and re.fullmatch(r"/[!-~]*", to.path)
            and not to.query
            and not _TEXT.search(to.path)
            and _ORDERS.isdisjoint(words)
        ):
            yield to.path


def _kept(text: str) -> str:
    return printable_lines(_NOISE.sub("", text).strip(), LONGEST)
