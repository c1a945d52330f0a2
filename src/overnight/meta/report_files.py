"""Writes the report of a meta-campaign: the ordinary one, with a section about organisations and targets."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

from overnight.git.repository import Repository
from overnight.meta.report import MetaReport, meta_report
from overnight.meta.report_words import section
from overnight.research.reading import CampaignReader
from overnight.research.record.port import Ledger
from overnight.research.report.write import ReportFiles, write_files
from overnight.research.state import State
from overnight.secrets.broker import user_broker


def write_meta_report(campaign: CampaignReader, folder: Path | None = None) -> MetaReport:
    """Write `report.html`, `report.md` and `progress.png`, by default into the campaign's folder; return what they say.

    Raises:
        UserError: the campaign is none of organisations.
    """
    state = campaign.state()
    found = meta_report(campaign.ledger, campaign.repository, state)
    files = write_files(
        campaign.ledger,
        campaign.repository,
        folder or campaign.folder,
        state.program,
        campaign=campaign.folder,
        hide=user_broker().scrubber().known_in,
        additions=(section(found),),
    )
    return replace(found, files=(files.html, files.md, files.png))


def write_running(
    ledger: Ledger, repository: Repository, folder: Path, state: State, hide: Callable[[str], str]
) -> ReportFiles:
    """The same by the session that runs it."""
    more = (section(meta_report(ledger, repository, state)),)
    return write_files(ledger, repository, folder, state.program, hide=hide, additions=more)
