"""`overnight idea`: a person's ideas for a campaign, even while it runs."""

import click

from overnight.agents.registry import AGENTS
from overnight.cli.options import json_option, print_json, tag_option
from overnight.errors import UserError
from overnight.research.ideas.file import render_ideas
from overnight.research.ideas.queue import refusal
from overnight.research.ideas.text import clean_idea, split_marks, words_of
from overnight.research.places.campaigns import read_program
from overnight.research.places.orders import IDEAS, add_idea
from overnight.research.reading import reading
from overnight.research.views.ideas import IdeaList


@click.group()
def idea() -> None:
    """Add an idea to a campaign, or list its ideas."""


@idea.command()
@click.argument("text")
@tag_option
def add(text: str, tag: str | None) -> None:
    """Add an idea; the campaign reads it before its next proposal. End it with (bold) or (safe) to mark its risk."""
    said = clean_idea(text)
    if not words_of(said):
        raise UserError("the idea has no words", fix='write it in quotes: overnight idea add "clip the gradient"')
    with reading(tag) as campaign:
        found, repository, folder = campaign.folder.name, campaign.repository, campaign.folder
        refused = refusal(campaign.ideas(), split_marks(said)[0])
    if refused:
        fix = f"say what is new about it; to try a finished idea again, untick it in {folder / IDEAS}"
        raise UserError(f"not added to the ideas of `{found}`: {refused}", fix=fix)
    add_idea(folder, said)
    click.echo(f"added to the ideas of `{found}`: {said}")
    if not any(spec.use in AGENTS for spec in read_program(repository).researchers):
        click.echo("note: no researcher of program.md reads ideas; add an agent (`overnight agents`)", err=True)


@idea.command(name="list")
@tag_option
@json_option
def list_ideas(tag: str | None, as_json: bool) -> None:
    """Show the queue: what is open, what is being tried, and the outcome of the rest."""
    with reading(tag) as campaign:
        queue = campaign.ideas()
    if as_json:
        print_json(IdeaList(open=queue.ideas, done=queue.done))
    else:
        click.echo(render_ideas(queue), nl=False)
