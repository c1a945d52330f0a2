"""Puts near misses of one role together, by its author's word: their changes, merged onto the head and its own edit.

The word is an agent's, so it may name anything: numbers are looked up in the record, and what does not fit is a reason to
reject the proposal. The result is a proposal like any other: scope, critics, screening and the test follow.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from anyio import from_thread, to_thread

from overnight.agents.together import MOST
from overnight.git.deadline import Deadline
from overnight.git.port import FileChange, History, changes_between
from overnight.research.briefs.together import why_not
from overnight.research.experiment import Experiment
from overnight.research.loop.edit import WorkspaceEdit
from overnight.research.loop.journal import Journal
from overnight.research.loop.scope import Scope
from overnight.words.quantities import listed

GROUP = "together"  # of the commit on the way; the next one takes its place
MERGE_S = 60.0  # for all merges of one proposal; honest texts take milliseconds


@dataclass(frozen=True, slots=True, kw_only=True)
class Putting:
    """Puts changes together."""

    journal: Journal
    history: History
    scope: Scope

    async def together(self, edit: WorkspaceEdit) -> WorkspaceEdit:
        """The edit with the changes that its draft names; if they do not fit, the edit as it is, with the reason.

        Git merges in a thread; when that is cancelled its process ends.
        """
        numbers, own = edit.draft.together, edit.collected
        if not numbers or own.problems or (own.changes and self.scope.violations(own.changes, edit.base)):
            return edit  # what is wrong with it is said of it anyway
        found = self._found(numbers, edit.role)
        if isinstance(found, str):
            return _refused(edit, found)
        merged = await to_thread.run_sync(self._merged, edit, found)
        if isinstance(merged, str):
            return _refused(edit, merged)
        return replace(edit, collected=replace(own, changes=merged), together=numbers)

    def _found(self, numbers: Sequence[int], role: str) -> Sequence[Experiment] | str:
        """The experiments, or why they may not be put together."""
        if len(numbers) > MOST:
            return f"more than {MOST} changes cannot be put together"
        experiments = []
        for number in numbers:
            experiment = self.journal.ledger.experiment(number)
            wrong = why_not(experiment, role) if experiment else f"#{number} is no experiment of this campaign"
            if wrong or experiment is None:
                return wrong
            experiments.append(experiment)
        return experiments

    def _merged(self, edit: WorkspaceEdit, experiments: Sequence[Experiment]) -> Sequence[FileChange] | str:
        """All of it as changes of the head, or why that cannot be; runs in a thread."""
        deadline = Deadline.within(MERGE_S, check=from_thread.check_cancelled)
        head, tip, merged = edit.base, edit.base, ["your own edit"] if edit.changes else []
        if edit.changes:
            tip = self._commit(edit, head, edit.changes)
        for one in experiments:
            changes = self.history.merge(base=one.base, head=tip, commit=one.commit, deadline=deadline)
            if changes is None:
                with_what = listed(merged, MOST) if merged else "what was kept since"
                late = "git takes too long to merge" if deadline.passed else f"its text conflicts with {with_what}"
                return f"#{one.number} cannot be put together with the rest: {late}; make the edit by hand"
            new = self.scope.differs(changes, tip)
            if not new and self._is_in(head, one, deadline):
                return f"the files have the change of #{one.number} already"
            tip = self._commit(edit, tip, changes) if new else tip
            merged.append(f"#{one.number}")
        return changes_between(self.history, head, tip)

    def _is_in(self, head: str, one: Experiment, deadline: Deadline) -> bool:
        """Whether the head has a change already, so that it adds nothing, whatever else is changed."""
        changes = self.history.merge(base=one.base, head=head, commit=one.commit, deadline=deadline)
        return changes is not None and not self.scope.differs(changes, head)

    def _commit(self, edit: WorkspaceEdit, base: str, changes: Sequence[FileChange]) -> str:
        number = edit.request.assignment
        message = f"On the way to a proposal of changes together, assignment {number}\n"
        tag = self.journal.state.tag
        return self.history.record_attempt(tag=tag, number=number, base=base, changes=changes, message=message, group=GROUP)


def _refused(edit: WorkspaceEdit, why: str) -> WorkspaceEdit:
    return replace(edit, collected=replace(edit.collected, problems=(*edit.collected.problems, why)))
