"""Orders as people see them: who gave which, how it came, and what became of it."""

from dataclasses import dataclass
from typing import assert_never

from overnight.research.events import Ordered
from overnight.research.idea import AddIdea
from overnight.research.order import OWNER, BelieveChange, ChangeBudget, ChangeIdeas, Order, StopSession, giver_words
from overnight.words.foreign import printable
from overnight.words.quantities import counted

NEWEST = 5  # that a view lists
TEXT, WHO = 120, 160  # characters of an idea, and of who gave it
WAITS = "waits"


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenOrder:
    """An order, in words."""

    at: float  # Unix time, s
    by: str  # a principal such as "agent:claude", or "owner"
    origin: str  # how it came: "cli", "web", "rest", "mcp", "channel:NAME", or a file
    what: str  # printable
    outcome: str  # "waits", "done" or "refused"

    @property
    def is_plain(self) -> bool:
        """Whether the owner gave it on this machine, which needs no mention."""
        return self.by == OWNER


def given_order(ordered: Ordered, at: float, outcome: str) -> GivenOrder:
    """An order of the ledger, in words."""
    return GivenOrder(
        at=at,
        by=printable(ordered.by, WHO),
        origin=printable(ordered.origin, WHO),
        what=order_words(ordered.order),
        outcome=outcome,
    )


def given_words(given: GivenOrder) -> str:
    """Such as `agent:claude over mcp: budget: hours 8 (done)`."""
    return f"{giver_words(given.by, given.origin)}: {given.what} ({given.outcome})"


def order_words(order: Order) -> str:
    """What is ordered, on a line."""
    match order:
        case ChangeIdeas(edits=(AddIdea(text=text),)):
            return f"idea: {printable(text, TEXT)}"
        case ChangeIdeas():
            return f"{counted(len(order.edits), 'change')} of ideas"
        case BelieveChange():
            return f"believe #{order.number}"
        case StopSession():
            return "stop"
        case ChangeBudget():
            names = ("experiments", "trials", "hours", "tokens", "cost_usd")
            amounts = [f"{name} {getattr(order, name):g}" for name in names if getattr(order, name) is not None]
            return f"budget: {', '.join([*amounts, *(f'no limit of {name}' for name in order.unlimited)])}"
        case _:
            assert_never(order)
