"""Pages for whoever opens a hub's address in a browser: made from the public chain alone, read-only, without a script.

They are made in a thread of their own, one after another, with a connection of their own to the record, so that no submission
waits for them; what was made is kept until the chain grows. The thread rests twice as long as it worked, so that a flood of
addresses takes a third of a core at most.
Does not cover: who looks; the server knows addresses, and keeps none.
"""

import asyncio
import html
import re
import secrets
import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from aiohttp import web

from overnight.pool.chain import Block, Genesis, Withdrawal, read_entry
from overnight.pool.lanes import Lane
from overnight.pool.record.record import HubRecord
from overnight.pool.serving.public_rendering import Shown, render_page
from overnight.pool.serving.refusing import Busy
from overnight.pool.views.public import PublicStanding
from overnight.sockets.static_files import add_static_files

POLICY = "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
LOOK = Path(__file__).parents[2] / "look" / "static"
FILES = ("look.css", "surface.css", "icon.svg")
FRESH_S = 2.0  # for which the chain, and the numbers of the queue, are not looked at again
MOST_WAITING = 64  # pages that are not made yet
MOST_KEPT = 16_000_000  # bytes of pages
RESTS = 2.0  # times what making a page took
LONGEST_REST_S = 2.0
AT_ONCE = 200  # entries that are read before others have their turn
NUMBER_DIGITS = 9
_HOST = re.compile(r"([A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(:[0-9]{1,5})?")
UNKNOWN = "URL"  # in place of an address that a request does not say


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A page by what it shows."""

    name: str  # of its template
    number: int = 0  # of an entry; of a list, the first that is not shown


FRONT = Asked(name="front")


class PublicPages:
    """The public pages of one hub."""

    def __init__(self, open_record: Callable[[], HubRecord], *, url: str = "", invitations: bool = False) -> None:
        """`url`: the address that workers reach the hub at; empty: the one that a visitor came by."""
        self._open_record = open_record
        self._url = url
        self._invitations = invitations
        self._mark = f"address-{secrets.token_hex(16)}"  # stands for the visitor's address in what is kept
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="pages")
        self._waiting = 0
        self._kept: OrderedDict[Asked, bytes] = OrderedDict()  # changed by the thread alone
        self._looked_at = float("-inf")
        # Of the thread alone:
        self._record: HubRecord | None = None
        self._standing: PublicStanding | None = None
        self._seen: Shown | None = None

    def add_to(self, application: web.Application) -> None:
        """Serve them; no answer of the application may run a script from then on."""
        router = application.router
        router.add_get("/", self._page("front"))
        router.add_get("/chain", self._page("chain"))
        router.add_get(f"/blocks/{{number:[1-9][0-9]{{0,{NUMBER_DIGITS - 1}}}}}", self._page("block"))
        router.add_get("/board", self._page("board"))
        router.add_get("/program", self._page("program"))
        add_static_files(router, "/static", [LOOK / name for name in FILES])
        application.on_response_prepare.append(_add_policy)
        application.on_startup.append(self._begin)
        application.on_cleanup.append(self._close)

    def _page(self, name: str) -> Callable[[web.Request], Awaitable[web.Response]]:
        async def answer(request: web.Request) -> web.Response:
            number = request.match_info.get("number") or request.query.get("before", "0")
            if not (number.isascii() and number.isdigit() and len(number) <= NUMBER_DIGITS):
                raise web.HTTPBadRequest(text="`before` is the number of an entry\n")
            body = await self._body(Asked(name=name, number=int(number) if name in {"block", "chain"} else 0))
            if body is None:
                raise web.HTTPNotFound(text="there is no such entry\n")
            shown = html.escape(self._url or _address(request))
            return web.Response(
                body=body.replace(self._mark.encode(), shown.encode()), content_type="text/html", charset="utf-8"
            )

        return answer

    async def _body(self, asked: Asked) -> bytes | None:
        """A page; None: the chain has no such entry. Busy: too many wait."""
        if time.monotonic() - self._looked_at < FRESH_S and (kept := self._kept.get(asked)) is not None:
            return kept
        if self._waiting >= MOST_WAITING:
            raise Busy
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._thread, self._make, asked)
        finally:
            self._waiting -= 1

    async def _begin(self, _: web.Application) -> None:
        """Read a long chain before the first visitor comes; what is wrong with it is said to that one."""
        self._thread.submit(self._look)

    # --- In the thread ---

    def _make(self, asked: Asked) -> bytes | None:
        seen = self._look()
        if (kept := self._kept.get(asked)) is not None:
            return kept
        began = time.thread_time()
        text = render_page(asked.name, seen, asked.number)
        if text is None:
            return None
        made = text.encode()
        self._kept[asked] = made
        while len(self._kept) > 1 and sum(map(len, self._kept.values())) > MOST_KEPT:
            self._kept.popitem(last=False)
        self._thread.submit(_rest, time.thread_time() - began)
        return made

    def _look(self) -> Shown:
        """What the record has now; what was made before is forgotten if that is something else."""
        if self._seen is not None and time.monotonic() - self._looked_at < FRESH_S:
            return self._seen
        if self._record is None:
            self._record = self._open_record()
        record = self._record
        standing = self._followed(record)
        seen = Shown(
            record=record,
            standing=standing,
            length=len(standing.lines),
            paused=record.paused(),
            waiting={lane.value: record.in_lane(lane) for lane in Lane},
            address=self._mark,
            invitations=self._invitations,
        )
        if self._seen is None or seen.length != self._seen.length:
            self._kept.clear()
        elif seen != self._seen:
            self._kept.pop(FRONT, None)  # no other page shows the queue, or whether the hub is paused
        self._seen = seen
        self._looked_at = time.monotonic()
        return seen

    def _followed(self, record: HubRecord) -> PublicStanding:
        """The chain as far as the record has it: the one that the hub checked when it began, and signed since."""
        if self._standing is None:
            [first] = record.entries(most=1)
            genesis = read_entry(first)
            assert isinstance(genesis, Genesis)  # noqa: S101  # the first entry
            self._standing = PublicStanding(genesis)
        standing = self._standing
        while texts := record.entries(after=len(standing.lines), most=AT_ONCE):
            began = time.thread_time()
            for text in texts:
                entry = read_entry(text)
                assert isinstance(entry, Block | Withdrawal)  # noqa: S101  # a later entry
                standing.add(entry)
            _rest(time.thread_time() - began)
        return standing

    async def _close(self, _: web.Application) -> None:
        def close() -> None:
            if self._record is not None:
                self._record.store.close()

        self._thread.submit(close)
        await asyncio.get_running_loop().run_in_executor(None, partial(self._thread.shutdown, cancel_futures=False))


def _rest(took_s: float) -> None:
    time.sleep(min(RESTS * took_s, LONGEST_REST_S))


def _address(request: web.Request) -> str:
    """The address that a visitor came by, as far as it can be one."""
    host = request.headers.get("Host", "")
    return f"{request.scheme}://{host}" if _HOST.fullmatch(host) else UNKNOWN


async def _add_policy(_: web.Request, answer: web.StreamResponse) -> None:
    answer.headers["Content-Security-Policy"] = POLICY
