"""`overnight log`: a page of experiments."""

import click

from overnight.cli.options import json_option, print_json, tag_option
from overnight.gate.verdict import Verdict
from overnight.research.views.experiments import ExperimentList, experiment_list
from overnight.research.views.trial_use import TO_SEARCH, used_words
from overnight.words.quantities import counted


@click.command()
@tag_option
@click.option("-n", "--limit", type=click.IntRange(1, 1000), default=20, show_default=True, help="Experiments per page.")
@click.option("--offset", type=click.IntRange(min=0), default=0, help="Skip this many experiments.")
@click.option("--oldest-first", is_flag=True, help="List the oldest experiments first.")
@click.option("--verdict", type=click.Choice([verdict.value for verdict in Verdict]), help="List only those with this verdict.")
@json_option
def log(*, tag: str | None, limit: int, offset: int, oldest_first: bool, verdict: str | None, as_json: bool) -> None:
    """List the experiments of a campaign."""
    from overnight.research.reading import reading

    with reading(tag) as campaign:
        wanted = Verdict(verdict) if verdict else None
        page = campaign.ledger.experiments(offset=offset, limit=limit, newest_first=not oldest_first, verdict=wanted)
        experiments = [campaign.under_way(experiment) for experiment in page.experiments]
        found = experiment_list(experiments, total=page.total, offset=offset, state=campaign.state())
    if as_json:
        print_json(found)
    elif not page.total and verdict:
        click.echo(f"no experiment has the verdict {verdict}")
    elif not page.total:
        click.echo("no experiments yet; `overnight status` shows where the campaign stands")
    elif not experiments:
        click.echo(f"nothing after {offset}: there {'is' if page.total == 1 else 'are'} {counted(page.total, 'experiment')}")
    else:
        _print(found)


def _print(page: ExperimentList) -> None:
    from rich.text import Text

    from overnight.cli.tables import experiments_table, print_wide

    print_wide(experiments_table(page.experiments, page.doubts, page.unbelievable))
    shown = page.offset + len(page.experiments)
    if shown < page.total:
        print_wide(Text(f"{shown} of {page.total}; more with --offset {shown}", style="dim"))
    if any(use.purpose == TO_SEARCH for use in page.trials_used):
        print_wide(Text(f"trials: {used_words(page.trials_used)}", style="dim"))
