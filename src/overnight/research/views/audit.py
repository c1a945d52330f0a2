"""What an audit found: the true gain of a campaign, and what each kept change is still worth."""

from dataclasses import dataclass

from overnight.gate.audit import ChangeAudit, ChangePart, Estimate, PartAudit, Standing, by_ratios, harm
from overnight.research.standing import Kept
from overnight.research.state import State
from overnight.research.views.numbers import number
from overnight.words.figures import figure
from overnight.words.foreign import printable
from overnight.words.quantities import counted, listed

TEXT = 200  # characters of one foreign line
DIGITS = 4  # significant ones of a gain
NOTHING = "nothing was kept, so there is nothing to audit"
WORDS = {
    Standing.HELPS: "still helps",
    Standing.UNPROVEN: "not shown to help or to be useless: use more pairs",
    Standing.CAN_GO: "can go: no gain worth keeping is left",
    Standing.NEEDED: "stays: without it the head fails",
    Standing.CONFLICT: "cannot be left out by itself",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditReport:
    """What `audit --json` prints."""

    tag: str
    audit: int  # its number; 0: nothing was kept, so there is none
    finished: bool  # False: it was stopped; `overnight audit` continues it
    start: str  # commit
    head: str  # commit
    metric: str
    direction: str  # "minimize" or "maximize"
    total: Estimate | None  # of the head over the start
    reason: str  # why there is no total; empty if there is
    changes: tuple[ChangeAudit, ...]  # the kept ones
    parts: tuple[PartAudit, ...]  # of those that a search found or that were put together
    unmeasured: int  # further parts of these


def report_on(state: State) -> AuditReport:
    """The newest audit of a campaign."""
    audit = state.audit
    concluded = audit.concluded if audit else None
    return AuditReport(
        tag=state.tag,
        audit=audit.opened.audit if audit else 0,
        finished=concluded is not None,
        start=state.start,
        head=audit.opened.head if audit else state.head,
        metric=state.program.metric.name,
        direction=state.program.metric.direction.value,
        total=concluded.total if concluded else None,
        reason=concluded.reason if concluded else "" if state.kept else NOTHING,
        changes=concluded.changes if concluded else (),
        parts=concluded.parts if concluded else (),
        unmeasured=concluded.unmeasured if concluded else 0,
    )


def describe(found: AuditReport, kept: tuple[Kept, ...]) -> str:
    """The audit in a few lines for people."""
    if not found.finished:
        return found.reason or f"audit {found.audit} is not finished: `overnight audit` continues it"
    names = {each.number: printable(each.hypothesis, TEXT) for each in kept}
    lines = [f"audit {found.audit} of `{found.tag}`: start {found.start[:12]} against head {found.head[:12]}", _total(found)]
    for change in found.changes:
        lines.append(f"kept #{change.number:<4} {_worth(change)}; {_numbers(change)}")
        lines.append(f"           {names.get(change.number, '')}")
        lines += [f"  part     {part_line(part)}" for part in found.parts if part.of.experiment == change.number]
    if found.unmeasured:
        lines.append(f"  and {counted(found.unmeasured, 'further part')}, not measured alone")
    return "\n".join(lines)


def part_line(part: PartAudit) -> str:
    """A part, whether it matters, and by how much."""
    worth = "matters" if part.matters else "not shown to matter"
    lost = f" (the head is {figure(lost, DIGITS)} better without it)" if (lost := harm(part)) else ""
    measured = _interval(part.estimate) if part.estimate else printable(part.reason, TEXT)
    return f"{part_words(part.of)}: {worth}{lost}; {measured}"


def part_words(part: ChangePart) -> str:
    """Where a part is, and the first of its lines: `train.py:3 `LR = 0.1` -> `LR = 0.3``."""
    gone, come = ([line[1:].strip() for line in part.lines if line.startswith(sign)] for sign in "-+")
    if not gone and not come:
        return f"{part.where} {listed(part.lines, 1)}"
    old, new = (f"`{listed(lines, 1, noun='line')}`" if lines else "nothing" for lines in (gone, come))
    return f"{part.where} {old} -> {new}"


def _worth(change: ChangeAudit) -> str:
    """The verdict on a change; harm comes first."""
    lost = harm(change)
    return f"harms: {figure(lost, DIGITS)} better without it" if lost else WORDS[change.standing]


def _total(found: AuditReport) -> str:
    total = found.total
    if total is None:
        return f"no total: {printable(found.reason, TEXT)}"
    levels = f"{found.metric} ({found.direction}) {number(total.before)} -> {number(total.after)}"
    return f"{levels}: {total_verdict(total)}; {_interval(total)}"


def total_verdict(total: Estimate) -> str:
    """What an audit showed of the head, in three words."""
    if total.low == total.high:  # trials without noise
        return "better, without noise" if total.gain > 0 else "no better, without noise"
    if total.low > 0:
        return "better beyond noise"
    return "worse beyond noise" if total.high < 0 else "not better beyond noise"


def _numbers(change: ChangeAudit) -> str:
    return _interval(change.estimate) if change.estimate else printable(change.reason, TEXT)


def _interval(estimate: Estimate) -> str:
    ratios = by_ratios(before=estimate.before, after=estimate.after, gain=estimate.gain)
    gain = f"{'gain by the ratios of pairs' if ratios else 'gain'} {figure(estimate.gain, DIGITS, signed=True)}"
    if estimate.low == estimate.high:
        return f"{gain}, the same in {counted(estimate.pairs, 'pair')}"
    low, high = (figure(bound, DIGITS, signed=True) for bound in (estimate.low, estimate.high))
    return f"{gain}, {estimate.confidence:.0%} interval {low} to {high}, {counted(estimate.pairs, 'pair')}"
