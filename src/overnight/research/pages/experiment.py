"""The page of one experiment: what was tried, what was measured, and why the verdict is what it is."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from overnight.gate.trial import Arm, Stage, Trial
from overnight.ledger.file import NAME as LEDGER
from overnight.operations.operation import Context
from overnight.operations.page import Link, Page
from overnight.research.operations import show
from overnight.research.pages._words import words
from overnight.research.places.campaigns import campaign_folder, find_campaign
from overnight.research.report.diff import view_diff
from overnight.research.views.experiments import ExperimentPage

DIFF_LINES = 400
OUTPUT = 40_000  # characters of what a trial printed, from its end
TRANSCRIPT = 60_000  # characters of one


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """Both trials of one seed of the test."""

    baseline: Trial | None
    candidate: Trial | None


def watches(context: Context, given: show.ShowInput) -> Sequence[Path]:
    """The ledger."""
    return (campaign_folder(*find_campaign(context.where, given.tag)) / LEDGER,)


def beside(_context: Context, _given: show.ShowInput, found: ExperimentPage) -> Mapping[str, object]:
    """The diff by lines, and its trials by what they are for."""
    counting = [trial for trial in found.trials if trial.key.restart == found.experiment.restart]
    ended = found.experiment.conclusion
    return {
        **words([ended.gain] if ended else []),
        "diff": view_diff(found.diff, limit=DIFF_LINES),
        "screening": [trial for trial in counting if trial.key.stage is Stage.SCREEN],
        "pairs": _pairs([trial for trial in counting if trial.key.stage is Stage.CONFIRM]),
        "failed": [trial for trial in found.trials if trial.fault],
        "earlier": len(found.trials) - len(counting),
        "sealed": sum(trial.key.stage is Stage.HOLDOUT for trial in counting),
        "output": found.log[-OUTPUT:] if found.log else "",
        "transcript_length": TRANSCRIPT,
    }


def _pairs(trials: Sequence[Trial]) -> Sequence[Pair]:
    by_index: dict[int, dict[Arm, Trial]] = {}
    for trial in trials:
        by_index.setdefault(trial.key.index, {})[trial.key.arm] = trial
    return [Pair(baseline=arms.get(Arm.BASELINE), candidate=arms.get(Arm.CANDIDATE)) for _, arms in sorted(by_index.items())]


def links(found: ExperimentPage, here: str) -> Sequence[Link]:
    """Its neighbours."""
    above, number = here.rpartition("/")[0], found.experiment.number
    neighbours = [each for each in (number - 1, number + 1) if 1 <= each <= found.newest]
    return (
        *(Link(address=f"{above}/{each}", about=f"#{each}") for each in neighbours),
        Link(address=above, about="All experiments"),
    )


PAGE = Page(
    address="/repos/{repo}/campaigns/{tag}/experiments/{number}",
    operation=show.OPERATION,
    title=lambda found: f"Experiment {found.experiment.number}",
    template="experiment.html.j2",
    orders=("believe",),
    links=links,
    watches=watches,
    beside=beside,
)
