"""How the holdout rule judges proven winners that have all of their gain on hidden data, or none: a Markdown table."""

import argparse
import math
from collections.abc import Callable

import numpy as np

from overnight.gate.holdout import compare
from overnight.gate.stats import log_label_swap

LEVEL = 0.005
CAP = 60
BATCH = 5
Draw = Callable[[int], list[float]]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--winners", type=int, default=300, help="proven winners per cell")
    winners = parser.parse_args().winners
    random = np.random.default_rng(10_000)
    laws: dict[str, Draw] = {
        "gauss": lambda n: (random.standard_normal(n) - random.standard_normal(n)).tolist(),
        "t3": lambda n: ((random.standard_t(3, n) - random.standard_t(3, n)) / math.sqrt(3.0)).tolist(),
    }
    print("| Noise | Shared with the public seed | Gain, sigma | With hidden gain: kept | pairs | Without: kept | pairs |")
    print("|---|---|---|---|---|---|---|")
    for law, draw in laws.items():
        for shared in (0.0, 0.9):
            for gain in (0.5, 1.0, 2.0):
                proven = [confirmed(gain, draw) for _ in range(winners)]
                cells = [
                    f"{kept:.2f} | {pairs:.0f}" for kept, pairs in (asked(proven, gain, true, shared, draw) for true in (1, 0))
                ]
                print(f"| {law} | {shared} | {gain} | {' | '.join(cells)} |")


def confirmed(gain: float, draw: Draw) -> list[float]:
    """The pairs of a change with this gain that passed confirmation."""
    while True:
        gains = [gain + noise for noise in draw(CAP)]
        for pairs in range(1, CAP + 1):
            if log_label_swap(gains[:pairs]) >= -math.log(LEVEL):
                return gains[:pairs]


def asked(proven: list[list[float]], gain: float, true: int, shared: float, draw: Draw) -> tuple[float, float]:
    """The share of winners that the holdout confirms, and the mean number of pairs that it takes."""
    kept, used = 0, 0
    for public in proven:
        luck = [value - gain for value in public]
        hidden: list[float] = []
        while True:
            own = draw(BATCH)
            for place, noise in enumerate(own, start=len(hidden)):
                common = luck[place] if place < len(luck) else draw(1)[0]
                hidden.append(true * gain + shared * common + math.sqrt(1.0 - shared * shared) * noise)
            answer = compare(public, hidden, final=len(hidden) >= len(public))
            if answer.agrees is not None:
                break
        kept += bool(answer.agrees)
        used += len(hidden)
    return kept / len(proven), used / len(proven)


if __name__ == "__main__":
    main()
