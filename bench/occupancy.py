"""How busy researchers and slots are: calls in flight, slots in use and proposals a second, with models of a known latency."""

import argparse
import json
import os
import shlex
import subprocess
import sys
import tempfile
import time
import urllib.request
from dataclasses import dataclass, field
from pathlib import Path

import anyio

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from targets import git

from overnight.config import VARIABLE
from overnight.gate.trial import TrialKey
from overnight.git.repository import open_repository
from overnight.research.events import Proposed, Sign, TrialFinished, TrialStarted
from overnight.research.loop.stop import Stop
from overnight.research.wiring import SessionRequest, open_session

SKIPPED_S = 10.0  # from the first proposal on: how a campaign begins does not count
SERVER = """
import asyncio, json, sys, time
latency, flying, area, since, turns = float(sys.argv[1]), 0, 0.0, time.monotonic(), 0
def count(step):
    global flying, area, since
    now = time.monotonic()
    area, since, flying = area + flying * (now - since), now, flying + step
async def serve(reader, writer):
    global turns
    while True:
        try:
            head = await reader.readuntil(b"\\r\\n\\r\\n")
        except asyncio.IncompleteReadError:
            return
        if head.startswith(b"GET"):
            count(0)
            body = json.dumps({"area": area, "at": since}).encode()
        else:
            length = next(int(l.split(b":")[1]) for l in head.split(b"\\r\\n") if l.lower().startswith(b"content-length"))
            asked = json.loads(await reader.readexactly(length))
            turns += 1
            count(1)
            await asyncio.sleep(latency)
            count(-1)
            if any(message["role"] == "tool" for message in asked["messages"]):
                message, end = {"role": "assistant", "content": "HYPOTHESIS: another number"}, "stop"
            else:
                function = {"name": "bash", "arguments": json.dumps({"command": f"echo 'N = {turns}' > train.py"})}
                call = {"id": f"c{turns}", "type": "function", "function": function}
                message, end = {"role": "assistant", "content": None, "tool_calls": [call]}, "tool_calls"
            usage = {"prompt_tokens": 1000, "completion_tokens": 50, "total_tokens": 1050}
            body = json.dumps({"choices": [{"message": message, "finish_reason": end}], "usage": usage}).encode()
        writer.write(b"HTTP/1.1 200 OK\\r\\nContent-Type: application/json\\r\\n")
        writer.write(b"Content-Length: %d\\r\\n\\r\\n" % len(body) + body)
async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0, limit=2**20)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()
asyncio.run(main())
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """Researchers, how long they think, and how long a trial takes."""

    name: str
    use: str  # "agent" or "command"
    researchers: int
    latency_s: float  # of one call to a model, or of the command
    trial_s: float
    slots: int = 2


CASES = (
    Case(name="4 agents, 1 s a call, trials of 1 s", use="agent", researchers=4, latency_s=1.0, trial_s=1.0),
    Case(name="8 agents, 1 s a call, short trials", use="agent", researchers=8, latency_s=1.0, trial_s=0.0),
    Case(name="8 commands of 1 s, short trials", use="command", researchers=8, latency_s=1.0, trial_s=0.0),
    Case(name="1 agent, 1 s a proposal, trials of 1 s", use="agent", researchers=1, latency_s=0.5, trial_s=1.0),
    Case(name="1 command of 1 s, trials of 1 s", use="command", researchers=1, latency_s=1.0, trial_s=1.0),
)


@dataclass(slots=True)
class Gauge:
    """What happened in the campaign between two moments."""

    proposed: list[float] = field(default_factory=list)
    started: dict[TrialKey, float] = field(default_factory=dict)
    trials: list[tuple[float, float]] = field(default_factory=list)
    began: anyio.Event = field(default_factory=anyio.Event)  # set with the first proposal

    def see(self, sign: Sign) -> None:
        """Note when proposals and trials happen."""
        now = time.monotonic()
        match sign:
            case Proposed():
                self.proposed.append(now)
                self.began.set()
            case TrialStarted(key=key):
                self.started[key] = now
            case TrialFinished(trial=trial) if trial.key in self.started:
                self.trials.append((self.started.pop(trial.key), now))
            case _:
                pass

    def slots_busy(self, since: float, until: float) -> float:
        """The mean number of trials that run."""
        spans = [*self.trials, *((start, until) for start in self.started.values())]
        return sum(max(0.0, min(end, until) - max(start, since)) for start, end in spans) / (until - since)


def program(case: Case) -> str:
    """The program of a case: every proposal is new, and none is better."""
    edit = f'sleep {case.latency_s}; echo "N = $(date +%s%N)" > train.py; echo HYPOTHESIS: another number'
    who = (
        f"use: command, command: {json.dumps(f'sh -c {shlex.quote(edit)}')}"
        if case.use == "command"
        else "use: agent, model: m"
    )
    measure = f"sleep {case.trial_s}; echo METRIC loss=5" if case.trial_s else "echo METRIC loss=5"
    return f"""---
metric: {{name: loss, direction: minimize}}
measure: {measure}
editable: [train.py]
limits: {{memory: 500MB}}
researchers: [{{role: explorer, {who}, count: {case.researchers}}}]
---
"""


def measure(case: Case, seconds: float, sandbox: str, folder: Path) -> dict[str, float]:
    """Run a campaign for a while: slots busy, proposals a second, calls in flight."""
    folder.mkdir()
    (folder / "program.md").write_text(program(case))
    (folder / "train.py").write_text("N = 0\n")
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "start")
    gauge, found = Gauge(), dict[str, float]()
    with subprocess.Popen([sys.executable, "-c", SERVER, str(case.latency_s)], stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        url = f"http://127.0.0.1:{server.stdout.readline().strip()}/v1"
        settings = folder.with_suffix(".toml")
        settings.write_text(f'[[providers]]\nname = "p"\nbase_url = "{url}"\nwires = ["openai-chat"]\n')
        os.environ[VARIABLE] = str(settings)

        def in_flight() -> dict[str, float]:
            with urllib.request.urlopen(f"{url}/stats") as answer:
                return dict(json.load(answer))

        async def watch(stop: Stop) -> None:
            await gauge.began.wait()
            await anyio.sleep(SKIPPED_S)
            before, since = await anyio.to_thread.run_sync(in_flight), time.monotonic()
            await anyio.sleep(seconds)
            after, until = await anyio.to_thread.run_sync(in_flight), time.monotonic()
            found["slots busy"] = gauge.slots_busy(since, until)
            found["proposals a second"] = sum(since <= at < until for at in gauge.proposed) / (until - since)
            found["calls in flight"] = (after["area"] - before["area"]) / (after["at"] - before["at"])
            if case.use == "command":
                found["calls in flight"] = found["proposals a second"] * case.latency_s  # each command is one of them
            stop.at_once.cancel()

        async def session() -> None:
            stop = Stop()
            request = SessionRequest(tag="bench", sandbox=sandbox, slots=case.slots)
            with open_session(open_repository(folder), request, stop, [gauge.see]) as campaign:
                async with anyio.create_task_group() as tasks:
                    tasks.start_soon(watch, stop)
                    with anyio.CancelScope():
                        await campaign.run()

        try:
            anyio.run(session)
        finally:
            server.terminate()
    return found


def ideal(case: Case) -> float:
    """Proposals a second if no researcher ever waits; an agent makes two calls for one."""
    return case.researchers / (case.latency_s * (2 if case.use == "agent" else 1))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=30.0)
    parser.add_argument("--sandbox", choices=("jail", "process"), default="jail")
    parser.add_argument("--case", action="append", help="only cases whose name contains this")
    asked = parser.parse_args()
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores, {asked.sandbox}\n")
    print("| Case | slots busy, of 2 | proposals a second, of ideal | calls in flight |")
    print("|---|---|---|---|")
    with tempfile.TemporaryDirectory() as place:
        for number, case in enumerate(CASES):
            if not asked.case or any(part in case.name for part in asked.case):
                found = measure(case, asked.seconds, asked.sandbox, Path(place) / str(number))
                pace = f"{found['proposals a second']:.2f} of {ideal(case):g}"
                row = f"{found['slots busy']:.2f} | {pace} | {found['calls in flight']:.2f} of {case.researchers}"
                print(f"| {case.name} | {row} |", flush=True)


if __name__ == "__main__":
    main()
