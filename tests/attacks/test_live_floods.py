"""Floods of event streams: many at once, of many pages; they are refused, and the pages stay there."""

import asyncio
import threading
from contextlib import AsyncExitStack
from pathlib import Path

from aiohttp import ClientSession, web
from surface_campaigns import campaign_of
from surface_server import running

from overnight.web.calls import Caller
from overnight.web.event_streams import LIVE
from overnight.web.live import Limits, LivePages
from overnight.web.made_pages import MadePage, PageKey, make_page
from overnight.web.token import Role

PAGE = "/repos/repo/campaigns/night"


def test_a_flood_is_refused_and_pages_stay(tmp_path: Path) -> None:
    """One session takes no more than its share, nor more different pages; another session and the pages are served."""
    made, live = campaign_of(tmp_path / "repo", 3), list[LivePages]()

    def keep(application: web.Application) -> None:
        live.append(application[LIVE])
        live[0]._limits = Limits(of_session=4, pages=3)

    async def flood(url: str, host: str, bearers: list[dict[str, str]]) -> None:
        async with (
            AsyncExitStack() as streams,
            ClientSession(url, headers={**bearers[0], "Host": host}) as one,
            ClientSession(url, headers={**bearers[1], "Host": host}) as other,
        ):
            for number in range(20):  # of different pages
                page = f"{PAGE}/experiments?limit={1 + number}"
                stream = await streams.enter_async_context(one.get("/events", params={"page": page}))
                assert stream.status == (200 if number < 3 else 503)
            for number in range(20):  # of the same page
                stream = await streams.enter_async_context(one.get("/events", params={"page": f"{PAGE}/experiments?limit=1"}))
                assert stream.status == (200 if number < 1 else 503)
            assert stream.headers["Retry-After"] == "5"
            assert (live[0].watched, live[0].viewers) == (3, 4)
            stream = await streams.enter_async_context(other.get("/events", params={"page": f"{PAGE}/experiments?limit=1"}))
            assert stream.status == 503  # a reader's page is another one
            for session in (one, other):
                async with session.get(PAGE) as page_there:
                    assert page_there.status == 200

    with running(tmp_path / "state", repositories={"repo": made.repository}, more=keep) as server:
        bearers = [server.bearer(), server.bearer(Role.READER)]
        asyncio.run(asyncio.wait_for(flood(f"http://127.0.0.1:{server.port}", server.host, bearers), 60))
        while live[0].watched:
            server.wait()
        assert live[0].viewers == 0


def test_who_may_only_read_takes_no_page_from_the_owner(tmp_path: Path) -> None:
    """Readers open streams of as many pages as they can, and go on asking for others without waiting: the owner is served."""
    made, live = campaign_of(tmp_path / "repo", 3), list[LivePages]()
    slow, begun = threading.Event(), threading.Event()

    def keep(application: web.Application) -> None:
        live.append(application[LIVE])
        live[0]._limits = Limits(pages=6, viewers=12, waiting=4)

    async def flood(url: str, host: str, bearers: list[dict[str, str]]) -> None:
        async with (
            AsyncExitStack() as streams,
            ClientSession(url, headers={**bearers[0], "Host": host}) as owner,
            ClientSession(url, headers={**bearers[1], "Host": host}) as reader,
        ):
            for number in range(12):
                page = f"{PAGE}/experiments?limit={1 + number % 3}"
                stream = await streams.enter_async_context(reader.get("/events", params={"page": page}))
                assert stream.status == (200 if number < 6 else 503)
            stream = await streams.enter_async_context(reader.get("/events", params={"page": "/home"}))
            assert stream.status == 503
            for number in range(3):
                page = f"{PAGE}/experiments?limit={1 + number}"
                stream = await streams.enter_async_context(owner.get("/events", params={"page": page}))
                assert stream.status == 200
            while live[0]._making:
                await asyncio.to_thread(server.wait)
            live[0]._make_page = wait_for_reader
            asked = [asyncio.create_task(reader.get(f"{PAGE}/ideas?x={n}")) for n in range(4)]
            while len(live[0]._making) < 4:
                await asyncio.to_thread(server.wait)
            refused = await reader.get("/tasks")
            assert refused.status == 503 and refused.headers["Retry-After"] == "5"
            async with owner.get("/tasks") as page_there:
                assert page_there.status == 200
            slow.set()
            assert {(await each).status for each in asked} == {400}
        assert begun.is_set()

    def wait_for_reader(address: PageKey, caller: Caller, watched: tuple[Path, ...] = ()) -> MadePage:
        if not address.is_of_owner:
            begun.set()
            slow.wait()
        return make_page(address, caller, watched)

    with running(tmp_path / "state", repositories={"repo": made.repository}, more=keep) as server:
        bearers = [server.bearer(), server.bearer(Role.READER)]
        asyncio.run(asyncio.wait_for(flood(f"http://127.0.0.1:{server.port}", server.host, bearers), 60))
