"""Who brought how much of the hub's chain, and how much of what they claimed was reproduced."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from annotated_types import Ge, Le

from overnight.operations.operation import Context, Operation, Option, Tier
from overnight.operations.principal import Origin
from overnight.pool.keys import SHORT
from overnight.pool.operations._hub import opened
from overnight.pool.record import overview
from overnight.words.foreign import printable
from overnight.words.quantities import counted, duration

SHOWN = 120  # characters of a foreign text
NOTHING = "no block yet: nobody brought anything"


@dataclass(frozen=True, slots=True, kw_only=True)
class HubBoardInput:
    """How much of it."""

    most: Annotated[int, Ge(1), Le(1000), Option(about="Keys that are listed.", shows_default=True)] = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyOnBoard:
    """A key that has a block."""

    key: str
    blocks: int  # that count
    withdrawn: int  # blocks that do not
    gain: float  # of the metric, verified
    share: float  # of the chain's gain, 0 to 1
    accepted: int  # of its submissions: claims that were reproduced
    judged: int  # its submissions with a verdict
    seconds: float  # of verification, rejected submissions included


@dataclass(frozen=True, slots=True, kw_only=True)
class HubBoard:
    """A leaderboard."""

    machine: str  # class of the machine that verifies; timing says nothing about others
    keys: int  # that have a block
    lines: Sequence[KeyOnBoard]  # the largest gain first


def run(context: Context, given: HubBoardInput) -> HubBoard:
    """As the record has it."""
    with opened(context, read_only=True) as record:
        shares = overview.shares(record)
        lines = []
        for each in shares[: given.most]:
            known = record.key(each.key)
            lines.append(
                KeyOnBoard(
                    key=each.key,
                    blocks=each.blocks,
                    withdrawn=each.withdrawn,
                    gain=each.gain,
                    share=each.share,
                    accepted=known.accepted if known else 0,
                    judged=known.judged if known else 0,
                    seconds=known.seconds if known else each.seconds,
                )
            )
        return HubBoard(machine=record.genesis().machine, keys=len(shares), lines=lines)


def render(found: HubBoard) -> str:
    """A line for each key."""
    if not found.lines:
        return NOTHING
    lines = [_line(each) for each in found.lines]
    if found.keys > len(found.lines):
        lines.append(f"and {counted(found.keys - len(found.lines), 'key')} more; see --most")
    return "\n".join([*lines, *([f"verified on {printable(found.machine, SHOWN)}"] if found.machine else [])])


def _line(each: KeyOnBoard) -> str:
    taken = f", {each.withdrawn} withdrawn" if each.withdrawn else ""
    return (
        f"{each.key[:SHORT]}  gain {each.gain:.4g} ({each.share:.0%}), {counted(each.blocks, 'block')}{taken},"
        f" {each.accepted} of {each.judged} reproduced, {duration(each.seconds)} of trials"
    )


OPERATION = Operation(
    name="hub board",
    about="Show who brought how much of the hub's chain, and how much of what they claimed was reproduced.",
    input=HubBoardInput,
    output=HubBoard,
    tier=Tier.READ,
    run=run,
    words=Origin.TOOL,
    render=render,
)
