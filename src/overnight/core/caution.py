"""What weakens a campaign's evidence, in words that every view shows."""

from collections.abc import Sequence

from overnight.core.text import printable

LISTED = 5
NAME = 80  # characters of a path


def cautions(unjailed: int, strayed: Sequence[str]) -> tuple[str, ...]:
    """One line each; nothing for a campaign in the jail on a machine that stayed as it was.

    Args:
        unjailed: sessions that ran candidates without a jail.
        strayed: names of what changed outside the repository while the campaign went on.
    """
    lines = []
    if unjailed:
        sessions = "1 session" if unjailed == 1 else f"{unjailed} sessions"
        lines.append(f"candidates ran without a jail in {sessions} (--sandbox process): they could have made up every value")
    if strayed:
        shown = ", ".join(printable(name, NAME) for name in strayed[:LISTED])
        more = f" and {len(strayed) - LISTED} more" if len(strayed) > LISTED else ""
        lines.append(f"changed on the way: {shown}{more}; trials before and after may not compare")
    return tuple(lines)
