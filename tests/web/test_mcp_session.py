"""The protocol: revisions, errors, notifications, cancellation, and what never gets between the messages."""

import json
import re
import signal
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from mcp_client import Client, envelope, here, started
from targets import make_repo

from overnight.web.mcp.messages import STATELESS, client_name

HOME = "/repos/r/campaigns/t"


@pytest.fixture
def client(tmp_path: Path) -> Client:
    """In this process, without a repository."""
    return here({})


def test_a_handshake_settles_a_revision_that_both_speak(client: Client) -> None:
    """The one that is asked for, else our newest; an introduction comes before all else but a ping."""
    assert client.ask("tools/list")["error"]["code"] == -32600
    assert client.result("ping") == {}
    for asked, spoken in (("2025-06-18", "2025-06-18"), ("2025-11-25", "2025-11-25"), ("1999-01-01", "2025-11-25")):
        found = client.hello(version=asked)
        assert (found["protocolVersion"], found["serverInfo"]["name"]) == (spoken, "overnight")
    assert len(client.result("tools/list")["tools"]) == 8


def test_the_newest_revision_needs_no_handshake(client: Client) -> None:
    """Each request says who sends it, and its answer says that it is whole; another revision is refused by name."""
    found = client.result("server/discover", **envelope())
    assert (found["supportedVersions"], found["resultType"], found["cacheScope"]) == ([STATELESS], "complete", "private")
    assert client.result("tools/list", **envelope())["ttlMs"] == 0
    error = client.ask("tools/list", **envelope(version="2030-01-01"))["error"]
    assert (error["code"], error["data"]) == (-32022, {"supported": [STATELESS], "requested": "2030-01-01"})
    assert client.ask("tools/list", _meta={**envelope()["_meta"], "io.modelcontextprotocol/clientCapabilities": 1})["error"]
    assert client.ask("server/discover")["error"]["code"] == -32600, "a client then falls back to the handshake"


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (b"{", -32700), (b"\xff\xfe", -32700), (b'{"a": NaN}', -32700), (b"[" * 100_000, -32700), (b"1" * 10_000, -32700),
        (b'{"jsonrpc": "2.0", "jsonrpc": "2.0", "id": 1, "method": "ping"}', -32700),
        (b'[{"jsonrpc": "2.0", "id": 1, "method": "ping"}]', -32600), (b"7", -32600), (b'{"id": 1, "method": "ping"}', -32600),
        (b'{"jsonrpc": "2.0", "id": null, "method": "ping"}', -32600),
        (b'{"jsonrpc": "2.0", "id": 1.5, "method": "ping"}', -32600),
        (b'{"jsonrpc": "2.0", "id": true, "method": "ping"}', -32600),
    ],
)  # fmt: skip
def test_what_is_no_request_is_answered_with_an_error_that_has_no_id(client: Client, line: bytes, code: int) -> None:
    """Whatever a line holds, there is one answer, and the next line is answered as ever."""
    client.send(line + b"\n")
    assert client.answer(None)["error"]["code"] == code
    assert client.result("ping") == {}


def test_errors_of_a_request_have_its_id(client: Client) -> None:
    """Also if it is a string; a method that is not there, parameters that are none, a tool that is not there."""
    client.write(id="x", method="prompts/list")
    assert client.answer("x")["error"]["code"] == -32600
    client.hello()
    client.write(id="x", method="prompts/list")
    assert client.answer("x")["error"]["code"] == -32601
    client.write(id=0, method="tools/call", params=[])
    assert client.answer(0)["error"]["code"] == -32602
    assert "there are list, look" in client.ask("tools/call", name="rm", arguments={})["error"]["message"]


def test_notifications_and_answers_are_not_answered(client: Client) -> None:
    """Also those that nobody knows, and a cancellation of what is not under way."""
    client.hello()
    client.write(method="notifications/cancelled", params={"requestId": 99})
    client.write(method="notifications/unknown", params={"x": 1})
    client.write(id=5, result={})
    client.write(id=6, error={"code": 1, "message": "x"})
    assert client.result("ping") == {}
    assert client.notes == []


def test_a_client_is_an_agent_by_a_name_that_can_be_read() -> None:
    """No control characters, no colons; there is a name if they have none."""
    assert client_name({"name": "Claude Code (dev)\x1b[31m"}) == "Claude-Code--dev---31m"
    assert client_name({"name": "owner:web"}) == "owner-web"
    assert client_name({"name": "..."}) == client_name({}) == client_name(None) == client_name({"name": 7 * "\u202e"}) == "mcp"
    assert len(client_name({"name": "x" * 1000})) == 64


def test_standard_output_has_messages_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also if git and others run; the end of the input ends the process after the last answer, and is no error."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    make_repo(tmp_path / "r", "no program")
    with started(tmp_path / "r") as (client, process):
        client.hello()
        found = client.call("list", what="repositories")
        assert [item["name"] for item in found["items"]] == ["r"]
        client.call("stop", fails=True)
        number = client.begin("tools/call", {"name": "list", "arguments": {"what": "operations"}})
        assert process.stdin and process.stderr
        process.stdin.close()
        assert client.answer(number)["result"]["structuredContent"]["total"] > 20
        assert (process.wait(60), process.stderr.read()) == (0, b"")


def test_a_signal_ends_it_also_during_a_call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What only waits is cancelled, and the process ends by itself with code 0."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    with started(tmp_path) as (client, process):
        client.hello()
        client.begin("tools/call", {"name": "list", "arguments": {"what": "loops"}})
        client.result("ping")
        process.send_signal(signal.SIGTERM)
        assert process.wait(60) == 0


def test_a_line_that_is_too_long_is_skipped(tmp_path: Path) -> None:
    """It is answered with an error and not kept; the next line is answered."""
    with started(tmp_path) as (client, _):
        client.send(b'{"x": "' + b"x" * (3 << 20) + b'"}\n')
        assert "1,048,576 bytes" in client.answer(None)["error"]["message"]
        client.send(json.dumps({"jsonrpc": "2.0", "id": 1, "method": "ping"}).encode() + b"\r\n\n")
        assert client.answer(1)["result"] == {}


def test_a_start_imports_the_standard_library_alone(tmp_path: Path) -> None:
    """Until a tool is called: the tools are listed without anything that reads, writes, serves or checks for us."""
    hello = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": {"clientInfo": {"name": "x"}}}
    listed = {"jsonrpc": "2.0", "id": 2, "method": "tools/list"}
    command = [sys.executable, "-X", "importtime", "-m", "overnight", "mcp"]
    said = "".join(f"{json.dumps(message)}\n" for message in (hello, listed))
    done = subprocess.run(command, cwd=tmp_path, input=said, capture_output=True, text=True, timeout=60, check=True)
    assert len(done.stdout.splitlines()) == 2
    names = set(re.findall(r"^import time:.*\| +(\S+)$", done.stderr, re.MULTILINE))
    roots = {name.partition(".")[0] for name in names}
    others = {
        root for root in roots - sys.stdlib_module_names if (found := find_spec(root)) and "site-packages" in str(found.origin)
    }
    assert others - {"_distutils_hack"} <= {"click"}, "what each Python starts with, and the command line's own"
    assert len([name for name in names if name.startswith("overnight.")]) <= 20
