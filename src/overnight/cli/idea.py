"""`overnight idea`: a person's ideas for a campaign, also while it runs."""

from pathlib import Path

import click

from overnight.backends.orders import add_idea, read_ideas
from overnight.backends.researchers.registry import TALKING
from overnight.backends.sqlite import SqliteLedger
from overnight.cli.options import json_option, print_json, tag_option
from overnight.core.ideas.file import parse_ideas, render_ideas
from overnight.core.ideas.queue import after
from overnight.core.ideas.text import clean_idea, words_of
from overnight.errors import UserError
from overnight.events import IdeasChanged
from overnight.loop.journal import restore
from overnight.records.idea import PERSON
from overnight.wiring import campaign_folder, find_campaign, read_program


@click.group()
def idea() -> None:
    """Add an idea to a campaign, or list them."""


@idea.command()
@click.argument("text")
@tag_option
def add(text: str, tag: str | None) -> None:
    """Add an idea; the campaign takes it up before its next proposal. End it with (bold) or (safe) to say how far it goes."""
    said = clean_idea(text)
    if not words_of(said):
        raise UserError("the idea has no words", mend='write it in quotes: overnight idea add "clip the gradient"')
    repository, found = find_campaign(Path.cwd(), tag)
    add_idea(campaign_folder(repository, found), said)
    click.echo(f"added to the ideas of `{found}`: {said}")
    if not any(spec.use in TALKING for spec in read_program(repository).researchers):
        click.echo("note: no researcher of program.md reads ideas; add an agent (`overnight agents`)", err=True)


@idea.command(name="list")
@tag_option
@json_option
def list_ideas(tag: str | None, as_json: bool) -> None:
    """Show the queue: what is open, what is being tried, and what came of the rest."""
    repository, found = find_campaign(Path.cwd(), tag)
    folder = campaign_folder(repository, found)
    ledger = SqliteLedger(folder)
    try:
        state = restore(ledger)
    finally:
        ledger.close()
    if state is None:
        raise UserError(f"the campaign `{found}` has no record yet", mend="start it with `overnight run`")
    queue = after(state.ideas, IdeasChanged(by=PERSON, edits=parse_ideas(read_ideas(folder), state.ideas)))
    if as_json:
        print_json({"open": queue.ideas, "done": queue.done})
    else:
        click.echo(render_ideas(queue), nl=False)
