"""The parts of kept changes that have several, what a search found or what was put together, and the head without each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from anyio import from_thread

from overnight.gate.audit import PartLeftOut
from overnight.git.deadline import Deadline
from overnight.git.port import FileChange, History, changes_between
from overnight.research.changes.parts import Parts, expected, parts_of
from overnight.research.experiment import Scalar
from overnight.research.standing import Kept
from overnight.research.state import State

MOST_PARTS = 16  # that an audit leaves out, of all changes: each costs as many trials as a kept change
TOO_LONG = "git takes too long to undo it in the head"
UNDO_S = 60.0  # for all merges that undo parts; honest texts take milliseconds


def base_of(state: State, kept: Kept) -> str:
    """The head that a kept change replaced."""
    place = state.kept.index(kept)
    return state.kept[place - 1].commit if place else state.start


def parts_of_kept(history: History, state: State, kept: Kept) -> Parts | None:
    """The parts of a kept change that a search found or that was put together; None if it has not several."""
    if not kept.searched and not kept.together:
        return None
    base = base_of(state, kept)
    changes = changes_between(history, base, kept.commit)
    files = {file.path: file.executable for file in history.files(base)}
    before = history.read_files(base, [change.path for change in changes if change.path in files])
    parts = parts_of(kept.number, changes, before, files)
    return parts if len(parts.parts) > 1 else None


@dataclass(frozen=True, slots=True, kw_only=True)
class PartsLeftOut:
    """Leaves parts out of the head, each in a commit of ours."""

    state: State
    history: History
    audit: int
    notes: Mapping[int, Mapping[str, Scalar]]  # of kept changes, by experiment

    def parts(self) -> tuple[Sequence[PartLeftOut], int]:
        """The head without each part, and how many more parts there are; runs in a thread.

        The most important part of each change comes first, by what its researcher expects of it; else the first in the text.
        """
        deadline = Deadline.within(UNDO_S, check=from_thread.check_cancelled)
        state, found = self.state, list[tuple[int, Kept, Parts, int]]()
        for kept in state.kept:
            if parts := parts_of_kept(self.history, state, kept):
                shares = {part.part: expected(part, self.notes.get(kept.number, {})) for part in parts.parts}
                ranked = sorted(shares, key=lambda number: (-shares[number], number))  # used at once
                found += [(rank, kept, parts, number) for rank, number in enumerate(ranked)]
        found.sort(key=lambda one: (one[0], one[1].number))
        without = [self._without(kept, parts, number, deadline) for _, kept, parts, number in found[:MOST_PARTS]]
        return without, len(found) - len(without)

    def _without(self, kept: Kept, parts: Parts, number: int, deadline: Deadline) -> PartLeftOut:
        state, part = self.state, parts.parts[number - 1]
        undone = self._commit(kept, part.where, kept.commit, [parts.without(number)], number)
        changes = self.history.merge(base=kept.commit, head=state.head, commit=undone, deadline=deadline)
        if changes is None:
            reason = TOO_LONG if deadline.passed else "a later keep changed the same lines"
            return PartLeftOut(of=part, commit="", reason=reason)
        if not changes:
            return PartLeftOut(of=part, commit="", reason="nothing of it is left in the head")
        return PartLeftOut(of=part, commit=self._commit(kept, part.where, state.head, changes, number))

    def _commit(self, kept: Kept, where: str, base: str, changes: Sequence[FileChange], number: int) -> str:
        message = f"The head without a part of the change of experiment {kept.number}: {where}\n\n"
        return self.history.record_attempt(
            tag=self.state.tag,
            number=kept.number,
            base=base,
            changes=changes,
            message=f"{message}Made for audit {self.audit}; not a result.\n",
            group=f"audit-{self.audit}-part-{number}",
        )
