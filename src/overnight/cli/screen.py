"""The live screen of a campaign: head and noise, running trials with ETA, the latest verdicts, budget left."""

import math
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from rich.console import Group, RenderableType
from rich.panel import Panel
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from overnight.cli.at_work import Running, TokenRate, Worker, missed_words
from overnight.cli.tables import verdict_text
from overnight.gate.noise import noise_report
from overnight.gate.trial import Stage, TrialKey
from overnight.machines.place import LOCAL, Place
from overnight.models.usage import Usage
from overnight.research.budget import SessionAllowance
from overnight.research.caution import cautions_of, to_hold
from overnight.research.events import ProposalMissed
from overnight.research.history import as_experiment
from overnight.research.loop.journal import Journal
from overnight.research.state import State
from overnight.research.views.nodes import node_lines
from overnight.research.views.numbers import audited, estimated, gain, money, number, pace
from overnight.research.views.providers import provider_lines
from overnight.research.views.trial_use import use_of, used_words
from overnight.words.figures import figure
from overnight.words.foreign import one_line, printable
from overnight.words.quantities import compact, counted, duration

DOING = 160  # characters of what a worker does
LAST = 8  # experiments listed
BAR = 24  # columns of a progress bar


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """Draws from the journal's state; has no state of its own."""

    journal: Journal
    allowance: Callable[[], SessionAllowance]  # what the session may use now
    folder: Path
    running: Mapping[TrialKey, Running]
    workers: Mapping[tuple[str, int], Worker]  # by role and assignment
    gone: Mapping[str, str]  # why a role, or one of it, is not asked any more
    misses: Iterable[ProposalMissed]  # the newest tries that came to nothing, oldest first
    pace: TokenRate
    acknowledged: Callable[[], str]  # the effect of a request to stop; empty before one
    note: Callable[[], str]  # the newest thing that a person should know; empty before one

    def draw(self) -> RenderableType:
        """The screen as it is now."""
        state = self.journal.state
        parts: list[RenderableType] = [
            _head(state),
            *self._models(state),
            self._budget(state),
            self._trials(state),
            self._last(),
        ]
        for line in to_hold(state):
            parts.insert(0, Text(line, style="bold red"))
        for caution in cautions_of(state):
            parts.insert(0, Text(f"WARNING: {caution}", style="bold red"))
        title = f"overnight · {state.tag} · {duration(self.journal.elapsed_s())}"
        if note := self.note():
            parts.append(Text(f"note: {printable(note, 300)}", style="yellow"))
        if ending := self.acknowledged():
            parts.append(Text(ending, style="bold yellow"))
        return Panel(
            Group(*parts), title=title, subtitle=f"Ctrl-C ends cleanly; `{state.program.command} run` continues", expand=True
        )

    def _budget(self, state: State) -> RenderableType:
        tally, allowance = state.tally, self.allowance()
        verdicts = Text.assemble(
            (f"{tally.keep} kept", "bold green"),
            f" · {tally.discard} discarded · {tally.crash} crashed · {tally.reject} rejected free · ",
            counted(tally.trials, "trial"),
            f": {used_words(use_of(tally))}" if tally.trials else "",
        )
        grid = Table.grid(padding=(0, 2))
        left = (
            ("experiments", tally.experiments, allowance.experiments, str),
            ("trials", tally.trials, allowance.trials, str),
            ("time", self.journal.elapsed_s(), allowance.elapsed_s, duration),
            ("tokens", tally.tokens, allowance.tokens, compact),
        )
        if state.audit and not state.audit.concluded:
            done, wanted = len(state.audit.samples), state.audit.wanted
            grid.add_row("audit", ProgressBar(total=wanted, completed=done, width=BAR), f"{done} of {wanted} trials")
        for name, used, limit, say in left:
            if limit:
                bar = ProgressBar(total=limit, completed=min(used, limit), width=BAR)
                grid.add_row(name, bar, f"{say(max(0, limit - used))} left")
        return Group(verdicts, grid)

    def _models(self, state: State) -> Iterator[RenderableType]:
        """What models use; tokens per second come first, because they limit a night of agents."""
        for line in provider_lines(state.providers.values()):
            yield Text(f"provider {line}", style="yellow")
        if not state.usage:
            return
        used = sum(state.usage.values(), Usage())
        yield Text.assemble(
            (f"{compact(self.pace.per_second(time.monotonic()))} tokens/s", "bold"),
            f" · {counted(used.calls, 'call')}{estimated(used.estimated)}"
            f" · {compact(used.input_tokens)} in, {compact(used.cached_tokens)} of them cached"
            f" · {compact(used.output_tokens)} out{pace(used.output_tokens_per_s)}",
            f" · {money(used.cost_usd)}" if used.cost_usd else "",
            f", {money(used.cost_usd / len(state.kept))} a kept change" if state.kept and used.cost_usd else "",
        )

    def _trials(self, state: State) -> RenderableType:
        usual = state.tally.trial_wall_s / state.tally.trials if state.tally.trials else 0.0
        grid = Table.grid(padding=(0, 2))
        for trial in sorted(self.running.values(), key=lambda r: r.place.slot):
            spent = time.monotonic() - trial.since
            bar = ProgressBar(total=usual or None, completed=min(spent, usual), width=BAR, pulse=not usual)
            eta = f"about {max(0.0, usual - spent):.0f} s left" if usual else "the first trial"
            grid.add_row(_slot(trial.place), _name(trial.key), bar, f"{spent:.0f} s, {eta}")
        for line in node_lines(state.nodes):
            grid.add_row("machine", line, "", "")
        for worker in list(self.workers.values()):  # a copy, as this runs in a thread of its own
            what = f"{worker.assignment}: {printable(worker.doing, DOING) or 'works'}"
            grid.add_row(printable(worker.role, 40), what, "", f"{time.monotonic() - worker.since:.0f} s")
        for role, reason in list(self.gone.items()):
            grid.add_row(printable(role, 40), f"is not asked any more: {printable(reason, DOING)}", "", "")
        for missed in list(self.misses):
            what = f"{missed.assignment}: {missed_words(missed)}: {one_line(missed.reason, DOING)}"
            grid.add_row(printable(missed.role, 40), Text(what, style="dim"), "", "")
        running = {key.experiment for key in self.running}
        if waiting := sum(not opened.trials and opened.number not in running for opened in state.open):
            grid.add_row("", f"{counted(waiting, 'proposal')} waiting for a slot", "", "")
        return grid

    def _last(self) -> RenderableType:
        table = Table(box=None, pad_edge=False, header_style="dim", expand=True)
        for name in ("#", "verdict", "gain", "hypothesis"):
            table.add_column(name, no_wrap=name != "hypothesis", ratio=1 if name == "hypothesis" else None)
        under_way = [as_experiment(opened, None, at=0.0, until=0.0) for opened in self.journal.state.open if opened.trials]
        for experiment in [*list(self.journal.recent)[-LAST:], *under_way]:
            what = Text(printable(experiment.hypothesis, 200), overflow="ellipsis", no_wrap=True)
            table.add_row(str(experiment.number), verdict_text(experiment), gain(experiment.conclusion), what)
        return table


def _head(state: State) -> RenderableType:
    fresh, report = state.gate.baseline, noise_report(state.program, state.gate)
    text = Text.assemble((state.program.metric.name, "bold"), f" ({state.program.metric.direction.value}) best so far ")
    if not fresh:
        return text.append("- measuring the baseline")
    mean = math.fsum(fresh) / len(fresh)
    half = 2 * report.sigma / math.sqrt(len(fresh)) if report.sigma else 0.0
    text.append(f"{number(mean)} ± {half:.2g}", style="bold")
    text.append(f" · noise floor ± {number(report.sigma)} ({report.kind.value})")
    if state.kept:
        gained = math.fsum(k.conclusion.gain or 0.0 for k in state.kept)
        text.append(f" · gained {figure(gained, 3, signed=True)} in {counted(len(state.kept), 'keep')}", style="green")
    return text


def _slot(place: Place) -> str:
    return f"slot {place.slot}" if place.node == LOCAL else f"{printable(place.node, DOING)} slot {place.slot}"


def _name(key: TrialKey) -> str:
    if key.stage is Stage.AUDIT:
        return f"audit {key.index + 1} of {audited(key)}"
    if key.stage is Stage.SEARCH:
        return f"search trial {key.index + 1}"
    if key.experiment == 0 or key.stage.value == "baseline":
        return f"baseline trial {key.index + 1}"
    return f"#{key.experiment} {key.stage.value} {key.index + 1} {key.arm.value}"
