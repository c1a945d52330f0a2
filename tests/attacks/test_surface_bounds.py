"""Floods against the surface: huge requests, slow clients, too many of them, and requests that can be read in two ways."""

import threading
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import anyio.to_thread
import pytest
from aiohttp import web
from surface_server import Surface, parsed, read_all, running

from overnight.sockets import connections
from overnight.sockets.connections import Bounds

PAGE = "/operations.md"
QUICK = Bounds(connections=4, of_device=2, request_s=0.3, stall_s=0.3, linger_s=0.1)
LARGE = 64 * 1024 * 1024  # bytes: more than sockets hold


async def echo(request: web.Request) -> web.Response:
    """An order whose answer is its body."""
    return web.Response(text=await request.text())


async def large(_request: web.Request) -> web.Response:
    """An order with a large answer."""
    return web.Response(body=bytes(LARGE))


def more(application: web.Application) -> None:
    """Orders of the tests."""
    application.add_routes([web.post("/echo", echo), web.post("/large", large)])


@pytest.fixture(scope="module")
def surface(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Surface]:
    with running(tmp_path_factory.mktemp("state"), more=more) as found:
        yield found


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Surface]:
    """One that has no patience."""
    with running(tmp_path_factory.mktemp("state"), bounds=QUICK, more=more) as found:
        yield found


def order(surface: Surface, *headers: str, path: str = "/echo") -> bytes:
    """The head of an order by a program, and its end is missing."""
    known = surface.bearer()["Authorization"]
    lines = [
        f"POST {path} HTTP/1.1",
        f"Host: {surface.host}",
        f"Authorization: {known}",
        "Content-Type: application/json",
        *headers,
    ]
    return "".join(f"{line}\r\n" for line in lines).encode()


def test_a_body_is_bounded(surface: Surface) -> None:
    """64 kB are taken, a byte more is refused, announced or not, before all of it was read; so is a compressed one."""
    known = {**surface.bearer(), "Content-Type": "application/json"}
    assert surface.ask("POST", "/echo", known, "x" * 64 * 1024).body == "x" * 64 * 1024
    assert surface.ask("POST", "/echo", known, "x" * (64 * 1024 + 1)).status == 413
    chunk = b"10000\r\n" + b"x" * 65536 + b"\r\n"
    chunked = order(surface, "Transfer-Encoding: chunked", "Connection: close") + b"\r\n" + 4 * chunk + b"0\r\n\r\n"
    assert parsed(surface.send(chunked)).status == 413
    with surface.connected() as wire:  # a body of a terabyte that is only announced
        wire.sendall(order(surface, "Content-Length: 1000000000000") + b"\r\n")
        assert parsed(read_all(wire)).status == 413
    packed = surface.ask("POST", "/echo", {**known, "Content-Encoding": "gzip"}, "x" * 100)
    assert packed.status == 415
    assert surface.ask("GET", PAGE, {**surface.bearer(), "Content-Length": "5"}, "12345").status == 400


def test_a_head_is_bounded(surface: Surface) -> None:
    """A long line, a long header, many headers, a long query or address are refused, and the server goes on."""
    long = "x" * 10_000
    for head in (
        f"GET /{long} HTTP/1.1\r\nHost: {surface.host}\r\n\r\n",
        f"GET {PAGE} HTTP/1.1\r\nHost: {surface.host}\r\nX: {long}\r\n\r\n",
        f"GET {PAGE} HTTP/1.1\r\nHost: {surface.host}\r\n" + "".join(f"X-{n}: 1\r\n" for n in range(1_000)) + "\r\n",
        f"GET {PAGE} HTTP/1.1\r\nHost: {surface.host}\r\nCookie: {'a=b; ' * 2_000}\r\n\r\n",
    ):
        answer = parsed(surface.send(head.encode()))
        assert answer.status == 400 and answer.headers["x-content-type-options"] == "nosniff"
        assert "xxxx" not in answer.body
    assert surface.ask("GET", f"{PAGE}?x={'x' * 5_000}", surface.bearer()).status == 414
    assert surface.ask("GET", f"/{'x' * 7_000}", surface.bearer()).status == 404


def test_a_request_is_read_in_one_way_only(surface: Surface) -> None:
    """What a proxy and we could take for different requests is none."""
    smuggled = b"0\r\n\r\nPOST /echo HTTP/1.1\r\n"
    for lines in (
        ("Content-Length: 5", "Content-Length: 6"),
        ("Content-Length: 5", "Transfer-Encoding: chunked"),
        ("Transfer-Encoding: chunked", "Transfer-Encoding: identity"),
        ("Transfer-Encoding: xchunked",),
        ("Transfer-Encoding : chunked",),
        ("Content-Length: +5",),
        ("Content-Length: -1",),
        ("Content-Length: 5\nX: y",),
        (" folded: 1",),
        ("Na me: 1",),
    ):
        answers = surface.send(order(surface, *lines) + b"\r\n" + smuggled)
        assert parsed(answers).status in {400, 501} and answers.count(b"HTTP/1.") == 1, lines
    for line in (
        b"GET  / HTTP/1.1",
        b"GET / HTTP/9.9",
        b"G\0T / HTTP/1.1",
        b"GET http://evil.example/ HTTP/1.1",
        b"\x16\x03\x01",
        b"hi",
    ):
        answer = parsed(surface.send(line + f"\r\nHost: {surface.host}\r\nConnection: close\r\n\r\n".encode()))
        assert answer.status in {400, 401, 404, 421}, line


def test_a_slow_request_is_not_waited_for(quick: Surface) -> None:
    """A head or a body that does not come, or comes a byte at a time, has its time, and then its connection ends."""
    for begun in (b"", b"GET / HT", f"GET / HTTP/1.1\r\nHost: {quick.host}\r\nX-".encode()):
        with quick.connected() as wire:
            wire.sendall(begun)
            assert read_all(wire) == b""
    with quick.connected() as wire:  # one that never pauses
        for _ in range(10_000):
            try:
                wire.sendall(b"X")
                wire.settimeout(0.02)
                if not wire.recv(1):
                    break
            except TimeoutError:
                continue
            except (BrokenPipeError, ConnectionResetError):
                break
        else:
            raise AssertionError("it was never ended")
    with quick.connected() as wire:
        wire.sendall(order(quick, "Content-Length: 100") + b"\r\n{")
        assert parsed(read_all(wire)).status == 408


def test_an_answer_that_is_not_read_is_given_up(quick: Surface) -> None:
    """The connection is cut, not kept with what was to be sent."""
    with quick.connected() as wire:
        wire.sendall(order(quick, "Content-Length: 2", path="/large") + b"\r\n{}")
        wire.recv(10)
        while quick.connections:
            quick.wait()
        assert len(read_all(wire)) < LARGE


def test_a_stream_ends_when_its_token_does(quick: Surface) -> None:
    """Who was logged out hears no more of what changes."""
    known = quick.browser()
    name = quick.tokens.read()[-1].name
    with quick.connected() as wire:
        wire.sendall(f"GET /events?page=/home HTTP/1.1\r\nHost: {quick.host}\r\nCookie: {known['Cookie']}\r\n\r\n".encode())
        assert wire.recv(9) == b"HTTP/1.1 "
        assert quick.connections
        quick.tokens.revoke(name)
        assert b"text/event-stream" in read_all(wire)


def test_connections_are_bounded(quick: Surface) -> None:
    """The one too many is closed; when another has ended there is room again."""
    with ExitStack() as stack:
        wires = [stack.enter_context(quick.connected()) for _ in range(QUICK.connections)]
        while len(quick.connections) < QUICK.connections:
            quick.wait()
        with quick.connected() as wire:
            assert read_all(wire) == b""
        wires[0].close()
        while len(quick.connections) >= QUICK.connections:
            quick.wait()
        assert quick.ask("GET", "/static/surface.css").status == 200


def test_a_device_of_the_network_gets_a_part(quick: Surface, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that takes all that it can leaves room for the others; this machine is not counted."""
    monkeypatch.setattr(connections, "device_of", lambda address: "192.0.2.7")
    with ExitStack() as stack:
        for _ in range(QUICK.of_device):
            stack.enter_context(quick.connected())
        while len(quick.connections) < QUICK.of_device:
            quick.wait()
        with quick.connected() as wire:
            assert read_all(wire) == b""
        monkeypatch.undo()
        assert quick.ask("GET", "/static/surface.css").status == 200


def test_an_order_under_way_is_finished_at_the_end(tmp_path: Path) -> None:
    """The server ends while one is carried out: it gets its answer; who only waits is let go."""
    started, ends = threading.Event(), threading.Event()

    async def slow(request: web.Request) -> web.Response:
        started.set()
        await anyio.to_thread.run_sync(ends.wait)
        return web.Response(text="done")

    async def let_go(_: web.Application) -> None:
        ends.set()

    def slowly(application: web.Application) -> None:
        application.add_routes([web.post("/slow", slow)])
        application.on_shutdown.append(let_go)

    with ExitStack() as stack:
        with running(tmp_path, more=slowly) as surface:
            idle, ordering = (stack.enter_context(surface.connected()) for _ in range(2))
            ordering.sendall(order(surface, "Content-Length: 2", path="/slow") + b"\r\n{}")
            assert started.wait(20)
        assert read_all(idle) == b""
        assert parsed(read_all(ordering)).body == "done"
