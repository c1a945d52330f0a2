"""The entries of the hub's chain, the newest first."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge, Le

from overnight.operations.operation import Context, Operation, Option, Tier
from overnight.operations.principal import Origin
from overnight.pool.keys import SHORT
from overnight.pool.operations._hub import opened
from overnight.pool.record import overview
from overnight.pool.views.standing import EntryLine, lines_of
from overnight.words.foreign import printable
from overnight.words.moments import moment

SHOWN = 120  # characters of a foreign text


@dataclass(frozen=True, slots=True, kw_only=True)
class HubChainInput:
    """Which part of it."""

    offset: Annotated[int, Ge(0), Option(about="Entries to leave out, from the newest on.")] = 0
    limit: Annotated[int, Ge(1), Le(1000), Option(about="Entries that are listed.", shows_default=True)] = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class HubChain:
    """A part of the chain."""

    project: str
    key: str  # of the hub
    total: int  # entries after the genesis
    head: str  # digest of the newest entry
    lines: Sequence[EntryLine]  # the newest first


def run(context: Context, given: HubChainInput) -> HubChain:
    """As the record has it; `hub check` checks it."""
    with opened(context, read_only=True) as record:
        genesis, (total, head) = record.genesis(), overview.head(record)
        part = overview.newest_entries(record, offset=given.offset, limit=given.limit)
        lines = lines_of(part, record.withdrawals())
        return HubChain(project=genesis.project, key=genesis.hub, total=total, head=head, lines=lines)


def render(found: HubChain) -> str:
    """A line for each entry."""
    lines = [_line(each) for each in found.lines]
    return "\n".join(lines) or "only what the hub opened with: no block yet"


def _line(each: EntryLine) -> str:
    who = each.submitter[:SHORT] or "founder"
    gain = "" if each.gain is None else f" better by {each.gain:.4g}"
    state = ("" if each.counts or each.kind != "block" else " WITHDRAWN") + (" worn" if each.worn else "")
    return f"{each.number:>5}  {moment(each.at)}  {each.kind} by {who}{gain}{state}: {printable(each.about, SHOWN)}"


OPERATION = Operation(
    name="hub chain",
    about="List the entries of the hub's chain, the newest first.",
    input=HubChainInput,
    output=HubChain,
    tier=Tier.READ,
    run=run,
    words=Origin.TOOL,
    render=render,
)
