"""One entry of a hub's chain, with what its receipt shows and what it does not."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge

from overnight.errors import UserError
from overnight.operations.operation import Argument, Context, Operation, Tier
from overnight.operations.principal import Origin
from overnight.pool.chain import Block
from overnight.pool.evidence import block_findings
from overnight.pool.keys import SHORT
from overnight.pool.operations._hub import opened
from overnight.pool.record import overview
from overnight.pool.record.further import further_of
from overnight.pool.record.record import HubRecord
from overnight.research.findings import Finding
from overnight.words.foreign import printable
from overnight.words.quantities import counted

SHOWN = 200  # characters of a foreign text
NOT_SHOWN = "Not shown: whether the values were ever measured. Only trials of your own show that."


@dataclass(frozen=True, slots=True, kw_only=True)
class HubBlockInput:
    """Which one."""

    number: Annotated[int, Ge(1), Argument(about="Of the entry.", metavar="N")]


@dataclass(frozen=True, slots=True, kw_only=True)
class Further:
    """Further pairs of a block's parent and the block, see docs/pool.md."""

    wanted: int
    pairs: int  # that have both values
    judged: bool  # all are there, or no more are needed
    gain: float | None  # mean of the metric; null: not judged, or too few have values


@dataclass(frozen=True, slots=True, kw_only=True)
class HubBlock:
    """An entry of the chain."""

    number: int
    at: float  # Unix time by the hub's clock, s
    kind: str  # block or withdrawal
    submitter: str  # key; empty: the hub
    about: str  # the submitter's hypothesis, or why it withdraws
    gain: float | None  # of the metric; null: a withdrawal
    withdrawn: str  # why it no longer counts; empty: it does
    further: Further | None  # what was measured of a block after it was added; null: nothing is to be
    paths: Sequence[str]  # that it changes
    findings: Sequence[Finding]  # of its receipt, by arithmetic alone


def run(context: Context, given: HubBlockInput) -> HubBlock:
    """As the record has it, and what its receipt shows; `hub check` checks the chain."""
    with opened(context, read_only=True) as record:
        entry = overview.entry_at(record, given.number)
        if entry is None:
            newest, _ = overview.head(record)
            raise UserError(f"there is no entry {given.number}", fix=f"the newest is {newest}; see `overnight hub status`")
        block = entry if isinstance(entry, Block) else None
        return HubBlock(
            number=entry.number,
            at=entry.at,
            kind=entry.kind,
            submitter=block.submitter if block else "",
            about=block.hypothesis if block else getattr(entry, "why", ""),
            gain=block.gain if block else None,
            withdrawn=record.withdrawals().get(entry.number, ""),
            further=_further(record, entry.number),
            paths=[each.path for each in entry.changes],
            findings=block_findings(block, record.genesis()) if block else (),
        )


def _further(record: HubRecord, number: int) -> Further | None:
    found = further_of(record, number)
    if found is None:
        return None
    return Further(wanted=found.wanted, pairs=len(found.pairs), judged=found.judged, gain=found.gain)


def render(found: HubBlock) -> str:
    """What it is, then what its receipt shows."""
    who = f"by {found.submitter[:SHORT]}" if found.submitter else "by the hub"
    gain = "" if found.gain is None else f", better by {found.gain:.4g}"
    lines = [f"{found.kind} {found.number} {who}{gain}: {printable(found.about, SHOWN)}"]
    if found.withdrawn:
        lines.append(f"WITHDRAWN: {printable(found.withdrawn, SHOWN)}")
    if found.further is not None:
        lines.append(f"measured again after it was added: {further_words(found.further)}")
    lines.append(f"changes {', '.join(printable(path, SHOWN) for path in found.paths) or 'nothing that is public'}")
    lines += [f"  {'holds' if each.holds else 'DOES NOT HOLD'}  {each.what}: {each.detail}" for each in found.findings]
    return "\n".join([*lines, *([NOT_SHOWN] if found.findings else [])])


def further_words(found: Further) -> str:
    """How far its further pairs are, and what they show."""
    if not found.judged:
        return f"{found.pairs} of {found.wanted} pairs so far"
    shown = "no mean" if found.gain is None else f"a mean gain of {found.gain:.4g}"
    return f"{counted(found.pairs, 'pair')}, {shown}"


OPERATION = Operation(
    name="hub block",
    about="Show one entry of the hub's chain: who sent it, what it changes, and what its receipt shows.",
    input=HubBlockInput,
    output=HubBlock,
    tier=Tier.READ,
    run=run,
    words=Origin.TOOL,
    render=render,
    holds=lambda found: all(each.holds for each in found.findings),
)
