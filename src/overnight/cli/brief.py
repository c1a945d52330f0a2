"""`overnight brief`: what a role would be asked now, word by word."""

from pathlib import Path

import click

from overnight.cli.options import json_option, print_json, tag_option
from overnight.words.foreign import printable_lines

ESCAPED = 10  # characters that an invisible one becomes, at most


@click.command()
@click.option("--role", help="Whose brief: a role of the program, or researcher, director or critic. Default: the first.")
@tag_option
@json_option
def brief(role: str | None, tag: str | None, as_json: bool) -> None:
    """Print the brief that a role would get now; nobody is asked anything."""
    from overnight.research.tryout.brief import show_brief

    page = show_brief(Path.cwd(), role, tag)
    if as_json:
        print_json(page)
        return
    click.echo(printable_lines(page.text, ESCAPED * len(page.text)), nl=False)
    click.echo(f"about {page.tokens:,} tokens, for {page.role}", err=True)
