"""What weakens a campaign's evidence, worded the same in every view."""

import math
from collections.abc import Sequence

from overnight.gate.split_error import Answers, split_error
from overnight.program.program import OUTSIDE, Program, names_seed
from overnight.words.foreign import printable
from overnight.words.quantities import counted, listed

LISTED = 5
NAME = 80  # characters of a path
_TENFOLD = 10.0
ONE_DRAW = (
    "if the target draws random numbers from its own fixed seed, these exact gains hold for that one draw, and another seed "
    "may undo them: let the command take {seed} (or read OVERNIGHT_SEED), or set min_effect; if it draws none, they stand"
)
ONE_SPLIT = (
    "a long search fits the data that all its trials share, and fresh seeds do not cure that: set `holdout`, or let `prepare` "
    "draw inputs by {seed}"
)

_SEEDED = "pairs of trials with seeds that nothing had used before"
_UNSEEDED = (
    "the command takes no {seed}: unless it reads OVERNIGHT_SEED, what it draws from a fixed seed of its own was the same in "
    "every trial, and the gain on another seed is not known"
)


def cautions(unjailed: int, strayed: Sequence[str], *, one_draw: bool = False) -> tuple[str, ...]:
    """One line per caution; none for a campaign in the jail on a machine that did not change.

    Args:
        unjailed: how many sessions ran candidates without a jail.
        strayed: names of what changed outside the repository during the campaign.
        one_draw: the result of `of_one_draw`.
    """
    lines = []
    if unjailed:
        sessions = counted(unjailed, "session")
        lines.append(f"candidates ran without a jail in {sessions} (--sandbox process): they could have made up every value")
    if strayed:
        names = listed((printable(name, NAME) for name in strayed), LISTED)
        lines.append(f"changed during the campaign: {names}; trials before and after may not be comparable")
    if one_draw:
        lines.append(ONE_DRAW)
    return tuple(lines)


def of_one_draw(program: Program, *, exact: bool, kept: int) -> bool:
    """Whether kept gains may be the luck of one fixed seed: nothing in the program or its trials rules that out."""
    return bool(kept) and exact and program.metric.min_effect is None and not program.seeded


def of_one_split(program: Program) -> bool:
    """Whether a search may fit the public data: there is no holdout, and `prepare` does not draw other inputs for each trial.

    A seed of the command that runs the candidate is no fresh data: it may only decide how the candidate is trained.
    """
    return program.holdout is None and not names_seed(program.prepare)


def of_small_split(answers: Answers, *, kept: int, error_rate: float) -> str:
    """That more of the kept changes than was promised may gain on the public and sealed data alone; empty if not."""
    found = split_error(answers)
    if found is None or min(found.false, kept) <= error_rate * kept:
        return ""
    false = min(math.ceil(found.false), kept)
    words = (
        f"the holdout did not confirm {answers.refused} of {answers.asked} changes that were proven in public: these data have "
        f"an error of their own, and by its size about {false} of the {kept} kept gain on these data alone"
    )
    return f"{words}; a holdout {_times(found.larger)} as large would tell" if found.larger > 1.0 else words


def _times(larger: float) -> str:
    """A factor, as well as it is known."""
    return f"{round(larger) if larger < _TENFOLD else round(larger, -1):g} times"


def basis(program: Program) -> str:
    """What the values of candidates rest on if the gate cannot vouch for them; empty with `produce` and `score`."""
    if not program.one_process:
        return ""
    trick = "leave out the work" if program.metric.name in OUTSIDE else "print any number"
    return (
        f"values come from the candidate's own process, which could {trick}: read the diff of what is kept; `produce` and "
        "`score` rule that out"
    )


def kind_of_pairs(program: Program) -> str:
    """What the pairs of trials are that a keep is proven in, and what it means if their command takes no seed."""
    return _SEEDED if program.seeded else f"pairs of fresh trials; {_UNSEEDED}"


def of_no_seed(program: Program) -> str:
    """What it means for a keep that no seed decides what is measured; empty if one does."""
    return "" if program.seeded else _UNSEEDED
