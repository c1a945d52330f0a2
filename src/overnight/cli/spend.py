"""`overnight spend`: what models cost, today, this week and by whom, and what left this machine for which provider."""

import time
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from overnight.words.foreign import printable
from overnight.words.quantities import compact, counted, duration, size_text

if TYPE_CHECKING:
    from rich.console import RenderableType

    from overnight.models.spending.page import LimitStanding, SpendPage, Spent

BAR = 16  # characters
CELL = 100  # characters of a name
HINT = """\
no limit is set: without one, only the budget of each campaign's program.md is kept. To set one, write into {path}:
      [spending]
      day_usd = 5.0            # also day_tokens, week_usd, week_tokens
      [spending.campaign]      # the same for campaigns alone
      day_tokens = 2000000"""


def show_spend(page: "SpendPage", _given: object) -> None:
    """Print the sums, the limits and the tables."""
    from overnight.cli.tables import print_wide

    print_wide(*_shown(page))


def _shown(page: "SpendPage") -> Iterator["RenderableType"]:
    from rich.text import Text

    yield Text(f"today    {_words(page.today)}")
    yield Text(f"week     {_words(page.week)}")
    if page.under_way:
        yield Text(f"         {counted(page.under_way, 'call')} under way, for which something is reserved")
    if page.limits:
        yield _limits(page)
        yield Text(f"days end at midnight, {page.zone}", style="dim")
    else:
        yield Text(HINT.format(path=printable(page.settings, CELL)))
    for name, groups in page.by.items():
        if groups:
            yield _table(name, page, [(group.name, group.spent) for group in groups])
    if page.sent:
        yield _sent(page)
    if not page.today.calls and not page.sent and not any(page.by.values()):
        yield Text(f"nothing was spent in the last {counted(page.days, 'day')}", style="dim")


def _words(spent: "Spent") -> str:
    unsettled = f" ({counted(spent.unsettled, 'call')} unsettled: counted in full)" if spent.unsettled else ""
    return f"${spent.cost_usd:.4f}, {compact(spent.tokens)} tokens, {counted(spent.calls, 'call')}{unsettled}"


def _limits(page: "SpendPage") -> "RenderableType":
    from rich.table import Table
    from rich.text import Text

    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("limit", "", "spent", "of", "left", "begins anew"):
        table.add_column(name, justify="left" if name in ("limit", "", "begins anew") else "right", no_wrap=True)
    now = time.time()
    for limit in page.limits:
        key, style = limit.key.removeprefix("spending."), "red" if not limit.left else "green"
        amounts = [_amount(limit, amount) for amount in (limit.spent, limit.limit, limit.left)]
        when = "on Monday" if limit.period.value == "week" else f"in {duration(max(0.0, limit.ends - now))}"
        table.add_row(key, Text(_bar(limit), style=style), *amounts, when)
    return table


def _bar(limit: "LimitStanding") -> str:
    """How much is spent, and behind that what is reserved."""
    whole = max(limit.limit, 1e-12)
    spent = min(BAR, round(BAR * limit.spent / whole))
    held = min(BAR - spent, round(BAR * limit.held / whole))
    return "█" * spent + "▒" * held + "░" * (BAR - spent - held)


def _amount(limit: "LimitStanding", amount: float) -> str:
    return f"${amount:.4f}" if limit.unit.value == "usd" else compact(amount)


def _table(name: str, page: "SpendPage", groups: Sequence[tuple[str, "Spent"]]) -> "RenderableType":
    from rich.table import Table
    from rich.text import Text

    table = Table(
        box=None, pad_edge=False, header_style="bold", title=f"\nby {name}, {_span(page)}", title_justify="left", title_style=""
    )
    for column in (name, "cost", "calls", "input", "cached", "output", "unsettled"):
        table.add_column(column, justify="left" if column == name else "right")
    for group, spent in groups:
        numbers = [compact(n) for n in (spent.calls, spent.input_tokens, spent.cached_tokens, spent.output_tokens)]
        label = Text(printable(group, CELL) or "(not kept)")
        table.add_row(label, f"${spent.cost_usd:.4f}", *numbers, str(spent.unsettled or ""))
    return table


def _sent(page: "SpendPage") -> "RenderableType":
    from rich.table import Table
    from rich.text import Text

    table = Table(
        box=None, pad_edge=False, header_style="bold", title=f"\nsent, {_span(page)}", title_justify="left", title_style=""
    )
    for column in ("to", "provider", "requests", "size", ""):
        table.add_column(column, justify="right" if column in ("requests", "size") else "left")
    for sent in page.sent:
        where = "did not leave this machine" if sent.here else ""
        table.add_row(
            Text(printable(sent.host, CELL)),
            Text(printable(sent.provider, CELL)),
            compact(sent.requests),
            size_text(sent.size_bytes),
            where,
        )
    return table


def _span(page: "SpendPage") -> str:
    return "today" if page.days == 1 else f"the last {page.days} days"
