"""What the account of spending costs: a call's settlement, and its reservation with it, with one process and with eight.

Each process has its own way to one file, as campaigns have; the wall time of others' turns is in the figures of eight.
"""

import argparse
import asyncio
import multiprocessing
import statistics
import time
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from overnight.models.budget import CostEstimate
from overnight.models.spending.account import SpendingAccount
from overnight.models.spending.charge import AskedCall, Charge
from overnight.models.spending.job import Job
from overnight.models.spending.limits import CAMPAIGN, PeriodLimits, SpendingRules
from overnight.models.usage import Usage

TARGET_MS = 1.0  # of a settlement without limits
CALLS = 500
PROCESSES = 8
PAUSE_S = 0.05  # between the calls of one process: a model takes a second and more
ASKED = AskedCall(role="explorer", model="m", providers="p")
ESTIMATE = CostEstimate(tokens=5000, most_tokens=40_000, cost_usd=0.01, most_usd=0.3)
CHARGE = Charge(
    role="explorer", provider="p", model="m", usage=Usage(calls=1, input_tokens=5000, output_tokens=400, cost_usd=0.02)
)


def spend(folder: str, number: int, limited: bool, calls: int, pause_s: float) -> tuple[Sequence[float], float]:
    """The wall time of each call's part in the account, s, and the CPU of all of them."""
    total = PeriodLimits(day_usd=1e9, day_tokens=10**15, week_usd=1e9, week_tokens=10**15) if limited else PeriodLimits()
    job = Job(system=CAMPAIGN, key=f"campaign:{number}", label=str(number))
    account = SpendingAccount(job, SpendingRules(total=total), folder=Path(folder))
    account.open()

    async def work() -> tuple[Sequence[float], float]:
        taken, began = list[float](), time.process_time()
        for _ in range(calls):
            at = time.perf_counter()
            held = await account.reserve(ASKED, ESTIMATE) if limited else None
            reserved_s = time.perf_counter() - at
            if pause_s:
                await asyncio.sleep(pause_s)
            at = time.perf_counter()
            account.settle(held, CHARGE)
            taken.append(reserved_s + time.perf_counter() - at)
        return taken, time.process_time() - began

    found = asyncio.run(work())
    account.close()
    return found


def main() -> None:
    """Print a row for each case."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--calls", type=int, default=CALLS)
    calls = parser.parse_args().calls
    with multiprocessing.get_context("spawn").Pool(PROCESSES) as pool:
        for limited in (False, True):
            for processes, pause_s in ((1, 0.0), (PROCESSES, PAUSE_S), (PROCESSES, 0.0)):
                with TemporaryDirectory() as folder:
                    cases = [(folder, number, limited, calls, pause_s) for number in range(processes)]
                    found = pool.starmap(spend, cases, chunksize=1)
                taken = sorted(one for each, _ in found for one in each)
                cpu_ms = 1000 * statistics.mean(cpu_s for _, cpu_s in found) / calls
                what = "reserved, four limits" if limited else "settled only"
                median_ms, most_ms = 1000 * statistics.median(taken), 1000 * taken[int(0.99 * len(taken))]
                print(
                    f"{what:22} {processes} processes, {pause_s * 1000:3.0f} ms between calls: {median_ms:6.2f} ms wall in the"
                    f" median, {most_ms:7.2f} of 99 %, {cpu_ms:5.2f} ms CPU" + ("" if limited else f" (target {TARGET_MS:g})")
                )


if __name__ == "__main__":
    main()
