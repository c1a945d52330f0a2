"""Ten actions of twenty model calls at a latency of 1 s: wall time over the ideal, the board's own memory and CPU.

The board is at work when they are asked for, in a process of its own, with our own agent in the jail, and a check that takes no
time. The last call of an action is its reviewer's. The ideal is its calls one after the other, and all actions at once.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))

import aiohttp
import anyio
from targets import make_repo

from overnight.actions.charter import Request
from overnight.actions.events import Event
from overnight.actions.record import ActionRecord
from overnight.actions.state import Stage
from overnight.config import VARIABLE
from overnight.jail.job import Job, Limits
from overnight.ledger.lock import holder
from overnight.ledger.port import Recorded
from overnight.machines.share import make_executor

RULES = """---
checks: ["true"]
roles:
  - {role: coder, use: agent, model: m}
  - {role: reviewer, use: agent, model: m}
---
"""
COMMAND = "echo {n} >> notes.txt; ls"
REVIEW = "NO FINDINGS"  # in what a reviewer is asked, and in no other's prompt
TEXT = "The notes are written.\nNO FINDINGS"
LOOK_S = 0.1
TARGETS = {"wall over the ideal": 1.15, "memory, MB": 200}


@dataclass(slots=True)
class Process:
    """What a process and its children used."""

    pid: int
    pss_mb: float = 0.0  # the most, of the board's own process

    def look(self) -> None:
        """Note its memory now."""
        for line in Path(f"/proc/{self.pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                self.pss_mb = max(self.pss_mb, int(line.split()[1]) / 1000)

    def cpu_s(self) -> tuple[float, float]:
        """CPU of the process, and of its children that have ended."""
        parts = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        tick = os.sysconf("SC_CLK_TCK")
        return (int(parts[11]) + int(parts[12])) / tick, (int(parts[13]) + int(parts[14])) / tick


@contextmanager
def models(latency_s: float, calls: int) -> Iterator[int]:
    """The port of a server of models."""
    script = Path(__file__).with_name("models_server.py")
    command = [sys.executable, str(script), str(latency_s), str(calls), COMMAND, TEXT, REVIEW]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        try:
            yield int(server.stdout.readline())
        finally:
            server.terminate()


def counted(port: int) -> dict[str, float]:
    """What the server counted."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/stats") as answer:
        return dict(json.load(answer))


def bare(actions: int, calls: int, latency_s: float, sandbox: str, place: Path) -> None:
    """The same calls and jobs without a board and an agent, to see what of the time is the machine's."""
    executor = make_executor(sandbox, others=actions)

    async def act(port: int, slot: int) -> None:
        folder, messages = place / f"bare{slot}", [{"role": "user", "content": "Write down the notes."}]
        folder.mkdir()
        async with aiohttp.ClientSession() as session:
            for _ in range(calls):
                body = {"model": "m", "messages": messages, "tools": [{}]}
                async with session.post(f"http://127.0.0.1:{port}/v1/chat/completions", json=body) as answer:
                    said = (await answer.json())["choices"][0]["message"]
                if said.get("tool_calls"):
                    command = json.loads(said["tool_calls"][0]["function"]["arguments"])["command"]
                    output = place / f"out{slot}"
                    await executor.run(Job(command=command, folder=folder, output=output, limits=Limits(), slot=slot))
                    messages.append({"role": "tool", "content": output.read_text()})

    async def all_of(port: int) -> None:
        async with anyio.create_task_group() as tasks:
            for slot in range(actions):
                tasks.start_soon(act, port, slot)

    with models(latency_s, calls) as port:
        began = time.monotonic()
        anyio.run(all_of, port)
        wall = time.monotonic() - began
    print(f"the same calls and jobs without a board: {wall:.2f} s, {wall / (calls * latency_s):.3f} of the ideal")


def phases(entries: list[Recorded[Event]]) -> dict[str, float]:
    """How long an action takes for each part, on average, s."""
    kinds = {"queued": "begun", "begun": "turn_begun", "coded": "turn_ended", "checked": "checked", "reviewed": "reviewed"}
    found: dict[str, list[float]] = {name: [] for name in kinds}
    for number in {entry.event.action for entry in entries}:
        at: dict[str, float] = {}
        for entry in entries:
            if entry.event.action == number:
                at.setdefault(entry.event.kind, entry.at)
        since = at.get("asked", 0.0)
        for name, kind in kinds.items():
            if kind in at:
                found[name].append(at[kind] - since)
                since = at[kind]
    return {name: sum(values) / len(values) for name, values in found.items() if values}


def measure(actions: int, calls: int, latency_s: float, sandbox: str, place: Path, *, profile: str) -> None:
    """Run them, and print the figures."""
    repo = make_repo(place / "r", "", files={"notes.txt": "notes\n", "actions.md": RULES})
    os.environ["XDG_STATE_HOME"] = str(place / "state")
    with models(latency_s, calls) as port:
        settings = place / "settings.toml"
        settings.write_text(f'[[providers]]\nname = "p"\nbase_url = "http://127.0.0.1:{port}/v1"\nwires = ["openai-chat"]\n')
        os.environ[VARIABLE] = str(settings)
        how = ["-m", "cProfile", "-o", profile] if profile else []
        script = place / "board.py"
        script.write_text(BOARD.format(sandbox=sandbox, most=actions))
        start = time.monotonic()
        with ActionRecord() as record, subprocess.Popen([sys.executable, *how, str(script)]) as board:
            process = Process(board.pid)
            while not holder(record.folder) and board.poll() is None:
                time.sleep(LOOK_S)
            began = time.monotonic()
            for number in range(actions):
                record.ask(Request(repo=str(repo), title=f"Note {number}", text="Write down the notes.", plan=False))
            while not counted(port)["calls"] and board.poll() is None:
                time.sleep(LOOK_S)
            began_own, began_children = process.cpu_s()
            while len(record.board().in_stage(Stage.WAITING, Stage.MERGED, Stage.DROPPED)) < actions and board.poll() is None:
                process.look()
                time.sleep(LOOK_S)
            wall = time.monotonic() - began
            own, children = process.cpu_s()
            board.send_signal(signal.SIGINT)
            board.wait(60)
            ended = list(record.board().actions.values())
            times = phases(list(record.store.events()))
        seen = counted(port)
    made = seen["calls"]
    ideal = made / actions * latency_s
    good = sum(action.waiting == "" for action in ended)
    print(f"load {os.getloadavg()[0]:.1f} on {os.cpu_count()} cores, {sandbox}; {made:.0f} calls, {good} of {actions} results")
    for action in ended:
        if action.waiting:
            print(f"  action {action.number}: {action.waiting}")
    span = seen["last"] - seen["first"]
    print(f"the board was there after {began - start:.2f} s")
    print(f"wall {wall:.2f} s, from the first call to the last answer {span:.2f} s; ideal {ideal:.2f} s")
    print(f"wall over the ideal: {wall / ideal:.3f}, from the first call on {span / ideal:.3f} (target 1.15)")
    print("mean seconds of an action: " + ", ".join(f"{name} {seconds:.2f}" for name, seconds in times.items()))
    print(f"calls in flight: {seen['area'] / span:.2f} of {actions}")
    print(f"memory (PSS) of the board's process, at most: {process.pss_mb:.0f} MB (target 200)")
    ours, theirs = own - began_own, children - began_children
    print(f"CPU until the first call: {began_own:.2f} s of our own, {began_children:.2f} s of git and jobs")
    print(f"after it: {1e3 * ours / made:.1f} ms a call of our own, {1e3 * theirs / made:.1f} ms of jobs and git")


BOARD = """
import anyio
from overnight.actions.board.board import BoardRunner
from overnight.actions.record import ActionRecord

async def main():
    with ActionRecord() as record, record.store.lock():
        await BoardRunner(record=record, sandbox={sandbox!r}, most_waiting={most} + 1).run()

try:
    anyio.run(main)
except KeyboardInterrupt:
    pass
"""


def main() -> None:
    """Print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--actions", type=int, default=10)
    parser.add_argument("--calls", type=int, default=20, help="of each action, the reviewer's included")
    parser.add_argument("--latency", type=float, default=1.0)
    parser.add_argument("--sandbox", choices=("jail", "process"), default="jail")
    parser.add_argument("--bare", action="store_true", help="before, the same calls and jobs without a board")
    parser.add_argument("--profile", default="", help="write a profile of the board's process to this file")
    asked = parser.parse_args()
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)  # a user's second start compiles nothing
    subprocess.run([sys.executable, "-c", "import overnight.actions.board.board"], check=True)
    with tempfile.TemporaryDirectory() as place:
        if asked.bare:
            bare(asked.actions, asked.calls, asked.latency, asked.sandbox, Path(place))
        measure(asked.actions, asked.calls, asked.latency, asked.sandbox, Path(place), profile=asked.profile)


if __name__ == "__main__":
    main()
