"""The campaign that verifies: the founder's program, with submissions as its only researcher."""

from functools import partial

from overnight.git.history import GitHistory
from overnight.pool.evidence import rate_of
from overnight.pool.hub.program import RESEARCHER, hub_program, hub_program_text
from overnight.pool.hub.settings import HubSettings
from overnight.pool.hub.submissions import SubmissionsResearcher
from overnight.pool.record.record import HubRecord
from overnight.research.kind import CampaignKind


def hub_kind(settings: HubSettings, record: HubRecord, history: GitHistory) -> CampaignKind:
    """What makes a campaign the hub's."""
    now, start = record.campaign(), record.head_commit()
    error_rate = rate_of(record.genesis().error_rate, now.number)
    researcher = SubmissionsResearcher(
        record=record,
        history=history,
        tag=now.tag,
        head=lambda: history.branch_head(now.tag) or start,
        estimate_s=record.mean_seconds,
        turns=record.turns(),
    )
    return CampaignKind(
        program=partial(hub_program, settings=settings, split=now.split, error_rate=error_rate),
        rewritten=partial(hub_program_text, settings=settings, split=now.split, error_rate=error_rate),
        tag=lambda _: now.tag,
        start=start,
        researchers={RESEARCHER: lambda _spec, _context: researcher},
    )
