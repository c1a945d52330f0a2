"""Tokens of the surface: where they must not be seen, what they do not open, and guesses at them."""

import logging
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from aiohttp import web
from surface_server import COOKIE, Answer, Surface, running

from overnight.operations.operation import Tier
from overnight.operations.registry import operations
from overnight.web.attempts import MOST
from overnight.web.requests import caller_of
from overnight.web.token import Role, Use
from overnight.web.token_file import LINK_S, TokenFile

PAGE = "/operations.md"


async def who(request: web.Request) -> web.Response:
    """Who orders, as operations see it."""
    caller = caller_of(request)
    return web.Response(text=f"{caller.principal} {caller.origin} {caller.ceiling} {caller.address}")


async def broken(request: web.Request) -> web.Response:
    """A fault of ours."""
    raise ValueError(f"a detail of ours: {request.headers['Authorization']}")


def more(application: web.Application) -> None:
    """Orders of the tests."""
    application.add_routes([web.post("/who", who), web.post("/api/broken", broken)])


@pytest.fixture
def surface(tmp_path: Path) -> Iterator[Surface]:
    with running(tmp_path, more=more) as found:
        yield found


def order(surface: Surface, headers: dict[str, str], path: str = "/who") -> Answer:
    """An order as live.js sends it."""
    return surface.ask("POST", path, {"Content-Type": "application/json", "Origin": surface.origin, **headers}, "{}")


def test_a_link_opens_once(surface: Surface) -> None:
    """It becomes a cookie that no script reads and no other site has sent, the address is clean, and the link is spent."""
    link = surface.link()
    text = link.partition("=")[2]
    assert surface.ask("HEAD", link).status == 401  # what looks at a link does not open it
    assert surface.ask("GET", link, {"Sec-Purpose": "prefetch;prerender"}).status == 403
    opened = surface.ask("GET", link)
    assert (opened.status, opened.headers["location"], opened.body) == (303, "/home", "")
    cookie, *properties = opened.headers["set-cookie"].split("; ")
    assert {"HttpOnly", "SameSite=Strict", "Path=/"} <= set(properties) and text not in cookie
    assert surface.ask("GET", PAGE, {"Cookie": cookie}).let_in
    again = surface.ask("GET", link, {"Accept": "text/html"})
    assert (
        again.status == 401
        and "set-cookie" not in again.headers
        and "overnight token --link" in again.body
        and "Enter" in again.body
    )
    assert surface.ask("GET", link, {"Cookie": cookie}).status == 303  # the same browser, by its history
    assert surface.ask("GET", PAGE, {"Authorization": f"Bearer {text}"}).status == 401


def test_a_token_is_seen_nowhere_else(surface: Surface, tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Not in an answer, the terminal, a log, a file, or an address that a browser would pass on."""
    caplog.set_level(logging.DEBUG)
    link, program = surface.link(), surface.bearer()
    texts = [link.partition("=")[2], program["Authorization"].partition(" ")[2]]
    browser = surface.browser()
    texts.append(browser["Cookie"].partition("=")[2])
    html = {"Accept": "text/html"}
    answers = [
        surface.ask("GET", f"{PAGE}?token={texts[1]}", program),
        surface.ask("GET", f"/nowhere/{texts[1]}?token={texts[1]}"),
        surface.ask("GET", link + "x", html),
        surface.ask("GET", PAGE, {"Authorization": f"Basic {texts[1]}", **html}),
        surface.ask("GET", PAGE, {"Authorization": f"Bearer {texts[1]}\0"}),
        surface.ask("GET", PAGE, {"Authorization": f"Bearer {texts[1]} {texts[1]}"}),
        surface.ask("PUT", f"/api/x?token={texts[1]}", browser),
        order(surface, browser),
        order(surface, program, f"/who?token={texts[1]}"),
        order(surface, program, "/api/broken"),
        surface.ask("GET", link),
    ]
    assert answers[0].status in {400, 404}
    assert [answer.status for answer in answers[1:]] == [401, 401, 401, 400, 401, 405, 200, 200, 500, 303]
    cookie = answers.pop().headers["set-cookie"]
    kept = (tmp_path / "web" / "tokens.json").read_text()
    for text in texts:
        assert not [answer for answer in answers if text in answer.body or text in str(answer.headers)]
        assert text not in kept and text not in "".join(surface.said) and text not in caplog.text and text not in cookie
    assert all(answer.headers["referrer-policy"] == "no-referrer" for answer in answers)
    assert all(answer.headers["cache-control"] == "no-store" for answer in answers)
    assert [line for line in surface.said if line.startswith("a fault of ours at /api/broken: ValueError: a detail of ours: ")]
    assert not [answer for answer in answers if "a detail of ours" in answer.body or "Traceback" in answer.body]


def test_a_reader_orders_nothing(surface: Surface) -> None:
    """Every operation with an effect, at every address that it could have, by header and by cookie: 403, no question asked."""
    for known in (surface.bearer(Role.READER), surface.browser(Role.READER)):
        assert surface.ask("GET", PAGE, known).let_in
        for operation in operations():
            words = "/".join(operation.name.split())
            for path in (f"/api/v1/{words}", f"/api/v1/repos/x/{words}"):
                answer = order(surface, known, path)
                assert answer.status == 403 and "may only read" in answer.body, path
            if operation.tier is not Tier.READ:
                assert surface.ask("GET", f"/api/v1/{words}", known).status in {400, 404, 405}
        for path in ("/stop", "/api/v1//stop", "/mcp", "/enter", "/nowhere"):
            assert order(surface, known, path).status == 403
        for method in ("PUT", "PATCH", "DELETE", "CONNECT", "TRACE", "OPTIONS", "post"):
            assert surface.ask(method, "/who", known).status in {400, 405}
        for name in ("X-HTTP-Method-Override", "X-Method-Override", "_method"):
            assert surface.ask("GET", "/who", {**known, name: "POST"}).status == 404


def test_each_role_is_one_principal_to_operations(surface: Surface) -> None:
    """An owner's token is the owner's; an agent's stays below what the owner approves, whatever it says of itself."""
    assert order(surface, surface.browser()).body.startswith("owner:web owner physical Address(channel='web', id='browser-")
    assert order(surface, surface.bearer()).body == "owner:web owner physical Address(channel='rest', id='owner-1')"
    _, text = surface.tokens.make(Role.AGENT, Use.PROGRAM, "claude")
    agent = {"Authorization": f"Bearer {text}", "X-Overnight-Principal": "owner:me", "Cookie": "OVERNIGHT_PRINCIPAL=owner:me"}
    assert order(surface, agent).body == "agent:claude claw reversible Address(channel='rest', id='claude')"
    assert order(surface, agent, "/api/v1/repos/x%1b%5B31m/idea/add").status == 404
    assert surface.said[-2:] == ["claude: who: 200 OK", "claude: idea add in x\\x1b[31m: 404 Not Found"]


def test_what_was_revoked_opens_nothing(surface: Surface) -> None:
    """At once, and without a restart."""
    known, browser = surface.bearer(), surface.browser()
    for headers, name in ((known, "owner-1"), (browser, "browser-1")):
        assert surface.ask("GET", PAGE, headers).let_in
        assert TokenFile(surface.tokens.folder.parent).revoke(name)  # another process
        assert surface.ask("GET", PAGE, headers).status == 401


def test_what_is_too_old_opens_nothing(tmp_path: Path) -> None:
    """A link after a day, a session after a month; a program's token stays."""
    now = [1e9]
    tokens = TokenFile(tmp_path, lambda: now[0])
    link, program = (tokens.make(Role.OWNER, use)[1] for use in (Use.LINK, Use.PROGRAM))
    opened = tokens.enter(tokens.make(Role.OWNER, Use.LINK)[1])
    assert opened
    now[0] += LINK_S
    assert tokens.enter(link) is None
    assert tokens.find(opened[1], Use.SESSION)
    now[0] += 30 * LINK_S
    assert tokens.find(opened[1], Use.SESSION) is None
    assert tokens.find(program, Use.PROGRAM)


def test_guesses_are_bounded_and_lock_nobody_out(surface: Surface) -> None:
    """A flood of wrong tokens is soon not answered in detail any more; a right one is let in all the same."""
    known, link = surface.bearer(), surface.link()
    guess = {"Authorization": "Bearer overnight_guess"}
    statuses = [surface.ask("GET", PAGE, guess).status for _ in range(MOST + 2)]
    assert statuses == [401] * MOST + [429] * 2
    assert surface.ask("GET", "/enter?token=overnight_guess").status == 429
    assert surface.ask("GET", PAGE, {"Cookie": "overnight-abcdefgh=guess"}).headers["retry-after"] == "60"
    assert surface.ask("GET", PAGE, known).let_in
    assert surface.ask("GET", link).status == 303


def test_a_link_that_is_opened_many_times_at_once_opens_once(surface: Surface) -> None:
    """Of browsers that race for it one gets a session."""
    link = surface.link()
    with ThreadPoolExecutor(8) as racers:
        statuses = sorted(answer.status for answer in racers.map(lambda _: surface.ask("GET", link), range(8)))
    assert statuses == [303] + [401] * 7
    assert [token.use for token in surface.tokens.read()] == [Use.SESSION]


def test_odd_credentials_are_read_fast_and_open_nothing(surface: Surface) -> None:
    """Cookies and headers of every form that a parser could stumble over; none holds the server up."""
    session = surface.browser()["Cookie"]
    quoted = "\\" * 7_000
    cookies = [f'{COOKIE}="{quoted}"', f'a="{quoted}', "=;" * 3_000, f"{COOKIE}=", COOKIE, f"{COOKIE.upper()}={session}"]
    for cookie in (*cookies, f"{session}x", f"{COOKIE}=\xff", '"' * 7_000, f"$Version=1; {COOKIE}=x; $Path=/"):
        assert surface.ask("GET", PAGE, {"Cookie": cookie}).status in {400, 401}, cookie[:40]
    for value in (
        "Bearer",
        "Bearer ",
        "bearer null",
        "Bearer \t",
        f"Token {session}",
        "Basic b3duZXI6",
        "Bearer " + "x" * 7_000,
        "x",
    ):
        assert surface.ask("GET", PAGE, {"Authorization": value, "Cookie": session}).status == 401, value[:40]
    assert surface.ask("GET", PAGE, {"Cookie": f"a=b; {session}; c=d"}).let_in


def test_other_ways_to_begin_are_refused_too(surface: Surface) -> None:
    """Who asks to be told to go on, or for another protocol, is refused like everybody."""
    asked = {"Expect": "100-continue", "Content-Length": "5", "Content-Type": "application/json"}
    head = "".join(f"{name}: {value}\r\n" for name, value in {"Host": surface.host, "Connection": "close", **asked}.items())
    answers = surface.send(f"POST /who HTTP/1.1\r\n{head}\r\n12345".encode())
    assert answers.count(b"HTTP/1.1 401 ") == 1 and b"HTTP/1.1 200 " not in answers
    upgrade = {"Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Version": "13", "Sec-WebSocket-Key": "x" * 24}
    for protocol in ("websocket", "h2c"):
        assert surface.ask("GET", PAGE, {**upgrade, "Upgrade": protocol, "Connection": "Upgrade, close"}).status == 401


def test_tokens_that_cannot_be_read_let_nobody_in(surface: Surface) -> None:
    """A file that somebody broke or replaced: no page, no order, no link, and the terminal says why."""
    known, link = surface.bearer(), surface.link()
    surface.tokens.path.write_text("broken")
    for answer in (surface.ask("GET", PAGE, known), order(surface, known), surface.ask("GET", link)):
        assert answer.status == 503 and "tokens.json" not in answer.body
    assert "is no file of tokens" in surface.said[-1]
    assert surface.ask("GET", "/static/surface.css").status == 200
