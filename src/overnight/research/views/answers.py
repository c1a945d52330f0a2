"""The four things that a person wants to know in the morning, each as one figure and a few sentences."""

from dataclasses import dataclass

from overnight.gate.audit import by_ratios, harm
from overnight.gate.caution import ONE_DRAW
from overnight.research.story.story import Outcome, Story
from overnight.research.views.wording import better, e_value, figures_of, percent, relative, required
from overnight.words.quantities import compact, counted, duration


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportAnswer:
    """One question, its answer at a glance, and what that is based on."""

    question: str
    figure: str
    detail: str


def answers(story: Story) -> tuple[ReportAnswer, ...]:
    """What was gained, how sure that is, what it cost, and what to do now."""
    return (_gained(story), _sure(story), _cost(story), _next(story))


def _gained(story: Story) -> ReportAnswer:
    if not story.keeps:
        figure = "Nothing kept yet" if _open(story) else "Nothing kept"
        return ReportAnswer(question="Gained", figure=figure, detail=_why_nothing(story))
    figures, total = figures_of(story), story.total
    if total is None:
        claimed = figures.gain(sum(keep.conclusion.gain or 0.0 for keep in story.keeps))
        why = "The head has no fresh trials yet"
        if story.incomparable:
            why = f"{story.incomparable}: `{story.command} audit` measures both side by side"
        detail = f"{why}. At acceptance the kept changes gained {claimed} {story.metric.name} in total."
        return ReportAnswer(question="Gained", figure=counted(len(story.keeps), "change"), detail=detail)
    detail = (
        f"{story.metric.name} ({better(story.metric)}) went from {figures.value(total.start)} to {figures.value(total.head)}, "
        f"a gain of {figures.gain(total.gain.mid)}"
    )
    if total.audited and by_ratios(before=total.start, after=total.head, gain=total.gain.mid):
        detail += " by the ratios of pairs"
    if not story.noise.deterministic:
        source = "interleaved audit trials" if total.audited else "fresh trials of start and head that no verdict used"
        source += " on data of their own" if total.audited and story.own_audit else ""
        interval = figures.interval(total.gain.low, total.gain.high)
        detail += f" (95 % interval {interval}), by {source}" if interval else f", by {source}"
    figure = relative(total.gain.mid, total.start) or figures.gain(total.gain.mid)
    return ReportAnswer(question="Gained", figure=figure, detail=f"{detail}. {_beside(story)}".rstrip())


def _beside(story: Story) -> str:
    """The newest audit of this head, if its interval is too wide to be shown at the top."""
    audit = story.audit
    if audit is None or audit.keeps_since or audit.concluded.total is None or story.total is None:
        return ""
    found, figures = audit.concluded.total, figures_of(story)
    if story.total.audited and (found.low, found.high) == (story.total.gain.low, story.total.gain.high):
        return ""
    interval, verdict = figures.interval(found.low, found.high), "a gain" if found.low > 0 else "no gain"
    measured = f"{figures.gain(found.gain)} ({interval})" if interval else figures.gain(found.gain)
    return f"The newest audit, of {counted(found.pairs, 'pair')}, shows {measured}: {verdict} beyond noise, but less sure."


def _why_nothing(story: Story) -> str:
    funnel = story.funnel
    if not funnel.proposed:
        return "No experiment was run." + (f" A role made no proposal: {story.misses[0].reason}." if story.misses else "")
    if not funnel.measured:
        reason = f" Most often: {story.failures[0].reason}." if story.failures else ""
        yet = f" yet; {going_on}" if (going_on := half_measured(story)) else ""
        return f"None of {counted(funnel.proposed, 'proposal')} had a value{yet}.{reason}"
    nearest = ""
    if story.near_misses:
        best = story.near_misses[0]
        nearest = f" The closest was #{best.number} with a gain of {figures_of(story).gain(best.gain)}, not proven."
    verb, tried = "was" if funnel.measured == 1 else "were", counted(funnel.measured, "proposal")
    measured = f"{tried} {verb} measured, none better beyond noise.{nearest}"
    if going_on := half_measured(story):
        measured = f"{tried} {verb} measured so far, none proven better yet; {going_on}.{nearest}"
    return f"{measured} {single_run_claim(story)}".rstrip()


def _open(story: Story) -> int:
    """How many proposals have no verdict yet."""
    return story.funnel.proposed - sum(story.funnel.verdicts.values())


def half_measured(story: Story) -> str:
    """What is still open, those under test by number; empty if nothing is."""
    if not (count := _open(story)):
        return ""
    tested = [f"#{draw.number}" for draw in story.errors.draws if draw.outcome is Outcome.OPEN]
    others = count - len(tested)
    named = tested + ([f"{others} more" if tested else counted(others, "proposal")] if others > 0 else [])
    return f"{' and '.join(named)} {'is' if count == 1 else 'are'} half measured"


def single_run_claim(story: Story) -> str:
    """What a rule of one run each would have claimed from the same trials, as a sentence; empty when it saw no improvement."""
    claims = story.claims_seen - 1
    if claims < 1:
        return ""
    best = figures_of(story).value(story.claims[-1].value)
    return f"A rule of one run each would have claimed {counted(claims, 'improvement')}, to {best}."


def _sure(story: Story) -> ReportAnswer:
    if not story.keeps:
        return ReportAnswer(question="How sure", figure="No claim", detail=_detectable(story))
    changes = counted(len(story.keeps), "change")
    if story.noise.deterministic:
        detail = "The metric is deterministic: trials of one head agree to the last digit, so one trial decides."
        if ONE_DRAW in story.cautions:
            detail += " If the target draws random numbers, that holds for one draw alone: see the warning."
        return ReportAnswer(question="How sure", figure=f"{changes}, exact", detail=f"{detail} {holdout_agreement(story)}")
    alone = len(story.keeps) == 1
    each, weakest = (
        "It" if alone else "Each",
        "Its e-value is" if alone else "The one closest to its requirement has an e-value of",
    )
    detail = f"{each} beat the head of its time in interleaved {story.pairs}."
    if story.errors.weakest is not None:
        odds = e_value(story.errors.weakest)
        detail += f" {weakest} {odds}, {required(story.errors.weakest)} was required:"
        detail += f" luck alone gets there at most once in {odds} tries."
    simpler = sum(keep.conclusion.margin is not None for keep in story.keeps)
    detail += f" {counted(simpler, 'change')} of them only had to be no worse, with less code." if simpler else ""
    rate = percent(story.errors.error_rate)
    detail += f" At most {rate} of all keeps are expected to be false on the public measure. {holdout_agreement(story)}"
    return ReportAnswer(question="How sure", figure=f"{changes} proven", detail=detail)


def holdout_agreement(story: Story) -> str:
    """How many keeps gained on the sealed holdout too."""
    asked = [keep.conclusion.holdout_gain for keep in story.keeps if keep.conclusion.holdout_gain is not None]
    if not story.has_holdout:
        return "There is no holdout."
    if not asked:
        return "No holdout was asked."
    return f"The sealed holdout agrees on {sum(gain > 0 for gain in asked)} of {len(asked)}."


def _detectable(story: Story) -> str:
    if story.noise.deterministic:
        return "The metric is deterministic: any gain would have been seen at once."
    if not story.noise.known:
        return "There are too few baseline trials to know the noise."
    if story.noise.smallest_effect is None:
        return "No gain can be proven with so few pairs: raise `max_pairs`."
    figures = figures_of(story)
    return (
        f"One trial scatters by {figures.value(story.noise.sigma)} (standard deviation). The next test would find gains from "
        f"about {figures.value(story.noise.smallest_effect)} on, four times out of five; smaller ones need longer trials or "
        "more pairs."
    )


def _cost(story: Story) -> ReportAnswer:
    costs = story.costs
    parts = [
        counted(story.funnel.experiments, "experiment") + (f" and {_open(story)} half measured" if _open(story) else ""),
        counted(costs.trials, "trial"),
        f"{duration(costs.cpu_s)} of CPU",
        f"{compact(costs.tokens)} tokens (${costs.cost_usd:,.2f})" if costs.tokens else "no tokens",
    ]
    return ReportAnswer(question="Cost", figure=duration(costs.elapsed_s), detail=f"{', '.join(parts)}. {ending(story)}")


def ending(story: Story) -> str:
    """Why the campaign is over, as a sentence."""
    if not story.ending:
        return "It has not ended normally: it still runs, or it was killed."
    return f"Why it ended: {story.ending.detail}."


def _next(story: Story) -> ReportAnswer:
    if story.keeps:
        return ReportAnswer(question="To merge", figure=story.branch, detail=_take(story))
    funnel = story.funnel
    if going_on := half_measured(story):
        detail = f"Let it run on before anything else: {going_on}."
        return ReportAnswer(question="To do next", figure="Nothing to merge yet", detail=detail)
    if not funnel.proposed:
        detail = "Check the program and its researchers, then let it run."
    elif not funnel.measured:
        detail = "Look at what the last proposal printed, fix the measure command or its limits, then run again."
    elif story.noise.deterministic:
        detail = "Add ideas to the program or widen what is editable, then let it run on."
    else:
        detail = "Add ideas to the program, or make the trials longer so that smaller gains show, then let it run on."
    return ReportAnswer(question="To do next", figure="Nothing to merge", detail=detail)


def _take(story: Story) -> str:
    """What to do with the kept chain, naming what the newest audit of this head found harmful."""
    audit = story.audit
    harmful = {change.number: harm(change) for change in audit.concluded.changes if harm(change)} if audit else {}
    if not harmful or (audit and audit.keeps_since):
        return "Review the branch, then take it."
    figures, commits = figures_of(story), {keep.number: keep.commit[:12] for keep in story.keeps}
    named = ", ".join(f"#{number} (by {figures.value(lost)})" for number, lost in harmful.items())
    worst = max(harmful, key=lambda number: harmful[number])
    return (
        f"By the newest audit, the head is better without {named}. Review the branch, take it, and undo that: git revert "
        f"{commits.get(worst, '')}{', the worst first, and audit again' if len(harmful) > 1 else ''}."
    )
