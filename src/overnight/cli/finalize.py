"""`overnight finalize`: a clean branch of proven changes, ready for review."""

import click

from overnight.cli.options import json_option, print_json, tag_option
from overnight.cli.reading import reading
from overnight.cli.words import gain
from overnight.core.gate import explain
from overnight.core.state import Kept, State
from overnight.errors import UserError


@click.command()
@tag_option
@click.option("--into", help="Name of the branch; overnight/TAG by default.")
@json_option
def finalize(tag: str | None, into: str | None, as_json: bool) -> None:
    """Turn the kept chain into a clean branch for review.

    One commit per kept change on top of the start, with the evidence in its message. Your checkout is not touched.
    """
    from overnight.backends.git.finalize import KeptChange
    from overnight.backends.git.finalize import finalize as write_branch

    with reading(tag) as campaign:
        state = campaign.state()
        if not state.kept:
            raise UserError(f"the campaign `{state.tag}` kept nothing, so there is nothing to finalize")
        branch = into or f"overnight/{state.tag}"
        kept = [KeptChange(commit=k.commit, subject=k.hypothesis, body=evidence(state, k)) for k in state.kept]
        tip = write_branch(campaign.repository, start=state.start, kept=kept, branch=branch)
    if as_json:
        print_json({"branch": branch, "commit": tip, "changes": len(kept)})
        return
    click.echo(f"{branch} has {len(kept)} commits on top of {state.start[:12]}; review it with")
    click.echo(f"  git log -p {state.start[:12]}..{branch}")


def evidence(state: State, kept: Kept) -> str:
    """The body of a kept change's commit message."""
    lines = explain(kept.conclusion, state.program)
    trailers = [
        f"Overnight-Campaign: {state.tag}",
        f"Overnight-Experiment: {kept.number}",
        f"Overnight-Gain: {state.program.metric.name} {gain(kept.conclusion)}",
        f"Overnight-Attempt: {kept.commit}",
    ]
    return "\n".join([*lines, "", *trailers])
