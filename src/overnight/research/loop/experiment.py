"""One experiment: trials as the gate asks for them, until the gate concludes."""

from dataclasses import dataclass, field

import anyio

from overnight.gate.gate import next_step
from overnight.gate.steps import Conclude, Register, RunTrials, Step
from overnight.gate.verdict import Conclusion, Verdict
from overnight.research.events import Registered
from overnight.research.loop.ahead import PairsAhead
from overnight.research.loop.head import HeadRunner
from overnight.research.loop.journal import Journal
from overnight.research.loop.measurement import Measurement
from overnight.research.loop.moving import Mover
from overnight.research.loop.queue import ProposalQueue
from overnight.research.loop.scheduler import Scheduler
from overnight.research.loop.slots import Urgency
from overnight.research.loop.stop import Stop
from overnight.research.standing import OpenExperiment
from overnight.research.state import State


@dataclass(slots=True, kw_only=True)
class ExperimentRunner:
    """Measures trees and asks the gate; every finished trial is on disk before the next step."""

    journal: Journal
    scheduler: Scheduler
    head: HeadRunner
    mover: Mover
    stop: Stop
    queue: ProposalQueue
    ahead: PairsAhead
    _screened: set[int] = field(default_factory=set)  # experiments that survived screening and have no verdict yet

    async def conclude(self, number: int) -> Conclusion | None:
        """Take an open experiment to its verdict, against the head of that moment; None if the campaign stops first.

        If another change is kept meanwhile, the experiment moves onto the new head and its evidence starts again.
        """
        try:
            while not self.stop.requested:
                if not self._is_on_head(number) and (conclusion := await self._move(number)):
                    return conclusion
                await self.head.measure()
                conclusion = await self._measure(number) if self._is_on_head(number) else None
                if conclusion and self._is_on_head(number):  # else another was kept while its trials were ended
                    return conclusion
        finally:
            self.scheduler.trials.forget(number)
            self._screened.discard(number)
        return None

    def head_moved(self) -> None:
        """End the trials of all experiments: they ran against a head that is replaced."""
        for measurement in self.ahead.measured.values():
            measurement.cancel()

    async def _move(self, number: int) -> Conclusion | None:
        """Bring an experiment onto the head; its conclusion if that leaves nothing to measure."""
        self.scheduler.trials.forget(number)
        opened = self.journal.opened(number)
        screened = number in self._screened or opened.registered is not None or opened.screened
        return await self.mover.move(number, screened=screened)

    async def _measure(self, number: int) -> Conclusion | None:
        """Measure an experiment against the head; None if the head moves, or the campaign stops, before there is a verdict."""
        conclusion = None
        async with anyio.create_task_group() as tasks:
            measurement = Measurement(number=number, scheduler=self.scheduler, tasks=tasks, changed=self.ahead.announce)
            self.ahead.measured[number] = measurement
            try:
                conclusion = await self._checked(number) or await self._ask_gate(measurement)
                if not self.stop.requested:
                    measurement.cancel()  # pairs that run ahead of a verdict are not needed
            finally:
                del self.ahead.measured[number]
                self.ahead.turns.leave(number)
        return conclusion

    async def _checked(self, number: int) -> Conclusion | None:
        """The verdict if one of the program's checks fails."""
        opened = self.journal.opened(number)
        if opened.trials or not self.journal.state.program.checks:
            return None
        failed = await self.scheduler.checks(opened.commit, Urgency.SCREEN, number=opened.number)
        return Conclusion(verdict=Verdict.CRASH, reason=str(failed), excerpt=failed.excerpt) if failed else None

    async def _ask_gate(self, measurement: Measurement) -> Conclusion | None:
        while not self.stop.requested and self._is_on_head(measurement.number):
            opened = measurement.opened
            step = _next_step(self.journal.state, opened)
            if (opened.registered or isinstance(step, Register)) and not self.ahead.turns.is_due(opened.number):
                await self._wait_for_turn(opened.number)
                continue
            match step:
                case Conclude(conclusion=conclusion):
                    return conclusion
                case Register(level=level, test=test, margin=margin):
                    self.journal.record(Registered(number=opened.number, test=test, level=level, margin=margin))
                case RunTrials(trials=keys):
                    ended = measurement.ended
                    measurement.start(keys, Urgency.TEST if opened.registered else Urgency.SCREEN)
                    self.ahead.widen(measurement)
                    await ended.wait()
        return None

    async def _wait_for_turn(self, number: int) -> None:
        """Wait until the experiment may be tested; another is taken up meanwhile."""
        self._screened.add(number)
        self.ahead.announce()
        with self.queue.held(number), self.stop.waiting():
            await self.ahead.turns.wait(number)

    def _is_on_head(self, number: int) -> bool:
        return self.journal.opened(number).base == self.journal.state.head


def _next_step(state: State, opened: OpenExperiment) -> Step:
    return next_step(
        state.program,
        state.gate,
        opened.number,
        opened.trials,
        opened.level,
        margin=opened.margin,
        shrinks=opened.shrinks,
        restart=opened.restart,
        screened=opened.screened,
        losses=len(opened.losses),
    )
