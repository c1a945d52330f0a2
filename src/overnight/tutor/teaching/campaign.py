"""What the newest campaign of a repository says, for steps that are about one."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from overnight.errors import UserError
from overnight.research.experiment import Experiment

REPORT = "report.md"
_LARGEST_LOG = 700.0  # e^x beyond it overflows


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignFacts:
    """What a campaign says."""

    folder: str  # of the campaign
    text: str  # JSON


def campaign_facts(places: Sequence[Path]) -> CampaignFacts:
    """The newest campaign of the first of these folders that is in a repository with one.

    Raises:
        UserError: none is.
    """
    error: UserError | None = None
    for place in places:
        try:
            return _facts(place)
        except UserError as found:
            error = error or found
    fix = "start it with `overnight run` in your copy of the lab, and call this there"
    raise UserError(f"this step is about a campaign of yours, and there is none: {error}", fix=fix)


def _facts(place: Path) -> CampaignFacts:
    from overnight.research.operations.status import status_of  # most steps need none of it
    from overnight.research.reading import reading

    with reading(None, place) as campaign:
        now = status_of(campaign, campaign.state())
        gains = [keep.gain or 0.0 for keep in now.keeps]
        facts = {
            "tag": now.tag,
            "state": "stopped" if now.running is None else "running",
            "ended": now.stopped,
            "experiments": now.experiments,
            "kept": now.kept,
            "rejected": now.discarded + now.rejected,
            "crashed": now.crashed,
            "direction": now.direction,
            "metric": now.metric,
            "head": now.head_value,
            "gain": sum(gains) if gains else None,
            "first_keep": _keep(campaign.experiment(now.keeps[0].number)) if now.keeps else None,
            "report": (campaign.folder / REPORT).is_file(),
        }
        return CampaignFacts(folder=str(campaign.folder), text=json.dumps(facts))


def _keep(kept: Experiment) -> dict[str, float | None]:
    """Gain and evidence of a kept change, as the report has them; a deterministic target needs no evidence."""
    said = kept.conclusion
    return {
        "number": kept.number,
        "gain": said.gain if said else None,
        "e": math.exp(min(said.log_e, _LARGEST_LOG)) if said and said.log_e is not None else None,
        "required": 1 / said.level if said and said.level else None,
    }
