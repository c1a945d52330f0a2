"""`overnight status`: where a campaign stands, from its newest snapshot and the events since."""

import click

from overnight.cli.options import json_option, print_json, tag_option
from overnight.research.reading import reading
from overnight.research.views.status import describe, summarise


@click.command()
@tag_option
@json_option
def status(tag: str | None, as_json: bool) -> None:
    """Show where a campaign stands."""
    with reading(tag) as campaign:
        state = campaign.state()
        failed, elapsed_s = campaign.failure(state), campaign.elapsed_s(state)
        searched = next(iter(campaign.ledger.search_trials(1)), None)
        now = summarise(state, campaign.running, str(campaign.folder), failed=failed, elapsed_s=elapsed_s, searched=searched)
    if as_json:
        print_json(now)
    else:
        click.echo(describe(now))
