"""Lines with which a model leaves out code instead of writing it."""

import re
from collections.abc import Container

from overnight.agents.editor.edit import DoesNotApply, Hunk

LONGEST = 120  # characters of such a line; what is longer says something
_DOTS = re.compile(r"(?:#|//|/\*|--|;|%|<!--|\[|\()? ?(?:\.\.\.|…).{0,80}")
_REMARK = re.compile(r"(?:#|//|/\*|--|;|%|<!--) ?(?:.{0,80}(?:\.\.\.|…)|\(?(?:the )?(?:rest|remainder|remaining) of .{0,60})")


def require_complete(hunk: Hunk, there: Container[str]) -> None:
    """Refuse a hunk that leaves out code; what is in the file itself, such as the body `...` of Python, is no such line.

    `there`: the lines of the file, without the spaces around them.

    Raises:
        DoesNotApply: it leaves something out.
    """
    for line in (*hunk.old, *hunk.new):
        if (said := line.strip()) not in there and _leaves_out(said):
            raise DoesNotApply(f"`{said}` stands for code that is left out: write every line")


def _leaves_out(line: str) -> bool:
    if len(line) > LONGEST:
        return False
    return bool(_DOTS.fullmatch(line) or _REMARK.fullmatch(line))
