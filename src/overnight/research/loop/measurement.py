"""The trials of one experiment that are under way, against one head."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

import anyio
from anyio.abc import TaskGroup

from overnight.gate.gate import pair_ahead
from overnight.gate.steps import RunTrials
from overnight.gate.trial import Arm, TrialKey
from overnight.research.loop.scheduler import Scheduler, Subject
from overnight.research.loop.slots import Urgency
from overnight.research.standing import OpenExperiment


@dataclass(slots=True, kw_only=True)
class Measurement:
    """Starts trials of an experiment, each once, and says when one has ended."""

    number: int
    scheduler: Scheduler
    tasks: TaskGroup
    changed: Callable[[], None]  # called when a trial starts or ends
    running: set[TrialKey] = field(default_factory=set)  # trials that run, or wait for a slot
    ended: anyio.Event = field(default_factory=anyio.Event)  # set and replaced when one of them ends

    @property
    def opened(self) -> OpenExperiment:
        """The experiment as it stands now."""
        return self.scheduler.journal.opened(self.number)

    def start(self, keys: Iterable[TrialKey], urgency: Urgency) -> None:
        """Start those trials that are not under way; those that are become as urgent."""
        opened = self.opened
        for key in sorted(keys, key=self.scheduler.order):
            if key in self.running:
                self.scheduler.slots.hasten(key, urgency)
            else:
                self.running.add(key)
                self.tasks.start_soon(self._run, key, _subject(opened, key), urgency)
        self.changed()

    def ahead(self) -> RunTrials | None:
        """What is left to run of the next pair of its test; None if it has no test, or may not run farther ahead."""
        opened, program = self.opened, self.scheduler.journal.state.program
        if opened.registered is None:
            return None
        return pair_ahead(program, self.number, opened.trials, self.running, restart=opened.restart)

    def cancel(self) -> None:
        """End what runs."""
        self.tasks.cancel_scope.cancel()

    async def _run(self, key: TrialKey, on: Subject, urgency: Urgency) -> None:
        try:
            await self.scheduler.run(key, on, urgency)
        finally:
            self.running.discard(key)
            self.ended.set()
            self.ended = anyio.Event()
            self.changed()


def _subject(opened: OpenExperiment, key: TrialKey) -> Subject:
    if key.arm is Arm.BASELINE:
        return Subject(commit=opened.base, tree=opened.base)
    return Subject(commit=opened.commit, tree=opened.tree)
