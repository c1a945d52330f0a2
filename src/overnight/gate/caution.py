"""What weakens a campaign's evidence, in words that every view shows."""

from collections.abc import Sequence

from overnight.program.program import Program
from overnight.words.foreign import printable

LISTED = 5
NAME = 80  # characters of a path
ONE_DRAW = (
    "if the target draws random numbers from a fixed seed of its own, these exact gains are of that one draw, and another seed "
    "may undo them: let the command take {seed} (or read OVERNIGHT_SEED), or set min_effect; if it draws none, they stand"
)


def cautions(unjailed: int, strayed: Sequence[str], *, one_draw: bool = False) -> tuple[str, ...]:
    """One line each; nothing for a campaign in the jail on a machine that stayed as it was.

    Args:
        unjailed: sessions that ran candidates without a jail.
        strayed: names of what changed outside the repository while the campaign went on.
        one_draw: what `of_one_draw` says.
    """
    lines = []
    if unjailed:
        sessions = "1 session" if unjailed == 1 else f"{unjailed} sessions"
        lines.append(f"candidates ran without a jail in {sessions} (--sandbox process): they could have made up every value")
    if strayed:
        shown = ", ".join(printable(name, NAME) for name in strayed[:LISTED])
        more = f" and {len(strayed) - LISTED} more" if len(strayed) > LISTED else ""
        lines.append(f"changed on the way: {shown}{more}; trials before and after may not compare")
    if one_draw:
        lines.append(ONE_DRAW)
    return tuple(lines)


def of_one_draw(program: Program, *, exact: bool, kept: int) -> bool:
    """Whether gains were kept that may be luck of one fixed seed: nothing in the program or its trials speaks against it."""
    return bool(kept) and exact and program.metric.min_effect is None and not program.seeded
