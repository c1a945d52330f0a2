"""`overnight show N`: one experiment and everything that its verdict is based on."""

from collections.abc import Sequence

import click

from overnight.cli.caller import context_here
from overnight.cli.options import json_option, print_json, tag_option
from overnight.operations.perform import perform
from overnight.research.experiment import Experiment, SessionTranscript
from overnight.research.origin import origin_words
from overnight.research.reading import reading
from overnight.research.views.experiments import ExperimentPage
from overnight.words.foreign import printable, printable_lines
from overnight.words.quantities import counted

LOG_LINES = 20
TEXT = 2000  # characters of one line of foreign text


@click.command()
@click.argument("number", type=click.IntRange(min=1), required=False)
@click.option(
    "--assignment",
    type=click.IntRange(min=1),
    help="Print the transcripts of an assignment instead, also of one that came to nothing.",
)
@tag_option
@click.option(
    "--log", "with_log", is_flag=True, help="Also print the captured output of its last failed trial, or else its last trial."
)
@click.option(
    "--transcript", "with_transcript", is_flag=True, help="Also print what its author and its critics were asked, said and did."
)
@json_option
def show(
    *, number: int | None, assignment: int | None, tag: str | None, with_log: bool, with_transcript: bool, as_json: bool
) -> None:
    """Show one experiment: hypothesis, diff, trials, and the verdict with its reason."""
    from overnight.research.operations.show import OPERATION, ShowInput

    if assignment is not None and number is None:
        _show_assignment(assignment, tag, as_json=as_json)
        return
    if number is None or assignment is not None:
        raise click.UsageError("give the number of an experiment, or --assignment")
    given = ShowInput(number=number, tag=tag, log=with_log, transcript=with_transcript)
    page = perform(OPERATION, context_here(), given)
    if as_json:
        print_json(page)
    else:
        print_experiment(page)


def show_page(page: ExperimentPage, _given: object) -> None:
    """The same as `print_experiment`, for what has an input too."""
    print_experiment(page)


def print_experiment(page: ExperimentPage) -> None:
    """Print the page for people, with foreign text made printable."""
    from rich.syntax import Syntax
    from rich.text import Text

    from overnight.cli.tables import print_wide, trials_table, verdict_text
    from overnight.research.views.network import network_lines
    from overnight.research.views.numbers import how_moved

    experiment = page.experiment
    origin = origin_words(experiment.searched, experiment.together, unscreened=experiment.unscreened)
    diff = [Syntax("\n".join(printable(line, TEXT) for line in page.diff.splitlines()), "diff", background_color="default")]
    diff = diff if page.diff else []
    if page.unbelievable:
        print_wide(Text(f"#{experiment.number} is unbelievable until read; its diff:", style="bold red"), *diff)
    print_wide(
        Text.assemble((f"experiment {experiment.number}: ", "bold"), verdict_text(experiment)),
        Text(printable(experiment.hypothesis, TEXT)),
        Text(f"proposed by {experiment.role} ({experiment.researcher}), commit {experiment.commit[:12] or 'none'}"),
        *([Text(origin)] if origin else []),
        *([Text(f"left out of it: {printable(left_out, TEXT)}")] if (left_out := str(experiment.by_products)) else []),
        *(Text(f"moved onto {move.onto[:12]}, {how_moved(move.replaces)}: measured again from there") for move in page.moves),
        *(Text(f"  {printable(sentence, TEXT)}") for sentence in page.explanation),
        *(Text(f"  {_doubted(page, doubt)}", style="yellow") for doubt in page.doubts),
        *(Text(f"  | {printable(line, TEXT)}", style="dim") for line in _excerpt(experiment)),
    )
    if page.unbelievable:
        print_wide(*(Text(line, style="bold red") for line in _what_to_do(experiment)))
    else:
        print_wide(*diff)
    counting = [trial for trial in page.trials if trial.key.restart == experiment.restart]
    if counting:
        print_wide(trials_table(counting))
    if before := len(page.trials) - len(counting):
        print_wide(Text(f"and {counted(before, 'trial')} against earlier heads, which no longer count (--json has them)"))
    print_wide(*(Text(f"network: {line}") for line in network_lines(page.network)))
    if page.log is not None:
        end = [Text(f"  {printable(line, TEXT)}") for line in page.log.splitlines()[-LOG_LINES:]]
        print_wide(Text("end of the captured output:", style="bold"), *end)
    if page.transcripts is not None:
        _print_transcripts(page.transcripts)


def _doubted(page: ExperimentPage, doubt: str) -> str:
    """Why its value is hard to believe, and what a person has to do, or has done."""
    if page.believed:
        return f"A person has read it: {printable(doubt, TEXT)}."
    return (
        f"{'Unbelievable until read' if page.unbelievable else 'Hard to believe'}: {printable(doubt, TEXT)}. Look at the diff."
    )


def _what_to_do(experiment: Experiment) -> Sequence[str]:
    """How a person lets a change go that is held, or goes on without it."""
    number = experiment.number
    return (
        f"If the gain is real: overnight believe {number}",
        f"If it is not, nothing that was kept after #{number} counts either: end the campaign (`overnight stop`), check out "
        f"{experiment.base[:12]}, the head before it, take what it tricked out of `editable`, and start with another --tag.",
    )


def _show_assignment(assignment: int, tag: str | None, *, as_json: bool) -> None:
    with reading(tag) as campaign:
        transcripts = campaign.transcripts_of(assignment)
    if as_json:
        print_json(transcripts)
    else:
        _print_transcripts(transcripts)


def _print_transcripts(transcripts: Sequence[SessionTranscript]) -> None:
    """Print whole sessions, as they are: for a pager or a file, lines are not wrapped."""
    if not transcripts:
        click.echo(
            "no transcript is kept of it: its researcher is no agent, or it was among the oldest, which are deleted first"
        )
    for session in transcripts:
        click.echo(f"\ntranscript {session.name}:\n\n{printable_lines(session.text, len(session.text))}")


def _excerpt(experiment: Experiment) -> Sequence[str]:
    return experiment.conclusion.excerpt if experiment.conclusion else ()
