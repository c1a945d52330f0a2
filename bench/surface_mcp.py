"""`overnight mcp` beside a server of the official SDK with the same tools: start, memory, and the text of the tools.

The SDK is that of `build/mcp/venv`, which `make build/mcp/installed` makes; without it only ours is measured. A start is
from the process to the answer of `tools/list`, in turn.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median

from overnight.research.briefs.layout import estimate_tokens
from overnight.web.mcp.tools import INSTRUCTIONS, TOOLS

RUNS = 15
SDK = Path(__file__).parents[1] / "build/mcp/venv/bin/python"
SERVER = """
import json, sys
import anyio
import mcp_types as types
from mcp.server.lowlevel.server import Server
from mcp.server.stdio import stdio_server

TOOLS = [types.Tool.model_validate(tool) for tool in json.loads(sys.argv[1])]

async def listed(context, params):
    return types.ListToolsResult(tools=TOOLS)

async def main():
    server = Server("overnight", on_list_tools=listed)
    async with stdio_server() as (reads, writes):
        await server.run(reads, writes, server.create_initialization_options())

anyio.run(main)
"""
INFO = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "bench", "version": "1"}}
READY = {"jsonrpc": "2.0", "method": "notifications/initialized"}


def start(command: Sequence[str], folder: str) -> tuple[float, float, float, int]:
    """Wall and CPU seconds, MiB resident, and bytes of the list of tools."""
    began = time.perf_counter()
    with subprocess.Popen(command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin and process.stdout
        first = {"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": INFO}
        second = {"jsonrpc": "2.0", "id": 2, "method": "tools/list", "params": {}}
        for messages in ((first,), (READY, second)):
            process.stdin.write("".join(f"{json.dumps(message)}\n" for message in messages).encode())
            process.stdin.flush()
            line = process.stdout.readline()
        wall_s = time.perf_counter() - began
        cpu_s = time.clock_gettime(~process.pid << 3 | 2)  # the clock of another process, clock_getcpuclockid(3)
        status = Path(f"/proc/{process.pid}/status").read_text()
        resident = next(int(row.split()[1]) / 1024 for row in status.splitlines() if row.startswith("VmRSS"))
        process.stdin.close()
        process.wait()
    return wall_s, cpu_s, resident, len(line)


def main() -> None:
    commands = {"overnight mcp": [str(Path(sys.executable).with_name("overnight")), "mcp"]}
    if SDK.exists():
        commands["the SDK"] = [str(SDK), "-c", SERVER, json.dumps(TOOLS)]
    with tempfile.TemporaryDirectory() as folder:
        found: dict[str, list[tuple[float, float, float, int]]] = {name: [] for name in commands}
        for _ in range(RUNS):
            for name, command in commands.items():
                found[name].append(start(command, folder))
    print(f"load {os.getloadavg()[0]:.1f}, median of {RUNS}")
    medians = {name: [median(each) for each in zip(*runs, strict=True)] for name, runs in found.items()}
    for name, (wall_s, cpu_s, resident, size) in medians.items():
        print(f"{name:14} {wall_s:.3f} s, {cpu_s:.3f} s of CPU, {resident:.1f} MiB, tools/list {size:,.0f} bytes")
    if len(medians) > 1:
        ours, theirs = medians.values()
        print("ratios         " + ", ".join(f"{mine / other:.2f}" for mine, other in zip(ours, theirs, strict=True)))
    text = json.dumps({"tools": TOOLS}, separators=(",", ":"))
    print(f"tools: {len(text):,} bytes, {estimate_tokens(text):,} tokens by our estimate, {len(text) / 4:,.0f} by bytes / 4")
    print(f"instructions: {estimate_tokens(INSTRUCTIONS)} tokens by our estimate")


if __name__ == "__main__":
    main()
