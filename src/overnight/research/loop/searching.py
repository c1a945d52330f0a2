"""Search trials: what a researcher measures before it proposes. They are recorded as they end, and are never evidence."""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import anyio
from anyio.abc import TaskGroup

from overnight.gate.trial import Arm, Stage, TrialKey
from overnight.git.port import FileChange
from overnight.research.budget import SessionAllowance, SessionLimits
from overnight.research.changes.scope import proposal_digest
from overnight.research.events import Concluded, Sign
from overnight.research.history import as_search_trial
from overnight.research.loop.ahead import SLOTS_PER_PAIR
from overnight.research.loop.edit import NamedResearcher
from overnight.research.loop.journal import Journal
from overnight.research.loop.scheduler import Scheduler, Subject
from overnight.research.loop.scope import Scope
from overnight.research.loop.slots import Urgency
from overnight.research.search_trial import Searched, SearchTrial

PLANNED_PER_EXPERIMENT = 8  # of all kinds that a session is supposed to take for each experiment that it may run
MOST_PER_EXPERIMENT = 32  # search trials for each of them: a search that finds nothing would never end
LEARNED = 5000  # search trials that a researcher recalls when a campaign is taken up


@dataclass(slots=True)
class Asked:
    """A search trial that somebody waits for."""

    ended: anyio.Event = field(default_factory=anyio.Event)
    trial: SearchTrial | None = None  # None: it was not run
    waited_for: bool = True


@dataclass(slots=True, kw_only=True)
class SearchTrials:
    """The search trials of a session. They run to their ends beside the experiments, whoever still waits for them."""

    scheduler: Scheduler
    scope: Scope
    limits: SessionLimits
    staff: Sequence[NamedResearcher]
    tasks: TaskGroup | None = None  # of the campaign, while it runs
    _next: int = 0  # index of the next trial
    _running: int = 0  # those that wait for a slot included
    _news: anyio.Event = field(default_factory=anyio.Event)  # set and replaced when there may be room for another

    def __post_init__(self) -> None:
        self.journal.watch(self._see)

    @property
    def journal(self) -> Journal:
        """The campaign's."""
        return self.scheduler.journal

    @property
    def allowance(self) -> SessionAllowance:
        """What this session may use, by the current program."""
        return self.limits.within(self.journal.state.budget)

    @property
    def at_once(self) -> int:
        """How many may run at once for one researcher: it has all slots if it is alone, else its share."""
        return max(1, self.scheduler.slots.count // max(1, len(self.staff)))

    def recall_all(self) -> None:
        """Tell every researcher of the newest search trials of earlier sessions."""
        for trial in self.journal.ledger.search_trials(LEARNED):
            for staff in self.staff:
                staff.researcher.recall(trial)

    def over(self, head: str) -> str:
        """Why nothing more is measured for an assignment on a head; empty if something is."""
        state = self.journal.state
        if self.scheduler.stop.requested:
            return "the session stops"
        if state.head != head:
            return "another head was made"
        spent = self.allowance.spent(state, self.journal.elapsed_s())
        if spent:
            return spent.detail
        return "its experiments had their search trials" if self.exhausted else ""

    @property
    def exhausted(self) -> bool:
        """Whether so much was searched for the experiments that the session may run that researchers should propose without."""
        return self._left_of_search() <= 0

    def trials_left(self) -> float:
        """How many trials the session may still run: the least that its limits allow.

        A limit of experiments is none of trials, so it is taken to mean as many trials as so many experiments usually need.
        """
        tally, allowance, left = self.journal.state.tally, self.allowance, [math.inf]
        if allowance.trials is not None:
            left.append(allowance.trials - tally.trials - self._running)
        if allowance.elapsed_s is not None and tally.trial_wall_s:
            rest_s, trial_s = allowance.elapsed_s - self.journal.elapsed_s(), tally.trial_wall_s / tally.trials
            left.append(rest_s / trial_s * self.scheduler.slots.count)
        if allowance.experiments is not None:
            most = (allowance.experiments - self.limits.experiments_before) * PLANNED_PER_EXPERIMENT
            left.append(most - (tally.trials - self.limits.trials_before) - self._running)
        return max(0.0, min(left))

    def _left_of_search(self) -> float:
        """How many search trials the experiments that the session may run have left; infinite if those are not limited."""
        limits, most = self.limits, self.allowance.experiments
        if most is None:
            return math.inf
        searched = self.journal.state.tally.search - limits.search_before
        return (most - limits.experiments_before) * MOST_PER_EXPERIMENT - searched

    async def run(
        self, changes: Sequence[FileChange], searched: Searched, staff: NamedResearcher, told: Callable[[], None]
    ) -> SearchTrial | None:
        """Run a trial of a head with changes; None if the search is over before it starts.

        `told` is called when it has ended. If the caller is cancelled, a trial that runs goes on, and everybody recalls it.
        """
        if self.tasks is None or not await self._has_room(searched.base):
            return None
        asked = Asked()
        self._running += 1
        self.tasks.start_soon(self._run, changes, searched, staff, asked, told)
        try:
            await asked.ended.wait()
        except anyio.get_cancelled_exc_class():
            asked.waited_for = False
            if asked.trial:  # it ended at the same moment
                staff.researcher.recall(asked.trial)
            raise
        return asked.trial

    async def _has_room(self, head: str) -> bool:
        """Wait until there is room for one more beside those under way; False if the search is over."""
        while not self.over(head):
            if self._running < self._most():
                return True
            await self._news.wait()
        return False

    def _most(self) -> float:
        """How many may be under way: what the budget of trials has left; and a researcher that is alone waits for its tests."""
        state, slots, budget = self.journal.state, self.scheduler.slots.count, self.allowance.trials
        left = min(math.inf if budget is None else budget - state.tally.trials, self._left_of_search())
        testing = any(opened.registered for opened in state.open)
        beside = slots - len(Arm) * max(1, slots // SLOTS_PER_PAIR) if testing and len(self.staff) == 1 else math.inf
        return min(left, beside)

    def _see(self, sign: Sign) -> None:
        """A verdict makes room."""
        if isinstance(sign, Concluded):
            self._announce()

    def _announce(self) -> None:
        self._news.set()
        self._news = anyio.Event()

    async def _run(
        self,
        changes: Sequence[FileChange],
        searched: Searched,
        staff: NamedResearcher,
        asked: Asked,
        told: Callable[[], None],
    ) -> None:
        head = searched.base
        tree = proposal_digest(changes, head) if changes else head
        on = Subject(commit=head, tree=tree, changes=changes, searched=searched)
        self._next = max(self._next, self.journal.state.next_search)
        key = TrialKey(experiment=0, stage=Stage.SEARCH, arm=Arm.CANDIDATE, index=self._next)
        self._next += 1

        def wanted() -> bool:
            return asked.waited_for and not self.over(head)

        try:
            finished = await self.scheduler.run(key, on, Urgency.SEARCH, wanted=wanted)
            trial = as_search_trial(finished) if finished else None
            if trial:
                returned = asked.waited_for and self.journal.state.head == head
                asked.trial = trial if returned else None
                if asked.waited_for:
                    told()
                for other in self.staff:
                    if not (returned and other is staff):
                        other.researcher.recall(trial)
        finally:
            self._running -= 1
            asked.ended.set()
            self._announce()
