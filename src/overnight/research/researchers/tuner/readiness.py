"""Why the tuner cannot work on a tree, and what it would need."""

from dataclasses import dataclass

from overnight.program.program import Program
from overnight.program.writer import lacks_failed_checks
from overnight.research.researchers.tuner.sources import LOOKED_FOR
from overnight.research.researchers.tuner.target import Target
from overnight.words.foreign import printable
from overnight.words.quantities import listed

MOST_NAMES = 8
QUOTED = 200  # characters of what the program names


@dataclass(frozen=True, slots=True, kw_only=True)
class Hindrance:
    """A reason, and what would remove it."""

    why: str
    fix: str


def hindrance(program: Program, target: Target) -> Hindrance | None:
    """Why the tuner does not start; None if it can."""
    if lacks_failed_checks(program):
        return Hindrance(
            why=f"{program.path}: `overnight init` left out `checks` that failed, and the tuner may break what they would find",
            fix="fix them and remove the `#` before `checks`, or write `checks: []` if nothing needs to be checked",
        )
    if target.space or target.removals:
        return None
    why = f"the tuner found nothing to tune: it looked for {LOOKED_FOR} among {printable(', '.join(program.editable), QUOTED)}"
    if target.left_alone:
        why += f"; left alone: {listed(target.left_alone, MOST_NAMES)}"
    why = "; ".join([why, *target.skipped[:MOST_NAMES]])
    return Hindrance(
        why=why,
        fix="name files with such values in `editable`, or use another researcher (`overnight agents` lists them)",
    )
