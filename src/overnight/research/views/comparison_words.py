"""What a comparison says in words: the answers at its top and the rows of its table, the same on a terminal and on the page."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from overnight.research.views.answers import ReportAnswer
from overnight.research.views.comparability import incomparable
from overnight.research.views.comparison import Ahead, CampaignSummary, ComparedCampaign, Comparison, GainSource
from overnight.research.views.trial_use import used_rows
from overnight.research.views.wording import Figures, figures_of, percent
from overnight.words.foreign import printable
from overnight.words.quantities import compact, counted, duration

UNKNOWN = "not known"
TEXT = 200  # characters of one foreign line
NONE = "none"
LEAST_HOURS = 0.1  # for a gain per hour: in less time, one keep more or less makes it any number
_SOURCES = {
    GainSource.AUDIT: "its audit",
    GainSource.FRESH_TRIALS: "fresh trials of start and head",
    GainSource.NOTHING_KEPT: "the head is the start: nothing was kept",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparisonRow:
    """One line of the table."""

    name: str
    a: str
    b: str


def figures_for(a: ComparedCampaign, b: ComparedCampaign) -> tuple[Figures, Figures]:
    """How values of each are written: both like the less noisy one's, if they are comparable."""
    one, other = figures_of(a.story), figures_of(b.story)
    finer = max(one, other, key=lambda figures: figures.digits)
    return (one, other) if any(incomparable(a.program, b.program)) else (finer, finer)


def answers(found: Comparison, a: ComparedCampaign, b: ComparedCampaign) -> tuple[ReportAnswer, ...]:
    """Who gained more, and what each gained for what it cost."""
    one, other = figures_for(a, b)
    each = _gained("A", found.a, one), _gained("B", found.b, other)
    return (ReportAnswer(question="Who gained more", figure=headline(found), detail=verdict(found, one)), *each)


def headline(found: Comparison) -> str:
    """The comparison in a few words."""
    match found.verdict:
        case Ahead.A:
            return f"A, {found.a.name}"
        case Ahead.B:
            return f"B, {found.b.name}"
        case Ahead.NEITHER:
            same = found.difference and found.difference.low == found.difference.high
            return "Neither: the gains are equal" if same else "Neither, beyond noise"
        case Ahead.UNKNOWN:
            return "Cannot be compared" if found.reasons else "Not known yet"


def verdict(found: Comparison, figures: Figures) -> str:
    """The difference of the gains with its interval, in a sentence or two."""
    if found.reasons:
        return "; ".join(found.reasons) + "."
    gap = found.difference
    if gap is None:
        return "A head has no fresh trials yet, so its gain is not known: let the campaign run on, or audit it."
    if gap.low == gap.high:
        return f"{_more(found, figures)}. Both gains are exact: trials without noise, or nothing kept."
    interval = f"{percent(found.confidence)} interval {figures.interval(gap.low, gap.high)}; positive if B gained more"
    text = f"{_more(found, figures)} ({interval})."
    if found.verdict is Ahead.NEITHER:
        text += " The interval contains 0, so neither is shown to have gained more."
    return f"{text} The two gains were measured independently, so their errors add up."


def _more(found: Comparison, figures: Figures) -> str:
    gap = found.difference.mid if found.difference else 0.0
    if gap == 0.0:
        return f"Both gained equally in {found.metric}"
    return f"B gained {figures.value(abs(gap))} {'more' if gap > 0 else 'less'} than A in {found.metric}"


def rows(found: Comparison, a: ComparedCampaign, b: ComparedCampaign) -> tuple[ComparisonRow, ...]:
    """The table; a row without anything for both is left out."""
    one_s, other_s = figures_for(a, b)
    made = [
        ComparisonRow(name=name, a=one, b=other)
        for (name, one), (_, other) in zip(_side(found.a, one_s), _side(found.b, other_s), strict=True)
    ]
    return tuple(row for row in made if not {row.a, row.b} <= {"", NONE})


def _gained(letter: str, side: CampaignSummary, figures: Figures) -> ReportAnswer:
    cost = f"{counted(side.experiments, 'experiment')}, {counted(side.trials, 'trial')}, {duration(side.hours * 3600)}"
    cost += f", {compact(side.tokens)} tokens (${side.cost_usd:,.2f})" if side.tokens else ""
    gain = side.gain
    if gain is None:
        return ReportAnswer(
            question=f"{letter}: {side.name}",
            figure=UNKNOWN.capitalize(),
            detail=f"{counted(side.kept, 'change')} kept; {cost}.",
        )
    detail = f"In {side.metric}, measured by {_SOURCES[gain.source]}"
    if gain.source is GainSource.NOTHING_KEPT:
        detail = f"In {side.metric}: {_SOURCES[gain.source]}"
    if interval := figures.interval(gain.low, gain.high):
        detail += f", 95 % interval {interval}"
    return ReportAnswer(
        question=f"{letter}: {side.name}",
        figure=figures.gain(gain.gain),
        detail=f"{detail}. {counted(side.kept, 'change')} kept in {cost}.",
    )


def _side(side: CampaignSummary, figures: Figures) -> tuple[tuple[str, str], ...]:
    gain = side.gain
    return (
        ("Metric", side.metric),
        ("Start", side.start[:12]),
        ("Head", side.head[:12]),
        ("Start, by its trials", _level(gain.before if gain else None, figures)),
        ("Head, by its trials", _level(gain.after if gain else None, figures)),
        ("Gain", figures.gain(gain.gain) if gain else UNKNOWN),
        ("95 % interval", figures.interval(gain.low, gain.high) if gain else ""),
        ("Gain measured by", _SOURCES[gain.source] if gain else ""),
        ("Experiments", f"{side.experiments:,}"),
        ("Kept", f"{side.kept:,}"),
        ("Trials", f"{side.trials:,}"),
        *used_rows(side.trials_used),
        ("Time", duration(side.hours * 3600)),
        ("Tokens", f"{side.tokens:,}" if side.tokens else NONE),
        ("Money", f"${side.cost_usd:,.2f}" if side.cost_usd else NONE),
        ("Gain per hour", _rate(side.gain_per_hour) if side.hours >= LEAST_HOURS else ""),
        ("Gain per trial", _rate(side.gain_per_trial)),
        ("Why it ended", side.ending_detail or "it has not: it still runs, or was killed"),
    )


def _level(value: float | None, figures: Figures) -> str:
    return "" if value is None else figures.value(value)


def _rate(rate: float | None) -> str:
    """Three significant digits, without an exponent."""
    if rate is None or rate == 0.0:
        return UNKNOWN if rate is None else "0"
    digits = 2 - math.floor(math.log10(abs(rate)))
    return f"{round(rate, digits):+,.{max(0, digits)}f}"


def remarks(found: Comparison) -> Sequence[str]:
    """What weakens the comparison, and which changes each campaign kept, a line each."""
    cautions = [f"note      {printable(caution, 2 * TEXT)}" for caution in found.cautions]
    kept = []
    for change in found.kept:
        where = "both" if change.a and change.b else "only A" if change.a else "only B"
        numbers = " = ".join(f"{side} #{number}" for side, number in (("A", change.a), ("B", change.b)) if number)
        kept.append(f"{where:<9} {numbers} {printable(change.hypothesis, TEXT)}")
    return [*cautions, *kept]
