"""What `ask` costs beside the bare call that it makes: our CPU for each, in turn, against a server that answers at once."""

import argparse
import asyncio
import os
import statistics
import struct
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from agent import SERVER

from overnight.models.asking.ask import FORMS, ask
from overnight.models.asking.form import Question
from overnight.models.asking.messages import Message, UserMessage
from overnight.models.asking.tools import Call, Tool
from overnight.models.budget import SpendingLimit
from overnight.models.gateway import Gateway
from overnight.models.pictures import Picture, read_picture
from overnight.models.provider import Prices, Provider
from overnight.models.usage import Wire

BATCH = 20  # calls between two looks at the clock
PICTURE_BYTES = 300_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """What the server asks for."""

    command: str


TOOL = Tool(name="bash", about="Runs a command.", input=Command)


def picture() -> Picture:
    """A picture of a usual size."""
    head = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", 1280, 800) + b"\x08\0\0\0\0"
    made = read_picture(head + os.urandom(PICTURE_BYTES))
    assert isinstance(made, Picture)
    return made


DIALOGUES: dict[str, Sequence[Message]] = {
    "2 kB of words": [UserMessage(text="x " * 1000)],
    "40 messages of 2 kB": [UserMessage(text="x " * 1000)] * 40,
    "a picture of 300 kB": [UserMessage(text="x", pictures=[picture()])],
}


async def cpu_ms(work: Callable[[], Awaitable[object]]) -> float:
    """Our CPU for one piece of work."""
    began = time.process_time()
    for _ in range(BATCH):
        await work()
    return 1e3 * (time.process_time() - began) / BATCH


async def measure(port: int, rounds: int, allowance: SpendingLimit) -> dict[str, list[tuple[float, float]]]:
    """CPU of a bare call and of `ask`, ms, for each dialogue and round."""
    provider = Provider(name="p", base_url=f"http://127.0.0.1:{port}/v1", wires=(Wire.OPENAI_CHAT,))
    found: dict[str, list[tuple[float, float]]] = {name: [] for name in DIALOGUES}
    async with Gateway([provider], Prices(), allowance=allowance, called=lambda _: None, environment={}) as gateway:
        with gateway.use(role="r", number=1, model="m") as run:
            for number in range(rounds + 1):
                for name, messages in DIALOGUES.items():
                    body = FORMS[Wire.OPENAI_CHAT].request(
                        Question(messages=messages, model="m", system="s", most_output=1000, tools=[TOOL])
                    )

                    async def asked(messages: Sequence[Message] = messages) -> None:
                        answer = await ask(run, messages, system="s", most_output=1000, tools=[TOOL])
                        assert isinstance(answer.calls[0], Call)

                    bare = await cpu_ms(lambda body=body: run.call(Wire.OPENAI_CHAT, body))  # type: ignore[misc]  # its default
                    whole = await cpu_ms(asked)
                    if number:  # the first round warms up
                        found[name].append((bare, whole))
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=15)
    rounds: int = parser.parse_args().rounds
    with subprocess.Popen(
        [sys.executable, "-c", SERVER], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as server:
        assert server.stdout is not None
        port = int(server.stdout.readline())
        try:
            unlimited = asyncio.run(measure(port, rounds, SpendingLimit()))
            limited = asyncio.run(measure(port, rounds, SpendingLimit(tokens=10**12)))
        finally:
            server.terminate()
    print(f"{rounds} rounds of {BATCH}, load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores; CPU of our process only\n")
    for budget, figures in (("no budget", unlimited), ("a budget", limited)):
        for name, found in figures.items():
            bare, whole = (statistics.median(column) for column in zip(*found, strict=True))
            ratio = statistics.median(asked / called for called, asked in found)
            print(f"{name}, {budget}: call {bare:.2f} ms, ask {whole:.2f} ms, ratio {ratio:.2f}")


if __name__ == "__main__":
    main()
