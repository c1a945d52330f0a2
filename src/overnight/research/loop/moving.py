"""Brings an open experiment onto the head that was made meanwhile: merged or, if their texts conflict, in its own text."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import takewhile

from anyio import from_thread, to_thread

from overnight.gate.verdict import Conclusion, Verdict
from overnight.git.deadline import Deadline
from overnight.git.port import FileChange, History, changes_between, moved_group
from overnight.research.caution import warnings_of
from overnight.research.changes.scope import proposal_digest
from overnight.research.events import Moved
from overnight.research.loop.attempt import attempt_message
from overnight.research.loop.journal import Journal
from overnight.research.loop.scope import Scope
from overnight.research.origin import origin_words
from overnight.research.standing import Kept, OpenExperiment
from overnight.research.state import State
from overnight.words.quantities import numbered

IN_THE_HEAD = "the head that was made meanwhile has this change already"
MERGING = "merging"  # group of the commit on the way to one that moves; the next one takes its place
MOVE_S = 60.0  # for all merges of one move; honest texts take milliseconds, and what is not merged by then conflicts
MOST_MERGED = 50  # keeps that a conflicting change is merged with one by one; after more it is measured as it was proposed


@dataclass(frozen=True, slots=True, kw_only=True)
class Mover:
    """Moves experiments; the commit that was proposed and that of each move stay under their refs."""

    journal: Journal
    history: History
    scope: Scope

    async def move(self, number: int, *, screened: bool) -> Conclusion | None:
        """Record an open experiment's change on top of the head; its conclusion if that leaves nothing to measure.

        The whole change since its proposal is merged, however often it moved before. If its text conflicts with that of kept
        changes, what is measured is the change with the kept ones that it does not conflict with: it may be better as a whole.
        `screened` says that it survived screening on the head before, which a merged change need not do again.

        Git merges in a thread, within `MOVE_S`; a cancelled move ends its git process and waits for the thread. Nothing is
        recorded if yet another change is kept meanwhile: the caller sees that and moves the experiment again.
        """
        state, opened = self.journal.state, self.journal.opened(number)
        changes, replaces = await self._in_thread(state, opened)
        if self.journal.state.head != state.head:
            return None
        if not self.scope.differs(changes, state.head):
            return Conclusion(verdict=Verdict.DISCARD, reason=IN_THE_HEAD)
        if violations := self.scope.violations(changes, state.head):
            reason = f"together with what was kept meanwhile it is out of scope: {'; '.join(violations)}"
            return Conclusion(verdict=Verdict.DISCARD, reason=reason)
        group, message = moved_group(opened.restart + 1), self._message(opened, replaces)
        commit = self._commit(opened, state.head, changes, group, message)
        size = self.scope.size(changes, state.head)
        self.journal.record(
            Moved(
                number=number,
                onto=state.head,
                commit=commit,
                tree=proposal_digest(changes, state.head),
                replaces=replaces,
                screened=screened and not replaces,
                lines_added=size.added,
                lines_removed=size.removed,
            )
        )
        return None

    async def _in_thread(self, state: State, opened: OpenExperiment) -> tuple[Sequence[FileChange], tuple[int, ...]]:
        return await to_thread.run_sync(self._on_head, state, opened)

    def _on_head(self, state: State, opened: OpenExperiment) -> tuple[Sequence[FileChange], tuple[int, ...]]:
        """Its change as one of the head, and the kept experiments that it undoes; runs in a thread."""
        deadline = Deadline.within(MOVE_S, check=from_thread.check_cancelled)
        head, proposed = state.head, opened.proposed
        merged = self.history.merge(base=proposed.base, head=head, commit=proposed.commit, deadline=deadline)
        if merged is not None:
            return merged, ()
        tip, before, replaces = proposed.commit, proposed.base, list[int]()
        since = _kept_since(state, proposed.base)
        if len(since) > MOST_MERGED:
            return changes_between(self.history, head, tip), tuple(kept.number for kept in since)
        for kept in since:
            changes = self.history.merge(base=before, head=tip, commit=kept.commit, deadline=deadline)
            if changes is None:
                replaces.append(kept.number)
            elif changes:
                tip = self._commit(opened, tip, changes, MERGING, f"Experiment {opened.number} with that of #{kept.number}\n")
            before = kept.commit
        return changes_between(self.history, head, tip), tuple(replaces)

    def _commit(self, opened: OpenExperiment, base: str, changes: Sequence[FileChange], group: str, message: str) -> str:
        tag = self.journal.state.tag
        return self.history.record_attempt(
            tag=tag, number=opened.number, base=base, changes=changes, message=message, group=group
        )

    def _message(self, opened: OpenExperiment, replaces: Sequence[int]) -> str:
        how = f"in its own text on the head; it replaces {numbered(replaces)}" if replaces else "merged into the head"
        proposed, state = opened.proposed, self.journal.state
        if origin := origin_words(proposed.searched, proposed.together):
            how = f"{origin}, {how}"
        return attempt_message(
            state.program,
            state.tag,
            opened.number,
            role=proposed.role,
            hypothesis=proposed.hypothesis,
            how=how,
            warnings=warnings_of(state, proposed.searched),
        )


def _kept_since(state: State, base: str) -> Sequence[Kept]:
    """The keeps after the head that a proposal was made against, oldest first."""
    since = list(takewhile(lambda kept: kept.commit != base, reversed(state.kept)))
    return since[::-1]
