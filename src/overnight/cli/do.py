"""`overnight do`: ask for a feature or a fix, from anywhere."""

import sys
from pathlib import Path

import click

from overnight.cli.caller import check_by_hand, context_here
from overnight.cli.options import json_option, print_json, sandbox_option
from overnight.words.foreign import printable

LINE = 2000  # characters of a note


def _tokens(_context: click.Context, _parameter: click.Parameter, value: str | None) -> int | None:
    """A count as people write it."""
    if value is None:
        return None
    from overnight.actions.asking.requests import tokens_of

    return tokens_of(value)


@click.command()
@click.argument("text", nargs=-1)
@click.option("-f", "--file", "as_files", is_flag=True, help="TEXT are task files, such as tasks/*.md.")
@click.option("--repo", metavar="PATH", default="", help="The repository; by default the one around this folder.")
@click.option("--tokens", metavar="N", callback=_tokens, help="That its agents may use, such as 300k.")
@click.option("--cost-usd", type=click.FloatRange(min=0, min_open=True), help="Dollars that its agents may use.")
@click.option("--after", metavar="N", multiple=True, type=click.IntRange(min=1), help="An action that must be merged before.")
@click.option("--check", metavar="CMD", multiple=True, help="A command that must pass, beside the repository's.")
@click.option("--show", metavar="CMD", default="", help="A command that shows what it does now, such as a screenshot.")
@click.option("--plan/--no-plan", default=None, help="Whether a planner is asked first; by default for a long text.")
@click.option("--refactoring", is_flag=True, help="The same tests must pass; no new one must have failed before.")
@click.option("--measure", is_flag=True, help="It ends in a campaign: a proven gain of the metric of program.md is asked for.")
@click.option("--branch", metavar="NAME", default="", help="A branch or commit of yours: it is checked, reviewed and merged.")
@click.option("--later", is_flag=True, help="Only queue it: do not start the board.")
@click.option("--init", "initialises", is_flag=True, help="Look at the repository and write its actions.md, if you agree.")
@click.option("--yes", is_flag=True, help="With --init: write without asking, for scripts.")
@sandbox_option
@json_option
def do(
    *,
    text: tuple[str, ...],
    as_files: bool,
    repo: str,
    tokens: int | None,
    cost_usd: float | None,
    after: tuple[int, ...],
    check: tuple[str, ...],
    show: str,
    plan: bool | None,
    refactoring: bool,
    measure: bool,
    branch: str,
    later: bool,
    initialises: bool,
    yes: bool,
    sandbox: str,
    as_json: bool,
) -> int:
    """Ask for a feature or a fix: agents code it in a checkout of its own, we check it, you judge the result.

    TEXT is what is to be done, in your words; `-` reads it from standard input. It waits on the board until there is room. Your
    own checkout and branches are never touched. `--sandbox` is that of the checks that `--init` tries.
    """
    if initialises:
        from overnight.cli.do_init import write_actions

        if sandbox != "jail":
            check_by_hand(f"do --init --sandbox {sandbox}")
        return write_actions(Path.cwd() / Path(repo).expanduser(), yes=yes, sandbox=sandbox, as_json=as_json)
    if yes or sandbox != "jail":
        raise click.UsageError("--yes and --sandbox can only be used with --init")
    from overnight.actions.operations.do import OPERATION, DoInput
    from overnight.operations.perform import perform

    given = DoInput(
        text="" if as_files else sys.stdin.read() if text == ("-",) else " ".join(text),
        repo=repo,
        tokens=tokens,
        cost_usd=cost_usd,
        after=after,
        check=check,
        show=show,
        plan=plan,
        refactoring=refactoring,
        measure=measure,
        branch=branch,
        later=later,
        file=tuple(map(Path, text)) if as_files else (),
    )
    found = perform(OPERATION, context_here(), given)
    if as_json:
        print_json(found)
    else:
        click.echo(OPERATION.render(found))
    for note in found.notes:
        click.echo(f"note: {printable(note, LINE)}", err=True)
    return 0
