"""The page of a campaign: as its report shows it, but live."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from overnight.ledger.file import NAME as LEDGER
from overnight.ledger.lock import NAME as LOCK
from overnight.operations.operation import Context
from overnight.operations.page import Link, Page
from overnight.research.operations import overview
from overnight.research.pages._pictures import file_of, studio
from overnight.research.pages._words import words
from overnight.research.places.campaigns import campaign_folder, find_campaign, is_meta
from overnight.research.places.orders import IDEAS
from overnight.research.report.drawing import Drawn
from overnight.research.views.overview import Overview
from overnight.research.views.status import measured_level

KEEPS = 15  # in the table, the newest


def watches(context: Context, given: overview.OverviewInput) -> Sequence[Path]:
    """Its ledger, what people write beside it, who holds it, and what is drawn of it."""
    folder = campaign_folder(*find_campaign(context.where, given.tag))
    return (folder / LEDGER, folder / IDEAS, folder / LOCK, file_of(context.where, folder.name))


def beside(context: Context, given: overview.OverviewInput, found: Overview) -> Mapping[str, object]:
    """Pictures and what a report says, as far as they are drawn, and how numbers are written."""
    drawn = studio().shown(context.where, given.tag or found.status.tag, found.events)
    return {
        **words([*(keep.gain for keep in found.status.keeps), *(each.gain for each in found.newest)]),
        "shown": drawn,
        "level": measured_level(found.status),
        "charts": _marked(drawn.drawn) if drawn.drawn else {},
        "answers": {each.question: each for each in drawn.drawn.answers} if drawn.drawn and _counts(drawn.drawn, found) else {},
        "useful": _useful(found),
        "keeps": found.status.keeps[: -KEEPS - 1 : -1],
    }


def _counts(drawn: Drawn, found: Overview) -> bool:
    """Whether what was said when it was drawn still holds: nothing has ended or was kept since."""
    return (drawn.ended, drawn.kept) == (found.status.experiments, found.status.kept)


def _useful(found: Overview) -> Sequence[str]:
    """The orders that make sense now; the first ones are shown unfolded."""
    if found.status.running:
        return ("idea add", "stop", "budget")
    judged = ("audit", "verify", "finalize") if found.status.kept else ()
    elsewhere = ("run", "audit") if is_meta(found.status.tag) else ()  # for the owner at a command line alone
    return tuple(name for name in ("idea add", "run", "budget", *judged) if name not in elsewhere)


def _marked(drawn: Drawn) -> Mapping[str, object]:
    """The charts, whose SVG our own process drew with every text escaped."""
    from markupsafe import Markup

    return {
        name: {"wide": Markup(chart.wide), "narrow": Markup(chart.narrow), "caption": chart.caption}  # noqa: S704
        for name, chart in drawn.charts.items()
    }


def links(_found: Overview, here: str) -> Sequence[Link]:
    """Its parts."""
    return (
        Link(address=f"{here}/experiments", about="All experiments"),
        Link(address=f"{here}/ideas", about="Ideas"),
    )


PAGE = Page(
    address="/repos/{repo}/campaigns/{tag}",
    operation=overview.OPERATION,
    title=lambda found: f"Campaign {found.status.tag}",
    template="campaign.html.j2",
    orders=("stop", "run", "idea add", "budget", "audit", "verify", "finalize"),
    links=links,
    watches=watches,
    beside=beside,
)
