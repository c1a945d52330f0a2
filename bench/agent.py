"""What our own agent costs: our CPU per step through the gateway, its fixed prompt, and the memory of ten agents at once."""

import argparse
import asyncio
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from contextlib import AsyncExitStack
from pathlib import Path

from overnight.agents.context import AgentContext, AgentSpec
from overnight.agents.own.agent import Dialogue
from overnight.agents.own.prompt import SYSTEM
from overnight.agents.own.tool import SHELL
from overnight.agents.port import Task
from overnight.agents.transcript import Transcript
from overnight.jail.job import Job, JobEnding, JobResult, Limits
from overnight.jail.port import Executor, Link, OutputMonitor
from overnight.models.asking.ask import ANSWER_TOKENS, FORMS
from overnight.models.asking.form import Question
from overnight.models.asking.messages import UserMessage
from overnight.models.budget import SpendingLimit
from overnight.models.gateway import Gateway
from overnight.models.provider import Prices, Provider
from overnight.models.usage import Wire

TARGET_CPU_MS = 3.0  # our own CPU per step, without the shell job
TARGET_TOKENS = 250  # of the fixed prompt
AGENTS = 10
CHARACTERS_PER_TOKEN = 4
OUTPUT = "x = 1\n" * 600  # of each command: 3.6 kB, so that old output is dropped along the way
FILES = 1000  # of each workspace
SERVER = """
import asyncio, json
async def serve(reader, writer):
    turn = 0
    while True:
        head = await reader.readuntil(b"\\r\\n\\r\\n")
        length = next(int(line.split(b":")[1]) for line in head.split(b"\\r\\n") if line.lower().startswith(b"content-length"))
        await reader.readexactly(length)
        turn += 1
        function = {"name": "bash", "arguments": '{"command": "sed -n %dp x"}' % turn}
        call = {"id": f"c{turn}", "type": "function", "function": function}
        message = {"role": "assistant", "content": None, "tool_calls": [call]}
        usage = {"prompt_tokens": 1000, "completion_tokens": 50, "total_tokens": 1050}
        body = json.dumps({"choices": [{"message": message, "finish_reason": "tool_calls"}], "usage": usage}).encode()
        writer.write(b"HTTP/1.1 200 OK\\r\\nContent-Type: application/json\\r\\n")
        writer.write(b"Content-Length: %d\\r\\n\\r\\n" % len(body) + body)
async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0, limit=2**20)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()
asyncio.run(main())
"""


class Instant:
    """Implements `Executor`: returns the command's output at once, so that only our own work is measured."""

    name = "instant"

    def folder_of(self, folder: Path) -> str:
        """The folder itself."""
        return str(folder)

    async def run(
        self,
        job: Job,
        link: Link | None = None,  # noqa: ARG002  # the port's names
        monitor: OutputMonitor | None = None,  # noqa: ARG002
    ) -> JobResult:
        """Return the same result every time."""
        Path(job.output).write_text(OUTPUT)  # noqa: ASYNC240  # on a local disk
        return JobResult(
            ending=JobEnding.EXITED, exit_code=0, wall_s=0.0, cpu_s=0.0, peak_memory_bytes=0, output_bytes=len(OUTPUT)
        )


def resident_mb() -> float:
    """Our own resident memory now, MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def fixed_tokens() -> Mapping[str, float]:
    """System prompt, tool and frame of a request as JSON, at four characters per token."""
    bodies = {
        name: form.request(
            Question(messages=[UserMessage(text="")], model="", system=SYSTEM, most_output=ANSWER_TOKENS, tools=[SHELL])
        )
        for name, form in FORMS.items()
    }
    return {name: len(json.dumps(body)) / CHARACTERS_PER_TOKEN for name, body in bodies.items()}


def task(folder: Path, number: int) -> Task:
    """A workspace with files."""
    folder.mkdir()
    for n in range(FILES):
        (folder / f"file{n}.py").write_text("x = 1\n" * 50)
    return Task(folder=folder, role="agent", number=number)


async def measure(port: int, place: Path, agents: int) -> tuple[float, int, float]:
    """Our CPU (s) and steps for this many agents at once, each up to its step limit, and our memory at the end (MB)."""
    provider = Provider(name="p", base_url=f"http://127.0.0.1:{port}/v1", wires=(Wire.OPENAI_CHAT,))
    calls: list[object] = []
    executor: Executor = Instant()
    async with Gateway([provider], Prices(), allowance=SpendingLimit(), called=calls.append, environment={}) as gateway:
        with tempfile.TemporaryDirectory(dir=place) as work:
            async with AsyncExitStack() as stack:
                dialogues = []
                for n in range(agents):
                    spec = AgentSpec(use="agent")
                    context = AgentContext(spec=spec, executor=executor, limits=Limits(), scratch=place, slot=n, models=gateway)
                    run = stack.enter_context(gateway.use(role="agent", number=n, model="m"))
                    dialogues.append(Dialogue(context, task(Path(work) / str(n), n), run, Transcript(run)))
                began = time.process_time()
                turns = await asyncio.gather(*(dialogue.turn("x " * 2000) for dialogue in dialogues))
                cpu = time.process_time() - began
                assert all("did not end within" in turn.fault for turn in turns), turns
                return cpu, len(calls), resident_mb()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    rounds: int = parser.parse_args().rounds
    before = resident_mb()
    with (
        tempfile.TemporaryDirectory() as place,
        subprocess.Popen(
            [sys.executable, "-c", SERVER], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
        ) as server,
    ):
        assert server.stdout is not None
        port = int(server.stdout.readline())
        try:
            alone = [asyncio.run(measure(port, Path(place), 1)) for _ in range(rounds)]
            together = [asyncio.run(measure(port, Path(place), AGENTS)) for _ in range(rounds)]
        finally:
            server.terminate()
    print(f"{rounds} rounds, load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores; CPU of our process only\n")
    for agents, found in ((1, alone), (AGENTS, together)):
        each = sorted(1e3 * cpu / steps for cpu, steps, _ in found)
        memory = max(mb for *_, mb in found)
        print(f"{agents:>3} at once, {found[0][1]} steps: {each[0]:.2f} to {each[-1]:.2f} ms per step; {memory:.0f} MB")
    print(f"\nour memory before the first agent: {before:.0f} MB")
    for name, tokens in fixed_tokens().items():
        print(f"fixed prompt on the wire of {name}: {tokens:.0f} tokens at {CHARACTERS_PER_TOKEN} characters each")
    print("(characters of the request as JSON, divided by 4; no tokenizer is used, as tiktoken is not a dependency)")
    print(f"target: at most {TARGET_CPU_MS:g} ms per step and {TARGET_TOKENS} tokens")


if __name__ == "__main__":
    main()
