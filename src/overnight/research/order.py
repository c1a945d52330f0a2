"""What a person or a program of theirs orders of a campaign, running or not, and what came of it."""

from dataclasses import dataclass, fields, replace
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from overnight.operations.principal import FACES
from overnight.program.program import Budget
from overnight.research.idea import IdeaEdit

OWNER = "owner"  # the one who can write to the campaign's folder
CLI = "cli"
CHANNEL = "channel:"  # begins the origin of what came over one
LONGEST_NAME = 80  # characters of who ordered, and of how the order came
LONGEST_KEY = 200
MOST_EDITS = 1000  # of one order, or one event


@dataclass(frozen=True, slots=True, kw_only=True)
class Giver:
    """Who gave an order, and how it came."""

    by: str = OWNER  # a principal, `kind` or `kind:name`; over a channel the name is the sender
    origin: str = CLI  # `cli`, `channel:NAME`, or a face: `web`, `rest`, `mcp`


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeIdeas:
    """Add an idea, or change the queue in another way, as a person may."""

    kind: Literal["ideas"] = "ideas"
    edits: tuple[Annotated[IdeaEdit, Field(discriminator="kind")], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StopSession:
    """End the session that runs when its running trials are recorded."""

    kind: Literal["stop"] = "stop"


@dataclass(frozen=True, slots=True, kw_only=True)
class BelieveChange:
    """A person has read a kept change, and believes its gain."""

    kind: Literal["believe"] = "believe"
    number: int
    commit: str  # that was read


BudgetKey = Literal["experiments", "trials", "hours", "tokens", "cost_usd"]  # of `budget:`


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeBudget:
    """What the whole campaign may use from now on; None leaves a limit as it is."""

    kind: Literal["budget"] = "budget"
    experiments: int | None = None
    trials: int | None = None
    hours: float | None = None
    tokens: int | None = None
    cost_usd: float | None = None
    unlimited: tuple[BudgetKey, ...] = ()  # these limits are taken away

    def changed(self, budget: Budget) -> Budget:
        """The budget with what is ordered."""
        given = {each.name: value for each in fields(Budget) if (value := getattr(self, each.name)) is not None}
        return replace(budget, **given, **dict.fromkeys(self.unlimited, None))


Order = ChangeIdeas | StopSession | BelieveChange | ChangeBudget


def edited_budget(budget: Budget, before: Budget, after: Budget) -> Budget:
    """The budget of a campaign after an edit of its program: of each limit the newest word counts, ordered or written."""
    written = {each.name: getattr(after, each.name) for each in fields(Budget)}
    return replace(budget, **{name: value for name, value in written.items() if value != getattr(before, name)})


def giver_words(by: str, origin: str) -> str:
    """Who gave an order, and how it came, such as `owner:42 over channel:chat` or `agent:claude over mcp`."""
    return f"{by} over {origin}" if origin.startswith(CHANNEL) or origin in FACES else by


class Outcome(StrEnum):
    """What came of an order."""

    DONE = "done"
    REFUSED = "refused"
