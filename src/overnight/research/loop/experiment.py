"""One experiment: trials as the gate asks for them, until the gate concludes."""

from collections.abc import Iterable
from dataclasses import dataclass, field

import anyio
from anyio.abc import TaskGroup

from overnight.gate.gate import next_step, pair_ahead
from overnight.gate.steps import Conclude, Register, RunTrials
from overnight.gate.trial import Arm, TrialKey
from overnight.gate.verdict import Conclusion, Verdict
from overnight.research.events import Registered
from overnight.research.loop.head import HeadRunner
from overnight.research.loop.journal import Journal
from overnight.research.loop.moving import Mover
from overnight.research.loop.queue import ProposalQueue
from overnight.research.loop.scheduler import Scheduler, Subject
from overnight.research.loop.slots import Urgency
from overnight.research.loop.stop import Stop
from overnight.research.loop.turns import Turns
from overnight.research.standing import OpenExperiment

SLOTS_PER_PAIR = 4  # slots for which one pair of a test runs: the others screen; see bench/gate/parallel.py
GRACE_S = 0.02  # a slot that was just given back is usually taken again at once, for a trial that is needed


@dataclass(slots=True)
class Measurement:
    """An experiment whose trials run."""

    number: int
    tasks: TaskGroup
    flying: set[TrialKey] = field(default_factory=set)  # its trials that run, or wait for a slot
    ended: anyio.Event = field(default_factory=anyio.Event)  # set and replaced when one of them ends


@dataclass(slots=True, kw_only=True)
class ExperimentRunner:
    """Measures trees and asks the gate; every finished trial is on disk before the next step."""

    journal: Journal
    scheduler: Scheduler
    head: HeadRunner
    mover: Mover
    stop: Stop
    queue: ProposalQueue
    _turns: Turns = field(default_factory=Turns)
    _screened: set[int] = field(default_factory=set)  # experiments that survived screening and have no verdict yet
    _measured: dict[int, Measurement] = field(default_factory=dict)  # by experiment
    _changed: anyio.Event = field(default_factory=anyio.Event)  # set and replaced when there may be another pair to run ahead

    async def conclude(self, number: int) -> Conclusion | None:
        """Take an open experiment to its verdict, against the head of that moment; None if the campaign stops first.

        If another change is kept meanwhile, the experiment moves onto the new head and its evidence starts again.
        """
        try:
            while not self.stop.requested:
                if not self._is_on_head(number) and (conclusion := self._move(number)):
                    return conclusion
                await self.head.measure()
                if self._is_on_head(number) and (conclusion := await self._measure(number)):
                    return conclusion
        finally:
            self.scheduler.trials.forget(number)
            self._screened.discard(number)
        return None

    def _move(self, number: int) -> Conclusion | None:
        screened = number in self._screened or self.journal.opened(number).registered is not None
        return self.mover.move(number, screened=screened)

    def head_moved(self) -> None:
        """End the trials of all experiments: they ran against a head that is replaced."""
        for measurement in self._measured.values():
            measurement.tasks.cancel_scope.cancel()

    async def run_ahead(self) -> None:
        """While slots are idle, run the next pairs of open tests before those under way are finished; until cancelled."""
        while True:
            await self.scheduler.slots.idle()
            await anyio.sleep(GRACE_S)
            if self.scheduler.slots.free and not self._start_ahead() and not self._turns.next():
                await self._changed.wait()

    async def _measure(self, number: int) -> Conclusion | None:
        """Measure an experiment against the head; None if the head moves, or the campaign stops, before there is a verdict."""
        conclusion = None
        async with anyio.create_task_group() as tasks:
            measurement = self._measured[number] = Measurement(number, tasks)
            try:
                conclusion = await self._checked(number) or await self._ask_gate(measurement)
                if not self.stop.requested:
                    tasks.cancel_scope.cancel()  # pairs that run ahead of a verdict are not needed
            finally:
                del self._measured[number]
                self._turns.leave(number)
        return conclusion

    async def _checked(self, number: int) -> Conclusion | None:
        """The verdict if one of the program's checks fails."""
        opened = self.journal.opened(number)
        if opened.trials or not self.journal.state.program.checks:
            return None
        async with self.scheduler.slots.lease(Urgency.SCREEN) as slot:
            failed = "" if self.stop.requested else await self.scheduler.trials.checks(opened.commit, slot)
        return Conclusion(verdict=Verdict.CRASH, reason=failed) if failed else None

    async def _ask_gate(self, measurement: Measurement) -> Conclusion | None:
        while not self.stop.requested and self._is_on_head(measurement.number):
            state, opened = self.journal.state, self.journal.opened(measurement.number)
            step = next_step(
                state.program,
                state.gate,
                opened.number,
                opened.trials,
                opened.level,
                margin=opened.margin,
                shrinks=opened.shrinks,
                restart=opened.restart,
                screened=opened.screened,
            )
            if (opened.registered or isinstance(step, Register)) and not self._turns.is_due(opened.number):
                await self._wait_for_turn(opened.number)
                continue
            match step:
                case Conclude(conclusion=conclusion):
                    return conclusion
                case Register(level=level, test=test, margin=margin):
                    self.journal.record(Registered(number=opened.number, test=test, level=level, margin=margin))
                case RunTrials(trials=keys):
                    ended = measurement.ended
                    self._start(measurement, opened, keys, Urgency.TEST if opened.registered else Urgency.SCREEN)
                    self._widen(measurement, opened)
                    await ended.wait()
        return None

    def _widen(self, measurement: Measurement, opened: OpenExperiment) -> None:
        """Run several pairs of a test side by side on many slots, or on all if others wait for their turn to be tested."""
        width = self.scheduler.slots.count // (len(Arm) if self._turns.waiting else SLOTS_PER_PAIR)
        while opened.registered and len({key.index for key in measurement.flying}) < width:
            ahead = self._ahead(measurement, opened)
            if ahead is None:
                return
            self._start(measurement, opened, ahead.trials, Urgency.TEST)

    async def _wait_for_turn(self, number: int) -> None:
        """Wait until the experiment may be tested; another is taken up meanwhile."""
        self._screened.add(number)
        self._announce()
        with self.queue.held(number), self.stop.waiting():
            await self._turns.wait(number)

    def _start(self, measurement: Measurement, opened: OpenExperiment, keys: Iterable[TrialKey], urgency: Urgency) -> None:
        """Start those trials that are not under way."""
        for key in sorted(keys, key=self.scheduler.order):
            if key in measurement.flying:
                self.scheduler.slots.hasten(key, urgency)
            else:
                measurement.flying.add(key)
                measurement.tasks.start_soon(self._run, measurement, key, _subject(opened, key), urgency)
        self._announce()

    async def _run(self, measurement: Measurement, key: TrialKey, on: Subject, urgency: Urgency) -> None:
        try:
            await self.scheduler.run(key, on, urgency)
        finally:
            measurement.flying.discard(key)
            measurement.ended.set()
            measurement.ended = anyio.Event()
            self._announce()

    def _start_ahead(self) -> bool:
        """Start the next trial of the oldest test that has one left to run ahead; whether there was one."""
        for number, measurement in sorted(self._measured.items()):
            opened = self.journal.opened(number)
            if opened.registered and not self.stop.requested and (ahead := self._ahead(measurement, opened)):
                self._start(measurement, opened, sorted(ahead.trials, key=self.scheduler.order)[:1], Urgency.AHEAD)
                return True
        return False

    def _ahead(self, measurement: Measurement, opened: OpenExperiment) -> RunTrials | None:
        program = self.journal.state.program
        return pair_ahead(program, opened.number, opened.trials, measurement.flying, restart=opened.restart)

    def _is_on_head(self, number: int) -> bool:
        return self.journal.opened(number).base == self.journal.state.head

    def _announce(self) -> None:
        self._changed.set()
        self._changed = anyio.Event()


def _subject(opened: OpenExperiment, key: TrialKey) -> Subject:
    if key.arm is Arm.BASELINE:
        return Subject(commit=opened.base, tree=opened.base)
    return Subject(commit=opened.commit, tree=opened.tree)
