"""The report of a meta-campaign in words: lines for a terminal, and the section of the ordinary report."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

from overnight.gate.audit import Estimate
from overnight.meta.outcome import Level, MetaOutcome, MetaSpent, Purpose, TargetOutcome
from overnight.meta.report import MetaReport
from overnight.words.figures import figure
from overnight.words.foreign import printable
from overnight.words.quantities import compact, counted, duration

if TYPE_CHECKING:
    from overnight.research.report.addition import Addition, Table
    from overnight.research.views.facts import Facts

DIGITS = 3
TEXT = 120  # characters of a hypothesis
NOT_AUDITED = "not measured yet: `overnight meta audit`"
INTRO = (
    "A trial is a whole inner campaign of one organisation. Its progress is what its head gains over its start in fresh trials "
    "that no verdict used, in units of the target's metric. A spread is the sd of the difference of two campaigns of the same "
    "organisation; it makes targets comparable."
)


def lines_of(report: MetaReport) -> str:
    """The report for a terminal."""
    lines = [f"{report.tag}: {counted(report.experiments, 'organisation')} tried, {report.kept} kept"]
    lines += [f"{name}: {what}" for name, what in headline(report) if what]
    lines += [target_line(target, report.outcome.times) for target in report.outcome.targets]
    lines += [f"{row[0]}: {row[1]} campaigns, {row[2]} trials, {row[5]} ({row[6]})" for row in _spending(report.outcome)]
    return "\n".join([*lines, *map(str, report.files)])


def headline(report: MetaReport) -> "Facts":
    """What it came to, in a few figures."""
    found = report.outcome
    return (
        ("Head over start, public targets", gain_words(found.public) or (NOT_AUDITED if report.kept else "nothing was kept")),
        ("Head over start, sealed targets", gain_words(found.sealed)),
        *_alternative(report),
        ("Smallest difference that the budget could find", _smallest(report)),
        ("Search per verified spread", _per_sigma(report)),
        ("Organisation", f"{report.organisation}, from {report.start[:12]} to {report.head[:12]}"),
    )


def gain_words(target: TargetOutcome | None) -> str:
    """A gain in spreads with its interval; empty without one."""
    gain = target.gain if target else None
    if gain is None:
        return ""
    return f"{_signed(gain.gain)} spreads ({_interval(gain)}, 95 %) by {counted(gain.pairs, 'pair')} of whole campaigns"


def _alternative(report: MetaReport) -> "Facts":
    """What the start makes of the budget that the search took."""
    found, public = report.outcome, report.outcome.public
    name = f"Plain alternative: the start with {found.times or report.share} inner budgets in one campaign"
    if public is None or public.longer_start is None:
        return ((name, NOT_AUDITED),)
    lone, part = public.longer_start, "" if found.times >= report.share else f"; the search took {report.share}"
    beside = (f"The head with {found.times}", f"{_level(public.longer_head)} spreads" if public.longer_head else "")
    return (
        (name, f"{_level(lone)} spreads, by {counted(lone.campaigns, 'campaign')} on each target{part}"),
        ("With one inner budget", f"start {_level(public.start)}, head {_level(public.head)} spreads"),
        beside,
    )


def _smallest(report: MetaReport) -> str:
    if report.smallest is None:
        return ""
    starts = [target for target in report.outcome.targets if not target.sealed and target.start.mean > 0]
    shares = ", ".join(f"{report.smallest * t.spread / t.start.mean:.0%} of the start's on {t.name}" for t in starts)
    return f"about {figure(report.smallest, 2)} spreads" + (f" ({shares})" if shares else "")


def _per_sigma(report: MetaReport) -> str:
    if report.per_sigma is None:
        return NOT_AUDITED if report.kept and report.outcome.public is None else "no verified gain"
    spent, gain = report.per_sigma, report.outcome.public.gain if report.outcome.public else None
    money = f", {compact(spent.tokens)} tokens, ${spent.cost_usd:,.2f}" if spent.tokens else ""
    sure = "" if gain and gain.low > 0 else "; the interval of the gain contains 0"
    trials = f"{counted(spent.campaigns, 'inner campaign')} with {compact(spent.trials)} trials"
    return f"{trials}{money}, {duration(spent.hours * 3600)}{sure}"


def target_line(target: TargetOutcome, times: int) -> str:
    """One target on a line."""
    longer = f"; start with {times} budgets {_level(target.longer_start)}" if target.longer_start else ""
    gain = f"gain {_signed(target.gain.gain)} ({_interval(target.gain)})" if target.gain else "too few pairs"
    kind = "sealed target" if target.sealed else "target"
    return f"{kind} {target.name}: start {_level(target.start)}, head {_level(target.head)}, {gain}{longer}"


def section(report: MetaReport) -> "Addition":
    """Its section of the ordinary report."""
    from overnight.meta.forest import targets_picture
    from overnight.research.report.addition import Addition

    picture = targets_picture(report.outcome)
    return Addition(
        anchor="organisations",
        title="Organisations",
        intro=INTRO,
        facts=headline(report),
        tables=tuple(_tables(report)),
        pictures=(picture,) if picture else (),
    )


def _tables(report: MetaReport) -> "Iterator[Table]":
    from overnight.research.report.addition import Table

    found = report.outcome
    if found.targets:
        longer = (f"Start, {found.times} budgets", f"Head, {found.times} budgets") if found.times else ()
        yield Table(
            caption="Progress by target, in units of its metric, with 95 % intervals; by whole campaigns that no verdict used.",
            head=("Target", "Start", "Head", "Gain", "In spreads", *longer),
            rows=tuple(_target_row(target, found.times) for target in found.targets),
        )
    if found.kept:
        names = list(dict.fromkeys(name for kept in found.kept for name in kept.gains))
        yield Table(
            caption="Kept changes by public target: the gains by the pairs that proved them, on average too large. "
            "Sealed targets answer as coarsely as any holdout.",
            head=("Change", *names),
            rows=tuple(
                (f"#{kept.number} {printable(kept.hypothesis, TEXT)}", *(_level(kept.gains.get(name)) for name in names))
                for kept in found.kept
            ),
        )
    yield Table(
        caption="Where the budget went. Hours are those of campaigns one after the other; audits that end them count as time.",
        head=("For", "Inner campaigns", "Trials", "Tokens", "Money", "Time", "Share"),
        rows=tuple(_spending(found)),
    )


def _target_row(target: TargetOutcome, times: int) -> tuple[str, ...]:
    gain = f"{_signed(target.gain.gain)} ({_interval(target.gain)})" if target.gain else "too few pairs"
    spreads = _signed(target.gain.gain / target.spread) if target.gain else ""
    longer = (_level(target.longer_start), _level(target.longer_head)) if times else ()
    name = f"{target.name} (sealed)" if target.sealed else target.name
    return (name, _level(target.start), _level(target.head), gain, spreads, *longer)


def _spending(found: MetaOutcome) -> Iterator[tuple[str, ...]]:
    whole = sum(spent.hours for spent in found.spent.values()) or 1.0
    for purpose in Purpose:
        if spent := found.spent.get(purpose):
            yield (str(purpose), *_figures(spent), f"{spent.hours / whole:.0%}")


def _figures(spent: MetaSpent) -> tuple[str, ...]:
    money = f"${spent.cost_usd:,.2f}" if spent.cost_usd else "none"
    tokens = compact(spent.tokens) if spent.tokens else "none"
    return f"{spent.campaigns:,}", compact(spent.trials), tokens, money, duration(spent.hours * 3600)


def _level(level: Level | None) -> str:
    if level is None:
        return "not measured"
    ends = f" ({figure(level.low, DIGITS)} to {figure(level.high, DIGITS)})" if level.low < level.high else ""
    return f"{figure(level.mean, DIGITS)}{ends}"


def _interval(gain: Estimate) -> str:
    return f"{_signed(gain.low)} to {_signed(gain.high)}"


def _signed(value: float) -> str:
    return figure(value, DIGITS, signed=True)
