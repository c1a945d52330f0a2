"""How many kept changes gain on the public and sealed data alone, and how many the gate's caution says: a Markdown table.

`python bench/gate/splits.py [--campaigns N]`. Data with an error of their own ("bias", in sd of a trial), with and
without proposals that overfit the public ones. A caution is told if more than the error rate is estimated to be false.
"""

import argparse
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass

from gate_rules import Campaign
from gate_worlds import Setting, World

from overnight.gate.caution import of_small_split
from overnight.gate.split_error import split_error

SEED = 940_000  # not among the seeds that constants were chosen with (910,000 to 929,999)
ERROR_RATE = 0.1
SETTINGS = (
    Setting(name="no error", holdout=True),
    Setting(name="no error, common seeds .8", holdout=True, common=(0.8,)),
    Setting(name="no error, t3 and drift 1.5", holdout=True, noise="t3", drift=1.5),
    Setting(name="overfitting 2 %", holdout=True, overfit=0.02),
    Setting(name="bias .15", holdout=True, bias=0.15),
    Setting(name="bias .3", holdout=True, bias=0.3),
    Setting(name="bias .3, 1 in 200", holdout=True, bias=0.3, real=0.005),
    Setting(name="bias .5", holdout=True, bias=0.5),
    Setting(name="bias .5, common seeds .8", holdout=True, bias=0.5, common=(0.8,)),
    Setting(name="bias .5, overfitting 5 %", holdout=True, bias=0.5, overfit=0.05),
    Setting(name="the same, t3", holdout=True, bias=0.5, overfit=0.05, noise="t3"),
    Setting(name="bias .5, nothing real", holdout=True, bias=0.5, real=0.0, neutral=0.62),
    Setting(name="bias 1", holdout=True, bias=1.0),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One campaign."""

    kept: int
    false: int
    told: bool
    said: float  # how many are false, by the estimate; 0 without one


def campaign(setting: Setting, seed: int) -> Found:
    """Run it, and look at what is said of its keeps."""
    driven = Campaign(World(setting, seed))
    outcome, answers = driven.run(), driven.memory.answers
    found = split_error(answers)
    told = bool(of_small_split(answers, kept=outcome.kept, error_rate=ERROR_RATE))
    return Found(kept=outcome.kept, false=outcome.false, told=told, said=min(found.false, outcome.kept) if found else 0.0)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--campaigns", type=int, default=50, help="of each world")
    parser.add_argument("--seed", type=int, default=SEED)
    parser.add_argument("--processes", type=int, default=2)
    asked = parser.parse_args()
    print("| World | Kept | False | Told | Kept there | False there | Said there | Kept where not told | False there |")
    print("|---|---|---|---|---|---|---|---|---|")
    with ProcessPoolExecutor(asked.processes) as pool:
        for setting in SETTINGS:
            seeds = range(asked.seed, asked.seed + asked.campaigns)
            found = list(pool.map(campaign, [setting] * asked.campaigns, seeds))
            told, not_told = [each for each in found if each.told], [each for each in found if not each.told]
            cells = [
                setting.name,
                sum(each.kept for each in found),
                sum(each.false for each in found),
                f"{len(told)} of {len(found)}",
                sum(each.kept for each in told),
                sum(each.false for each in told),
                round(sum(each.said for each in told)),
                sum(each.kept for each in not_told),
                sum(each.false for each in not_told),
            ]
            print(f"| {' | '.join(map(str, cells))} |", flush=True)


if __name__ == "__main__":
    main()
