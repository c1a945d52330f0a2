"""Tokens, money and time of the calls to models, as the gateway counted them: by role and model, and in total."""

from dataclasses import dataclass
from functools import reduce
from operator import add

from overnight.models.provider_state import ProviderStanding
from overnight.models.usage import Usage
from overnight.research.story.story import ModelUse, Outage, Story
from overnight.research.views.facts import Facts, period
from overnight.research.views.numbers import estimated, money
from overnight.research.views.wording import percent
from overnight.words.quantities import compact, counted, duration

_NAMES = {
    ProviderStanding.READY: "ready",
    ProviderStanding.SLOW: "slow",
    ProviderStanding.PAUSED: "out",
    ProviderStanding.PARKED: "out of quota",
    ProviderStanding.BROKEN: "out, for you to fix",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelRow:
    """All calls of one role to one model, written out."""

    role: str
    model: str  # and who provides it
    calls: str
    counted: str  # the same as a phrase
    input: str
    cached: str
    output: str
    money: str
    first_token: str
    speed: str


def model_rows(story: Story) -> tuple[ModelRow, ...]:
    """A row for each role and model; none if no call went through the gateway."""
    return tuple(_row(use) for use in story.costs.models)


def _row(use: ModelUse) -> ModelRow:
    usage = use.usage
    return ModelRow(
        role=use.role,
        model=f"{use.model} ({use.provider})"
        if use.model
        else use.provider,  # some servers have one model, which needs no name
        calls=f"{usage.calls:,}{estimated(usage.estimated)}",
        counted=f"{counted(usage.calls, 'call')}{estimated(usage.estimated)}",
        input=compact(usage.input_tokens),
        cached=_share(usage),
        output=compact(usage.output_tokens),
        money=money(usage.cost_usd),
        first_token=_first_token(usage),
        speed=_speed(usage),
    )


def model_facts(story: Story) -> Facts:
    """The sums over all calls, and what an experiment and a keep used of them; nothing if there was no call."""
    if not story.costs.models:
        return ()
    usage, run, kept = _all(story), story.funnel.experiments, len(story.keeps)
    return (
        ("Calls to models", f"{usage.calls:,}" + (f" ({usage.retries:,} tried again)" if usage.retries else "")),
        ("Of these with estimated tokens", f"{usage.estimated:,}" if usage.estimated else ""),
        ("Tokens read, from a cache", f"{compact(usage.input_tokens)}, {_share(usage)}"),
        ("Tokens written", compact(usage.output_tokens)),
        ("Tokens per experiment", compact(usage.tokens / run) if run else ""),
        ("Money per experiment", money(usage.cost_usd / run) if run and usage.cost_usd else ""),
        ("Money per kept change", money(usage.cost_usd / kept) if kept and usage.cost_usd else ""),
        ("Waited for models, sum", duration(usage.seconds)),
        ("First token after, mean", _first_token(usage)),
        ("Tokens written per second of waiting", _speed(usage)),
    )


def outage_facts(story: Story) -> Facts:
    """When a provider was out or slow, and for how long in all; nothing if none was."""
    totals = ((f"{name} was out, in all", duration(seconds)) for name, seconds in story.out_s.items() if seconds)
    return (*totals, *((f"{outage.provider}, {_NAMES[outage.standing]}", _when(outage)) for outage in story.outages))


def _when(outage: Outage) -> str:
    lasted = duration(outage.until - outage.since)
    return f"{period(outage.since, outage.until)} ({lasted})" + (f": {outage.why}" if outage.why else "")


def _all(story: Story) -> Usage:
    return reduce(add, (use.usage for use in story.costs.models), Usage())


def _share(usage: Usage) -> str:
    return percent(round(usage.cached_tokens / usage.input_tokens, 2)) if usage.input_tokens else "none"


def _first_token(usage: Usage) -> str:
    return "" if usage.mean_first_token_s is None else duration(usage.mean_first_token_s)


def _speed(usage: Usage) -> str:
    return "" if usage.output_tokens_per_s is None else f"{usage.output_tokens_per_s:,.0f}"
