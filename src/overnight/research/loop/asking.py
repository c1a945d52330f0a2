"""Asks researchers for proposals, as long as budgets, the queue and their own success allow."""

import math
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import anyio

from overnight.agents.hindrance import Hindrance
from overnight.models.port import ModelsParked
from overnight.program.program import Budget
from overnight.research.budget import SessionAllowance, SessionLimits
from overnight.research.ending import Ending, EndReason, more_telling, reason_of
from overnight.research.events import ModelCalled, Noted, ProposalEnded, ProposalMissed, Sign, Working
from overnight.research.loop.dry_spell import DrySpell
from overnight.research.loop.edit import NamedResearcher
from overnight.research.loop.inbox import Inbox
from overnight.research.loop.journal import Journal
from overnight.research.loop.proposal import Intake
from overnight.research.loop.queue import ProposalQueue
from overnight.research.loop.recording import ProposalOutcome
from overnight.research.loop.stop import Stop
from overnight.research.researchers.port import NoIdeas, SearchEnded
from overnight.words.quantities import duration

ORDERS_S = 10.0  # between looks at what people wrote, while everybody waits
REMEMBERED = 256  # assignments whose tokens are known; advisers have some, too


async def _a_while() -> None:
    await anyio.sleep(ORDERS_S)


@dataclass(slots=True, kw_only=True)
class Asking:
    """The researchers' side of a session."""

    journal: Journal
    intake: Intake
    inbox: Inbox
    queue: ProposalQueue
    limits: SessionLimits
    stop: Stop
    over: Ending | None = None  # why nothing more is proposed; open experiments are still finished
    a_while: Callable[[], Awaitable[None]] = _a_while  # until what people wrote is read again
    _tokens: Counter[int] = field(default_factory=Counter)  # by assignment that is under way

    def __post_init__(self) -> None:
        self.journal.watch(self.see)

    @property
    def allowance(self) -> SessionAllowance:
        """What this session may use, by the current budget."""
        return self.limits.within(self.journal.state.budget)

    def set_clock(self) -> None:
        """Let the session stop when its time is over, by the current budget."""
        allowance = self.allowance
        left_s = math.inf if allowance.elapsed_s is None else allowance.elapsed_s - self.journal.elapsed_s()
        self.stop.after(left_s, allowance.time_over())

    async def keep_reading(self) -> None:
        """Take in what people write, also while every researcher waits for a model or a trial; until cancelled."""
        while True:
            await self.a_while()
            before = self.journal.state
            self.inbox.take_in()
            if self.journal.state is not before:
                self.set_clock()
                self.queue.announce()

    async def keep_acting(self) -> None:
        """Act on what is ordered, in all phases of a session; until cancelled."""
        while True:
            if await self.inbox.news():
                self.set_clock()
                self.queue.announce()

    async def keep_asking(self, staff: NamedResearcher, rejected: Callable[[int], None]) -> None:
        """Ask one researcher, who does not wait for verdicts, until it or the session ends.

        `rejected` is called with the number of each proposal that is not worth a trial.
        """
        if ending := await self._until_it_ends(staff, rejected):
            self.over = more_telling(self.over, ending)
            self.journal.record(ProposalMissed(role=staff.role, reason=ending.detail, final=True))

    async def _until_it_ends(self, staff: NamedResearcher, rejected: Callable[[int], None]) -> Ending | None:
        """Why this researcher is not asked again; None if the session ends."""
        spell = self._spell(staff, waited_for=False)
        while await self._may_ask(staff.role):
            before, budget = self._seen_by(staff), self.journal.state.budget
            try:
                outcome = await self._ask(staff, spell)
            except NoIdeas as none:
                if await self._something_changes(staff, before):
                    continue
                return None if self.stop.requested else Ending(reason=EndReason.NO_IDEAS, detail=str(none))
            except ModelsParked as parked:
                if ending := await self._parked(parked, budget):
                    return ending
                continue
            if outcome is None:
                continue
            if outcome.number is not None and not outcome.problem:
                self.queue.put(outcome.number, staff.role)
                self._tokens.pop(outcome.assignment, None)
                spell = self._spell(staff)
                continue
            if outcome.number is not None:
                rejected(outcome.number)
            spell.add(outcome.problem, self._tokens.pop(outcome.assignment, 0), outcome.hindrance)
            if why := spell.over(self.journal.elapsed_s()):
                return _ending(staff.role, why, spell.hindrance)
            await self._rest(staff, outcome, spell)
        return None

    async def _rest(self, staff: NamedResearcher, outcome: ProposalOutcome, spell: DrySpell) -> None:
        """Pause after a try that came to nothing."""
        if warning := spell.warning():
            self.journal.show(Noted(text=f"{staff.role}: {warning}"))
        with self._shown(staff.role, outcome.assignment, f"pauses, as its last try came to nothing: {outcome.problem}"):
            await self._pause(spell.pause_s)

    async def _may_ask(self, role: str) -> bool:
        """Wait until another proposal of a role is wanted; False if none is in this session."""
        while not self.stop.requested:
            state = self.journal.state
            spent = self.allowance.spent(state, self.journal.elapsed_s())
            under_way = self.allowance.experiments_spent(state, self.queue.making)
            if (spent or under_way) and not self._others_work:
                self.over = spent or under_way  # it is why the session ends, whoever had no ideas before
                return False
            trial_s = state.tally.trial_wall_s / state.tally.trials if state.tally.trials else 0.0
            if not (spent or under_way) and self.queue.has_room(role, trial_s):
                return True
            with self.stop.waiting():
                await self.queue.news()
        return False

    async def _ask(self, staff: NamedResearcher, spell: DrySpell) -> ProposalOutcome | None:
        """Ask a researcher; None if the session stops, its search ends, or after a wait for a model: no failed proposal."""
        self.inbox.take_in()
        self.set_clock()
        outcome, began = None, anyio.current_time()
        with self.stop.waiting(), self.queue.proposing(staff.role), suppress(SearchEnded):
            outcome = await self.intake.propose(staff, tuple(spell.problems))
        self.inbox.show()
        if outcome is None:
            return None
        if outcome.wait_s:
            spell.began_s += outcome.wait_s
            with self._shown(staff.role, outcome.assignment, f"waits for a model, {duration(outcome.wait_s)} at most"):
                await self._pause(outcome.wait_s)
            return None
        if outcome.number is not None:  # a search has the slots to itself, so there is nothing to gain from being ahead
            thought_s = max(anyio.current_time() - began - outcome.waited_s, 0.0)
            self.queue.learn(staff.role, 0.0 if outcome.searched else thought_s)
        return outcome

    @contextmanager
    def _shown(self, role: str, assignment: int, doing: str) -> Iterator[None]:
        """Show what a researcher does that works on nothing."""
        self.journal.show(Working(role=role, assignment=assignment, doing=doing))
        try:
            yield
        finally:
            self.journal.show(ProposalEnded(role=role, assignment=assignment))

    async def _pause(self, seconds: float) -> None:
        with self.stop.waiting():
            await anyio.sleep(seconds)

    @property
    def _others_work(self) -> bool:
        """Whether something is proposed or measured, until when the session goes on, and an order may still raise a limit."""
        return bool(self.journal.state.open or self.queue.making)

    async def _parked(self, parked: ModelsParked, before: Budget) -> Ending | None:
        """The end of a researcher without models; None if what it may spend has changed while the session went on."""
        if not parked.spent:
            return Ending(reason=EndReason.MODELS, detail=str(parked))
        while self.journal.state.budget == before and self._others_work and not self.stop.requested:
            with self.stop.waiting():
                await self.queue.news()
        return Ending(reason=EndReason.BUDGET, detail=str(parked)) if self.journal.state.budget == before else None

    async def _something_changes(self, staff: NamedResearcher, before: tuple[str, frozenset[int]]) -> bool:
        """Wait until a researcher without ideas may have some again, as the head or what it waits for is another."""
        while self._seen_by(staff) == before and self.journal.state.open and not self.stop.requested:
            with self.stop.waiting():
                await self.queue.news()
        return self._seen_by(staff) != before and not self.stop.requested

    def _seen_by(self, staff: NamedResearcher) -> tuple[str, frozenset[int]]:
        """The head, and the open proposals that it may wait for."""
        state = self.journal.state
        return state.head, frozenset(opened.number for opened in state.open if staff.waits_for(opened.proposed))

    def _spell(self, staff: NamedResearcher, *, waited_for: bool = True) -> DrySpell:
        return DrySpell(patience_s=staff.patience_s, began_s=self.journal.elapsed_s(), waited_for=waited_for)

    def see(self, sign: Sign) -> None:
        """Count the tokens of each assignment that is under way."""
        if isinstance(sign, ModelCalled):
            self._tokens[sign.number] += sign.usage.tokens
            if len(self._tokens) > REMEMBERED:
                self._tokens.pop(next(iter(self._tokens)))


def _ending(role: str, why: str, hindrance: Hindrance | None) -> Ending:
    """The end of a researcher after a dry spell; if it could not work it is said how to try it alone."""
    detail = why if hindrance is None else f"the role `{role}` cannot work: {why}; try `overnight agents test {role}`"
    return Ending(reason=reason_of(hindrance), detail=detail)
