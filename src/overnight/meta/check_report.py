"""What `overnight meta check` prints: the cost and the noise of one inner campaign, and what the budget can find."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from overnight.gate.error_budget import level_of
from overnight.gate.gate import HEAD_TRIALS
from overnight.gate.noise import fewest_pairs
from overnight.gate.stats import mean
from overnight.meta.charter import Charter, Target
from overnight.meta.forecast import Forecast, forecast, spread_interval
from overnight.meta.noise import CLAIM, PAIRS, Noise, TargetNoise
from overnight.meta.trials import part_of
from overnight.program.program import GateSettings
from overnight.research.views.numbers import money
from overnight.words.figures import rough
from overnight.words.quantities import compact, counted, duration

# Of an inner campaign on a noisy target: the baseline, one trial of screening, and the fewest pairs that prove anything.
KEEP_TRIALS = HEAD_TRIALS + 1 + 2 * fewest_pairs(level_of(GateSettings().error_rate, test=1, keeps=0))
PROPOSALS = 3  # that a campaign should have tokens for that only screens
MOSTLY = 0.5  # share of campaigns that gain nothing, from which on it is said


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetCheck:
    """One target."""

    name: str
    sealed: bool
    mean: float  # progress of an inner campaign of the start organisation, in the metric's units
    spread: float  # standard deviation of the difference of two such campaigns
    spread_low: float  # of its 95 % interval
    spread_high: float
    nothing: float  # share of the campaigns that gained nothing
    campaigns: int  # that were measured
    trials: float  # of one campaign, on average
    elapsed_s: float
    tokens: float
    cost_usd: float


@dataclass(frozen=True, slots=True, kw_only=True)
class MetaCheck:
    """What `meta check --json` prints."""

    organisation: str  # its file
    targets: Sequence[TargetCheck]
    pairs: int  # of equal campaigns, on each target
    slots: int  # inner campaigns at once
    campaigns: int  # that the check ran, now or before
    budget_campaigns: int | None  # inner campaigns that the budget pays for; null: no limit
    rejected_campaigns: int  # one organisation that its first pair screens out takes so many
    needed_campaigns: int  # the quickest possible proof
    test_pairs: int  # of the longest proof within the budget and `max_pairs`
    test_campaigns: int  # one organisation that is screened, put to such a proof and tried on the sealed targets
    smallest_spreads: float | None  # more progress that is proven 4 times out of 5, in spreads; null: none, or no claim
    smallest_share: float | None  # the same as a share of the mean progress
    hours: float | None  # that the budget takes here; null: no limit
    claim: bool  # whether enough campaigns were measured to speak of differences
    notes: Sequence[str]


def check_report(charter: Charter, noise: Noise, slots: int) -> MetaCheck:
    """What the check of a charter found."""
    sealed = {target.name for target in charter.holdout}
    every = charter.all_targets
    campaigns = sum(noise.targets[target.name].campaigns for target in every)
    found, claim = forecast(charter, noise, slots), campaigns >= CLAIM
    one_s = mean([noise.targets[target.name].elapsed_s for target in every])
    return MetaCheck(
        organisation=charter.organisation,
        targets=tuple(_target(target, noise.targets[target.name], sealed=target.name in sealed) for target in every),
        pairs=noise.pairs,
        slots=slots,
        campaigns=campaigns,
        budget_campaigns=found.campaigns,
        rejected_campaigns=found.rejected,
        needed_campaigns=found.needed,
        test_pairs=found.pairs,
        test_campaigns=found.whole,
        smallest_spreads=found.smallest_spreads if claim else None,
        smallest_share=found.smallest_share if claim else None,
        hours=None if found.campaigns is None else found.campaigns * one_s / slots / 3600.0,
        claim=claim,
        notes=tuple(_notes(charter, noise, found)),
    )


def _target(target: Target, noise: TargetNoise, *, sealed: bool) -> TargetCheck:
    low, high = spread_interval(noise.spread, noise.campaigns // 2)
    return TargetCheck(
        name=target.name,
        sealed=sealed,
        mean=noise.mean,
        spread=noise.spread,
        spread_low=low,
        spread_high=high,
        nothing=noise.nothing,
        campaigns=noise.campaigns,
        trials=noise.trials,
        elapsed_s=noise.elapsed_s,
        tokens=noise.tokens,
        cost_usd=noise.cost_usd,
    )


def _notes(charter: Charter, noise: Noise, found: Forecast) -> Iterator[str]:
    if noise.pairs < PAIRS:
        low, high = spread_interval(1.0, noise.pairs)
        yield (
            f"each spread rests on {counted(noise.pairs, 'pair')}: the true one is {rough(low)} to {rough(high)} times that; "
            f"`overnight meta check --pairs {PAIRS}` adds to them"
        )
    for target in charter.all_targets:
        one = noise.targets[target.name]
        if one.mean <= 0.0:
            yield f"on {target.name} the organisation makes no progress: give inner campaigns more trials"
        elif one.nothing > MOSTLY:
            yield f"on {target.name} most campaigns gain nothing: with more trials each the difference is easier to see"
    part = part_of(charter.inner, charter.screening)
    if part.trials is not None and part.trials < KEEP_TRIALS:
        wanted = math.ceil(KEEP_TRIALS / charter.screening)
        yield (
            f"screening gives an inner campaign {part.trials} trials, and on a noisy "
            f"target the first keep takes about {KEEP_TRIALS}: what gains nothing there looks equal and is rejected; write "
            f"`inner: {{trials: {wanted}}}` or more, or a larger `screening`"
        )
    proposal = max(one.proposal_tokens for one in noise.targets.values())
    if part.tokens is not None and part.tokens < proposal:
        wanted = math.ceil(PROPOSALS * proposal / charter.screening)
        yield (
            f"screening gives an inner campaign {compact(part.tokens)} tokens, and a proposal takes about {compact(proposal)}: "
            "nothing is proposed there, so all organisations look equal and are rejected; "
            f"write `inner: {{tokens: {wanted}}}` or more, or a larger `screening`"
        )
    if not charter.holdout:
        yield "without `holdout` an organisation that only fits the targets can be kept"
    if found.smallest_spreads is None:
        what = "`max_pairs`" if found.campaigns is None or found.campaigns >= found.needed else "the budget"
        yield f"nothing can be proven: {what} is too small; the quickest proof takes {found.needed} inner campaigns"


def describe(found: MetaCheck) -> str:
    """The report in a few lines for people."""
    lines = [f"organisation  {found.organisation}, on {counted(len(found.targets), 'target')}, {found.slots} at once"]
    for one in found.targets:
        lines += [f"{_head(one)}  {line}" for line in (_cost(one), _progress(one))]
    lines.append(f"campaigns     {found.campaigns} in {counted(found.pairs, 'pair')} of equal ones on each target")
    lines.append(f"a test        {_test(found)}")
    lines.append(f"budget        {_budget(found)}")
    lines.append(f"detectable    {_detectable(found)}")
    return "\n".join([*lines, *(f"note          {note}" for note in found.notes)])


def _head(one: TargetCheck) -> str:
    return f"{'sealed' if one.sealed else 'target':<12}"


def _cost(one: TargetCheck) -> str:
    models = f", {compact(one.tokens)} tokens, {money(one.cost_usd)}" if one.tokens else ""
    return f"{one.name}: an inner campaign takes {one.trials:.0f} trials, {duration(one.elapsed_s)}{models}"


def _progress(one: TargetCheck) -> str:
    ratio = f", {rough(one.spread / one.mean)} of its progress" if one.mean > 0.0 else ""
    return (
        f"{one.name}: it gains {rough(one.mean)}, two of them differ by {rough(one.spread)}{ratio}; "
        f"{one.nothing:.0%} gain nothing"
    )


def _test(found: MetaCheck) -> str:
    return (
        f"an organisation takes {found.rejected_campaigns} inner campaigns if screening rejects it at once, "
        f"{found.needed_campaigns} to {found.test_campaigns} if it is put to the proof"
        if found.test_campaigns >= found.needed_campaigns
        else f"the quickest proof of an organisation takes {found.needed_campaigns} inner campaigns"
    )


def _budget(found: MetaCheck) -> str:
    if found.budget_campaigns is None or found.hours is None:
        return "no limit: Ctrl-C ends the meta-campaign"
    tests = found.budget_campaigns // found.test_campaigns
    return (
        f"about {found.budget_campaigns:,} inner campaigns, {duration(found.hours * 3600.0)} here: "
        f"{counted(tests, 'organisation')} in the longest proof, or {found.budget_campaigns // found.rejected_campaigns:,} "
        "that are rejected at once"
    )


def _detectable(found: MetaCheck) -> str:
    if not found.claim:
        return f"too few campaigns to claim a difference: {found.campaigns} of {CLAIM}"
    if found.smallest_spreads is None:
        return "nothing"
    share = "" if found.smallest_share is None else f"{found.smallest_share:.0%} more progress, or "
    return (
        f"an organisation that makes {share}{rough(found.smallest_spreads)} spreads more, is proven four times out of five "
        f"within {counted(found.test_pairs, 'pair')}"
    )
