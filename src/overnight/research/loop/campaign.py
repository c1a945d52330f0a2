"""A campaign: researchers propose, the laboratory concludes, the branch moves, until a budget, a target or a person ends it.

Neither waits for the other: a bounded queue of proposals lies between them.
"""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager, nullcontext, suppress
from dataclasses import dataclass, field, replace

import anyio
from anyio.abc import TaskGroup

from overnight.errors import OvernightError
from overnight.gate.verdict import Conclusion, Verdict
from overnight.research.ending import FAILED, NO_IDEAS, Ending, SessionKind
from overnight.research.events import Concluded, Stopped
from overnight.research.experiment import Experiment
from overnight.research.history import same_as_head
from overnight.research.loop.asking import Asking
from overnight.research.loop.branch import Branch
from overnight.research.loop.edit import NamedResearcher
from overnight.research.loop.experiment import ExperimentRunner
from overnight.research.loop.head import HeadRunner
from overnight.research.loop.journal import Journal
from overnight.research.loop.orders import Task, meanwhile
from overnight.research.loop.queue import ProposalQueue
from overnight.research.loop.searching import SearchTrials
from overnight.research.loop.stop import Stop
from overnight.research.loop.unjudged import is_unjudged
from overnight.research.standing import OpenExperiment
from overnight.words.quantities import numbered

LEARNED = 5000  # experiments that a researcher learns about when a campaign is resumed


@dataclass(slots=True, kw_only=True)
class Campaign:
    """One session of a campaign, which continues from its ledger."""

    journal: Journal
    head: HeadRunner
    runner: ExperimentRunner
    asking: Asking
    queue: ProposalQueue
    branch: Branch
    staff: Sequence[NamedResearcher]
    searches: SearchTrials
    stop: Stop
    models: AbstractAsyncContextManager[object] = field(default_factory=nullcontext)  # open while the campaign runs
    beside: Sequence[Task] = ()  # run as long as the campaign does
    notes: Sequence[str] = ()  # what a person should know about this session before it begins
    _at_work: int = 0  # researchers that may still propose something

    async def run(self) -> Stopped:
        """Run until something ends it; return the last event of the session.

        Raises:
            UserError: the head itself cannot be measured, or somebody else moved the branch.
        """
        try:
            with self.stop.at_once:
                async with meanwhile(self.asking.keep_acting, *self.beside):
                    self._take_up()
                    await self.head.warm_up()
                    await self.head.measure()
                    async with self.models:
                        await self._work()
        except BaseException:
            with suppress(OvernightError):
                self._end(FAILED)
            raise
        return self._end(self.stop.ending or self.asking.over or NO_IDEAS)

    def _end(self, ending: Ending) -> Stopped:
        stopped = Stopped(session=SessionKind.CAMPAIGN, ending=ending, elapsed_s=self.journal.elapsed_s())
        self.journal.record(stopped)
        self.journal.snapshot()
        return stopped

    def _take_up(self) -> None:
        """Finish what an earlier session left: keeps that did not take full effect, and proposals without a verdict."""
        for opened in self.journal.state.open:
            if opened.conclusion:
                self.branch.advance(opened.number)
            else:
                self.queue.put(opened.number, opened.proposed.role)
        self.branch.publish_missing()
        for experiment in self.journal.ledger.experiments(limit=LEARNED).experiments[::-1]:
            if experiment.conclusion:
                self._inform(experiment)
        self.searches.recall_all()
        self.asking.set_clock()

    async def _work(self) -> None:
        """Let everybody work until nothing more can come."""
        async with anyio.create_task_group() as background:
            background.start_soon(self.runner.ahead.keep_running)
            background.start_soon(self.asking.keep_reading)
            async with anyio.create_task_group() as tasks:
                self._at_work, self.searches.tasks = len(self.staff), tasks
                for staff in self.staff:
                    tasks.start_soon(self._ask, staff)
                await self._measure_what_is_open(tasks)
            background.cancel_scope.cancel()

    async def _ask(self, staff: NamedResearcher) -> None:
        try:
            await self.asking.keep_asking(staff, lambda number: self._inform(self.journal.ledger.experiment(number)))
        finally:
            self._at_work -= 1
            self.queue.announce()

    async def _measure_what_is_open(self, tasks: TaskGroup) -> None:
        """The laboratory: measure as many experiments at once as keep the slots busy."""
        while not self.stop.requested and (self._at_work or self.queue.busy):
            number = self.queue.take()
            if number is not None:
                tasks.start_soon(self._conclude, number)
                continue
            with self.stop.waiting():
                await self.queue.news()

    async def _conclude(self, number: int) -> None:
        try:
            if conclusion := await self.runner.conclude(number):
                self._settle(number, conclusion)
        finally:
            self.queue.finish(number)
        if conclusion:
            await self.head.measure()

    def _settle(self, number: int, conclusion: Conclusion) -> None:
        """Record the verdict, move the branch for a keep, and inform every researcher."""
        opened = self.journal.opened(number)
        measured = opened.base == self.journal.state.head  # else nothing of it was left to bring onto the head
        if opened.replaces and measured:
            how = "replaces" if conclusion.verdict is Verdict.KEEP else "its text conflicts with"
            conclusion = replace(conclusion, reason=f"{conclusion.reason}; {how} {numbered(opened.replaces)}")
        returned = measured and self._goes_back(opened, conclusion)
        elapsed_s = self.journal.elapsed_s()
        same = measured and same_as_head(opened.trials, self.journal.state.gate.anchors)
        self.journal.record(
            Concluded(
                number=number,
                conclusion=conclusion,
                elapsed_s=elapsed_s,
                returned=returned,
                unjudged=is_unjudged(conclusion, opened, measured=measured),
                same_as_head=same,
            )
        )
        if conclusion.verdict is Verdict.KEEP:
            self.branch.advance(number)
            self.runner.head_moved()
        self._inform(self.journal.ledger.experiment(number))
        self.asking.inbox.show()

    def _goes_back(self, opened: OpenExperiment, conclusion: Conclusion) -> bool:
        """Whether a change may have failed only because of what was kept meanwhile, and its author can read why."""
        if conclusion.verdict not in {Verdict.DISCARD, Verdict.CRASH}:
            return False
        together = bool(opened.replaces) or (opened.moved is not None and conclusion.verdict is Verdict.CRASH)
        return together and any(staff.reads for staff in self.staff if staff.role == opened.proposed.role)

    def _inform(self, experiment: Experiment | None) -> None:
        if experiment:
            for staff in self.staff:
                staff.researcher.learn(experiment)
