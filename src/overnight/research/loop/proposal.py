"""From a researcher's edit to a proposal in the ledger: collect, check the scope, commit, record."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path

from overnight.gate.verdict import Conclusion, Verdict
from overnight.git.port import FileChange, History
from overnight.research.briefs.brief import write_brief
from overnight.research.changes.code_size import SizeChange, size_change
from overnight.research.changes.scope import check_scope, proposal_digest
from overnight.research.changes.similar import already_tried, shape_of
from overnight.research.charter import parse_charter
from overnight.research.events import Concluded, Event, ProposalMissed, Proposed, Proposing
from overnight.research.experiment import Draft
from overnight.research.idea import Idea
from overnight.research.ideas.queue import choose_idea
from overnight.research.loop.briefing import Briefing
from overnight.research.loop.council import Council
from overnight.research.loop.journal import Journal
from overnight.research.places.port import Collected, View, Workspaces
from overnight.research.researchers.port import Assignment, ProposalFailed, Researcher
from overnight.research.state import State
from overnight.words.foreign import printable

MESSAGE = 2000  # characters of foreign text in a commit's message
IN_THE_HEAD = "the head that was made meanwhile has this change already"


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedResearcher:
    """A researcher and the role that it plays."""

    role: str
    researcher: Researcher
    reads: bool = False  # its brief: it works on ideas, and critics review its proposals


@dataclass(frozen=True, slots=True, kw_only=True)
class WorkspaceEdit:
    """A researcher's edit of a head, and what it says about it."""

    role: str
    researcher: str
    draft: Draft
    base: str
    changes: Sequence[FileChange]
    idea: int = 0


@dataclass(slots=True, kw_only=True)
class Intake:
    """Takes proposals in; what is out of scope or was tried before is rejected free of charge."""

    journal: Journal
    history: History
    workspaces: Workspaces
    council: Council
    briefing: Briefing
    asked: int = 0  # researchers at work now
    missed: str = ""  # why the newest failed proposal failed
    _in_hand: list[int] = field(default_factory=list)  # ideas that researchers are working on

    async def propose(self, staff: NamedResearcher) -> int | None:
        """Ask for one proposal; return the number of the experiment, open or already rejected, or None if there is none.

        Raises:
            NoIdeas, ModelsParked: the researcher raised it.
        """
        if staff.reads:
            await self.council.have_ideas()
        state, number = self.journal.state, self.journal.state.next_number + self.asked
        self.journal.show(Proposing(role=staff.role, number=number))
        idea = self._next_idea() if staff.reads else None
        self.asked += 1
        self._in_hand += [idea.number] if idea else []
        try:
            edit, collected = await self._edit(staff, number, state, idea)
            refusal = "" if collected.problems or not staff.reads else await self._object(edit)
        except ProposalFailed as failed:
            self.missed = str(failed)
            self.journal.record(ProposalMissed(role=staff.role, reason=self.missed, idea=idea.number if idea else 0))
            return None
        finally:
            self.asked -= 1
            if idea:
                self._in_hand.remove(idea.number)
        return self._take(edit, (*collected.problems, *([refusal] if refusal else [])))

    def _next_idea(self) -> Idea | None:
        state = self.journal.state
        return choose_idea(state.ideas, parse_charter(state.program.body).bold, self._in_hand)

    async def _edit(
        self, staff: NamedResearcher, number: int, state: State, idea: Idea | None
    ) -> tuple[WorkspaceEdit, Collected]:
        """Let a researcher edit a fresh workspace; what it leaves there when it fails is kept."""
        head, folder = state.head, self.workspaces.create(state.head, View.OPEN)
        finished = False
        try:
            assignment = Assignment(
                number=number,
                role=staff.role,
                program=state.program,
                workspace=folder,
                brief=write_brief(self.briefing.task(staff.role, idea)) if staff.reads else "",
                head=head,
                changed=lambda: bool(self.workspaces.collect(folder, head).changes),
            )
            draft = await staff.researcher.propose(assignment)
            collected = self.workspaces.collect(folder, head)
            finished = True
        finally:
            if not finished:
                self._keep_unfinished(staff, number, head, folder)
            self.workspaces.remove(folder)
        edit = WorkspaceEdit(
            role=staff.role,
            researcher=staff.researcher.name,
            draft=draft,
            base=head,
            changes=collected.changes,
            idea=idea.number if idea else 0,
        )
        return edit, collected

    def _keep_unfinished(self, staff: NamedResearcher, number: int, head: str, folder: Path) -> None:
        """Commit what an interrupted researcher left, under its own ref, for people to inspect."""
        changes = self.workspaces.collect(folder, head).changes
        if changes:
            message = f"Unfinished work of {printable(staff.role, MESSAGE)} towards experiment {number}\n"
            tag = self.journal.state.tag
            self.history.record_attempt(tag=tag, number=number, base=head, changes=changes, message=message, group="unfinished")

    async def _object(self, edit: WorkspaceEdit) -> str:
        """A critic's refusal of an edit that would be measured; empty if there is none."""
        if not self.council.critics or self._violations(edit):
            return ""
        return await self.council.object(edit.draft, edit.changes, self._before(edit))

    def propose_again(self, number: int, superseded: Conclusion) -> list[int]:
        """Record that an experiment is superseded, and propose its change again on top of the new head.

        The ledger gets both at once. Return the new experiment's number; none if it conflicts with the head or was rejected.
        """
        old, elapsed_s = self.journal.opened(number).proposed, self.journal.elapsed_s()
        changes = self.history.merge(base=old.base, head=self.journal.state.head, commit=old.commit)
        if not changes:
            reason = "it conflicts with a change that was kept meanwhile" if changes is None else IN_THE_HEAD
            ended = replace(superseded, reason=reason, superseded=False)
            self.journal.record(Concluded(number=number, conclusion=ended, elapsed_s=elapsed_s))
            return []
        verdict = Concluded(number=number, conclusion=superseded, elapsed_s=elapsed_s)
        draft = Draft(hypothesis=old.hypothesis, notes=old.notes)
        head = self.journal.state.head
        edit = WorkspaceEdit(role=old.role, researcher=old.researcher, draft=draft, base=head, changes=changes, idea=old.idea)
        new = self._take(edit, first=(verdict,))
        return [new] if self.journal.is_open(new) else []

    def _take(self, edit: WorkspaceEdit, problems: Sequence[str] = (), first: Sequence[Event] = ()) -> int:
        """Record an edit, after the events of `first`, as an open experiment or as a rejected one; its number."""
        draft, number = edit.draft, self.journal.state.next_number
        violations = self._violations(edit, problems)
        commit = ""
        if not violations:
            tag = self.journal.state.tag
            message = _message(tag, number, edit)
            commit = self.history.record_attempt(tag=tag, number=number, base=edit.base, changes=edit.changes, message=message)
        size = SizeChange(added=0, removed=0) if violations else self._size(edit)
        proposed = Proposed(
            number=number,
            role=edit.role,
            researcher=edit.researcher,
            hypothesis=draft.hypothesis,
            base=edit.base,
            commit=commit,
            tree=proposal_digest(edit.changes, edit.base),
            notes=draft.notes,
            tokens=draft.tokens,
            cost_usd=draft.cost_usd,
            lines_added=size.added,
            lines_removed=size.removed,
            idea=edit.idea,
            shape=shape_of(edit.changes, self._before(edit), edit.base),
        )
        if violations:
            rejected = Conclusion(verdict=Verdict.REJECT, reason="; ".join(violations))
            verdict = Concluded(number=number, conclusion=rejected, elapsed_s=self.journal.elapsed_s())
            self.journal.record(*first, proposed, verdict)
            self.missed = "rejected, see `overnight log`"
        else:
            self.journal.record(*first, proposed)
        return number

    def _violations(self, edit: WorkspaceEdit, problems: Sequence[str] = ()) -> Sequence[str]:
        """Why an edit is not worth a trial; empty if it is."""
        executable = {file.path: file.executable for file in self.history.files(edit.base)}
        program, before = self.journal.state.program, self._before(edit)
        found = (*problems, *check_scope(edit.changes, before=before, executable=executable, program=program))
        return found or self._tried(edit, before)

    def _tried(self, edit: WorkspaceEdit, before: Mapping[str, bytes]) -> Sequence[str]:
        """Which earlier experiment this edit repeats, in the same or another spelling; empty if it is new."""
        ledger = self.journal.ledger
        if (earlier := ledger.tried(proposal_digest(edit.changes, edit.base))) is not None:
            return (f"the same change was tried in experiment {earlier}",)
        like = ledger.same(shape_of(edit.changes, before, edit.base))
        found = None if like is None else ledger.experiment(like)
        return () if found is None else (already_tried(found),)

    def _before(self, edit: WorkspaceEdit) -> Mapping[str, bytes]:
        """The contents of the changed files that exist in the base."""
        known = {file.path for file in self.history.files(edit.base)}
        return self.history.read_files(edit.base, [change.path for change in edit.changes if change.path in known])

    def _size(self, edit: WorkspaceEdit) -> SizeChange:
        """How much code it adds and removes, counted only if the program asks: reading code takes time."""
        if not self.journal.state.program.gate.keep_simpler:
            return SizeChange(added=0, removed=0)
        return size_change(edit.changes, self._before(edit))


def _message(tag: str, number: int, edit: WorkspaceEdit) -> str:
    """The message of an unmeasured commit; it names the campaign, so that campaigns never share a commit and its note."""
    hypothesis, role = (printable(text, MESSAGE) for text in (edit.draft.hypothesis, edit.role))
    note = f"Experiment {number}, proposed by {role}. If it is kept, its note says what was measured: git log --notes=overnight"
    return f"{hypothesis}\n\n{note}\n\nCampaign: {tag}\n"
