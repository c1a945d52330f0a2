"""A page of experiments as a table on a terminal."""

import click
from rich.text import Text

from overnight.cli.tables import experiments_table, print_wide
from overnight.research.operations.log import LogInput
from overnight.research.views.experiments import ExperimentList
from overnight.research.views.log import none_listed
from overnight.research.views.trial_use import TO_SEARCH, used_words


def show_log(page: ExperimentList, given: LogInput) -> None:
    """Print the page, or why it is empty."""
    if not page.total and given.verdict:
        click.echo(f"no experiment has the verdict {given.verdict}")
    elif not page.experiments:
        click.echo(none_listed(page))
    else:
        _print(page)


def _print(page: ExperimentList) -> None:
    print_wide(experiments_table(page.experiments, page.doubts, page.unbelievable))
    shown = page.offset + len(page.experiments)
    if shown < page.total:
        print_wide(Text(f"{shown} of {page.total}; more with --offset {shown}", style="dim"))
    if any(use.purpose == TO_SEARCH for use in page.trials_used):
        print_wide(Text(f"trials: {used_words(page.trials_used)}", style="dim"))
