"""Pure: the time of a program alone, where a command builds it first: a compiler's time says nothing of what it compiles."""

import re
from collections.abc import Mapping

from overnight.program.front_matter import Value
from overnight.program.program import Direction

NAME = "run_s"
METRIC: Mapping[str, Value] = {"name": NAME, "direction": Direction.MINIMIZE.value}
MOST_PARTS = 12  # of a command

_BUILDS = re.compile(
    r"(?:[A-Z_]+=\S{1,100} )*(?:make|cc|gcc|g\+\+|c\+\+|clang(?:\+\+)?|cmake|meson|ninja|(?:cargo|go) build)\b"
)
_PLAIN = re.compile(r"[\w.=/:+,@%< -]{1,400}")  # what a shell reads the same in quotation marks


def timed_alone(command: str) -> str | None:
    """The same command, whose last part is timed by the shell as the metric `run_s`; None if it builds nothing before it.

    The time is what the last part used of the processor, in seconds. The shell's line begins with a line break, so that no
    program makes it unreadable by half a line before it, and a line of its own the only one.
    """
    *before, run = command.split(" && ")[:MOST_PARTS]
    if not any(map(_BUILDS.match, before)) or _BUILDS.match(run) or not _PLAIN.fullmatch(run):
        return None
    return " && ".join((*before, f"bash -c 'printf -v TIMEFORMAT \"\\n{NAME}: %%U\"; time {run}'"))
