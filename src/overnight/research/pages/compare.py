"""Two campaigns of a repository side by side."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from overnight.git.repository import FOLDER_NAME
from overnight.ledger.file import NAME as LEDGER
from overnight.operations.operation import Context
from overnight.operations.page import Link, Page
from overnight.operations.pages import address_of, with_query
from overnight.research.operations import compare
from overnight.research.places.campaigns import tags_by_session
from overnight.research.views.comparison import CampaignSummary, Comparison
from overnight.research.views.comparison_words import headline
from overnight.research.views.numbers import interval, money, number
from overnight.words.quantities import compact, duration

HOUR_S = 3600.0
CHOICES = 20  # campaigns, the newest


def links(found: Comparison, here: str) -> Sequence[Link]:
    """Each of the two, and the repository."""
    repository = here.removesuffix("/compare")
    sides = [
        Link(
            address=address_of(f"{_top(side.name, repository)}/campaigns/{{tag}}", tag=side.tag),
            about=f"The campaign {side.name}",
        )
        for side in (found.a, found.b)
    ]
    return [*sides, Link(address=repository, about="All campaigns of this repository")]


def _top(name: str, repository: str) -> str:
    """The address of the repository of a campaign, which may be named before it."""
    place, colon, _ = name.rpartition(":")
    return address_of("/repos/{repo}", repo=place) if colon else repository


def watches(context: Context, given: compare.CompareInput) -> Sequence[Path]:
    """Both ledgers."""
    found: list[Path] = []
    for name in compare.chosen(given, context):
        place, _, tag = name.rpartition(":")
        folder = context.repositories.get(place, context.where) / FOLDER_NAME / tag
        found.append(folder / LEDGER)
    return found


def beside(context: Context, _given: compare.CompareInput, found: Comparison) -> Mapping[str, object]:
    """What it says in words, the figures of both, and what else can be compared."""
    tags = tags_by_session(context.where / FOLDER_NAME)[:CHOICES]
    pairs = zip(_figures(found.a), _figures(found.b), strict=True)
    return {
        "sides": [("A", found.a.name, tags), ("B", found.b.name, tags)] if len(tags) > 1 else [],
        "chosen": {"a": found.a.name, "b": found.b.name},
        "with_query": with_query,
        "headline": headline(found),
        "said": [*found.reasons, *_difference(found)],
        "rows": [(name, a, b) for (name, a), (_, b) in pairs],
    }


def _difference(found: Comparison) -> Sequence[str]:
    """How much more one gained, with its interval."""
    gap = found.difference
    if gap is None or found.reasons:
        return ()
    more = f"B gained {number(abs(gap.mid))} {'more' if gap.mid > 0 else 'less'} than A" if gap.mid else "both gained equally"
    return (f"{more} in {found.metric}{interval(gap.low, gap.high)}",)


def _figures(side: CampaignSummary) -> Sequence[tuple[str, str]]:
    gain = side.gain
    return (
        ("Metric", side.metric),
        ("Gain", f"{number(gain.gain)}{interval(gain.low, gain.high)}" if gain else "not known"),
        ("Experiments", f"{side.experiments:,}"),
        ("Kept", f"{side.kept:,}"),
        ("Trials", f"{side.trials:,}"),
        ("Time", duration(side.hours * HOUR_S)),
        ("Tokens", compact(side.tokens) if side.tokens else "none"),
        ("Money", money(side.cost_usd)),
        ("Start", side.start[:12]),
        ("Head", side.head[:12]),
        ("Why it ended", side.ending_detail or "it has not: it still runs, or was killed"),
    )


PAGE = Page(
    address="/repos/{repo}/compare",
    operation=compare.OPERATION,
    title=lambda found: f"{found.a.name} against {found.b.name}",
    template="compare.html.j2",
    links=links,
    watches=watches,
    beside=beside,
)
