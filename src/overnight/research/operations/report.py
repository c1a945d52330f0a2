"""The report of a campaign, running or not."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from overnight.errors import UserError
from overnight.operations.operation import Context, Operation, Option, Tier, repeatable
from overnight.research.operations._inputs import Tag
from overnight.research.operations._leading import campaign_page
from overnight.research.reading import reading
from overnight.research.report.write import ReportFiles, write_files
from overnight.secrets.broker import user_broker


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportInput:
    """Of which campaign, and where to."""

    tag: Tag = None
    out: Annotated[Path | None, Option(about="Folder to write to [default: the campaign's own].", metavar="DIRECTORY")] = None


def run(context: Context, given: ReportInput) -> ReportFiles:
    """Write it."""
    with reading(given.tag, context.where) as campaign:
        if campaign.state().program.of_campaigns:
            what = f"`{campaign.folder.name}` is a meta-campaign, whose report says more"
            raise UserError(what, fix=f"overnight meta report --tag {campaign.folder.name}")
        folder = context.where / given.out if given.out else campaign.folder
        if folder.exists() and not folder.is_dir():
            raise UserError(f"{folder} is not a folder", fix="choose another")
        folder.mkdir(parents=True, exist_ok=True)
        return write_files(
            campaign.ledger,
            campaign.repository,
            folder,
            campaign.state().program,
            campaign=campaign.folder,
            hide=user_broker().scrubber().known_in,
        )


OPERATION = Operation(
    name="report",
    about="Write report.html, report.md and progress.png of a campaign.",
    input=ReportInput,
    output=ReportFiles,
    tier=Tier.REVERSIBLE,
    leads=lambda context, given: campaign_page(context, given.tag),
    lasts=True,  # of a long campaign; and what draws charts takes memory that a server would keep
    run=run,
    render=lambda files: f"{files.html}\n{files.md}\n{files.png}",
    read_back=repeatable,
)
