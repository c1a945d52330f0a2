"""A server of models with a fixed latency, in a process of its own: a coder's calls of the shell, then a reviewer's one answer.

Prints its port, then answers OpenAI chat until it is killed; GET gives what it counted as JSON.
"""

import asyncio
import json
import sys
import time

LATENCY_S, CALLS = float(sys.argv[1]), int(sys.argv[2])  # calls of an action, the reviewer's included
COMMAND, TEXT = sys.argv[3], sys.argv[4]
REVIEW = sys.argv[5]  # stands in what a reviewer is asked


class Count:
    """Calls in flight, over time."""

    flying = 0
    calls = 0
    area = 0.0  # calls in flight, summed over seconds
    since = time.monotonic()
    first = 0.0
    last = 0.0

    def step(self, by: int) -> None:
        """One begins or ends."""
        now = time.monotonic()
        self.area, self.since, self.flying = self.area + self.flying * (now - self.since), now, self.flying + by
        if by:
            self.first, self.last = self.first or now, now


count = Count()


def answer(body: dict[str, object]) -> bytes:
    """The next turn of the dialogue: an edit at first, so that there is something to check."""
    messages = body["messages"]
    assert isinstance(messages, list)
    done = sum(message["role"] == "tool" for message in messages)
    if done < CALLS - 2 and REVIEW not in json.dumps(messages[:2]):
        arguments = json.dumps({"command": COMMAND.format(n=done)})
        function = {"name": "bash", "arguments": arguments}
        call = {"id": f"c{done}", "type": "function", "function": function}
        message, end = {"role": "assistant", "content": None, "tool_calls": [call]}, "tool_calls"
    else:
        message, end = {"role": "assistant", "content": TEXT}, "stop"
    usage = {"prompt_tokens": 1000 + 200 * done, "completion_tokens": 50, "total_tokens": 1050 + 200 * done}
    return json.dumps({"choices": [{"message": message, "finish_reason": end}], "usage": usage}).encode()


async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """One connection."""
    while True:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except (asyncio.IncompleteReadError, ConnectionError):
            return
        if head.startswith(b"GET") and b"/models" in head.split(b"\r\n")[0]:
            body = b'{"data": [{"id": "m"}]}'
        elif head.startswith(b"GET"):
            count.step(0)
            body = json.dumps({name: getattr(count, name) for name in ("calls", "area", "first", "last")}).encode()
        else:
            length = next(
                int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")
            )
            asked = json.loads(await reader.readexactly(length))
            count.calls += 1
            count.step(1)
            await asyncio.sleep(LATENCY_S)
            count.step(-1)
            body = answer(asked)
        writer.write(b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body) + body)
        await writer.drain()


async def main() -> None:
    """Serve until killed."""
    server = await asyncio.start_server(serve, "127.0.0.1", 0, limit=2**22)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


asyncio.run(main())
