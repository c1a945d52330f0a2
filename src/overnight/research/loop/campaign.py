"""A campaign: researchers propose, the runner concludes, and the branch moves, until a budget, a target or a person ends it."""

import math
from collections import deque
from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager, nullcontext, suppress
from dataclasses import dataclass, field

import anyio

from overnight.errors import OvernightError
from overnight.gate.target import head_reached_target
from overnight.gate.verdict import Conclusion, Verdict
from overnight.models.port import ModelsParked
from overnight.research.budget import SessionAllowance, SessionLimits
from overnight.research.ending import FAILED, NO_IDEAS, TARGET, Ending, EndReason, SessionKind
from overnight.research.events import Concluded, ProposalMissed, Stopped
from overnight.research.experiment import Experiment
from overnight.research.loop.branch import Branch
from overnight.research.loop.experiment import ExperimentRunner
from overnight.research.loop.inbox import Inbox
from overnight.research.loop.journal import Journal
from overnight.research.loop.proposal import Intake, NamedResearcher
from overnight.research.loop.stop import Stop
from overnight.research.researchers.port import NoIdeas
from overnight.words.quantities import duration

LEARNED = 5000  # experiments that a researcher learns about when a campaign is resumed
PATIENCE = 10  # proposals of one researcher in a row that may come to nothing


@dataclass(slots=True, kw_only=True)
class Campaign:
    """One session of a campaign, which continues from its ledger."""

    journal: Journal
    runner: ExperimentRunner
    intake: Intake
    branch: Branch
    staff: Sequence[NamedResearcher]
    limits: SessionLimits
    stop: Stop
    inbox: Inbox
    models: AbstractAsyncContextManager[object] = field(default_factory=nullcontext)  # open while the campaign runs
    notes: Sequence[str] = ()  # what a person should know about this session before it begins
    _unfinished: deque[int] = field(default_factory=deque)
    _news: anyio.Event = field(default_factory=anyio.Event)  # set and replaced whenever an experiment or a researcher is done
    _over: Ending | None = None  # why nothing more is proposed; open experiments are still finished

    async def run(self) -> Stopped:
        """Run until something ends it; return the last event of the session.

        Raises:
            UserError: the head itself cannot be measured, or somebody else moved the branch.
        """
        try:
            with self.stop.at_once:
                self._take_up()
                await self.runner.warm_up()
                await self._measure_head()
                async with self.models, anyio.create_task_group() as tasks:
                    for staff in self.staff:
                        tasks.start_soon(self._work, staff)
        except BaseException:
            with suppress(OvernightError):
                self._end(FAILED)
            raise
        return self._end(self.stop.ending or self._over or NO_IDEAS)

    @property
    def allowance(self) -> SessionAllowance:
        """What this session may use, by the current program."""
        return self.limits.within(self.journal.state.program.budget)

    def _end(self, ending: Ending) -> Stopped:
        stopped = Stopped(session=SessionKind.CAMPAIGN, ending=ending, elapsed_s=self.journal.elapsed_s())
        self.journal.record(stopped)
        self.journal.snapshot()
        return stopped

    def _take_up(self) -> None:
        """Finish what an earlier session left: keeps that did not take full effect, and proposals without a verdict."""
        for opened in self.journal.state.open:
            if opened.conclusion:
                self.branch.advance(opened.proposed.number)
            else:
                self._unfinished.append(opened.proposed.number)
        self.branch.publish_missing()
        for experiment in self.journal.ledger.experiments(limit=LEARNED).experiments[::-1]:
            if experiment.conclusion:
                self._inform(experiment)
        self._set_clock()

    def _set_clock(self) -> None:
        allowance = self.allowance
        left_s = math.inf if allowance.elapsed_s is None else allowance.elapsed_s - self.journal.elapsed_s()
        self.stop.after(left_s, allowance.time_over())

    async def _measure_head(self) -> None:
        await self.runner.measure_head()
        if head_reached_target(self.journal.state.program, self.journal.state.gate):
            self.stop.request(TARGET)

    async def _work(self, staff: NamedResearcher) -> None:
        """One researcher's loop, until it or the campaign ends."""
        try:
            ending = await self._propose_and_conclude(staff)
        finally:
            self._announce()
        if ending:
            self._over = self._over or ending
            self.journal.record(ProposalMissed(role=staff.role, reason=ending.detail, final=True))

    async def _propose_and_conclude(self, staff: NamedResearcher) -> Ending | None:
        """Why this researcher is not asked again; None if the campaign ends."""
        fruitless = 0
        while not self.stop.requested and await self._may_go_on():
            try:
                number = await self._next(staff)
            except NoIdeas as none:
                return Ending(reason=EndReason.NO_IDEAS, detail=str(none))
            except ModelsParked as parked:
                return Ending(reason=EndReason.MODELS, detail=str(parked))
            if number is not None:
                fruitless = 0
                await self._conclude(number)
            elif (fruitless := fruitless + 1) == PATIENCE:
                detail = f"{fruitless} proposals in a row came to nothing, the last one: {self.intake.missed}"
                return Ending(reason=EndReason.NO_IDEAS, detail=detail)
            self._announce()
        return None

    async def _may_go_on(self) -> bool:
        """Whether there is an experiment to finish or to propose; waits if that depends on those under way."""
        while not self._unfinished and not self.stop.requested:
            state, asked = self.journal.state, self.intake.asked
            spent = self.allowance.spent(state, self.journal.elapsed_s())
            under_way = self.allowance.experiments_spent(state, asked)
            if not spent and not under_way:
                return True
            if spent or not (state.open or asked):
                self._over = spent or under_way
                return False
            await self._news.wait()
        return not self.stop.requested

    def _announce(self) -> None:
        self._news.set()
        self._news = anyio.Event()

    async def _conclude(self, number: int) -> None:
        await self._measure_head()
        conclusion = await self.runner.conclude(number)
        if conclusion:
            self._settle(number, conclusion)
            await self._measure_head()

    async def _next(self, staff: NamedResearcher) -> int | None:
        """An experiment to conclude: one that an earlier session left, else a new proposal; None if it came to nothing."""
        if self._unfinished:
            return self._unfinished.popleft()
        self.inbox.take_in()
        self._set_clock()
        number = None
        with self.stop.waiting():
            number = await self._propose(staff)
        if number is None:
            return None
        if not (is_open := self.journal.is_open(number)):
            self._inform(self.journal.ledger.experiment(number))
        self.inbox.show()
        return number if is_open else None

    async def _propose(self, staff: NamedResearcher) -> int | None:
        """Ask a researcher; wait while no model is available, which does not count as a failed proposal."""
        while True:
            try:
                return await self.intake.propose(staff)
            except ModelsParked as parked:
                if parked.wait_s is None:
                    raise
                reason = f"{parked}; asked again in {duration(parked.wait_s)}"
                self.journal.record(ProposalMissed(role=staff.role, reason=reason))
                await anyio.sleep(parked.wait_s)

    def _settle(self, number: int, conclusion: Conclusion) -> None:
        """Record the verdict, move the branch for a keep, and inform every researcher."""
        if conclusion.superseded:
            self._unfinished += self.intake.propose_again(number, conclusion)
        else:
            self.journal.record(Concluded(number=number, conclusion=conclusion, elapsed_s=self.journal.elapsed_s()))
        if conclusion.verdict is Verdict.KEEP:
            self.branch.advance(number)
        self._inform(self.journal.ledger.experiment(number))
        self.inbox.show()

    def _inform(self, experiment: Experiment | None) -> None:
        if experiment:
            for staff in self.staff:
                staff.researcher.learn(experiment)
