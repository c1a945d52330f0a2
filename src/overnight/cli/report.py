"""`overnight report`: write the report of a campaign, running or not."""

from pathlib import Path

import click

from overnight.cli.options import json_option, print_json, tag_option
from overnight.research.reading import reading
from overnight.research.report.write import write_files


@click.command()
@tag_option
@click.option(
    "--out", type=click.Path(file_okay=False, path_type=Path), help="Folder to write to [default: the campaign's own]."
)
@json_option
def report(tag: str | None, out: Path | None, as_json: bool) -> None:
    """Write report.html, report.md and progress.png of a campaign."""
    with reading(tag) as campaign:
        folder = out or campaign.folder
        folder.mkdir(parents=True, exist_ok=True)
        files = write_files(campaign.ledger, campaign.repository, folder, campaign.state().program, campaign=campaign.folder)
    if as_json:
        print_json(files)
    else:
        click.echo(f"{files.html}\n{files.md}\n{files.png}")
