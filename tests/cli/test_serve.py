"""`overnight serve` and `overnight token` as processes: what they print, and how they end."""

import json
import os
import pty
import signal
import socket
import ssl
import stat
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from http.client import HTTPConnection, HTTPResponse
from pathlib import Path
from typing import IO, Any

import pytest
from targets import make_repo, program, run_here

SERVE = [sys.executable, "-m", "overnight", "serve", "--port", "0"]


@pytest.fixture(autouse=True)
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A state folder of its own."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state" / "overnight" / "web"


@contextmanager
def served(folder: Path, *arguments: str) -> Iterator[tuple[subprocess.Popen[str], Mapping[str, Any]]]:
    """A server in a folder, and what it says when it is ready: JSON, therefore Any."""
    command = [*SERVE, "--json", *arguments]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout
            yield process, json.loads(process.stdout.readline())
        finally:
            process.kill()


def ask(connection: HTTPConnection, address: str, headers: Mapping[str, str] | None = None) -> HTTPResponse:
    """Ask for an address by its path, at whatever the connection leads to."""
    _, _, host, path = address.split("/", 3)
    connection.request("GET", f"/{path}", headers={"Host": host, **(headers or {})})
    answer = connection.getresponse()
    answer.read()
    return answer


def test_a_browser_comes_in_and_ctrl_c_ends_it(tmp_path: Path, state: Path) -> None:
    """The repository here is served; a link opens; a signal ends it at once, with connections open and half-sent requests."""
    make_repo(tmp_path / "mine", program())
    with served(tmp_path / "mine") as (process, ready), closing(HTTPConnection("127.0.0.1", int(ready["port"]))) as browser:
        assert ready["repositories"] == ["mine"]
        assert ready["address"].startswith("http://overnight-") and ready["address"].endswith(
            f".localhost:{ready['port']}/home"
        )
        entered = ask(browser, ready["link"])
        assert (entered.status, entered.headers["Location"]) == (303, "/home")
        cookie = {"Cookie": entered.headers["Set-Cookie"].partition(";")[0]}
        assert ask(browser, ready["address"].replace("/home", "/nowhere"), cookie).status == 404
        assert ask(browser, ready["link"]).status == 401
        another = run_here(tmp_path, "token", "--link", "--reader").stdout.strip()
        assert another.startswith(ready["address"].removesuffix("home")) and ask(browser, another).status == 303
        done = run_here(tmp_path, "serve", "--port", str(ready["port"]))
        assert f"`overnight serve` runs on port {ready['port']} already; `overnight token --link` prints" in done.stderr
        with (
            socket.create_connection(("127.0.0.1", int(ready["port"]))) as slow,
            closing(HTTPConnection("127.0.0.1", int(ready["port"]))) as viewer,
        ):
            slow.sendall(b"GET / HT")
            viewer.request("GET", "/events?page=/home", headers={**cookie, "Host": ready["address"].split("/")[2]})
            assert viewer.getresponse().readline().startswith(b"retry: ")
            process.send_signal(signal.SIGINT)
            assert process.wait(20) == 0
        assert process.stderr
        assert process.stderr.read().rstrip().splitlines()[-2].endswith("browser-1 came in as owner")
    assert [stat.S_IMODE(each.stat().st_mode) for each in (state, *state.iterdir())] == [0o700, 0o600, 0o600, 0o600]
    with served(tmp_path / "mine", "--port", str(ready["port"])) as (process, again):  # the same names, and still logged in
        assert again["address"] == ready["address"]
        with closing(HTTPConnection("127.0.0.1", int(ready["port"]))) as browser:
            assert ask(browser, ready["address"].replace("/home", "/nowhere"), cookie).status == 404
        process.terminate()
        assert process.wait(20) == 0


def test_what_cannot_be_served_is_one_line(tmp_path: Path) -> None:
    """A port of another program, in either family; a folder that is in no repository."""
    (tmp_path / "none").mkdir()
    done = run_here(tmp_path, "serve", "--repo", "none")
    assert done.returncode == 2 and "none is not in a git repository" in done.stderr and done.stderr.count("error:") == 1
    for family, address in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        if family is socket.AF_INET6 and not Path("/proc/net/if_inet6").exists():
            continue
        with socket.socket(family) as taken:
            taken.bind((address, 0))
            taken.listen()
            port = taken.getsockname()[1]
            done = run_here(tmp_path, "serve", "--port", str(port))
            assert done.returncode == 2, done.stderr
            assert f"another program listens on port {port} of {address}; end it, or serve on another port" in done.stderr


def test_a_terminal_gets_a_link_for_each_enter(tmp_path: Path) -> None:
    """The first at once, the next at Enter; Ctrl-C of the terminal ends it."""
    owner, terminal = pty.openpty()
    command = ["setsid", "--ctty", *SERVE]  # so that its Ctrl-C reaches the server
    with subprocess.Popen(command, cwd=tmp_path, stdin=terminal, stdout=terminal, stderr=terminal) as process:
        os.close(terminal)
        with os.fdopen(owner, "rb", buffering=0) as screen:
            first = _until(screen, b"makes the next one")
            assert b"serving no repository yet and what is about this machine; Ctrl-C ends it" in first
            os.write(owner, b"\n")
            second = _until(screen, b"makes the next one")
            links = {
                word for word in (first + second).split() if b"/enter?token=" in word and b"overnight-" in word.split(b"/")[2]
            }
            assert len(links) == 2
            os.write(owner, b"\x03")
            assert process.wait(20) == 0


def test_a_log_gets_no_token(tmp_path: Path) -> None:
    """Output that is no terminal is kept by somebody: it says how to get a link instead."""
    with subprocess.Popen(SERVE, cwd=tmp_path, stdout=subprocess.PIPE, stdin=subprocess.DEVNULL, text=True) as process:
        assert process.stdout
        lines = [process.stdout.readline(), process.stdout.readline()]
        process.terminate()
        assert "/home; `overnight token --link` prints what opens it in a browser" in lines[1]
        assert "token=" not in process.stdout.read() + "".join(lines)


def test_tokens_are_made_listed_and_revoked(tmp_path: Path, state: Path) -> None:
    """A token is printed once, alone on standard output; lists have names; each kind says what its bearer may."""
    made = run_here(tmp_path, "token")
    assert (
        made.stdout.startswith("overnight_")
        and made.stdout.count("\n") == 1
        and "overnight token revoke owner-1" in made.stderr
    )
    agent = json.loads(run_here(tmp_path, "token", "--agent", "claude", "--json").stdout)
    assert (agent["name"], agent["role"], agent["use"], agent["ends"]) == ("claude", "agent", "program", 0)
    assert json.loads(run_here(tmp_path, "token", "--reader", "--link", "--json").stdout)["use"] == "link"
    listed = run_here(tmp_path, "token", "list").stdout
    assert [line.split()[:3] for line in listed.splitlines()] == [
        ["owner-1", "owner", "program,"],
        ["claude", "agent", "program,"],
        ["link-1", "reader", "link,"],
    ]
    kept = (state / "tokens.json").read_text()
    assert agent["token"] not in kept + listed and made.stdout.strip() not in kept
    for words, said in {
        ("--agent", "claude"): "there is a token claude already",
        ("--agent", "a/b"): "`a/b` is no name of a token",
        ("--agent", "x", "--reader"): "a token is for a reader or for an agent",
        ("--agent", "x", "--link"): "a link is for a person's browser",
        ("revoke", "nobody"): "there is no token nobody",
    }.items():
        done = run_here(tmp_path, "token", *words)
        assert done.returncode == 2 and said in done.stderr
    assert run_here(tmp_path, "token", "revoke", "claude").returncode == 0
    assert "claude" not in run_here(tmp_path, "token", "list", "--json").stdout


def test_the_network_is_served_over_tls(tmp_path: Path, state: Path) -> None:
    """With a certificate that stays, whose key is ours alone; plain HTTP gets nothing, and no name of another."""
    with served(tmp_path, "--lan") as (_, ready):
        assert ready["address"].startswith("https://")
        context = ssl.create_default_context(cafile=str(state / "lan.pem"))
        context.check_hostname = False
        port = int(ready["port"])
        with (
            socket.create_connection(("127.0.0.1", port)) as plain,
            context.wrap_socket(plain, server_hostname="x") as wire,
        ):
            wire.sendall(f"GET /home HTTP/1.1\r\nHost: evil.example:{port}\r\nConnection: close\r\n\r\n".encode())
            assert wire.recv(100).startswith(b"HTTP/1.1 421 ")
        with socket.create_connection(("127.0.0.1", port)) as plain:
            plain.sendall(b"GET /home HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            assert not plain.recv(100).startswith(b"HTTP")
    before = (state / "lan.pem").read_bytes()
    assert stat.S_IMODE((state / "lan.pem").stat().st_mode) == 0o600
    with served(tmp_path, "--lan"):
        assert (state / "lan.pem").read_bytes() == before


def _until(screen: IO[bytes], mark: bytes) -> bytes:
    """What is on the screen when this is."""
    found = b""
    while mark not in found:
        found += screen.read(4096)
    return found
