"""How long a scan takes that finds ten twins on a /24, alone and beside a host that floods. Target: ten of ten in 2 s."""

import json
import os
import statistics
import sys
import tempfile
import time
from contextlib import nullcontext
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[2] / "tests"))

from home_lan import SUBNET, Lan, lan

ROUNDS = 10
CODE = """
import json, sys, time
begun = time.perf_counter()
import anyio
from overnight.home.finding.scan import Findings, Plan, find_kind, scan
from overnight.home.finding.subnets import link_to, parse_subnet
subnet = parse_subnet(sys.argv[1])
plan = Plan(subnet=subnet, link=link_to(subnet), kind=find_kind(sys.argv[2]) if sys.argv[2:] else None)
findings, cpu, at = Findings(), time.process_time(), time.perf_counter()
anyio.run(scan, plan, findings, lambda _: None)
print(json.dumps({
    "scan_s": time.perf_counter() - at, "all_s": time.perf_counter() - begun, "cpu_s": time.process_time() - cpu,
    "dropped": findings.dropped,
    "found": {each.neighbour.address.partition(":")[0]: each.neighbour.kind for each in findings.sightings},
}))
"""
RUN = "import runpy, sys; sys.argv = ['overnight', *sys.argv[1:]]; runpy.run_module('overnight', run_name='__main__')"


def main() -> None:
    """Print the figures."""
    with lan() as network:
        right = {each["address"]: each["family"] for each in network.twins.values()}
        players = {address: kind for address, kind in right.items() if kind == "sonos"}
        _show("all kinds", network, right)
        _show("--kind sonos", network, players, "sonos")
        _show("beside a flood of 30,000 answers", network, right, flood=True)
        times = []
        with tempfile.TemporaryDirectory() as state:
            os.environ["XDG_STATE_HOME"] = state
            for _ in range(ROUNDS):
                begun = time.perf_counter()
                network.python(RUN, "home", "scan", "--subnet", SUBNET, "--json")
                times.append(time.perf_counter() - begun)
        print(f"the whole command, with the record: {_spread(times)} s")


def _show(what: str, network: Lan, right: dict[str, str], *options: str, flood: bool = False) -> None:
    runs = []
    with network.beside("home_flood.py") if flood else nullcontext():
        for _ in range(ROUNDS):
            runs.append(json.loads(network.python(CODE, SUBNET, *options)))
    hits = [sum(run["found"].get(address) == kind for address, kind in right.items()) for run in runs]
    found = f"found {min(hits)} to {max(hits)} of {len(right)}"
    wall, cpu = (_spread([run[name] for run in runs]) for name in ("scan_s", "cpu_s"))
    print(f"{what}: {found}; scan {wall} s, CPU {cpu} s, answers dropped {max(run['dropped'] for run in runs):,}")


def _spread(values: list[float]) -> str:
    return f"{statistics.median(values):.2f} ({min(values):.2f} to {max(values):.2f})"


if __name__ == "__main__":
    main()
