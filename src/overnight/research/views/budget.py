"""What a campaign may use and has used."""

from collections.abc import Iterator
from dataclasses import dataclass

from overnight.program.program import Budget
from overnight.research.state import State
from overnight.words.foreign import printable
from overnight.words.quantities import compact, counted, duration

HOUR_S = 3600.0
BY = 200  # characters of who changed it


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignBudget:
    """What `budget --json` prints."""

    campaign: str  # its tag
    running: int | None  # process id; null: it is not running
    limits: Budget  # of the whole campaign; null: no limit
    experiments: int  # used until now
    trials: int
    hours: float
    tokens: int
    cost_usd: float
    changed_by: str  # who ordered a limit last; empty: program.md alone sets them


def budget_of(state: State, *, elapsed_s: float, running: int | None) -> CampaignBudget:
    """The budget of a campaign whose clock stands at `elapsed_s`."""
    return CampaignBudget(
        campaign=state.tag,
        running=running,
        limits=state.budget,
        experiments=state.tally.experiments,
        trials=state.tally.trials,
        hours=elapsed_s / HOUR_S,
        tokens=state.tally.tokens,
        cost_usd=state.tally.cost_usd,
        changed_by=state.budget_by,
    )


def describe_budget(found: CampaignBudget) -> str:
    """A line for each limit, and who set it."""
    by = f", last changed by {printable(found.changed_by, BY)}" if found.changed_by else ", as program.md has it"
    return "\n".join([f"budget of `{found.campaign}`{by}:", *(f"  {line}" for line in _lines(found))])


def budget_words(budget: Budget) -> str:
    """What a campaign may use."""
    parts = [
        *([counted(budget.experiments, "experiment")] if budget.experiments is not None else []),
        *([counted(budget.trials, "trial")] if budget.trials is not None else []),
        *([f"{budget.hours:g} h"] if budget.hours is not None else []),
        *([counted(budget.tokens, "token")] if budget.tokens is not None else []),
        *([f"${budget.cost_usd:,.2f}"] if budget.cost_usd is not None else []),
    ]
    return ", ".join(parts) or "no limit"


def _lines(found: CampaignBudget) -> Iterator[str]:
    time, cost = duration(found.hours * HOUR_S), f"${found.cost_usd:.2f}"
    used = (str(found.experiments), str(found.trials), time, compact(found.tokens), cost)
    for (name, limit), so_far in zip(_limits(found.limits), used, strict=True):
        yield f"{name:<12} {so_far} of {limit}" if limit else f"{name:<12} {so_far}, without a limit"


def _limits(limits: Budget) -> Iterator[tuple[str, str]]:
    """Each limit in words, empty if there is none."""
    yield "experiments", "" if limits.experiments is None else str(limits.experiments)
    yield "trials", "" if limits.trials is None else str(limits.trials)
    yield "time", "" if limits.hours is None else duration(limits.hours * HOUR_S)
    yield "tokens", "" if limits.tokens is None else compact(limits.tokens)
    yield "cost", "" if limits.cost_usd is None else f"${limits.cost_usd:.2f}"
