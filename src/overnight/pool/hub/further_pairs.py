"""Further pairs of a new block, before anything else is verified: a rare loss that its proof had not met may show here.

A test that ends as soon as it is won has often seen no rare, large loss. These pairs have a number fixed beforehand and seeds
drawn after the block was added, and are measured by the program's own measure, whose values a receipt shows anyway: neither
the holdout nor `audit`, whose answers would wear them out, and which a withdrawal would tell of.

Does not cover: guards other than the bounds of the metric; losses rarer than one trial in so many pairs.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from statistics import fmean

import anyio

from overnight.gate.scale import Scale
from overnight.gate.steps import VOIDS
from overnight.gate.trial import Fault
from overnight.git.repository import Repository
from overnight.pool.chain import Block, read_entry
from overnight.pool.events import BlockWithdrawn, Event, FurtherJudged, FurtherPair
from overnight.pool.hub.program import hub_program
from overnight.pool.hub.settings import HubSettings
from overnight.pool.record.further import Further, next_further
from overnight.pool.record.record import HubRecord
from overnight.program.program import Metric
from overnight.research.loop.recheck import FreshPair, Recheck
from overnight.research.receipts.proof import read_receipt
from overnight.research.wiring import SessionRequest, remeasuring
from overnight.words.figures import figure
from overnight.words.quantities import counted

DIGITS = 4  # of a gain in words


@dataclass(frozen=True, slots=True, kw_only=True)
class Margin:
    """What a block that is less code may lose, on a scale."""

    scale: Scale
    margin: float


def mean_gain(metric: Metric, pairs: Sequence[tuple[float, float]]) -> float | None:
    """The mean gain of pairs in the metric's units; positive is better."""
    return fmean(metric.gain(before, after) for before, after in pairs) if pairs else None


def is_loss(metric: Metric, pairs: Sequence[tuple[float, float]], margin: Margin | None = None) -> bool:
    """Whether the mean of pairs takes a block back: it is no gain, or for less code a larger loss than it may be."""
    gain = mean_gain(metric, pairs)
    if gain is None:
        return False
    if margin is None:
        return gain <= 0.0
    level = fmean(margin.scale.place(before) for before, _ in pairs)
    return gain < margin.scale.in_units(metric, level, -margin.margin)


def is_enough(found: Further) -> bool:
    """Whether no more pairs are needed: there are all, the block fails, or its parent does.

    Equal values are no reason to stop: a target without noise is where a loss in one trial of many is seen least.
    """
    return found.failed or found.void >= VOIDS or len(found.pairs) >= found.wanted


def judge(found: Further, block: Block, metric: Metric) -> Sequence[Event]:
    """What the pairs of a block show, and its withdrawal if that is a loss."""
    gain, pairs = mean_gain(metric, found.pairs), counted(len(found.pairs), "further pair")
    judged = FurtherJudged(block=found.block, pairs=len(found.pairs), gain=gain)
    if found.failed:
        why = f"a trial of it failed in the further pairs, after {pairs}"
    elif gain is not None and is_enough(found) and found.void < VOIDS and is_loss(metric, found.pairs, _margin(block)):
        why = f"{pairs} with fresh seeds gain {figure(gain, DIGITS, signed=True)} on average"
    else:
        return [judged]
    return [judged, BlockWithdrawn(block=found.block, why=why)]


def further_words(made: Sequence[Event]) -> str:
    """What came of a block's further pairs, in a line."""
    judged = next(each for each in made if isinstance(each, FurtherJudged))
    withdrawn = next((each for each in made if isinstance(each, BlockWithdrawn)), None)
    if withdrawn is not None:
        return f"block {judged.block} is withdrawn: {withdrawn.why}"
    shown = "no mean" if judged.gain is None else f"a mean gain of {figure(judged.gain, DIGITS, signed=True)}"
    return f"block {judged.block} stays: {counted(judged.pairs, 'further pair')}, {shown}"


def block_at(record: HubRecord, number: int) -> Block:
    """A block of the chain, by the number of a block that gets further pairs."""
    block = read_entry(record.entries(after=number - 1, most=1)[0])
    assert isinstance(block, Block)  # noqa: S101  # only blocks get further pairs
    return block


async def measure(repository: Repository, settings: HubSettings, record: HubRecord, request: SessionRequest) -> None:
    """Measure the pairs that the oldest new block still needs; each is on disk before the next ones begin.

    Raises:
        UserError: this machine cannot run them.
    """
    found = next_further(record)
    if found is None:
        return
    block = block_at(record, found.block)
    parent = record.commit_of(block.previous)
    assert parent is not None  # noqa: S101  # each entry names the one before
    program = replace(hub_program(repository, settings), audit=None)
    with remeasuring(repository, program, parent[1], request) as recheck:
        while found is not None and found.block == block.number and not is_enough(found):
            await _some(recheck, record, found, (parent[1], record.commit_at(block.number)))
            found = next_further(record)


async def _some(recheck: Recheck, record: HubRecord, found: Further, commits: tuple[str, str]) -> None:
    """As many pairs as run at once."""
    done = len(found.pairs) + found.void
    at_once = min(max(1, recheck.slots.count // 2), found.wanted - len(found.pairs))

    async def one(index: int) -> None:
        pair = await recheck.pair(found.block, index, before=commits[0], after=commits[1])
        record.append(_event(found.block, pair))

    async with anyio.create_task_group() as tasks:
        for index in range(done, done + at_once):
            tasks.start_soon(one, index)


def _event(block: int, pair: FreshPair) -> FurtherPair:
    before, after = pair.before, pair.after
    return FurtherPair(
        block=block,
        before=before.value,
        after=after.value,
        seconds=math.fsum((before.wall_s, after.wall_s)),
        failed=after.value is None and after.fault is not Fault.PREPARE and before.value is not None,
    )


def _margin(block: Block) -> Margin | None:
    receipt = read_receipt(block.receipt)
    return None if receipt.margin is None else Margin(scale=Scale(receipt.scale), margin=receipt.margin)
