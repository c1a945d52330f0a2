"""A small client of MCP: over the standard streams of `overnight mcp`, or in this process."""

import json
import os
import queue
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import jsonschema

from overnight.operations.operation import Tier
from overnight.operations.principal import Address, Kind, Origin, Principal
from overnight.web.calls import Caller
from overnight.web.mcp.dispatcher import Dispatcher
from overnight.web.mcp.messages import CAPABILITIES, CLIENT, STATELESS, VERSION
from overnight.web.mcp.session import Session
from overnight.web.mcp.tools import BY_NAME

Json = Any  # Any: JSON
PATIENCE_S = 60.0  # for one answer, on a loaded machine


class Client:
    """Asks, and keeps what arrives meanwhile."""

    def __init__(self, send: Callable[[bytes], None]) -> None:
        self.send = send
        self.notes: list[Json] = []
        self._arrived: queue.Queue[Json] = queue.Queue()
        self._early: dict[object, Json] = {}
        self._number = 0

    def take(self, line: bytes) -> None:
        """A line from the server: nothing but a message may come."""
        assert line.endswith(b"\n") and line.count(b"\n") == 1 and line.isascii()
        message = json.loads(line)
        assert message["jsonrpc"] == "2.0"
        self._arrived.put(message)

    def answer(self, number: object) -> Json:
        """The answer to a request, whenever it comes."""
        while number not in self._early:
            message = self._arrived.get(timeout=PATIENCE_S)
            if "method" in message:
                self.notes.append(message)
            else:
                self._early[message["id"]] = message
        return self._early.pop(number)

    def write(self, **message: Json) -> None:
        """Send a message as it is."""
        self.send(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")

    def begin(self, method: str, params: Mapping[str, Json] | None = None) -> int:
        """Send a request; its id."""
        self._number += 1
        self.write(id=self._number, method=method, params=params or {})
        return self._number

    def ask_as(self, number: int, method: str, params: Mapping[str, Json]) -> Json:
        """What comes of a request with this id."""
        self.write(id=number, method=method, params=params)
        return self.answer(number)

    def ask(self, method: str, **params: Json) -> Json:
        """What comes of a request."""
        return self.answer(self.begin(method, params))

    def result(self, method: str, **params: Json) -> Json:
        """The result of a request that has one."""
        found = self.ask(method, **params)
        assert "result" in found, found
        return found["result"]

    def hello(self, name: str = "tester", version: str = "2025-11-25") -> Json:
        """The handshake."""
        info = {"name": name, "version": "1"}
        found = self.result("initialize", protocolVersion=version, capabilities={}, clientInfo=info)
        self.write(method="notifications/initialized")
        return found

    def call(self, tool: str, *, fails: bool = False, **given: Json) -> Json:
        """What a tool answers, which fits its schema."""
        found = self.result("tools/call", name=tool, arguments=given)
        told = found["structuredContent"]
        jsonschema.validate(told, BY_NAME[tool]["outputSchema"])
        assert json.loads(found["content"][0]["text"]) == told
        assert found["isError"] is fails, told
        return told


def envelope(name: str = "tester", version: str = STATELESS) -> Json:
    """What a request says about itself in the newest revision."""
    return {"_meta": {VERSION: version, CLIENT: {"name": name, "version": "1"}, CAPABILITIES: {}}}


def here(repositories: Mapping[str, Path]) -> Client:
    """A client that talks to a session in this process."""

    def caller_named(name: str) -> Caller:
        return Caller(
            principal=Principal(Kind.AGENT, name),
            origin=Origin.CLAW,
            address=Address(channel="mcp", id=name),
            repositories=repositories,
            environment=os.environ,
            ceiling=Tier.REVERSIBLE,
        )

    client = Client(lambda line: session.receive(line.rstrip(b"\n")))
    session = Session(Dispatcher(caller_named), client.take)
    return client


@contextmanager
def started(folder: Path, *arguments: str) -> Iterator[tuple[Client, subprocess.Popen[bytes]]]:
    """A client of `overnight mcp` in a folder; the process is ended by closing its input, else killed."""
    command = [sys.executable, "-m", "overnight", "mcp", *arguments]
    with subprocess.Popen(
        command, cwd=folder, env=dict(os.environ), stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        reads, writes = process.stdout, process.stdin
        assert reads and writes

        def send(line: bytes) -> None:
            writes.write(line)
            writes.flush()

        client = Client(send)

        def follow() -> None:
            for line in reads:
                client.take(line)

        reader = threading.Thread(target=follow, daemon=True)
        reader.start()
        try:
            yield client, process
        finally:
            if process.poll() is None:
                writes.close()
                try:
                    process.wait(PATIENCE_S)
                except subprocess.TimeoutExpired:
                    process.kill()
            reader.join()
