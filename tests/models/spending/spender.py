"""A process that spends: `python spender.py FOLDER KEY LIMIT SEED CALLS [HANGS]`; each call is a line of what it bills.

It says what a call may use before it makes it, as a campaign does, and bills up to that; of some calls nobody knows how much
they may use, and these bill more. After HANGS calls of each of its four callers the next ones never end.
"""

import asyncio
import random
import sys
from pathlib import Path

from overnight.models.budget import BudgetSpent, CostEstimate
from overnight.models.spending.account import SpendingAccount
from overnight.models.spending.charge import AskedCall, Charge
from overnight.models.spending.job import Job
from overnight.models.spending.limits import CAMPAIGN, PeriodLimits, SpendingRules
from overnight.models.usage import Usage

MOST_UNKNOWN = 400  # tokens of a call of which nobody knows how much it may use
CALLERS = 4
AT = 1_796_126_400.0  # the time in all of them: 2026-12-01 12:00 UTC


async def spend(folder: Path, key: str, limit: int, seed: int, *rest: int) -> None:
    """Make so many calls, four at a time, until the limit refuses one."""
    calls, hangs = (*rest, -1)[:2]
    chance = random.Random(seed)  # a test's
    rules = SpendingRules(total=PeriodLimits(day_tokens=limit), zone="UTC")
    account = SpendingAccount(Job(system=CAMPAIGN, key=key, label=key), rules, folder=folder, clock=lambda: AT)
    account.open()
    asked = AskedCall(role="r", model="m", providers="p")

    async def caller() -> None:
        for call in range(calls):
            about = chance.randint(1, 20)
            unknown = chance.random() < 0.2 and call not in {0, hangs}
            most = None if unknown else about + chance.randint(1, 100)
            estimate = CostEstimate(tokens=about, most_tokens=most, cost_usd=0.0, most_usd=None if most is None else 0.0)
            try:
                held = await account.reserve(asked, estimate)
            except BudgetSpent:
                return
            billed = chance.randint(about, most or MOST_UNKNOWN)
            sys.stdout.write("hangs\n" if call == hangs else f"{billed}\n")  # from now on the provider has it
            sys.stdout.flush()
            if call == hangs:
                await asyncio.Event().wait()
            await asyncio.sleep(chance.random() / 500)
            account.settle(held, Charge(role="r", provider="p", model="m", usage=Usage(calls=1, input_tokens=billed)))

    await asyncio.gather(*(caller() for _ in range(CALLERS)))
    account.close()


if __name__ == "__main__":
    asyncio.run(spend(Path(sys.argv[1]), sys.argv[2], *map(int, sys.argv[3:])))
