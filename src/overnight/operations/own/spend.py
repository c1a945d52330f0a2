"""What models cost, today, this week and by whom, and what left this machine for which provider."""

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Literal

from annotated_types import Ge, Le

from overnight.config import read_settings
from overnight.files.state_folder import state_folder
from overnight.models.spending.page import SpendPage, read_page
from overnight.operations.operation import Context, Operation, Option, Tier
from overnight.operations.principal import Origin
from overnight.words.quantities import compact, counted

LONGEST_DAYS = 1000
TABLES = ("system", "role", "provider")  # unless others are asked for


@dataclass(frozen=True, slots=True, kw_only=True)
class SpendInput:
    """Which days, and which tables."""

    days: Annotated[int, Ge(1), Le(LONGEST_DAYS), Option(about="How far the tables go back.", shows_default=True)] = 7
    by: Annotated[
        tuple[Literal["system", "job", "role", "provider", "model"], ...],
        Option(about="Only this table; again for another one. By default system, role and provider."),
    ] = ()


def run(_context: Context, given: SpendInput) -> SpendPage:
    """Read the account."""
    rules = read_settings(os.environ, Path.home()).spending
    return read_page(state_folder(), rules, days=given.days, by=list(dict.fromkeys(given.by)) or TABLES)


def render(page: SpendPage) -> str:
    """What today and this week cost."""
    sums = {"today": page.today, "week": page.week}
    return "\n".join(
        f"{name}  ${spent.cost_usd:.4f}, {compact(spent.tokens)} tokens, {counted(spent.calls, 'call')}"
        for name, spent in sums.items()
    )


OPERATION = Operation(
    name="spend",
    about="Show what models cost, the limits, and what was sent to which provider.",
    input=SpendInput,
    output=SpendPage,
    tier=Tier.READ,
    of_machine=True,
    run=run,
    words=Origin.CLAW,
    render=render,
)
