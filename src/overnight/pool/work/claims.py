"""What a block claims, and whether trials of one's own agree with it. Pure.

A hub can invent the values of a receipt, and its arithmetic holds all the same: only other trials show that.
Does not cover: the hidden files that the hub's own measure may read, its holdout, and timing, which is that of another machine.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

from overnight.gate import guards
from overnight.gate.audit import Estimate, estimate_gain
from overnight.gate.memory import GateMemory
from overnight.gate.noise import NoiseModel, noise_model
from overnight.gate.scale import Scale
from overnight.gate.stats import mean_interval
from overnight.gate.trial import Fault
from overnight.pool.chain import Block
from overnight.program.program import Program
from overnight.research.findings import RerunPair
from overnight.research.loop.recheck import FreshPair
from overnight.research.receipts.proof import read_receipt
from overnight.words.figures import figure

ROUNDING = 0.01  # of a gain, by which two machines may differ without noise
FEWEST = 2  # pairs that an interval needs
CONFIDENCE = 0.99  # of a claim's: a test that ends when it is won overstates the gain
DIGITS = 4


class Agreement(StrEnum):
    """Whether trials here agree with a block."""

    AGREES = "agrees"
    DIFFERS = "does not agree"
    UNKNOWN = "cannot say"


@dataclass(frozen=True, slots=True, kw_only=True)
class Claim:
    """What a block says that it gains, in the metric's units; positive is better."""

    gain: float
    low: float  # of the interval that its pairs give
    high: float
    scale: Scale = Scale.LINEAR
    margin: float | None = None  # on that scale: it is less code, and no worse by this much
    comparable: bool = True  # its amount is one of the metric that is measured here

    @classmethod
    def of(cls, block: Block, program: Program) -> "Claim":
        """The claim of a block; of a receipt that cannot be read the gain alone counts."""
        gain = block.gain
        try:
            receipt = read_receipt(block.receipt)
        except ValueError:
            return cls(gain=gain, low=gain, high=gain)
        metric = program.metric
        same = (receipt.metric, receipt.direction) == (metric.name, metric.direction) and not receipt.parts
        values = [(pair.baseline, pair.candidate) for pair in receipt.pairs]
        gains = [metric.gain(before, after) for before, after in values if before is not None and after is not None]
        low, high = mean_interval(gains, confidence=CONFIDENCE) if len(gains) >= FEWEST else (gain, gain)
        return cls(
            gain=gain,
            low=min(low, gain),
            high=max(high, gain),
            scale=Scale(receipt.scale) if receipt.scale in set(Scale) else Scale.LINEAR,
            margin=receipt.margin,
            comparable=same and not program.measures_time,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Remeasured:
    """A block measured again on this machine; gains are in the metric's units, positive is better."""

    block: int
    submitter: str  # key
    claimed: float
    claimed_low: float  # of the interval that the receipt's pairs give
    claimed_high: float
    estimate: Estimate | None  # what was found here; None: too few pairs have values
    agreement: Agreement
    reason: str
    pairs: tuple[RerunPair, ...]
    not_covered: tuple[str, ...]  # what these trials say nothing about


def judge(claim: Claim, program: Program, pairs: Sequence[FreshPair], *, cut: bool) -> tuple[Estimate | None, Agreement, str]:
    """What pairs of the block's parent and the block show, whether the claim agrees with that, and why.

    `cut`: trials had less than the hub's, so one that reached a limit says nothing.
    """
    failed = next(((p.before, p.after) for p in pairs if p.before.value is None or p.after.value is None), None)
    if failed is not None:
        before, after = failed
        if before.value is None:
            return None, Agreement.UNKNOWN, f"a trial of its parent failed here: {before.reason}"
        if after.fault is Fault.PREPARE or (after.fault is Fault.LIMIT and cut):
            return None, Agreement.UNKNOWN, f"a trial of it failed here, perhaps through this machine: {after.reason}"
        return None, Agreement.DIFFERS, f"a trial of it failed here: {after.reason}"
    broken = guards.breach(program.guards, [p.after for p in pairs], deterministic=is_exact(pairs))
    values = [(p.before.value, p.after.value) for p in pairs]
    whole = [(before, after) for before, after in values if before is not None and after is not None]
    found = estimate_gain(program.metric, _noise(program, claim), whole)
    if broken:
        return found, Agreement.DIFFERS, broken
    if found is None:
        return None, Agreement.UNKNOWN, "too few pairs have values"
    return found, *_compare(claim, program, found)


def is_exact(pairs: Sequence[FreshPair]) -> bool:
    """Whether both trees give the same value whatever the seed."""
    return len({pair.before.value for pair in pairs}) == len({pair.after.value for pair in pairs}) == 1


def _noise(program: Program, claim: Claim) -> NoiseModel:
    return replace(noise_model(program, GateMemory()), scale=claim.scale)


def _compare(claim: Claim, program: Program, found: Estimate) -> tuple[Agreement, str]:
    metric, scale = program.metric, claim.scale
    least = 0.0 if claim.margin is None else scale.in_units(metric, scale.place(found.before), -claim.margin)
    if found.high < least or (found.high <= 0.0 and claim.margin is None):
        if program.measures_time:
            return Agreement.UNKNOWN, "no better here; but the time is that of another machine"
        return Agreement.DIFFERS, "no better here" if claim.margin is None else "worse here by more than it may be"
    if claim.comparable and _above(claim.low, found.high) and found.low <= 0.0:
        return Agreement.DIFFERS, "a gain as large as the claimed one is ruled out here"
    if found.low <= least:
        return Agreement.UNKNOWN, "the interval contains no gain as well: use more --pairs"
    if claim.comparable and (_above(claim.low, found.high) or _above(found.low, claim.high)):
        reason = "better here too, but by another amount: another measure or machine, or values that were invented"
        return Agreement.UNKNOWN, reason
    return Agreement.AGREES, "better here too, beyond noise" if claim.margin is None else "no worse here than it may be"


def _above(one: float, other: float) -> bool:
    """Whether a gain is above another by more than rounding."""
    return one > other and not math.isclose(one, other, rel_tol=ROUNDING)


def words(found: Remeasured) -> str:
    """What was found, in lines."""
    lines = [f"block {found.block} claims a gain of {_gain(found.claimed, found.claimed_low, found.claimed_high)}"]
    if found.estimate is not None:
        fresh = found.estimate
        lines.append(f"found here: {_gain(fresh.gain, fresh.low, fresh.high)} in {fresh.pairs} fresh pairs")
    lines += [f"{found.agreement.value}: {found.reason}", *(f"not covered: {each}" for each in found.not_covered)]
    return "\n".join(lines)


def _gain(gain: float, low: float, high: float) -> str:
    return f"{figure(gain, DIGITS, signed=True)} [{figure(low, DIGITS)}, {figure(high, DIGITS)}]"
