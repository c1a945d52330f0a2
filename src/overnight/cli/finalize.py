"""`overnight finalize`: a clean branch of proven changes, ready for review."""

import click

from overnight.cli.options import json_option, print_json, tag_option
from overnight.errors import UserError
from overnight.research.caution import held
from overnight.research.reading import reading
from overnight.research.views.review import ReviewBranch, change, unread
from overnight.words.quantities import counted


@click.command()
@tag_option
@click.option("--into", help="Name of the branch [default: overnight/TAG].")
@click.option("--include-unread", is_flag=True, help="Also take changes that are unbelievable until a person has read them.")
@json_option
def finalize(*, tag: str | None, into: str | None, include_unread: bool, as_json: bool) -> None:
    """Turn the kept changes into a clean branch for review.

    One commit per kept change on top of the start, with the evidence in its message. Your checkout is not touched.
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
        tip = write_branch(campaign.repository, start=state.start, kept=kept, branch=branch)
    if as_json:
        print_json(ReviewBranch(branch=branch, commit=tip, changes=len(kept), unread=tuple(k.number for k in held(state))))
        return
    click.echo(f"{branch} has {counted(len(kept), 'commit')} on top of {state.start[:12]}; to review them:")
    click.echo(f"  git log -p {state.start[:12]}..{branch}")
