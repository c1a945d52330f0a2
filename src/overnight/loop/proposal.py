"""From a researcher's edit to a proposal in the ledger: collect, check the scope, commit, record."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from overnight.core.brief import write_brief
from overnight.core.code_size import SizeChange, size_change
from overnight.core.scope import check_scope, proposal_digest
from overnight.core.text import printable
from overnight.events import Concluded, Event, Proposed, Proposing
from overnight.loop.journal import Journal
from overnight.ports import Assignment, History, Researcher, View, Workspaces
from overnight.records.experiment import Conclusion, Draft, FileChange, Verdict

MESSAGE = 2000  # characters of foreign text in a commit's message


@dataclass(frozen=True, slots=True, kw_only=True)
class Edit:
    """What a researcher did to a head, and what it says of it."""

    role: str
    researcher: str
    draft: Draft
    base: str
    changes: Sequence[FileChange]


@dataclass(slots=True, kw_only=True)
class Intake:
    """Takes proposals in; what is out of scope or was tried before is rejected free of charge."""

    journal: Journal
    history: History
    workspaces: Workspaces
    asked: int = 0  # researchers at work now

    async def propose(self, role: str, researcher: Researcher) -> int:
        """Ask for one proposal; the number of the experiment, open or already rejected.

        Raises:
            NoIdeas, ProposalFailed: as the researcher says.
        """
        state = self.journal.state
        head, program = state.head, state.program
        number = state.next_number + self.asked
        self.journal.show(Proposing(role=role, number=number))
        folder = self.workspaces.create(head, View.OPEN)
        self.asked += 1
        try:
            brief = write_brief(state, self.journal.recent, role)
            draft = await researcher.propose(
                Assignment(number=number, role=role, program=program, workspace=folder, brief=brief, head=head)
            )
            collected = self.workspaces.collect(folder, head)
        finally:
            self.asked -= 1
            self.workspaces.remove(folder)
        edit = Edit(role=role, researcher=researcher.name, draft=draft, base=head, changes=collected.changes)
        return self._take(edit, collected.problems)

    def again(self, verdict: Concluded, changes: Sequence[FileChange]) -> list[int]:
        """Record the verdict on an experiment and propose its change once more, on top of a head that moved meanwhile.

        Both are one step of the ledger. The number of the new experiment, or none if it was rejected.
        """
        old = self.journal.opened(verdict.number).proposed
        draft = Draft(hypothesis=old.hypothesis, notes=old.notes)
        head = self.journal.state.head
        edit = Edit(role=old.role, researcher=old.researcher, draft=draft, base=head, changes=changes)
        number = self._take(edit, first=(verdict,))
        return [opened.proposed.number for opened in self.journal.state.open if opened.proposed.number == number]

    def _take(self, edit: Edit, problems: Sequence[str] = (), first: Sequence[Event] = ()) -> int:
        """Record an edit, after the events of `first`, as an open experiment or as a rejected one; its number."""
        draft, number = edit.draft, self.journal.state.next_number
        tree = proposal_digest(edit.changes, edit.base)
        violations = self._violations(edit, problems, tree)
        commit = ""
        if not violations:
            commit = self.history.record_attempt(
                tag=self.journal.state.tag, number=number, base=edit.base, changes=edit.changes, message=_message(number, edit)
            )
        size = SizeChange(added=0, removed=0) if violations else self._size(edit)
        proposed = Proposed(
            number=number,
            role=edit.role,
            researcher=edit.researcher,
            hypothesis=draft.hypothesis,
            base=edit.base,
            commit=commit,
            tree=tree,
            notes=draft.notes,
            tokens=draft.tokens,
            cost_usd=draft.cost_usd,
            lines_added=size.added,
            lines_removed=size.removed,
        )
        if violations:
            rejected = Conclusion(verdict=Verdict.REJECT, reason="; ".join(violations))
            verdict = Concluded(number=number, conclusion=rejected, elapsed_s=self.journal.elapsed_s())
            self.journal.record(*first, proposed, verdict)
        else:
            self.journal.record(*first, proposed)
        return number

    def _violations(self, edit: Edit, problems: Sequence[str], tree: str) -> Sequence[str]:
        """Why an edit is not worth a trial; nothing for one that is."""
        executable = {file.path: file.executable for file in self.history.files(edit.base)}
        program = self.journal.state.program
        found = (*problems, *check_scope(edit.changes, before=self._before(edit), executable=executable, program=program))
        earlier = None if found else self.journal.ledger.tried(tree)
        return found if earlier is None else (f"the same change was tried in experiment {earlier}",)

    def _before(self, edit: Edit) -> Mapping[str, bytes]:
        """The contents of those of the changed files that the base has."""
        known = {file.path for file in self.history.files(edit.base)}
        return self.history.read_files(edit.base, [change.path for change in edit.changes if change.path in known])

    def _size(self, edit: Edit) -> SizeChange:
        """How much code it adds and removes, counted only where the program asks: reading code takes time."""
        if not self.journal.state.program.gate.keep_simpler:
            return SizeChange(added=0, removed=0)
        return size_change(edit.changes, self._before(edit))


def _message(number: int, edit: Edit) -> str:
    said, role = (printable(text, MESSAGE) for text in (edit.draft.hypothesis, edit.role))
    return f"{said}\n\nExperiment {number}, proposed by {role}; a proposal, not a result.\n"
