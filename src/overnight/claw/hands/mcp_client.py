"""The client of a tool server (MCP over standard input and output): a line is a message, and all that comes is bounded.

The server is not trusted. What it asks of us is refused, what it announces is not heard. For all of a conversation it has a
time, and for each answer a number of messages and of bytes, however slowly they come.
"""

import asyncio
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from overnight import __version__
from overnight.errors import UserError
from overnight.operations.json_text import strict_json
from overnight.words.foreign import one_line, printable

VERSIONS = ("2025-11-25", "2025-06-18", "2025-03-26", "2024-11-05")  # that begin with `initialize`, newest first
MOST_BYTES = 1 << 20  # of a message
MOST_MESSAGES, MOST_READ = 1000, 4 << 20  # messages, and their bytes, that are read until an answer comes
WITHIN_S = 120.0  # for all of a conversation
MOST_TOOLS, MOST_PAGES = 100, 10
LONGEST = 20_000  # characters of a result
SHOWN = 200
NAME = re.compile(r"[A-Za-z0-9_-]{1,40}")
NO_METHOD = -32601

Json = Mapping[str, Any]  # Any: an object of JSON


class BadServer(UserError):  # noqa: N818  # a state
    """A tool server does not do what the protocol says; says what in one line."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """What a tool answered."""

    text: str
    failed: bool  # the tool says that it did not work


class McpClient:
    """One conversation with a server."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, within_s: float = WITHIN_S) -> None:
        """`reader` has to have a limit of `MOST_BYTES`; `within_s`: from now on, for all that is asked."""
        self._reader, self._writer, self._last = reader, writer, 0
        self._within_s, self._until = within_s, asyncio.get_running_loop().time() + within_s

    async def begin(self) -> None:
        """Shake hands.

        Raises:
            BadServer: it speaks another protocol.
        """
        about = {"name": "overnight", "version": __version__}
        given = {"protocolVersion": VERSIONS[0], "capabilities": {}, "clientInfo": about}
        found = await self._ask("initialize", given)
        if found.get("protocolVersion") not in VERSIONS:
            raise BadServer(f"it speaks another revision: {printable(str(found.get('protocolVersion')), SHOWN)}")
        await self._send({"jsonrpc": "2.0", "method": "notifications/initialized"})

    async def tools(self) -> Sequence[Json]:
        """All its tools as it describes them, by name; those with a name that cannot be one are left out.

        Raises:
            BadServer: there are too many, or two of a name.
        """
        found: dict[str, Json] = {}
        cursor: object = None
        for _ in range(MOST_PAGES):
            page = await self._ask("tools/list", {"cursor": cursor} if cursor else {})
            listed = page.get("tools")
            for each in listed if isinstance(listed, list) else ():
                name = each.get("name") if isinstance(each, dict) else None
                if not isinstance(name, str) or not NAME.fullmatch(name):
                    continue
                if name in found:
                    raise BadServer(f"it has two tools of the name {name}")
                found[name] = each
            cursor = page.get("nextCursor")
            if not cursor or len(found) > MOST_TOOLS:
                break
        if cursor or len(found) > MOST_TOOLS:
            raise BadServer(f"it has more than {MOST_TOOLS} tools")
        return [found[name] for name in sorted(found)]

    async def call(self, tool: str, arguments: Json) -> Said:
        """What a tool answers."""
        found = await self._ask("tools/call", {"name": tool, "arguments": arguments})
        content = found.get("content")
        parts = [_words(each) for each in content if isinstance(each, dict)] if isinstance(content, list) else []
        if not any(parts) and "structuredContent" in found:
            parts = [json.dumps(found["structuredContent"])]
        return Said(text="\n".join(parts)[: 2 * LONGEST], failed=found.get("isError") is True)

    async def _ask(self, method: str, params: Json) -> Json:
        self._last += 1
        try:
            async with asyncio.timeout_at(self._until):  # also while it does not read what it is sent
                await self._send({"jsonrpc": "2.0", "id": self._last, "method": method, "params": params})
                return _result(await self._answer(method), method)
        except TimeoutError:
            raise BadServer(f"it did not answer {method} in the {self._within_s:g} s that it has for everything") from None

    async def _answer(self, method: str) -> Json:
        size = 0
        for _ in range(MOST_MESSAGES):
            line = await self._receive()
            size += len(line)
            if size > MOST_READ:
                break
            message = _message(line)
            if "method" in message:
                await self._refuse(message)
            elif message.get("id") == self._last:
                return message
        raise BadServer(f"it says a lot, and does not answer {method}")

    async def _refuse(self, message: Json) -> None:
        if "id" in message and isinstance(message["id"], str | int):
            error = {"code": NO_METHOD, "message": "this client does nothing for servers"}
            answer = {"result": {}} if message["method"] == "ping" else {"error": error}
            await self._send({"jsonrpc": "2.0", "id": message["id"], **answer})

    async def _receive(self) -> bytes:
        try:
            return await self._reader.readuntil(b"\n")
        except asyncio.LimitOverrunError:
            raise BadServer(f"a message of it has more than {MOST_BYTES:,} bytes") from None
        except (asyncio.IncompleteReadError, ConnectionError):
            raise BadServer("it ended before it answered") from None

    async def _send(self, message: Json) -> None:
        try:
            self._writer.write(json.dumps(message).encode() + b"\n")
            await self._writer.drain()
        except ConnectionError:
            raise BadServer("it ended before it was asked") from None


def _message(line: bytes) -> Json:
    try:
        found = strict_json(line)
    except ValueError as error:
        raise BadServer(f"it says what is no JSON: {one_line(line.decode(errors='replace'), SHOWN)}") from error
    if not isinstance(found, dict) or found.get("jsonrpc") != "2.0":
        raise BadServer("it says what is no message of the protocol")
    return found


def _result(message: Json, method: str) -> Json:
    if isinstance(error := message.get("error"), dict):
        raise BadServer(f"it refuses {method}: {one_line(str(error.get('message', '')), SHOWN)}")
    found = message.get("result")
    if not isinstance(found, dict):
        raise BadServer(f"it answers {method} with no object")
    return found


def _words(part: Json) -> str:
    """A part of an answer as text; pictures, sounds and links are named, not followed."""
    if part.get("type") == "text" and isinstance(part.get("text"), str):
        return str(part["text"])
    inner = part.get("resource")
    if part.get("type") == "resource" and isinstance(inner, dict) and isinstance(inner.get("text"), str):
        return str(inner["text"])
    return f"[{printable(str(part.get('type')), 40)} left out]"
