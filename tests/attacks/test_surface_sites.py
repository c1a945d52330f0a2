"""Pages of other sites against the surface: DNS rebinding, forged requests, reads across origins."""

from collections.abc import Iterator

import pytest
from surface_server import COOKIE, Surface, parsed, running

from overnight.web.token import Role

PAGE = "/operations.md"


@pytest.fixture(scope="module")
def surface(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Surface]:
    with running(tmp_path_factory.mktemp("state")) as found:
        yield found


def test_a_name_of_somebody_else_is_no_name_of_ours(surface: Surface) -> None:
    """DNS rebinding: a page whose name leads to the loopback gets nothing, with or without a token."""
    known = surface.bearer()
    port = surface.port
    foreign = ["evil.example", f"evil.example:{port}", "", "127.0.0.1", "127.0.0.1:1", f"x.{surface.host}", f"0.0.0.0:{port}"]
    for host in (*foreign, f"{surface.host}.evil.example", f"127.0.0.1:{port}@evil.example"):
        answer = surface.ask("GET", PAGE, {**known, "Host": host})
        assert answer.status in {400, 421}, host
        assert "operations" not in answer.body
    for host in (f"127.0.0.1:{surface.port}", f"localhost:{surface.port}", f"[::1]:{surface.port}", surface.host.upper()):
        assert surface.ask("GET", "/static/surface.css", {"Host": host}).status == 200
    two = f"GET {PAGE} HTTP/1.1\r\nHost: {surface.host}\r\nHost: evil.example\r\nConnection: close\r\n\r\n"
    assert parsed(surface.send(two.encode())).status == 400


def test_a_page_of_another_site_gets_nothing_carried_out(surface: Surface) -> None:
    """Forged requests: a browser that is logged in sends them, with its cookie even from another port of the same host."""
    browser = surface.browser()
    order = {**browser, "Content-Type": "application/json"}
    foreign = [
        {"Origin": "http://evil.example"},
        {"Origin": "null"},
        {"Origin": f"http://{surface.host.partition(':')[0]}:1"},
        {"Origin": f"https://{surface.host}"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Origin": surface.origin, "Sec-Fetch-Site": "cross-site"},
        {},  # a browser always says where an order comes from
    ]
    for headers in foreign:
        assert surface.ask("POST", "/api/v1/stop", {**order, **headers}, "{}").status == 403, headers
    own = {"Origin": surface.origin, "Sec-Fetch-Site": "same-origin"}
    for kind in ("text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "", "application/jsonx"):
        answer = surface.ask("POST", "/api/v1/stop", {**browser, **own, "Content-Type": kind}, "{}")
        assert answer.status == 415, kind
    assert surface.ask("POST", "/static/surface.css", {**order, **own}, "{}").status == 405
    assert surface.said[-1].endswith("came in as owner")


def test_nothing_can_be_read_across_origins(surface: Surface) -> None:
    """No answer lets another origin read it, and a fetch, an image, a frame or a script from elsewhere gets none."""
    browser = surface.browser()
    for dest in ("empty", "image", "script", "iframe", "object", "style"):
        headers = {**browser, "Sec-Fetch-Site": "cross-site", "Sec-Fetch-Dest": dest, "Sec-Fetch-Mode": "no-cors"}
        assert surface.ask("GET", PAGE, headers).status == 403
    asked = {"Origin": "http://evil.example", "Access-Control-Request-Method": "POST"}
    answers = [surface.ask("OPTIONS", PAGE, asked), surface.ask("GET", PAGE, {**browser, **asked}), surface.ask("GET", PAGE)]
    answers += [
        surface.ask("OPTIONS", PAGE, browser),
        surface.ask("GET", "/static/surface.css"),
        surface.ask("GET", PAGE, browser),
    ]
    for answer in answers:
        assert not [name for name in answer.headers if name.startswith("access-control")]
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
        assert "frame-ancestors 'none'" in answer.headers["content-security-policy"]


def test_a_link_from_another_site_can_be_followed(surface: Surface) -> None:
    """It opens a page, without the cookie, and that page leads to itself, now with the cookie."""
    headers = {
        "Sec-Fetch-Site": "cross-site",
        "Sec-Fetch-Dest": "document",
        "Sec-Fetch-Mode": "navigate",
        "Accept": "text/html",
    }
    answer = surface.ask("GET", "/operations", headers)
    assert answer.status == 401 and '<a href="/operations">open the page again</a>' in answer.body


def test_a_cookie_of_another_port_opens_nothing(surface: Surface) -> None:
    """All ports of a host share their cookies: one that another server set, also under our name, is no session."""
    for cookie in (f"{COOKIE}=x", "session=overnight_x", f"{COOKIE}={surface.link().partition('=')[2]}"):
        assert surface.ask("GET", PAGE, {"Cookie": cookie}).status == 401
    program = surface.bearer()["Authorization"].partition(" ")[2]
    assert surface.ask("GET", PAGE, {"Cookie": f"{COOKIE}={program}"}).status == 401
    session = surface.browser(Role.READER)["Cookie"].partition("=")[2]
    assert surface.ask("GET", PAGE, {"Authorization": f"Bearer {session}"}).status == 401


def test_cookies_of_another_port_neither_lock_out_nor_change_who_one_is(surface: Surface) -> None:
    """Another server of the host can set cookies of our name, for any path: garbage, or a session that somebody gave it."""
    own, theirs = surface.browser()["Cookie"], surface.browser(Role.READER)["Cookie"]
    garbage = f"{COOKIE}=overnight_{'x' * 43}"
    for cookies in ((garbage, own), (own, garbage), (own, theirs), (theirs, own), (theirs, garbage, own), ('a="b', own)):
        for lines in ([("; ".join(cookies))], list(cookies)):
            head = "".join(f"Cookie: {line}\r\n" for line in lines)
            start = f"GET /tasks HTTP/1.1\r\nHost: {surface.host}\r\nAccept: text/html\r\nConnection: close\r\n"
            assert parsed(surface.send(f"{start}{head}\r\n".encode())).status == 200, cookies
    order = {"Content-Type": "application/json", "Origin": surface.origin}
    for cookies in ((own, theirs), (theirs, own)):
        answer = surface.ask("POST", "/api/v1/task/stop", {**order, "Cookie": "; ".join(cookies)}, '{"name": "none"}')
        assert answer.status == 422, answer
    many = "; ".join([garbage] * 8 + [own])
    assert surface.ask("GET", "/tasks", {"Cookie": many}).status == 401
    assert surface.ask("GET", "/tasks", {"Cookie": theirs}).status == 200
