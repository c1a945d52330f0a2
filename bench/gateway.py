"""What the gateway costs: CPU and wall time that it adds to a request, and its memory with ten agents at once.

A trivial provider, the gateway and the client are separate processes; the client asks directly and through the gateway in turn.
"""

import argparse
import asyncio
import json
import multiprocessing
import os
import resource
import socket
import statistics
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.connection import Connection

import aiohttp
from aiohttp import web

from overnight.models.budget import SpendingLimit
from overnight.models.gateway import Gateway
from overnight.models.provider import Price, Prices, Provider
from overnight.models.usage import Wire

TARGET_CPU_MS = 1.0
TARGET_WALL_MS = 3.0
TARGET_MB = 150.0
AGENTS = 10
EVENTS = 50  # of a streamed answer
SLOW = "slow"  # the model that sends its events one by one
PAUSE_S = 0.002  # between those events
REQUESTS = ((2_000, False, "m"), (2_000, True, "m"), (100_000, False, "m"), (100_000, True, "m"), (2_000, True, SLOW))
USAGE = {"prompt_tokens": 1000, "completion_tokens": 50, "prompt_tokens_details": {"cached_tokens": 400}}
LETTERS = "the quick brown fox jumps over the lazy dog. "


def provider(listening: socket.socket) -> None:
    """A provider that answers at once, with a few events or one document."""
    choice = {"index": 0, "delta": {"content": "word "}, "finish_reason": None}
    event = (
        b"data: "
        + json.dumps({"id": "c", "object": "chat.completion.chunk", "choices": [choice], "usage": None}).encode()
        + b"\n\n"
    )
    last = b"data: " + json.dumps({"id": "c", "choices": [], "usage": USAGE}).encode() + b"\n\ndata: [DONE]\n\n"
    message = {"role": "assistant", "content": "word " * EVENTS}
    whole = json.dumps({"id": "c", "choices": [{"index": 0, "message": message}], "usage": USAGE}).encode()

    async def answer(request: web.BaseRequest) -> web.StreamResponse:
        asked = await request.read()
        if b'"stream": true' not in asked and b'"stream":true' not in asked:
            return web.Response(body=whole, content_type="application/json")
        slow = SLOW.encode() in asked
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        for _ in range(EVENTS):
            await response.write(event)
            if slow:
                await asyncio.sleep(PAUSE_S)
        await response.write(last)
        return response

    async def serve() -> None:
        server = await asyncio.get_running_loop().create_server(web.Server(answer), sock=listening)
        await server.serve_forever()

    asyncio.run(serve())


def gateway(upstream: str, talk: Connection) -> None:
    """The gateway; sends its URL, and for each question its CPU and peak memory so far."""

    async def serve() -> None:
        one = Provider(name="local", base_url=upstream, wires=(Wire.OPENAI_CHAT,))
        prices = Prices(table=dict.fromkeys(("m", SLOW), Price(input=1.0, cached=0.1, output=10.0)))
        settings = {"allowance": SpendingLimit(tokens=10**12, cost_usd=1e9), "called": lambda _: None}
        async with Gateway([one], prices, **settings) as opened:  # type: ignore[arg-type]  # of the right types
            with opened.use(role="r", number=1) as run:
                talk.send(run.url)
                while True:
                    question = await asyncio.to_thread(talk.recv)
                    if question is None:
                        return
                    used = resource.getrusage(resource.RUSAGE_SELF)
                    talk.send((used.ru_utime + used.ru_stime, used.ru_maxrss / 1024))

    asyncio.run(serve())


@contextmanager
def processes() -> Iterator[tuple[str, str, Connection]]:
    """Provider and gateway in separate processes: both URLs, and the connection to the gateway."""
    start = multiprocessing.get_context("spawn")
    listening = socket.create_server(("127.0.0.1", 0), backlog=128)
    upstream = f"http://127.0.0.1:{listening.getsockname()[1]}"
    ours, theirs = start.Pipe()
    workers = [start.Process(target=provider, args=(listening,)), start.Process(target=gateway, args=(upstream, theirs))]
    for worker in workers:
        worker.start()
    theirs.close()  # so that a gateway that dies is noticed
    try:
        yield upstream, ours.recv(), ours
        ours.send(None)
        workers[1].join(10)
    finally:
        for worker in workers:
            worker.kill()
            worker.join()


def ask(talk: Connection) -> tuple[float, float]:
    """CPU of the gateway so far, s, and its peak memory, MB."""
    talk.send("?")
    cpu, memory = talk.recv()
    return cpu, memory


async def request(session: aiohttp.ClientSession, url: str, body: bytes) -> float:
    """Wall time of one request to the end of its answer, ms."""
    started = time.perf_counter()
    async with session.post(f"{url}/v1/chat/completions", data=body, headers={"Content-Type": "application/json"}) as response:
        content = await response.read()
    assert response.status == 200, content
    return (time.perf_counter() - started) * 1e3


async def rounds(direct: str, through: str, body: bytes, count: int) -> tuple[list[float], list[float]]:
    """Wall times of requests, directly and through the gateway in turn."""
    async with aiohttp.ClientSession() as session:
        for url in (direct, through):
            await request(session, url, body)
        pairs = [(await request(session, direct, body), await request(session, through, body)) for _ in range(count)]
    return [pair[0] for pair in pairs], [pair[1] for pair in pairs]


async def agents(url: str, body: bytes, count: int) -> float:
    """Requests per second of ten agents at once."""

    async def agent() -> None:
        async with aiohttp.ClientSession() as session:
            for _ in range(count):
                await request(session, url, body)

    started = time.perf_counter()
    await asyncio.gather(*(agent() for _ in range(AGENTS)))
    return AGENTS * count / (time.perf_counter() - started)


def body_of(size: int, *, stream: bool, model: str = "m") -> bytes:
    """A request with about this many bytes of conversation."""
    turn = {"role": "user", "content": (LETTERS * (2000 // len(LETTERS) + 1))[:2000]}
    messages = [turn] * max(1, size // 2000)
    return json.dumps({"model": model, "stream": stream, "messages": messages}).encode()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=400)
    count: int = parser.parse_args().rounds
    print(f"{count} rounds in turn, load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores; ms per request\n")
    print(f"{'request':>30}{'direct':>9}{'through':>9}{'added: wall':>13}{'CPU':>7}")
    with processes() as (direct, through, talk):
        for size, stream, model in REQUESTS:
            body = body_of(size, stream=stream, model=model)
            rounds_of = max(10, count // 8) if model == SLOW else count
            cpu = ask(talk)[0]
            straight, passed = asyncio.run(rounds(direct, through, body, rounds_of))
            cpu = (ask(talk)[0] - cpu) / (rounds_of + 1) * 1e3
            walls = statistics.median(straight), statistics.median(passed)
            added = statistics.median(through_ms - direct_ms for direct_ms, through_ms in zip(straight, passed, strict=True))
            answer = f"{EVENTS} events" if stream else "one document"
            name = f"{len(body) // 1000} kB, {answer}{', one by one' if model == SLOW else ''}"
            print(f"{name:>30}{walls[0]:>9.2f}{walls[1]:>9.2f}{added:>13.2f}{cpu:>7.2f}")
        rate = asyncio.run(agents(through, body_of(100_000, stream=True), max(10, count // 10)))
        memory = ask(talk)[1]
    print(f"\n{AGENTS} agents at once, 100 kB each: {rate:.0f} requests/s, peak memory {memory:.0f} MB")
    print(f"target: at most {TARGET_CPU_MS:g} ms CPU and {TARGET_WALL_MS:g} ms wall added, under {TARGET_MB:g} MB")


if __name__ == "__main__":
    main()
