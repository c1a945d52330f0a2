"""What the owner of this machine lets models cost: limits by day and week, of everything and of one system."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING

from overnight.words.quantities import counted

if TYPE_CHECKING:
    from overnight.models.budget import CostEstimate

# Who asks models. A system that comes later adds its name here, and has limits of its own in the settings from then on.
CAMPAIGN, TRYOUT, ACTION, CLAW, HOME, TUTOR = "campaign", "tryout", "action", "claw", "home", "tutor"
SYSTEMS = (CAMPAIGN, TRYOUT, ACTION, CLAW, HOME, TUTOR)


class Period(StrEnum):
    """How long a limit holds before it begins anew."""

    DAY = "day"
    WEEK = "week"  # Monday to Sunday
    JOB = "job"  # never


class Unit(StrEnum):
    """What a limit counts."""

    USD = "usd"
    TOKENS = "tokens"

    def words(self, amount: float) -> str:
        """An amount for people."""
        return f"${amount:.{2 if amount >= 1 or not amount else 4}f}" if self is Unit.USD else counted(int(amount), "token")

    def about(self, estimate: "CostEstimate") -> float:
        """What the request of a call alone needs."""
        return estimate.cost_usd if self is Unit.USD else estimate.tokens

    def most(self, estimate: "CostEstimate") -> float | None:
        """What a call needs at most; None: nobody knows."""
        return estimate.most_usd if self is Unit.USD else estimate.most_tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """One limit of an account."""

    period: Period
    unit: Unit
    amount: float
    system: str = ""  # that it is for; empty: all of them together
    job: str = ""  # the key of the job that it is for, with `Period.JOB`

    @property
    def key(self) -> str:
        """Where it stands in the settings; empty for a job's own budget, which is not there."""
        name = f"{self.period}_{self.unit}"
        return "" if self.period is Period.JOB else f"spending.{self.system}.{name}" if self.system else f"spending.{name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class PeriodLimits:
    """The limits of one table of the settings; None is no limit."""

    day_usd: float | None = None
    day_tokens: int | None = None
    week_usd: float | None = None
    week_tokens: int | None = None

    def limits(self, system: str) -> Sequence[Limit]:
        """Those that are set."""
        amounts = (
            (Period.DAY, Unit.USD, self.day_usd),
            (Period.DAY, Unit.TOKENS, self.day_tokens),
            (Period.WEEK, Unit.USD, self.week_usd),
            (Period.WEEK, Unit.TOKENS, self.week_tokens),
        )
        return [
            Limit(period=period, unit=unit, amount=amount, system=system)
            for period, unit, amount in amounts
            if amount is not None
        ]


@dataclass(frozen=True, slots=True, kw_only=True)
class SpendingRules:
    """The owner's limits, as the settings have them."""

    total: PeriodLimits = field(default_factory=PeriodLimits)
    systems: Mapping[str, PeriodLimits] = field(default_factory=dict)
    zone: str = ""  # an IANA name; empty: this machine's
    source: str = field(default="", compare=False)  # the settings file, for messages

    def of(self, system: str) -> Sequence[Limit]:
        """The limits that a call of a system must keep to."""
        own = self.systems.get(system)
        return [*self.total.limits(""), *(own.limits(system) if own else ())]

    def limits_cost(self, system: str) -> bool:
        """Whether a call of a system must have a price, because dollars are limited."""
        return any(limit.unit is Unit.USD for limit in self.of(system))

    @property
    def all(self) -> Sequence[Limit]:
        """All limits, for people."""
        return [*self.total.limits(""), *(limit for name, own in self.systems.items() for limit in own.limits(name))]
