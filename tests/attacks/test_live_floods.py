"""Floods of event streams: many at once, of many pages; they are refused, and the pages stay there."""

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

from aiohttp import ClientSession, web
from surface_campaigns import campaign_of
from surface_server import running

from overnight.web.event_streams import LIVE
from overnight.web.live import Limits, LivePages
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
