"""The page of all experiments of a campaign."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from overnight.gate.verdict import Verdict
from overnight.ledger.file import NAME as LEDGER
from overnight.operations.operation import Context
from overnight.operations.page import Link, Page
from overnight.research.operations import log
from overnight.research.pages._words import VERDICTS, words
from overnight.research.places.campaigns import campaign_folder, find_campaign
from overnight.research.views.experiments import ExperimentList


def watches(context: Context, given: log.LogInput) -> Sequence[Path]:
    """The ledger."""
    return (campaign_folder(*find_campaign(context.where, given.tag)) / LEDGER,)


def beside(_context: Context, _given: log.LogInput, found: ExperimentList) -> Mapping[str, object]:
    """The verdicts that can be chosen."""
    gains = [each.conclusion.gain for each in found.experiments if each.conclusion]
    return {**words(gains), "verdicts": {each.value: VERDICTS[each] for each in Verdict}}


def links(_found: ExperimentList, here: str) -> Sequence[Link]:
    """The campaign."""
    return (Link(address=here.rpartition("/")[0], about="The campaign"),)


PAGE = Page(
    address="/repos/{repo}/campaigns/{tag}/experiments",
    operation=log.OPERATION,
    title=lambda _found: "Experiments",
    template="experiments.html.j2",
    links=links,
    watches=watches,
    beside=beside,
)
