"""Events over HTTP, as a browser gets them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from aiohttp import ClientResponse, ClientSession
from builders import concluded
from live_serving import caller_for, served
from surface_campaigns import Made, campaign_of, running

PAGE = "/repos/repo/campaigns/night"


@asynccontextmanager
async def stream_of(session: ClientSession, page: str, headers: dict[str, str] | None = None) -> AsyncIterator[ClientResponse]:
    async with session.get("/events", params={"page": page}, headers=headers) as stream:
        yield stream


async def next_version(stream: ClientResponse) -> str:
    """The id of the next event."""
    async for line in stream.content:
        if line.startswith(b"id: "):
            return line[4:].strip().decode()
    raise EOFError


def made(tmp_path: Path) -> Made:
    return campaign_of(tmp_path / "repo", 3, ended=False)


def test_a_viewer_hears_of_a_commit_to_the_ledger(tmp_path: Path) -> None:
    """What a session writes elsewhere is announced, and the page that is fetched then has it."""
    campaign = made(tmp_path)

    async def view(url: str) -> None:
        async with ClientSession(url) as session, stream_of(session, PAGE) as stream:
            assert stream.content_type == "text/event-stream"
            first = await next_version(stream)
            with running(campaign) as ledger:
                ledger.append(concluded(4))
                while (version := await next_version(stream)) == first:
                    pass
                async with session.get(PAGE) as page:
                    assert page.headers["ETag"] == f'W/"{version}"'

    with served(caller_for(campaign.repository)) as server:
        asyncio.run(asyncio.wait_for(view(server.url), 60))


def test_a_browser_that_comes_back_is_not_given_what_it_has(tmp_path: Path) -> None:
    """`Last-Event-ID` with the newest version: the next event is the next change."""
    campaign = made(tmp_path)

    async def view(url: str) -> None:
        async with ClientSession(url) as session:
            async with stream_of(session, PAGE) as stream:
                first = await next_version(stream)
            async with stream_of(session, PAGE, {"Last-Event-ID": first}) as stream:
                assert await stream.content.readline() == b"retry: 2000\n"
                with running(campaign) as ledger:
                    ledger.append(concluded(4))
                    assert await next_version(stream) != first

    with served(caller_for(campaign.repository)) as server:
        asyncio.run(asyncio.wait_for(view(server.url), 60))


def test_there_are_no_events_of_what_does_not_exist(tmp_path: Path) -> None:
    """Neither of a page that there is none of, nor of another site's."""
    campaign = made(tmp_path)

    async def view(url: str) -> None:
        async with ClientSession(url) as session:
            for page in ("", "/nothing", "https://evil.example/", "/repos/other/campaigns/night", "/home?no=1"):
                async with stream_of(session, page) as stream:
                    assert (stream.status, stream.content_type) == (404, "text/plain")

    with served(caller_for(campaign.repository)) as server:
        asyncio.run(asyncio.wait_for(view(server.url), 60))
