"""A device from the first look to a command that is read back and taken back, over HTTP."""

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from claws import approve_all, claw  # noqa: F401
from homes import home, introduce  # noqa: F401
from targets import run_here

from overnight.home.record.record import HomeRecord
from overnight.home.things import CommandOutcome


class Relay(BaseHTTPRequestHandler):
    """A relay in the shape of a Shelly; one that lies says that it did it and does not."""

    on = False
    lies = False

    def do_POST(self) -> None:
        given = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        answer: object = {}
        match self.path.removeprefix("/rpc/"):
            case "Shelly.GetDeviceInfo":
                answer = {"mac": "AABBCCDDEEFF", "name": "relay", "model": "SNSW-001X16EU"}
            case "Shelly.GetStatus":
                answer = {"switch:0": {"id": 0, "output": type(self).on}}
            case "Switch.Set" if not self.lies:
                type(self).on = given["on"]
        body = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002  # its signature
        """Say nothing."""


@contextmanager
def relay(*, lies: bool = False) -> Iterator[tuple[str, type[Relay]]]:
    """One that answers; its address and its truth."""
    kind = type("OneRelay", (Relay,), {"lies": lies})
    server = ThreadingHTTPServer(("127.0.0.1", 0), kind)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"127.0.0.1:{server.server_port}", kind
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_command_is_done_when_it_was_read_back(home: HomeRecord, tmp_path: Path) -> None:  # noqa: F811
    """`home set` changes the device itself, `home undo` brings back what was before, and both were read back."""
    with relay() as (address, truth):
        device = introduce(home, "shelly", address, "study lamp", room="study")
        found = run_here(tmp_path, "home", "set", "study lamp", "on=true", "--json")
        assert json.loads(found.stdout)["outcome"] == CommandOutcome.DONE, found.stderr
        assert truth.on
        assert "study lamp" in run_here(tmp_path, "home", "devices").stdout
        found = run_here(tmp_path, "home", "undo", "--json")
        assert json.loads(found.stdout)[0]["after"] == {"on": False}
        assert not truth.on
    assert [each.outcome for each in home.commands(device.number)] == [CommandOutcome.DONE, CommandOutcome.DONE]


def test_a_device_that_only_says_so_is_not_done(
    home: HomeRecord,  # noqa: F811
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """One that acknowledges a command without doing it is unconfirmed."""
    monkeypatch.setattr("overnight.home.acting.commanding.Commander.within_s", 0.3)
    with relay(lies=True) as (address, _):
        introduce(home, "shelly", address, "study lamp")
        found = run_here(tmp_path, "home", "set", "study lamp", "on=true")
    assert "did not do it" in found.stdout
    assert home.commands()[0].outcome is CommandOutcome.UNCONFIRMED


def test_a_claw_turns_on_the_lamp(home: HomeRecord, claw, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]  # noqa: F811
    """A sentence in the chat reaches the device."""
    with relay() as (address, truth):
        introduce(home, "shelly", address, "study lamp")
        claw.hear("please turn on the study lamp")
        assert "read back" in claw.run()[-1]
        assert truth.on


def test_a_sentence_to_what_can_hurt_is_asked_about(home: HomeRecord, claw, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]  # noqa: F811
    """Also the owner, at the terminal, approves what was understood before a heater is on; a sentence approves nothing."""
    with relay() as (address, truth):
        device = introduce(home, "shelly", address, "sauna")
        run_here(tmp_path, "home", "name", str(device.number), "sauna", "--trait", "heater")
        claw.tell("turn on the sauna")
        assert len(claw.record.asked()) == 1
        claw.tell("yes, do it")
        assert not truth.on
        approve_all()
        assert "read back" in claw.run()[-1]
        assert truth.on
