"""What agent programs make of a failing provider by themselves, without the gateway and the campaign: a table.

Each is run by its template's command in an empty folder, with a scripted provider at the gateway's place. To see it:
`PYTHONPATH=tests:tests/agent_programs python tests/agent_programs/bare_runs.py`.
"""

import argparse
import os
import re
import signal
import subprocess
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import click
from agent_ways import SEARCHED, WAYS, Way
from fault_runs import EDIT, FAULTS
from scripted_models import scripted_models

from overnight.agents.environment import agent_environment
from overnight.agents.templates import TEMPLATES

LONGEST_S = 120.0
MODES = ["ok", *(fault.mode for fault in FAULTS)]


@dataclass(frozen=True, kw_only=True)
class BareRun:
    """What came of it."""

    code: int | None  # None: it had not ended after the longest time
    asked: int  # requests to the provider
    wall_s: float
    edited: bool
    last: str  # line of its output

    def __str__(self) -> str:
        ended = "not ended" if self.code is None else f"exit {self.code}"
        return f"{ended}, {self.asked} requests, {self.wall_s:.0f} s{', edited' if self.edited else ''}"


def run_bare(way: Way, mode: str, folder: Path) -> BareRun:
    """Run a template's command in a folder."""
    template = TEMPLATES[way.entry.split("template: ")[1].split(",")[0]]
    work, home, output = folder / "work", folder / "home", folder / "output"
    work.mkdir()
    home.mkdir()
    with scripted_models() as server, output.open("wb") as said:
        server.command = EDIT
        run: Any = SimpleNamespace(url=server.url(mode), model="m1", wires=[way.wire])
        own = template.environment(run.url, run.model)
        environment = {**agent_environment(run), **own, "PATH": SEARCHED, "HOME": str(home), "TMPDIR": str(home)}
        began = time.monotonic()
        with subprocess.Popen(
            ["/bin/sh", "-c", template.command], cwd=work, env=environment, stdin=subprocess.PIPE, stdout=said,
            stderr=subprocess.STDOUT, start_new_session=True,
        ) as process:  # fmt: skip
            code: int | None = None
            try:
                process.communicate(b"Edit train.txt.\n", timeout=LONGEST_S)
                code = process.returncode
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, signal.SIGKILL)
        wall_s = time.monotonic() - began
        asked = sum(seen.method == "POST" and not seen.path.endswith(("count_tokens", ":countTokens")) for seen in server.seen)
    lines = [line for line in output.read_text(errors="replace").splitlines() if line.strip()]
    return BareRun(
        code=code, asked=asked, wall_s=wall_s, edited=(work / "train.txt").exists(), last=lines[-1][:200] if lines else ""
    )


def main() -> None:
    """Print the table."""
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("pattern", nargs="?", default="", help="only cases whose name this expression finds")
    pattern = options.parse_args().pattern
    ways = [way for way in WAYS if "template" in way.entry]
    cases = [(way, mode) for way in ways for mode in MODES if re.search(pattern, f"{way}-{mode}")]

    def one(case: tuple[Way, str]) -> Sequence[str]:
        with tempfile.TemporaryDirectory(prefix="overnight-bare-", ignore_cleanup_errors=True) as folder:
            run = run_bare(*case, Path(folder))
        return (str(case[0]), case[1], str(run), run.last)

    with ThreadPoolExecutor(2) as pool:
        for row in pool.map(one, cases):
            click.echo("| " + " | ".join(row) + " |")


if __name__ == "__main__":
    main()
