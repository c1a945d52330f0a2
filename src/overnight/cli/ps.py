"""`overnight ps`: the loops on this machine, over all repositories."""

import time

import click

from overnight.jobs.listing import LoopLine, LoopList, LoopState, line_words
from overnight.words.quantities import duration

COLOURS = {LoopState.RUNNING: "green", LoopState.STUCK: "bold red", LoopState.LOST: "red", LoopState.MISTAKE: "bold red"}
NOTHING = "no loop runs on this machine, and none is set up; `overnight up --repo PATH` keeps a campaign running"


def show_ps(found: LoopList, _given: object) -> None:
    """Print a table of them, and what to know of the supervisor."""
    from rich.table import Table
    from rich.text import Text

    from overnight.cli.tables import print_wide

    if not found.loops:
        click.echo(NOTHING)
    else:
        table = Table(box=None, pad_edge=False, header_style="bold")
        for name in ("name", "system", "state", "since", "pid", "heartbeat", "folder", "what"):
            table.add_column(name, justify="right" if name == "pid" else "left")
        for line in found.loops:
            state = Text(line.state.value, style=COLOURS.get(line.state, ""))
            what = Text(line_words(line, time.time()))
            cells = (Text(line.system), state, _since(line), str(line.pid or ""), _beat(line), Text(line.folder), what)
            table.add_row(Text(line.name), *cells)
        print_wide(table)
    _print_supervisor(found)


def _print_supervisor(found: LoopList) -> None:
    if found.supervisor_stuck:
        click.echo(f"WARNING: the supervisor (process {found.supervisor}) is stuck: kill it, then `overnight up`")
    elif found.supervisor is None and any(line.wanted and line.state is not LoopState.DONE for line in found.loops):
        click.echo("nothing is started again: no supervisor runs; `overnight up` starts one")


def _since(line: LoopLine) -> str:
    return "" if line.since is None else time.strftime("%Y-%m-%d %H:%M", time.localtime(line.since))


def _beat(line: LoopLine) -> str:
    return "" if line.heartbeat_s is None else f"{duration(line.heartbeat_s)} ago"
