"""Events over HTTP, as a browser gets them."""

import asyncio
import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiohttp import ClientResponse, ClientSession, web
from builders import concluded
from surface_campaigns import Made, campaign_of
from surface_campaigns import running as campaign_running
from surface_server import Surface, running

from overnight.web.event_streams import LIVE
from overnight.web.live import LivePages
from overnight.web.token import Role

PAGE = "/repos/repo/campaigns/night"


@pytest.fixture
def made(tmp_path: Path) -> Made:
    """A campaign with experiments under way."""
    return campaign_of(tmp_path / "repo", 3, ended=False)


@pytest.fixture
def live() -> list[LivePages]:
    """The pages of the server, once it runs."""
    return []


@pytest.fixture
def server(tmp_path: Path, made: Made, live: list[LivePages]) -> Iterator[Surface]:
    """A server of that campaign."""

    def keep(application: web.Application) -> None:
        live.append(application[LIVE])

    with running(tmp_path / "state", repositories={"repo": made.repository}, more=keep) as server:
        yield server


def session_of(server: Surface, role: Role = Role.OWNER) -> ClientSession:
    return ClientSession(f"http://127.0.0.1:{server.port}", headers={**server.bearer(role), "Host": server.host})


async def next_version(stream: ClientResponse) -> str:
    """The id of the next event."""
    return (await next_event(stream))[0]


async def next_event(stream: ClientResponse) -> tuple[str, str]:
    """The id and the data of the next event."""
    version = ""
    async for line in stream.content:
        name, _, rest = line.decode().strip().partition(": ")
        if name == "id":
            version = rest
        elif name == "data":
            return version, rest
    raise EOFError


def test_a_viewer_hears_of_a_commit_to_the_ledger(server: Surface, made: Made) -> None:
    """What a session writes elsewhere is announced, and the page that is fetched then has it; whoever has it is spared it."""

    async def view() -> None:
        async with session_of(server) as session, session.get("/events", params={"page": PAGE}) as stream:
            assert stream.content_type == "text/event-stream"
            first = await next_version(stream)
            with campaign_running(made) as ledger:
                ledger.append(concluded(4))
                while (version := await next_version(stream)) == first:
                    pass
                async with session.get(PAGE) as page:
                    etag = page.headers["ETag"]
                    assert page.headers["Content-Encoding"] == "gzip"
                async with session.get(PAGE, headers={"If-None-Match": f'W/"{version}"'}) as page:
                    assert page.status == 304 or etag != f'W/"{version}"'  # it may have changed once more
                async with session.get(PAGE, headers={"Accept-Encoding": "gzip;q=0"}) as page:
                    assert "Content-Encoding" not in page.headers
                    assert "<!DOCTYPE html>" in await page.text()

    asyncio.run(asyncio.wait_for(view(), 60))


def test_who_has_the_version_before_is_sent_what_is_new(server: Surface, made: Made) -> None:
    """The parts that changed, as the page has them; the first event has no parts, as nobody knows what a new viewer has."""

    async def view() -> None:
        async with session_of(server) as session, session.get("/events", params={"page": PAGE}) as stream:
            version, data = await next_event(stream)
            assert data == version
            with campaign_running(made) as ledger:
                ledger.append(concluded(4))
                while "because" not in data:
                    before = version
                    version, data = await next_event(stream)
                    found = json.loads(data)
                    assert found["since"] == before
            async with session.get(PAGE) as page:
                text = await page.text()
            assert all(f'id="{part}"' in text for part in found["parts"])
            new = {part for part in found["parts"] if f'id="{part}"' in found["html"]}
            assert "newest" in new and "next-ideas" not in new

    asyncio.run(asyncio.wait_for(view(), 60))


def test_who_may_no_longer_come_in_is_sent_nothing(server: Surface, made: Made) -> None:
    """A stream ends at the next change after its token was revoked, before anything of that change is sent."""

    async def view() -> None:
        async with session_of(server, Role.READER) as session, session.get("/events", params={"page": PAGE}) as stream:
            await next_event(stream)
            for token in server.tokens.read():
                server.tokens.revoke(token.name)
            with campaign_running(made) as ledger:
                ledger.append(concluded(4))
                assert b"because" not in await stream.content.read()

    asyncio.run(asyncio.wait_for(view(), 60))


def test_a_browser_that_comes_back_is_not_given_what_it_has(server: Surface, made: Made) -> None:
    """`Last-Event-ID` with the newest version: the next event is the next change. Any other id gets the newest, and no more."""

    async def view() -> None:
        async with session_of(server) as session:
            async with session.get("/events", params={"page": PAGE}) as stream:
                first = await next_version(stream)
            for forged in ("0", "-1", "9" * 4000, "\u00ff", "id: 1 data: x"):
                headers = {"Last-Event-ID": forged}
                async with session.get("/events", params={"page": PAGE}, headers=headers) as stream:
                    assert await next_version(stream)
            headers = {"Last-Event-ID": first}
            async with session.get("/events", params={"page": PAGE}, headers=headers) as stream:
                assert await stream.content.readline() == b"retry: 2000\n"
                with campaign_running(made) as ledger:
                    ledger.append(concluded(4))
                    assert await next_version(stream) != first

    asyncio.run(asyncio.wait_for(view(), 60))


def test_there_are_no_events_of_what_does_not_exist(server: Surface) -> None:
    """Neither of a page that there is none of, nor of another site's, nor of a page's twin."""
    nothing = (
        "",
        "/nothing",
        "//evil.example/home",
        "/repos/other/campaigns/night",
        "/events",
        "/home/../etc/passwd",
        "/home.json",
    )

    async def view() -> None:
        async with session_of(server) as session:
            for page in nothing:
                async with session.get("/events", params={"page": page}) as stream:
                    assert (page, stream.status, stream.content_type) == (page, 404, "text/plain")
            async with session.get("/events", params={"page": "/home?no=1"}) as stream:
                assert stream.status == 400

    asyncio.run(asyncio.wait_for(view(), 60))


def test_viewers_of_all_roles_see_the_same_campaign(server: Surface, made: Made) -> None:
    """A reader and an owner hear of the same change; only the owner's page has forms. Nobody without a token hears."""

    async def view() -> None:
        async with session_of(server) as owner, session_of(server, Role.READER) as reader, ClientSession() as nobody:
            get = [session.get("/events", params={"page": PAGE}) for session in (owner, reader)]
            async with get[0] as one, get[1] as two:
                first = [await next_version(one), await next_version(two)]
                assert first[0] != first[1]
                with campaign_running(made) as ledger:
                    ledger.append(concluded(4))
                    assert await next_version(one) != first[0]
                    assert await next_version(two) != first[1]
            pages = [await (await session.get(PAGE)).text() for session in (owner, reader)]
            assert ["data-order" in page for page in pages] == [True, False]
            async with nobody.get(f"http://127.0.0.1:{server.port}/events", params={"page": PAGE}) as refused:
                assert refused.status in {401, 421}

    asyncio.run(asyncio.wait_for(view(), 60))


def test_the_server_ends_at_once_with_viewers(tmp_path: Path, made: Made) -> None:
    """Streams end when it does, and nothing of them is left."""
    live: list[LivePages] = []
    with (
        running(tmp_path / "ending", repositories={"repo": made.repository}, more=lambda app: live.append(app[LIVE])) as server,
        socket.create_connection(("127.0.0.1", server.port), timeout=20) as wire,
    ):
        wire.sendall(request(server, PAGE))
        assert b"200 OK" in wire.recv(4096)
    assert live[0].watched == 0


def request(server: Surface, page: str) -> bytes:
    """For a stream."""
    token = server.bearer()["Authorization"]
    return f"GET /events?page={page} HTTP/1.1\r\nHost: {server.host}\r\nAuthorization: {token}\r\n\r\n".encode()


def test_who_goes_is_forgotten(server: Surface, live: list[LivePages]) -> None:
    """After 200 connects and disconnects nothing is watched, and nobody is counted."""

    async def view() -> None:
        async with session_of(server) as session:
            for _ in range(10):
                streams = await asyncio.gather(*(session.get("/events", params={"page": PAGE}) for _ in range(20)))
                assert {stream.status for stream in streams} == {200}
                for stream in streams:
                    stream.close()

    asyncio.run(asyncio.wait_for(view(), 60))
    while live[0].watched:
        server.wait()
    assert live[0].viewers == 0


def test_a_viewer_who_does_not_read_is_let_go(server: Surface, live: list[LivePages], monkeypatch: pytest.MonkeyPatch) -> None:
    """A stream that nobody reads holds a few kilobytes, and is closed; the server goes on."""
    monkeypatch.setattr("overnight.web.event_streams.WRITE_S", 0.05)
    monkeypatch.setattr("overnight.web.event_streams.HEARTBEAT_S", 0.0)
    monkeypatch.setattr("overnight.web.event_streams.LOOK_S", 0.0)
    with socket.socket() as wire:
        wire.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)
        wire.settimeout(20)
        wire.connect(("127.0.0.1", server.port))
        wire.sendall(request(server, PAGE))
        while not live[0].viewers:
            server.wait()
        while live[0].viewers:
            server.wait()
    assert server.ask("GET", PAGE, server.bearer()).status == 200
