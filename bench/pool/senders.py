"""Many workers of a hub in one process, each on a connection of its own: nonce, commitment, nonce, reveal, as `work run` does.

Sockets by hand, so that they take little of the machine that they share with the server. Used by `server.py` and `flood.py`.
"""

import asyncio
import json
import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))

from pool_desks import Worker, edit, secret

from overnight.pool.messages import PREFIX, dump

FIRST_KEY = 100  # number of the first worker's key
AT_ONCE = 100  # connections that are made at the same time


@dataclass(slots=True)
class Connection:
    """A connection that stays open."""

    port: int
    reader: asyncio.StreamReader | None = None
    writer: asyncio.StreamWriter | None = None

    async def post(self, path: str, body: object) -> Mapping[str, Any]:
        """The JSON that is answered; empty if it is no success."""
        if self.writer is None or self.reader is None or self.reader.at_eof():  # a server closes what is idle
            self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self.port, limit=1 << 20)
        text = json.dumps(body).encode()
        head = f"POST {PREFIX}{path} HTTP/1.1\r\nHost: hub\r\nContent-Length: {len(text)}\r\n\r\n"
        self.writer.write(head.encode() + text)
        head_text = (await self.reader.readuntil(b"\r\n\r\n")).lower()
        length = int(head_text.partition(b"content-length:")[2].split(b"\r\n", 1)[0])
        found: Mapping[str, Any] = json.loads(await self.reader.readexactly(length)) if b" 200 " in head_text[:20] else {}
        return found


@dataclass(slots=True)
class Load:
    """What is sent, and what came of it: seconds by kind, and refusals by code."""

    parent: str
    source: str
    bits: int = 0
    commit: list[float] = field(default_factory=list)
    reveal: list[float] = field(default_factory=list)
    submission: list[float] = field(default_factory=list)
    refused: dict[str, int] = field(default_factory=dict)

    async def submit(self, connection: Connection, worker: Worker, number: int, due: float) -> int | None:
        """One submission that was due at a time; its number if it waits now."""
        changes = edit(f"{self.source}\nVALUE = {number}\n")
        commit = worker.commit(changes, bits=self.bits)
        answer = await self._ask(connection, worker, commit, due, self.commit)
        if answer is None:
            return None
        reveal = worker.reveal(answer["submission"], changes)
        answer = await self._ask(connection, worker, reveal, time.monotonic(), self.reveal)
        worker.sent.clear()
        if answer is None or answer["state"] != "queued":
            return None
        self.submission.append(time.monotonic() - due)
        return int(answer["submission"])

    async def _ask(
        self, connection: Connection, worker: Worker, body: Any, since: float, times: list[float]
    ) -> Mapping[str, Any] | None:
        nonce = await connection.post("/nonces", {"key": worker.key.public})
        signed = dump(worker.request(body, nonce.get("nonce", "")))
        answer = await connection.post("/requests", signed)
        times.append(time.monotonic() - since)
        if "state" not in answer or answer["state"] == "refused":
            code = answer.get("code", "no answer")
            self.refused[code] = self.refused.get(code, 0) + 1
            return None
        return answer


async def send(given: Mapping[str, Any]) -> Load:
    """Connect all, say so, wait for a line, and submit at the rate."""
    load = Load(given["parent"], given["source"], given["bits"])
    workers = [Worker(key=secret(FIRST_KEY + each), parent=given["parent"]) for each in range(given["workers"])]
    connections = [Connection(given["port"]) for _ in workers]
    for at in range(0, len(workers), AT_ONCE):
        some = zip(connections[at : at + AT_ONCE], workers[at : at + AT_ONCE], strict=True)
        await asyncio.gather(*(each.post("/nonces", {"key": worker.key.public}) for each, worker in some))
    print("connected", flush=True)
    await asyncio.to_thread(sys.stdin.readline)
    began, count = time.monotonic(), 0
    free: asyncio.Queue[int] = asyncio.Queue()
    for each in range(len(workers)):
        free.put_nowait(each)

    async def one(number: int, due: float) -> None:
        at = await free.get()
        await load.submit(connections[at], workers[at], number, due)
        free.put_nowait(at)

    async with asyncio.TaskGroup() as tasks:
        if given["rate"]:
            for count in range(int(given["rate"] * given["seconds"])):
                due = began + count / given["rate"]
                await asyncio.sleep(max(0.0, due - time.monotonic()))
                tasks.create_task(one(count, due))
        else:

            async def always(at: int) -> None:
                nonlocal count
                while time.monotonic() < began + given["seconds"]:
                    count += 1
                    await load.submit(connections[at], workers[at], count, time.monotonic())

            for at in range(len(workers)):
                tasks.create_task(always(at))
    return load


if __name__ == "__main__":
    found = asyncio.run(send(json.loads(sys.argv[1])))
    print(json.dumps({name: getattr(found, name) for name in ("commit", "reveal", "submission", "refused")}))
