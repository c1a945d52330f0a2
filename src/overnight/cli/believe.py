"""`overnight believe N`: a person has read a kept change, and its gain is real."""

import click

from overnight.cli.options import tag_option
from overnight.errors import UserError
from overnight.research.places.orders import believe as note_belief
from overnight.research.reading import reading


@click.command()
@click.argument("number", type=click.IntRange(min=1))
@tag_option
def believe(number: int, tag: str | None) -> None:
    """Say that you have read a kept change and that its gain is real.

    For a person: read its diff first with `overnight show N`. A change that is unbelievable until read is held back from
    `finalize` until then. It also takes effect while the campaign runs.
    """
    with reading(tag) as campaign:
        state, folder = campaign.state(), campaign.folder
        kept = next((kept for kept in state.kept if kept.number == number), None)
    if kept is None:
        raise UserError(f"the campaign `{state.tag}` did not keep #{number}", fix="see `overnight log --verdict keep`")
    if not kept.believed:
        note_belief(folder, kept.commit)
    click.echo(f"#{number} of `{state.tag}` counts as read: its gain is real by a person's word")
