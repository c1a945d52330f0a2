"""Simulated campaigns, by our rule and by those of others, as a Markdown table: `python bench/gate/run.py [--quick]`."""

import argparse
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from statistics import fmean, stdev

from gate_rules import RULES, Outcome
from gate_worlds import WORLDS, Setting, World

SEED = 10_000  # not among the seeds that constants were tuned with
LONG = 20_000  # trials; fewer campaigns are run if they are longer than this


def main() -> None:
    """Run the chosen campaigns and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--quick", action="store_true", help="fewer campaigns, and none of the longest")
    parser.add_argument("--world", action="append", help="only worlds whose name contains this")
    parser.add_argument("--rule", action="append", help="only rules whose name contains this")
    parser.add_argument("--campaigns", type=int, help="campaigns per cell")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--processes", type=int, default=2)
    asked = parser.parse_args()
    print("| World | Rule | Campaigns | Progress, sigma | Share | Kept | False share | Any false | Tested | Covered |")
    print("|---|---|---|---|---|---|---|---|---|---|")
    with ProcessPoolExecutor(asked.processes) as pool:
        for setting in chosen(WORLDS, asked.world):
            if asked.quick and setting.trials > LONG:
                continue
            count = asked.campaigns or (10 if asked.quick or setting.trials > LONG else 50)
            for name in RULES:
                if not asked.rule or any(part in name for part in asked.rule):
                    seeds = range(asked.seed, asked.seed + count)
                    outcomes = list(pool.map(campaign, [setting] * count, [name] * count, seeds))
                    print(row(setting, name, outcomes), flush=True)


def chosen(settings: Sequence[Setting], names: Sequence[str] | None) -> list[Setting]:
    """The settings whose name contains one of the names."""
    return [setting for setting in settings if not names or any(name in setting.name for name in names)]


def campaign(setting: Setting, rule: str, seed: int) -> tuple[Outcome, float]:
    """One campaign, and the total gain available in its world."""
    world = World(setting, seed)
    return RULES[rule](world), world.available


def row(setting: Setting, name: str, results: Sequence[tuple[Outcome, float]]) -> str:
    """The means of a cell as a line of the table."""
    outcomes = [outcome for outcome, _ in results]
    progress = [outcome.progress for outcome in outcomes]
    share = [outcome.progress / available for outcome, available in results if available > 0.0]
    covered = [outcome.covered for outcome in outcomes if outcome.covered is not None]
    cells = [
        setting.name,
        name,
        str(len(outcomes)),
        f"{fmean(progress):.1f} ± {stdev(progress):.1f}",
        f"{fmean(share):.2f}" if share else "",
        f"{fmean(outcome.kept for outcome in outcomes):.1f}",
        f"{fmean(outcome.false_share for outcome in outcomes):.3f}",
        f"{fmean(outcome.false > 0 for outcome in outcomes):.2f}",
        f"{fmean(outcome.registered for outcome in outcomes):.0f}" if covered else "",
        f"{fmean(covered):.2f}" if covered else "",
    ]
    return "| " + " | ".join(cells) + " |"


if __name__ == "__main__":
    main()
