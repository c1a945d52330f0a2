"""An audit: start against head with fresh trials, then the head without each kept change; resumes from the ledger."""

from collections.abc import Sequence
from dataclasses import dataclass

from anyio import from_thread, to_thread

from overnight.gate.audit import PAIRS, PAIRS_EXACT, LeftOut, Longer
from overnight.gate.noise import noise_kind
from overnight.gate.trial import Trial, TrialKey
from overnight.git.deadline import Deadline
from overnight.git.port import History
from overnight.program.program import Noise
from overnight.research.audit import AuditState, audit_step, commits, conclude_audit, first_key_without, tree_of
from overnight.research.ending import Ending, EndReason, SessionKind
from overnight.research.events import AuditOpened, Stopped, TrialFinished
from overnight.research.loop.head import HeadRunner
from overnight.research.loop.journal import Journal
from overnight.research.loop.kept_parts import TOO_LONG, PartsLeftOut, base_of
from overnight.research.loop.orders import OrderRunner, Task, meanwhile
from overnight.research.loop.scheduler import Scheduler, Subject
from overnight.research.loop.stop import Stop
from overnight.research.standing import Kept
from overnight.research.state import State

UNDO_S = 60.0  # for all merges that undo one kept change; honest texts take milliseconds
FINISHED = Ending(reason=EndReason.AUDITED, detail="the audit is finished")


@dataclass(frozen=True, slots=True, kw_only=True)
class Audit:
    """One session of an audit; every finished trial is on disk before the next step."""

    journal: Journal
    head: HeadRunner
    scheduler: Scheduler
    history: History
    stop: Stop
    beside: Sequence[Task] = ()  # run as long as the audit does

    async def run(self, *, pairs: int | None, leave_one_out: bool, longer: Longer | None = None) -> Stopped:
        """Measure until the audit is concluded or the session is stopped; return the last event of the session.

        An audit of this head that an earlier session left open is continued, if it has the requested size.

        Args:
            pairs: of start and head; by default what an interval needs.
            leave_one_out: measure the head without each kept change, too.
            longer: further trials with a longer budget, where trials have one.
        """
        with self.stop.at_once:
            async with meanwhile(self._keep_acting, *self.beside):
                audit = await self._take_up(pairs, leave_one_out, longer)
                await self.head.warm_up()
                await self._check(audit.opened)
                await self._run_pairs(audit.opened)
        stopped = Stopped(session=SessionKind.AUDIT, ending=self.stop.ending or FINISHED, elapsed_s=self.journal.elapsed_s())
        self.journal.record(stopped)
        self.journal.snapshot()
        return stopped

    async def _keep_acting(self) -> None:
        """Act on what is ordered, such as a stop."""
        orders = OrderRunner(journal=self.journal, stop=self.stop)
        while True:
            await orders.news()

    async def _take_up(self, pairs: int | None, leave_one_out: bool, longer: Longer | None) -> AuditState:
        state, audit = self.journal.state, self.journal.state.audit
        if audit and not audit.concluded and audit.opened.head == state.head:
            same_size = pairs is None or pairs == audit.opened.pairs
            if same_size and leave_one_out == bool(audit.opened.changes) and longer == audit.opened.longer:
                return audit
        number = audit.opened.audit + 1 if audit else 1
        without = [await to_thread.run_sync(self._without, state, number, kept) for kept in state.kept if leave_one_out]
        recorded = (self.journal.ledger.experiment(kept.number) for kept in state.kept)
        notes = {one.number: one.notes for one in recorded if one}
        undoing = PartsLeftOut(state=state, history=self.history, audit=number, notes=notes)
        parts, unmeasured = await to_thread.run_sync(undoing.parts) if leave_one_out else ((), 0)
        opened = AuditOpened(
            audit=number,
            start=state.start,
            head=state.head,
            first=audit.next_index if audit else 0,
            pairs=pairs or self._usual_pairs(),
            changes=tuple(without),
            parts=tuple(parts),
            unmeasured=unmeasured,
            longer=longer,
        )
        self.journal.record(opened)
        return AuditState(opened=opened)

    def _usual_pairs(self) -> int:
        exact = noise_kind(self.journal.state.program, self.journal.state.gate) is Noise.DETERMINISTIC
        return PAIRS_EXACT if exact else PAIRS

    def _without(self, state: State, audit: int, kept: Kept) -> LeftOut:
        """The head without one kept change: the change undone, merged into the head; runs in a thread."""
        deadline = Deadline.within(UNDO_S, check=from_thread.check_cancelled)
        place, before = state.kept.index(kept), base_of(state, kept)
        changes = self.history.merge(base=kept.commit, head=state.head, commit=before, deadline=deadline)
        if changes is None:
            return LeftOut(
                number=kept.number, commit="", reason=self._conflict(kept, before, state.kept[place + 1 :], deadline)
            )
        if not changes:
            return LeftOut(number=kept.number, commit="", reason="nothing of it is left in the head")
        message = f"The head without the change of experiment {kept.number}\n\nMade for audit {audit}; not a result.\n"
        commit = self.history.record_attempt(
            tag=state.tag, number=kept.number, base=state.head, changes=changes, message=message, group=f"audit-{audit}"
        )
        return LeftOut(number=kept.number, commit=commit)

    def _conflict(self, kept: Kept, before: str, later: Sequence[Kept], deadline: Deadline) -> str:
        """The later keep that conflicts with undoing this one."""
        for one in later:
            changes = self.history.merge(base=kept.commit, head=one.commit, commit=before, deadline=deadline)
            if deadline.passed:
                break
            if changes is None:
                return f"#{one.number} changed the same lines after it"
        return TOO_LONG

    async def _check(self, opened: AuditOpened) -> None:
        """Run the program's checks on each head without a change; one that fails is not measured."""
        begun = {tree_of(sample.key) for sample in self._audit().samples}
        for tree, commit in commits(opened).items():
            if self.stop.requested or commit in {opened.start, opened.head} or tree in begun:
                continue
            if failed := await self.scheduler.checks(commit):
                key = first_key_without(opened, tree)
                fault = Trial(
                    key=key,
                    seed=self.scheduler.seed(key),
                    tree=commit,
                    value=None,
                    fault=failed.fault,
                    reason=str(failed),
                    excerpt=failed.excerpt,
                )
                self.journal.record(TrialFinished(trial=fault))

    async def _run_pairs(self, opened: AuditOpened) -> None:
        trees = {tree: Subject(commit=commit, tree=commit) for tree, commit in commits(opened).items()}

        def subject_of(key: TrialKey) -> Subject:
            return trees[tree_of(key)]

        while not self.stop.requested:
            step = audit_step(self._audit())
            if step is None:
                self._conclude()
                return
            await self.scheduler.run_all(step.trials, subject_of)

    def _conclude(self) -> None:
        state = self.journal.state
        self.journal.record(conclude_audit(state.program, state.gate, self._audit(), elapsed_s=self.journal.elapsed_s()))

    def _audit(self) -> AuditState:
        audit = self.journal.state.audit
        if audit is None:
            raise RuntimeError("the audit that was opened is missing from the state")
        return audit
