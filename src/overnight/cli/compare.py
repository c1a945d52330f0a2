"""`overnight compare`: two campaigns side by side."""

from pathlib import Path

import click

from overnight.cli.caller import context_here
from overnight.cli.options import json_option, print_json
from overnight.errors import UserError
from overnight.research.operations.compare import CompareInput, chosen, read
from overnight.research.views.comparison import ComparedCampaign, Comparison
from overnight.research.views.comparison import compare as compare_campaigns
from overnight.words.foreign import printable

TEXT = 200  # characters of one line of foreign text


@click.command()
@click.argument("a", required=False)
@click.argument("b", required=False)
@click.option("--html", type=click.Path(dir_okay=False, path_type=Path), help="Also write a page that works offline.")
@json_option
def compare(*, a: str | None, b: str | None, html: Path | None, as_json: bool) -> int:
    """Compare two campaigns: what each gained for what it cost, and how sure the difference is.

    A and B are tags of campaigns in this repository, or FOLDER:TAG for one in another repository (FOLDER: for the newest
    there); without them, the two newest of this repository. Exit code: 0 if the two can be compared, 1 if they cannot.
    """
    context = context_here()
    left, right = (read(name, context) for name in chosen(CompareInput(a=a, b=b), context))
    found = compare_campaigns(left, right)
    if html:
        write_page(found, left, right, html)
    if as_json:
        print_json(found)
    else:
        show(found, left, right)
        if html:
            click.echo(f"page      {html}")
    return 0 if found.comparable else 1


def write_page(found: Comparison, a: ComparedCampaign, b: ComparedCampaign, path: Path) -> None:
    """Write the page atomically."""
    from overnight.files.atomic import write_atomically
    from overnight.research.report.comparison_page import render_comparison

    if not path.parent.is_dir():
        raise UserError(f"there is no folder {path.parent}", fix="make it, or choose another")
    write_atomically(path, render_comparison(found, a, b).encode())


def show(found: Comparison, a: ComparedCampaign, b: ComparedCampaign) -> None:
    """Print the comparison on a terminal."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from overnight.research.views.comparison_words import figures_for, headline, remarks, rows, verdict

    console = Console()
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("", f"A  {found.a.name}", f"B  {found.b.name}"):
        table.add_column(Text(title), overflow="fold")
    for row in rows(found, a, b):
        table.add_row(*(Text(printable(cell, TEXT)) for cell in (row.name, row.a, row.b)))
    console.print(table)
    console.print()
    console.print(Text(f"{headline(found)}: ", style="bold") + Text(printable(verdict(found, figures_for(a, b)[0]), 2 * TEXT)))
    for line in remarks(found):
        console.print(Text(line))
