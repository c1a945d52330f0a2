"""The campaign that verifies: the founder's program, with submissions as its only researcher."""

from overnight.git.history import GitHistory
from overnight.pool.hub.program import RESEARCHER, hub_program, hub_program_text
from overnight.pool.hub.settings import HubSettings
from overnight.pool.hub.submissions import SubmissionsResearcher
from overnight.pool.record.record import HubRecord
from overnight.research.kind import CampaignKind


def hub_kind(settings: HubSettings, record: HubRecord, history: GitHistory) -> CampaignKind:
    """What makes a campaign the hub's."""

    tag, start = record.tag(), record.head_commit()
    researcher = SubmissionsResearcher(
        record=record,
        history=history,
        head=lambda: history.branch_head(tag) or start,
        estimate_s=record.mean_seconds,
        turns=record.turns(),
    )
    return CampaignKind(
        program=lambda repository: hub_program(repository, settings),
        rewritten=lambda source: hub_program_text(source, settings),
        tag=lambda _: tag,
        start=start,
        researchers={RESEARCHER: lambda _spec, _context: researcher},
    )
