"""The named figures below each picture, the same on the page and in the Markdown."""

from collections.abc import Iterable
from datetime import UTC, datetime

from overnight.gate.audit import ChangeAudit, Standing, harm
from overnight.research.order import giver_words
from overnight.research.origin import origin_words
from overnight.research.story.story import Audited, Costs, KeepEvidence, Story
from overnight.research.views.audit import part_line
from overnight.research.views.network import network_lines
from overnight.research.views.nodes import node_lines
from overnight.research.views.trial_use import use_by_stage, used_words
from overnight.research.views.wording import e_value, figures_of, percent, required
from overnight.words.quantities import compact, counted, duration

Facts = tuple[tuple[str, str], ...]  # (name, figure); a name without a figure is left out by the views

NOTES = "Notes"  # of the researcher about a kept change; long, so a view may show them elsewhere
_MB = 1e6
_STANDINGS = {
    Standing.HELPS: "Still help",
    Standing.UNPROVEN: "Not shown to help or to be useless",
    Standing.CAN_GO: "Can go: no gain worth keeping is left",
    Standing.NEEDED: "Stay: the head fails without them",
    Standing.CONFLICT: "Cannot be left out alone",
}


def order_facts(story: Story) -> Facts:
    """Who steered the campaign from outside, and what became of it."""
    return tuple((giver_words(given.by, given.origin), f"{given.what} ({given.outcome})") for given in story.orders)


def keep_facts(story: Story, keep: KeepEvidence) -> Facts:
    """The numbers that one keep is based on, and what it cost."""
    figures, conclusion = figures_of(story), keep.conclusion
    interval = figures.interval(conclusion.low, conclusion.high)
    gain = figures.gain(conclusion.gain) + (f" ({interval}, {percent(conclusion.confidence)})" if interval else "")
    fresh = ""
    if keep.fresh is not None:
        fresh = figures.gain(keep.fresh.mid)
        if not story.noise.deterministic:
            fresh += f" ({figures.interval(keep.fresh.low, keep.fresh.high)})"
    return (
        ("Origin", origin_words(keep.searched, keep.together, unscreened=keep.unscreened)),
        ("Gain at acceptance", gain),
        ("Gain by fresh trials", fresh),
        ("Gain in the head of the audit", _left_out(story, keep)),
        *_parts(story, keep),
        ("Gain on the holdout", "" if conclusion.holdout_gain is None else figures.gain(conclusion.holdout_gain)),
        ("e-value, required", f"{e_value(conclusion)}, {required(conclusion)}" if conclusion.level else ""),
        ("Pairs, trials in total", f"{conclusion.pairs}, {keep.trials}"),
        ("Time, CPU", f"{duration(keep.seconds)}, {duration(keep.cpu_s)}"),
        ("Tokens, cost", f"{compact(keep.tokens)}, ${keep.cost_usd:,.2f}" if keep.tokens else ""),
        (NOTES, ", ".join(f"{name} = {note}" for name, note in keep.notes.items())),
    )


def _left_out(story: Story, keep: KeepEvidence) -> str:
    """What the audit found when this change was left out."""
    change = story.audit.standings.get(keep.number) if story.audit else None
    if change is None:
        return ""
    if change.estimate is None:
        return f"{change.standing}: {change.reason}"
    figures, estimate = figures_of(story), change.estimate
    interval = "" if story.noise.deterministic else f" ({figures.interval(estimate.low, estimate.high)})"
    standing = "harms, the head is better without it" if harm(change) else change.standing
    return f"{figures.gain(estimate.gain)}{interval}: {standing}"


def _parts(story: Story, keep: KeepEvidence) -> Facts:
    """Which of its parts the audit showed to matter, and which it did not."""
    parts = [part for part in story.audit.concluded.parts if part.of.experiment == keep.number] if story.audit else []
    named = (("Parts that matter", True), ("Parts not shown to matter", False))
    return tuple((name, "; ".join(part_line(part) for part in parts if part.matters is matters)) for name, matters in named)


def audit_facts(story: Story) -> Facts:
    """The newest audit: the total gain, and what each kept change is still worth; nothing without one."""
    audit = story.audit
    if audit is None:
        return ()
    figures, total = figures_of(story), audit.concluded.total
    claimed = sum(keep.conclusion.gain or 0.0 for keep in story.keeps[: len(story.keeps) - audit.keeps_since])
    gain = audit.concluded.reason
    if total:
        gain = figures.gain(total.gain)
        if not story.noise.deterministic:
            gain += f" ({figures.interval(total.low, total.high)}, {percent(total.confidence)})"
        gain += f" by {counted(total.pairs, 'pair')} of fresh trials"
    since = f"{counted(audit.keeps_since, 'keep')}: audit again" if audit.keeps_since else ""
    return (
        ("Start and head", f"{audit.opened.start[:12]}, {audit.opened.head[:12]}"),
        ("Total gain", gain),
        ("Measured on", "data of its own, by the audit command of the program" if story.own_audit else ""),
        ("Sum of the gains at acceptance", figures.gain(claimed)),
        *_by_standing(audit),
        ("Kept since", since),
    )


def _by_standing(audit: Audited) -> Facts:
    harmful = [change for change in audit.concluded.changes if harm(change)]
    others = [change for change in audit.concluded.changes if not harm(change)]
    by_standing = (
        (name, _numbers(change for change in others if change.standing is standing)) for standing, name in _STANDINGS.items()
    )
    return ("Harm: the head is better without them", _numbers(harmful)), *by_standing


def _numbers(changes: Iterable[ChangeAudit]) -> str:
    return ", ".join(f"#{change.number}" for change in changes)


def error_facts(story: Story) -> Facts:
    """The error budget: what was promised, what is spent, what comes next."""
    holdouts = counted(story.funnel.holdouts, "candidate") if story.has_holdout else ""
    asked = ("The sealed holdout was asked about", holdouts)
    if story.noise.deterministic:
        return ("Error budget", "none is needed: the metric is deterministic"), asked
    errors = story.errors
    return (
        asked,
        ("False keeps, at most", f"{percent(errors.error_rate)} of all keeps, expected"),
        ("Tests", f"{errors.tests:,}"),
        ("Sum of their levels", f"{errors.spent:.4f}"),
        ("Next level", f"{errors.next_level:.5f} (an e-value of {1 / errors.next_level:,.0f})"),
    )


def noise_facts(story: Story) -> Facts:
    """How the metric scatters."""
    noise, figures = story.noise, figures_of(story)
    effect = "" if noise.smallest_effect is None or not noise.known else f"about {figures.value(noise.smallest_effect)}"
    trials = sum(head.trials for head in story.heads)
    if noise.deterministic:
        return (("Noise", f"none: {trials} baseline trials agree within each head"),)
    return (
        ("One trial scatters by (sd)", figures.value(noise.sigma) if noise.known else ""),
        ("Baseline trials", f"{trials:,}"),
        ("Correlation within pairs", f"{noise.correlation:.2f}" if noise.known else ""),
        ("Smallest gain the next test finds", effect),
    )


def cost_facts(story: Story) -> Facts:
    """What was spent, and how fast."""
    costs, funnel = story.costs, story.funnel
    hours = costs.elapsed_s / 3600
    return (
        ("Elapsed", duration(costs.elapsed_s)),
        ("Sessions", f"{story.sessions}"),
        ("Experiments", f"{funnel.experiments:,}" + (f" ({funnel.experiments / hours:,.1f} per hour)" if hours else "")),
        ("Trials", f"{costs.trials:,}" + (f" ({costs.trials / hours:,.1f} per hour)" if hours else "")),
        ("Trials were", used_words(use_by_stage(funnel.trials))),
        ("Trials' wall time, sum", duration(costs.trial_wall_s)),
        ("Trials stopped early", _stopped_early(costs)),
        ("Trials' CPU time, sum", duration(costs.cpu_s)),
        ("Peak memory of a trial", f"{costs.peak_memory_bytes / _MB:,.0f} MB" if costs.peak_memory_bytes else ""),
        ("Tokens", _tokens(story)),
        ("Money", f"${costs.cost_usd:,.2f}" if costs.cost_usd else "none"),
        ("Network", "; ".join(network_lines(costs.network))),
        ("Machines", "; ".join(node_lines(costs.nodes))),
    )


def _stopped_early(costs: Costs) -> str:
    return f"{costs.stopped_early:,}, which saved about {duration(costs.saved_s)}" if costs.stopped_early else ""


def _tokens(story: Story) -> str:
    costs = story.costs
    if not costs.tokens:
        return "none"
    rate = f" ({costs.tokens / costs.elapsed_s:,.1f} per second)" if costs.elapsed_s else ""
    return f"{costs.tokens:,}{rate}"


def environment_facts(story: Story) -> Facts:
    """Where the numbers come from."""
    return (
        ("Start", story.start[:12]),
        ("Head", story.head[:12]),
        ("Sandbox", story.sandbox),
        *((name, figure) for name, figure in story.environment.items()),
    )


def when(story: Story) -> str:
    """The dates of the campaign, UTC."""
    return period(story.opened_at, story.ended_at)


def period(since: float, until: float) -> str:
    """Two Unix times with their dates, UTC; that of the second only if it is another."""
    first, last = (datetime.fromtimestamp(at, tz=UTC) for at in (since, until))
    end = f"{last:%H:%M}" if first.date() == last.date() else f"{last:%Y-%m-%d %H:%M}"
    return f"{first:%Y-%m-%d %H:%M} to {end} UTC"
