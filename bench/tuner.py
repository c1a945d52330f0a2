"""The tuner beside Optuna's TPE on noisy objectives with known optima, and what its suggestions cost.

    python bench/tuner.py [compare] [--seeds 30] [--objective bowls] [--trials 100 200 300] [--jobs 2] [--json]
    python bench/tuner.py compare --held-out
    python bench/tuner.py show --objective bowls --first-seed 3 --trials 300
    python bench/tuner.py cost

`compare` runs whole campaigns of the real tuner under the real gate, in virtual time, one trial after another; baseline,
search and proof all count, and a proof that is under way at the end does not. Optuna has the same ranges and trials, begins at
the same start, and hands over the best point it observed. Its runs take most of the time and are kept in $TUNER_CACHE.
"""

import argparse
import json
from dataclasses import asdict

from tuning.campaign import run_campaign
from tuning.comparison import compare_all
from tuning.cost import print_cost
from tuning.families import FAMILIES, KEPT_BACK, family
from tuning.figures import HEADINGS, figures, row


def compare(asked: argparse.Namespace) -> None:
    """Print a table, or its figures as JSON."""
    names = asked.objective or list(KEPT_BACK if asked.held_out else FAMILIES)
    seeds = range(asked.first_seed, asked.first_seed + asked.seeds)
    if not asked.json:
        print(f"| {' | '.join(HEADINGS)} |\n|{'---|' * len(HEADINGS)}", flush=True)
    found = []
    for results in compare_all(names, seeds, tuple(asked.trials), asked.jobs):
        for line in figures(results):
            found.append(asdict(line))
            if not asked.json:
                print(row(line), flush=True)
    if asked.json:
        print(json.dumps(found, indent=1))


def show(asked: argparse.Namespace) -> None:
    """Print the experiments of one campaign."""
    name, seed, trials = (asked.objective or ["bowls"])[0], asked.first_seed, max(asked.trials)
    outcome = run_campaign(family(name)(seed), trials, f"{name} {seed}")
    for judged in outcome.judged:
        print(f"{judged.used:4} {judged.regret:.3f} {judged.verdict:8} {judged.hypothesis}: {judged.reason}")
    for claim in outcome.claims:
        words = "holds" if claim.holds else "MISSES"
        print(
            f"claim {claim.gain:.3f} ({claim.low:.3f} to {claim.high:.3f}) {words} {claim.truth:.3f}, {claim.searched} searched"
        )
    spent = f"{outcome.baseline} baseline, {outcome.search} search, {outcome.proof} proof"
    print(f"regret {outcome.regret:.3f} after {outcome.trials} trials ({spent}): {outcome.end}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("command", nargs="?", choices=("compare", "show", "cost"), default="compare")
    parser.add_argument("--objective", action="append", help="only this one; also `module:Class`")
    parser.add_argument("--seeds", type=int, default=30)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--trials", type=int, nargs="+", default=[100, 200, 300])
    parser.add_argument("--jobs", type=int, default=2)
    parser.add_argument("--held-out", action="store_true")
    parser.add_argument("--json", action="store_true")
    asked = parser.parse_args()
    match asked.command:
        case "compare":
            compare(asked)
        case "show":
            show(asked)
        case "cost":
            print_cost()


if __name__ == "__main__":
    main()
