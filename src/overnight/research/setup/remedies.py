"""What to set when a trial gave no value although its command ran: as an option of `init`, and as a key of program.md."""

import math
import re
from dataclasses import dataclass, replace

from overnight.program.program import OUTSIDE, Program, Take
from overnight.research.setup.wishes import Wishes

TIMES = 4  # a limit that was reached is proposed so many times as large
MOST_MINUTES = 7 * 24 * 60  # the largest `limits.wall`
_MINUTE_S = 60
_EXIT = re.compile(r"; it printed \S+ all the same, and ended with exit code (\d+)$")
TIMED_OUT = re.compile(r"ended after \S+ s of \S+ s")


@dataclass(frozen=True, slots=True, kw_only=True)
class Remedy:
    """What may fix it."""

    why: str
    key: str  # of program.md
    option: str = ""  # of `overnight init`, if it is more than `wishes`
    wall: str | None = None
    take: Take | None = None
    allow_exit: int | None = None

    def in_program(self) -> str:
        """The fix for a user who writes program.md."""
        return f"{self.why}: {self.key}"

    def in_init(self, wishes: Wishes) -> str:
        """The fix for a user of `init`, with the options that this user passed already."""
        if self.option:
            return f"{self.why}: {self.option}"
        codes = () if self.allow_exit is None else (self.allow_exit,)
        again = replace(
            wishes, wall=self.wall or wishes.wall, take=self.take or wishes.take, allow_exit=wishes.allow_exit + codes
        )
        return f"{self.why}: overnight init {again.options()} (in program.md: {self.key})"


def remedy(program: Program, reason: str) -> Remedy | None:
    """What to set, by the reason that a trial gives; None if that is not known."""
    name, limits = program.metric.name, program.limits
    if TIMED_OUT.match(reason):
        wall = f"{min(math.ceil(TIMES * limits.wall_s / _MINUTE_S), MOST_MINUTES)}m"
        return Remedy(why="if it needs longer", key=f"`limits: {{wall: {wall}}}`", wall=wall)
    if found := _EXIT.search(reason):
        codes = ", ".join(map(str, sorted({*limits.allow_exit, int(found[1])})))
        key = f"`limits: {{allow_exit: [{codes}]}}`"
        return Remedy(why="if that exit code is no failure", key=key, allow_exit=int(found[1]))
    if reason.startswith(f"metric {name} appears twice"):
        key = "`metric: {take: last}`, or first, min, max; or a `pattern` that matches one of the lines"
        return Remedy(why="say which of its values counts", key=key, take=Take.LAST)
    if reason.startswith(f"metric {name} has ") and program.metric.take is Take.GEOMEAN:
        key = "a `pattern` that matches one of the lines, without `take` and `values`"
        option = f"--metric {name}:{program.metric.direction.value} --pattern REGEX, for one of the lines"
        return Remedy(why="if a command prints more rows in one run than in another, take one of them", key=key, option=option)
    return None if name in OUTSIDE else _unread(program, reason)


def _unread(program: Program, reason: str) -> Remedy | None:
    """For a metric that is not where it is looked for."""
    name = program.metric.name
    if program.metric.result is not None and "the result file" in reason:
        why = "the file is relative to the top of the repository, and its keys are names (`outer.inner` in an inner object)"
        return Remedy(why=why, key="fix `result` or `name`", option="fix --result or --metric")
    if not reason.startswith((f"no line `METRIC {name}", f"metric {name} is `", "nothing matches `")):
        return None
    example = rf"{re.escape(name)}\W{{1,8}}?([-+]?[0-9][0-9.eE+-]*)"
    return Remedy(
        why="say where the number is",
        key=f"`name` for a line `NAME: value`, `pattern: '{example}'` in any other line, `result: FILE` in a JSON file",
        option=f"--metric NAME for a line `NAME: value`, --pattern '{example}' in any other line, --result FILE in a JSON file",
    )
