"""Our command line as a user starts it, from this checkout and from another one in turn: `--against FOLDER`."""

import argparse
import os
import resource
from collections.abc import Mapping, Sequence
from pathlib import Path

HERE = Path(__file__).parents[1]


def checkouts(description: str | None, runs: int) -> tuple[Sequence[Path], int]:
    """The checkouts to measure, and how often each."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--against", type=Path, help="another checkout, such as a `git worktree` of an older commit")
    parser.add_argument("--runs", type=int, default=runs)
    chosen = parser.parse_args()
    return [HERE, *([chosen.against.resolve()] if chosen.against else [])], chosen.runs


def environment(checkout: Path) -> Mapping[str, str]:
    """The environment in which `python -m overnight` is that of a checkout, with compiled modules as after an installation."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {**kept, "PYTHONPATH": str(checkout / "src"), "PYTHONPYCACHEPREFIX": str(HERE / "build/bench-pycache")}


def children_s() -> float:
    """CPU seconds of all processes that were started and have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def median(values: Sequence[float]) -> float:
    """The middle one."""
    return sorted(values)[len(values) // 2]


def shown(medians: Sequence[float], form: str) -> str:
    """The values of the checkouts, and the ratio of this one to the other."""
    ratio = [f"ratio {medians[0] / medians[1]:.2f}"] if len(medians) > 1 and medians[1] else []
    return "  ".join([*(form.format(value) for value in medians), *ratio])
