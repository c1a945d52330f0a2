"""What an ordinary loop does here: one trial per change, and whatever looks better than the best so far is kept.

It changes one constant of policy.py at a time, by up to a factor of two, on a fresh day for each change. Then the truth is
asked, which it cannot see. Run it in a copy of the lab: python hidden/naive.py [campaigns]
"""

import random
import sys
from pathlib import Path
from statistics import mean

sys.path.append(str(Path(__file__).resolve().parents[1]))
import policy
from market import expected, visit
from visitors import make_visitors

CHANGES = 100  # per campaign
JUDGES = make_visitors(999)  # the visitors that define the true revenue
Constants = dict[str, object]


def constants() -> Constants:
    found = {name: value for name, value in vars(policy).items() if name.isupper()}
    return {**found, "REGION_FACTORS": dict(policy.REGION_FACTORS)}


def changed(head: Constants, draw: random.Random) -> Constants:
    """The same constants with one changed."""
    new = {**head, "REGION_FACTORS": dict(head["REGION_FACTORS"])}
    name, factor = draw.choice(list(new)), 2 ** draw.uniform(-1, 1)
    if name == "CHARM":
        new[name] = not new[name]
    elif name == "REGION_FACTORS":
        new[name][draw.choice(list(new[name]))] *= factor
    else:
        new[name] *= factor
    return new


def prices(visitors: list, setting: Constants) -> list[float]:
    vars(policy).update(setting)
    return [policy.price(visitor) for visitor in visitors]


def truth(setting: Constants) -> float:
    return expected(JUDGES, prices(JUDGES, setting))


def a_day(setting: Constants, seed: int) -> float:
    visitors = make_visitors(seed)
    return visit(visitors, prices(visitors, setting), f"naive {seed}")[0]


def campaign(seed: int, start: Constants) -> tuple[int, int, float, float]:
    """How many changes were kept, how many of them are truly no better, the reported gain, and the true one."""
    draw = random.Random(seed)
    first = a_day(start, draw.randrange(2**31))
    head, best, kept, false = start, first, 0, 0
    for _ in range(CHANGES):
        candidate = changed(head, draw)
        revenue = a_day(candidate, draw.randrange(2**31))
        if revenue > best:
            kept, false = kept + 1, false + (truth(candidate) <= truth(head))
            head, best = candidate, revenue
    return kept, false, best - first, truth(head) - truth(start)


if __name__ == "__main__":
    start, found = constants(), []
    for number in range(int(sys.argv[1]) if len(sys.argv) > 1 else 5):
        found.append(campaign(number, start))
        print("kept %d, of which %d are no better; believes in %+.0f, true is %+.0f" % found[-1], flush=True)
    print("mean: kept %.1f, of which %.1f are no better; believes in %+.0f, true is %+.0f" % tuple(map(mean, zip(*found))))
