"""The report of a meta-campaign, running or not."""

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

from overnight.errors import UserError
from overnight.meta.operations._of_meta import meta_tag_here
from overnight.meta.operations._tags import Tag
from overnight.meta.report import MetaReport
from overnight.meta.report_words import lines_of
from overnight.operations.operation import Context, Operation, Option, Tier, repeatable


@dataclass(frozen=True, slots=True, kw_only=True)
class MetaReportInput:
    """Of which meta-campaign, and where to."""

    tag: Tag = None
    out: Annotated[Path | None, Option(about="Folder to write to [default: the campaign's own].", metavar="DIRECTORY")] = None


def run(context: Context, given: MetaReportInput) -> MetaReport:
    """Write it."""
    from overnight.meta.report_files import write_meta_report
    from overnight.research.reading import reading

    folder = context.where / given.out if given.out else None
    if folder and folder.exists() and not folder.is_dir():
        raise UserError(f"{folder} is not a folder", fix="choose another")
    with reading(meta_tag_here(context, given.tag), context.where) as campaign:
        return write_meta_report(campaign, folder)


OPERATION = Operation(
    name="meta report",
    about="Write the report of a meta-campaign: organisations, progress by target, cost, and the plain alternative.",
    input=MetaReportInput,
    output=MetaReport,
    tier=Tier.REVERSIBLE,
    lasts=True,  # as `report`
    run=run,
    render=lines_of,
    read_back=repeatable,
)
