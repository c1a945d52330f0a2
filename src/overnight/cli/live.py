"""Views of a running campaign: a live screen on a terminal, a line per event elsewhere."""

import math
import sys
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Self, cast

from overnight.cli.at_work import MISSES, Running, TokenRate, Worker, missed_words
from overnight.cli.outlet import Outlet
from overnight.gate.trial import Stage, Trial, TrialKey
from overnight.research.budget import SessionAllowance
from overnight.research.caution import cautions_of
from overnight.research.events import (
    AuditConcluded,
    AuditOpened,
    Concluded,
    ModelCalled,
    Moved,
    NodeJoined,
    NodeLost,
    Noted,
    ProgramChanged,
    ProposalEnded,
    ProposalMissed,
    Proposed,
    Proposing,
    ProviderChanged,
    Registered,
    Sign,
    TrialCancelled,
    TrialFinished,
    TrialStarted,
    TrialVoided,
    Working,
)
from overnight.research.loop.journal import Journal
from overnight.research.origin import origin_words
from overnight.research.search_trial import Searched
from overnight.research.views.nodes import event_line
from overnight.research.views.numbers import audited, gain, how_moved, number
from overnight.research.views.providers import describe_provider
from overnight.words.foreign import one_line, printable
from overnight.words.quantities import counted

LINE = 300  # characters of foreign text per line
REFRESH_HZ = 4
PATIENCE_S = 2.0
SHOW_CURSOR = "\x1b[?25h"


class SessionView:
    """What all views have in common; a reader that stops reading does not hold up the campaign."""

    def __init__(self) -> None:
        self._output, self._errors = Outlet(sys.stdout), Outlet(sys.stderr)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Wait until everything is read, because more output follows; after an error wait only briefly."""
        self._output.settle(PATIENCE_S if kind else math.inf)
        self._errors.settle(PATIENCE_S)

    def note(self, lines: Iterable[str]) -> None:
        """Print what the user should know on standard error."""
        for line in lines:
            self._errors.say(f"note: {line}")


class PlainView(SessionView):
    """One line per event, for logs and pipes."""

    def see(self, sign: Sign) -> None:
        """Print a line for an event that deserves one."""
        if line := describe(sign):
            self._output.say(line)

    def acknowledge(self, what: str) -> None:
        """Print the effect of a request to stop at once; on standard error, because standard output may be a pipe."""
        self._errors.say(what)

    @contextmanager
    def showing(self, journal: Journal, allowance: Callable[[], SessionAllowance], folder: Path) -> Iterator[None]:  # noqa: ARG002  # as LiveView
        """Print cautions and where the record is; a line per event follows."""
        for caution in cautions_of(journal.state):
            self._errors.say(f"WARNING: {caution}")
        self._output.say(f"campaign {journal.state.tag}, recorded in {folder}")
        yield


class LiveView(SessionView):
    """A screen that is redrawn a few times a second from the state and the running trials."""

    def __init__(self) -> None:
        super().__init__()
        self._running: dict[TrialKey, Running] = {}
        self.workers: dict[tuple[str, int], Worker] = {}
        self.gone: dict[str, str] = {}
        self.misses: deque[ProposalMissed] = deque(maxlen=MISSES)
        self._acknowledged = self._note = ""
        self.pace = TokenRate()

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Also show the cursor again, in case the output that did so was dropped because nobody read it."""
        super().__exit__(kind)
        self._output.write(SHOW_CURSOR)
        self._output.settle(PATIENCE_S)

    def see(self, sign: Sign) -> None:
        """Keep track of what runs."""
        match sign:
            case TrialStarted(key=key, place=place):
                self._running[key] = Running(key=key, place=place, since=time.monotonic())
            case TrialFinished(trial=Trial(key=key)) | TrialCancelled(key=key) | TrialVoided(key=key):
                self._running.pop(key, None)
            case Noted(text=text):
                self._note = text
            case ModelCalled(usage=usage) if not usage.estimated:
                self.pace.add(time.monotonic(), usage.tokens)
            case _:
                self._see_workers(sign)

    def _see_workers(self, sign: Sign) -> None:
        """Keep track of who works on what."""
        match sign:
            case Proposing(role=role, assignment=assignment):
                self.workers[role, assignment] = Worker(role=role, assignment=assignment, since=time.monotonic())
            case Working(role=role, assignment=assignment, doing=doing, goes_on=goes_on):
                before = self.workers.get((role, assignment)) if goes_on else None
                since = before.since if before else time.monotonic()
                self.workers[role, assignment] = Worker(role=role, assignment=assignment, doing=doing, since=since)
            case ProposalEnded(role=role, assignment=assignment):
                self.workers.pop((role, assignment), None)
            case ProposalMissed(role=role, reason=reason, final=True):
                self.gone[role] = reason
            case ProposalMissed():
                self.misses.append(sign)
            case _:
                pass

    def acknowledge(self, what: str) -> None:
        """Show the effect of a request to stop, from the next redraw on."""
        self._acknowledged = what

    @contextmanager
    def showing(self, journal: Journal, allowance: Callable[[], SessionAllowance], folder: Path) -> Iterator[None]:
        """Redraw until the context ends; the last screen stays."""
        from rich.console import Console
        from rich.live import Live

        from overnight.cli.screen import Screen

        screen = Screen(
            journal=journal,
            allowance=allowance,
            folder=folder,
            running=self._running,
            workers=self.workers,
            gone=self.gone,
            misses=self.misses,
            pace=self.pace,
            acknowledged=lambda: self._acknowledged,
            note=lambda: self._note,
        )
        console = Console(file=cast("IO[str]", self._output))
        with Live(console=console, get_renderable=screen.draw, refresh_per_second=REFRESH_HZ, redirect_stderr=False):
            yield


def view_for(*, plain: bool) -> LiveView | PlainView:
    """The live screen if standard output is a terminal; a context manager, outside of which others may print."""
    return PlainView() if plain or sys.stdout is None or not sys.stdout.isatty() else LiveView()


def describe(sign: Sign) -> str:
    """An event as one line for people; empty if it does not deserve one."""
    match sign:
        case TrialFinished(trial=trial) if trial.key.stage is Stage.BASELINE:
            found = number(trial.value) if trial.value is not None else printable(trial.reason, LINE)
            return f"baseline trial {trial.key.index + 1}: {found}"
        case TrialFinished(trial=trial, searched=Searched(role=role) as searched):
            found = number(trial.value) if trial.value is not None else printable(trial.reason, LINE)
            said = f"; {printable(searched.so_far, LINE)}" if searched.so_far else ""
            return f"search trial {trial.key.index + 1} of {printable(role, LINE)}: {found}{said}"
        case Proposed():
            left_out = f"; left out: {printable(str(sign.by_products), LINE)}" if str(sign.by_products) else ""
            found = f", {origin}" if (origin := origin_words(sign.searched, sign.together)) else ""
            return f"#{sign.number} proposed by {sign.role}{found}: {printable(sign.hypothesis, LINE)}{left_out}"
        case Moved(number=n, replaces=replaces):
            return f"#{n} goes on against the new head, {how_moved(replaces)}"
        case Registered():
            return f"#{sign.number} is put to the test with fresh seeds at level {sign.level:.2g}"
        case Concluded(number=n, conclusion=conclusion):
            gained = f" gain {gain(conclusion)}" if conclusion.gain is not None else ""
            return f"#{n} {conclusion.verdict.value}:{gained} {printable(conclusion.reason, LINE)}"
        case ProposalMissed():
            what = "is not asked any more" if sign.final else missed_words(sign)
            return f"{sign.role} {what}: {one_line(sign.reason, LINE)}"
        case ProgramChanged():
            return "program.md changed"
        case ProviderChanged(state=state):
            return f"provider {describe_provider(state)}"
        case _:
            return _describe_rest(sign)


def _describe_rest(sign: Sign) -> str:
    """The same for an audit's events, for machines, and for notes."""
    match sign:
        case NodeJoined() | NodeLost() | TrialVoided():
            return event_line(sign)
        case Noted(text=text):
            return f"note: {printable(text, LINE)}"
        case TrialFinished(trial=trial) if trial.key.stage is Stage.AUDIT:
            found = number(trial.value) if trial.value is not None else printable(trial.reason, LINE)
            return f"audit trial {trial.key.index + 1} of {audited(trial.key)}: {found}"
        case AuditOpened(audit=n, pairs=pairs, changes=changes, parts=parts):
            then = f", then each of {counted(len(changes), 'kept change')} left out in turn" if changes else ""
            then += f", and {counted(len(parts), 'part')} of them" if parts else ""
            return f"audit {n}: start against head in {counted(pairs, 'pair')}{then}"
        case AuditConcluded(audit=n):
            return f"audit {n} is done"
        case _:
            return ""
