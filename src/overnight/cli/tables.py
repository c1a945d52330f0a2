"""Experiments and trials as terminal tables; all foreign text is made printable."""

import sys
from collections.abc import Collection, Iterable, Mapping, Sequence

import click
from rich.console import Console, RenderableType
from rich.table import Table
from rich.text import Text

from overnight.gate.trial import Stage, Trial
from overnight.research.experiment import Experiment
from overnight.research.origin import origin_words
from overnight.research.views.numbers import gain, number
from overnight.words.foreign import printable

COLOURS = {"keep": "bold green", "discard": "dim", "crash": "red", "reject": "yellow"}
CELL = 300  # characters of a hypothesis or reason
UNWRAPPED = 10_000  # columns: programs get one line per row, however long


def print_wide(*parts: RenderableType) -> None:
    """Print at the width of the terminal; to a file or a pipe without wrapping or padding."""
    if sys.stdout.isatty():
        Console().print(*parts, sep="\n")
        return
    console = Console(width=UNWRAPPED)
    with console.capture() as captured:
        console.print(*parts, sep="\n")
    for line in captured.get().splitlines():
        click.echo(line.rstrip())


def verdict_text(experiment: Experiment) -> Text:
    """The verdict in its colour; `open` while there is none."""
    if experiment.conclusion is None:
        return Text("open", style="cyan")
    verdict = experiment.conclusion.verdict.value
    return Text(verdict, style=COLOURS[verdict])


def experiments_table(
    experiments: Iterable[Experiment], doubts: Mapping[str, Sequence[str]], held: Collection[int] = ()
) -> Table:
    """One row per experiment; `doubts` about kept ones by number, and which of them are held for a person."""
    table = Table(box=None, pad_edge=False, header_style="bold")
    for name in ("#", "verdict", "value", "trials", "gain", "hypothesis, and reason for the verdict"):
        table.add_column(name, justify="right" if name in ("#", "value", "trials") else "left")
    for e in experiments:
        what = Text(printable(e.hypothesis, CELL))
        if origin := origin_words(e.searched, e.together, unscreened=e.unscreened):
            what.append(f" ({origin})", style="dim")
        if e.conclusion and e.conclusion.verdict.value != "keep":
            what.append(f"\n{printable(e.conclusion.reason, CELL)}", style="dim")
        until = "unbelievable until read" if e.number in held else "look at the diff"
        for doubt in doubts.get(str(e.number), ()):
            what.append(f"\n{until}: {printable(doubt, CELL)}", style="bold red" if e.number in held else "yellow")
        table.add_row(str(e.number), verdict_text(e), number(e.value), str(e.trials), gain(e.conclusion), what)
    return table


def trials_table(trials: Iterable[Trial]) -> Table:
    """One row per trial; the values and costs of holdout trials are sealed."""
    trials = list(trials)
    table = Table(box=None, pad_edge=False, header_style="bold")
    on_devices = any(t.place and t.place.devices for t in trials)
    for name in ("stage", "index", "arm", "seed", "value", "wall s", "cpu s", "peak MB", *(["on"] * on_devices), "fault"):
        table.add_column(name, justify="left" if name in ("stage", "arm", "on", "fault") else "right")
    for t in trials:
        taken = (number(t.value), f"{t.wall_s:.2f}", f"{t.cpu_s:.2f}", f"{t.peak_memory_bytes / 1e6:.0f}")
        shown = ("sealed", "", "", "") if t.key.stage is Stage.HOLDOUT else taken
        fault = Text(printable(t.reason, CELL)) if t.fault else Text("")
        devices = [Text(printable(", ".join(t.place.devices if t.place else ()), CELL))] * on_devices
        table.add_row(t.key.stage.value, str(t.key.index), t.key.arm.value, str(t.seed), *shown, *devices, fault)
    return table
