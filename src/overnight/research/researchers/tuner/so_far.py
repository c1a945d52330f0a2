"""What people are told of a search while it goes on: the best that it has found, and why that is not proposed yet."""

from enum import StrEnum

from overnight.research.researchers.tuner.jump import Jump
from overnight.words.figures import figure, rough

NOTHING = "nothing better than the head yet"
_PERCENT = 100.0
_DIGITS = 3


class Wait(StrEnum):
    """Why the best so far is not proposed yet."""

    FEW = "too few trials to say more"
    PROPOSED = "proposed before"
    UNPROVABLE = "too little or too unsure to be proven"
    MORE = "more may be found"
    CHECKED = "proposed soon, if a few trials of its own confirm it"


def so_far(jump: Jump | None, head: float | None, wait: Wait) -> str:
    """Such as `best so far +0.21 ± 0.03 (7 %) expected; more may be found`."""
    if jump is None:
        return NOTHING
    share = f" ({rough(_PERCENT * jump.gain / abs(head))} %)" if head else ""
    return f"best so far {figure(jump.gain, _DIGITS, signed=True)} ± {rough(jump.error)}{share} expected; {wait}"
