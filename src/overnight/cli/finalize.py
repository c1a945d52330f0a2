"""`overnight finalize`: a clean branch of proven changes, ready for review."""

from collections.abc import Sequence
from contextlib import closing

import click

from overnight.cli.options import json_option, print_json, tag_option
from overnight.errors import UserError
from overnight.git.port import KeptChange
from overnight.git.repository import Repository
from overnight.research.caution import held
from overnight.research.reading import reading
from overnight.research.state import State
from overnight.research.views.review import ReviewBranch, change, unread
from overnight.words.quantities import counted


@click.command()
@tag_option
@click.option("--into", help="Name of the branch [default: overnight/TAG].")
@click.option("--split", "in_parts", is_flag=True, help="A commit for each part of what a search found or was put together.")
@click.option("--include-unread", is_flag=True, help="Also take changes that are unbelievable until a person has read them.")
@json_option
def finalize(*, tag: str | None, into: str | None, in_parts: bool, include_unread: bool, as_json: bool) -> None:
    """Turn the kept changes into a clean branch for review.

    One commit per kept change on top of the start, with the evidence in its message. With `--split`, a change of many
    parts has a commit for each, those first that the newest audit showed to matter. Your checkout is not touched.
    """
    from overnight.git.finalize import finalize as write_branch

    with reading(tag) as campaign:
        state = campaign.state()
        if not state.kept:
            raise UserError(f"the campaign `{state.tag}` kept nothing, so there is nothing to finalize")
        refused = None if include_unread else unread(state)
        if refused:
            raise refused
        branch = into or f"overnight/{state.tag}"
        recorded = ((k, campaign.ledger.experiment(k.number)) for k in state.kept)
        kept = [change(state, k, experiment.researcher if experiment else "") for k, experiment in recorded]
        kept = _split(campaign.repository, state, kept) if in_parts else kept
        tip = write_branch(campaign.repository, start=state.start, kept=kept, branch=branch)
    commits = sum(max(1, len(each.parts)) for each in kept)
    if as_json:
        found = ReviewBranch(
            branch=branch, commit=tip, changes=len(kept), commits=commits, unread=tuple(k.number for k in held(state))
        )
        print_json(found)
        return
    click.echo(f"{branch} has {counted(commits, 'commit')} on top of {state.start[:12]}; to review them:")
    click.echo(f"  git log -p {state.start[:12]}..{branch}")


def _split(repository: Repository, state: State, kept: Sequence[KeptChange]) -> list[KeptChange]:
    """Kept changes, those of many parts in parts."""
    from overnight.git.history import GitHistory
    from overnight.research.loop.kept_parts import parts_of_kept
    from overnight.research.views.review_parts import split

    with closing(GitHistory(repository)) as history:
        parts = [parts_of_kept(history, state, each) for each in state.kept]
    numbers = [each.number for each in state.kept]
    return [split(state, n, whole, found) if found else whole for n, whole, found in zip(numbers, kept, parts, strict=True)]
