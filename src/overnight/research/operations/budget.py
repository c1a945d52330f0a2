"""What a campaign may use, shown or changed, even while it runs."""

from dataclasses import dataclass, fields
from typing import Annotated

from annotated_types import Ge, Gt, Le

from overnight.errors import UserError
from overnight.operations.operation import Context, Operation, Option, Settled, Tier
from overnight.operations.principal import Origin
from overnight.program.program import Budget
from overnight.research.operations._inputs import Tag
from overnight.research.operations._ordering import give
from overnight.research.order import BudgetKey, ChangeBudget
from overnight.research.reading import CampaignReader, reading
from overnight.research.views.budget import CampaignBudget, budget_of, budget_words, describe_budget

MOST = 10**15  # of what is counted; every program that reads JSON has whole numbers so large
MOST_HOURS, MOST_USD = 1e6, 1e9


def _more(about: str) -> Option:
    """An input that can let the campaign use more."""
    return Option(about=about, raises=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetInput:
    """New limits of the whole campaign; those that are left out stay."""

    experiments: Annotated[int | None, Ge(1), Le(MOST), _more("At most this many experiments in all.")] = None
    trials: Annotated[int | None, Ge(1), Le(MOST), _more("At most this many trials in all.")] = None
    hours: Annotated[float | None, Gt(0), Le(MOST_HOURS), _more("At most this many hours in all.")] = None
    tokens: Annotated[int | None, Ge(0), Le(MOST), _more("At most this many tokens in all.")] = None
    cost_usd: Annotated[float | None, Ge(0), Le(MOST_USD), _more("At most this many dollars in all.")] = None
    unlimited: Annotated[tuple[BudgetKey, ...], _more("Take this limit away; may be repeated.")] = ()
    tag: Tag = None


def run(context: Context, given: BudgetInput) -> CampaignBudget:
    """Order it; a session that runs acts on it within a second, else the next one does."""
    order = _order(given)
    with reading(given.tag, context.where) as campaign:
        before, folder = campaign.state().budget, campaign.folder
    if order.changed(before) != before:
        give(context, folder, order)
    with reading(folder.name, context.where) as campaign:
        return _found(campaign)


def tier_of(context: Context, given: BudgetInput) -> Tier:
    """To look changes nothing; less can be raised again; more lets the campaign spend more."""
    order = _order(given)
    if order == ChangeBudget():
        return Tier.READ
    with reading(given.tag, context.where) as campaign:
        before = campaign.state().budget
    return Tier.COSTLY if _allows_more(before, order.changed(before)) else Tier.REVERSIBLE


def state(context: Context, given: BudgetInput) -> str:
    """The campaign, and what it may use now: an approval of more is of more than that."""
    with reading(given.tag, context.where) as campaign:
        return f"{campaign.folder} {campaign.state().budget}"


def tells(context: Context, given: BudgetInput) -> str:
    """What the limits are now."""
    with reading(given.tag, context.where) as campaign:
        now = campaign.state().budget
    return f"the budget now: {budget_words(now)}"


def read_back(context: Context, given: BudgetInput, found: CampaignBudget | None) -> Settled:
    """Whether it holds."""
    with reading(found.campaign if found else given.tag, context.where) as campaign:
        now = campaign.state().budget
    return Settled.DONE if _order(given).changed(now) == now else Settled.NOT_DONE


def _order(given: BudgetInput) -> ChangeBudget:
    """What is ordered.

    Raises:
        UserError: a limit is set and taken away.
    """
    for name in given.unlimited:
        if getattr(given, name) is not None:
            option = name.replace("_", "-")
            raise UserError(f"--{option} and --unlimited {name} cannot be used together", fix="use one of them")
    return ChangeBudget(
        experiments=given.experiments,
        trials=given.trials,
        hours=given.hours,
        tokens=given.tokens,
        cost_usd=given.cost_usd,
        unlimited=tuple(sorted(set(given.unlimited))),
    )


def _allows_more(before: Budget, after: Budget) -> bool:
    """Whether any limit is higher than before, or gone."""
    pairs = [(getattr(before, each.name), getattr(after, each.name)) for each in fields(Budget)]
    return any(old is not None and (new is None or new > old) for old, new in pairs)


def _found(campaign: CampaignReader) -> CampaignBudget:
    state = campaign.state()
    return budget_of(state, elapsed_s=campaign.elapsed_s(state), running=campaign.running)


OPERATION = Operation(
    name="budget",
    about="Change what a campaign may use, even while it runs; without a limit, show it.",
    details=(
        "Limits are of the whole campaign, as `budget:` in program.md has them. Of each limit the newest word counts: this"
        " order, or a later edit of program.md. A smaller limit ends the session in good order; with a larger one it goes on."
    ),
    input=BudgetInput,
    output=CampaignBudget,
    tier=Tier.REVERSIBLE,  # an order, except that nothing is ordered without a limit
    raised=tier_of,
    words=Origin.CLAW,
    run=run,
    render=describe_budget,
    state=state,
    tells=tells,
    read_back=read_back,
)
