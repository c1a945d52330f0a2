"""`overnight log`: a page of experiments."""

import click

from overnight.cli.options import json_option, print_json, tag_option


@click.command()
@tag_option
@click.option("-n", "--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="Experiments a page.")
@click.option("--offset", type=click.IntRange(min=0), default=0, help="Skip this many, newest first.")
@click.option("--oldest-first", is_flag=True, help="Count from the first experiment.")
@json_option
def log(tag: str | None, limit: int, offset: int, oldest_first: bool, as_json: bool) -> None:
    """List the experiments of a campaign."""
    from overnight.cli.reading import reading

    with reading(tag) as campaign:
        page = campaign.ledger.experiments(offset=offset, limit=limit, newest_first=not oldest_first)
    if as_json:
        print_json({"total": page.total, "offset": offset, "experiments": page.experiments})
        return
    from rich.console import Console

    from overnight.cli.tables import experiments_table

    console = Console()
    console.print(experiments_table(page.experiments))
    shown = offset + len(page.experiments)
    if shown < page.total:
        console.print(f"{shown} of {page.total}; more with --offset {shown}", style="dim")
