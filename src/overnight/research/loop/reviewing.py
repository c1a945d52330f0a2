"""What critics have against an edit, and the one answer that its author may give."""

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from overnight.models.port import ModelsParked
from overnight.research.changes.edit import edit_of
from overnight.research.events import Noted
from overnight.research.experiment import Draft
from overnight.research.loop.council import Council
from overnight.research.loop.edit import NamedResearcher, WorkspaceEdit
from overnight.research.loop.journal import Journal
from overnight.research.loop.objections import Objections
from overnight.research.loop.together import Putting
from overnight.research.places.port import Workspaces
from overnight.research.researchers.port import Assignment, NoIdeas, ProposalFailed
from overnight.words.foreign import printable

if TYPE_CHECKING:
    from overnight.research.briefs.review import Refused

REVIEW = "review"  # name of the note on an edit that no critic could read
LONGEST_NOTE = 300  # characters


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewing:
    """Shows edits to the critics of a campaign."""

    journal: Journal
    workspaces: Workspaces
    council: Council
    objections: Objections
    putting: Putting

    async def reviewed(self, staff: NamedResearcher, edit: WorkspaceEdit, assignment: Assignment) -> WorkspaceEdit:
        """The edit, with what a critic has against it; its author may answer a refusal once, in the same workspace.

        Without models for a critic it goes on unreviewed, as the gate judges it anyway; a refusal without an answer stands.
        """
        try:
            refusal = await self._object(edit)
        except ModelsParked as parked:
            self.journal.show(Noted(text=f"{edit.role}: the proposal goes on unreviewed: {parked}"))
            notes = {**edit.draft.notes, REVIEW: printable(f"none: {parked}", LONGEST_NOTE)}
            return replace(edit, draft=replace(edit.draft, notes=notes))
        if not refusal:
            return edit
        from overnight.research.briefs.review import Refused, write_answer_brief
        from overnight.research.researchers.agent_researcher import UNSAID, UNSAID_CUT

        lines = edit_of(edit.changes, self.objections.scope.before(edit.changes, edit.base))
        brief = write_answer_brief(self.journal.state, edit.role, edit.draft, lines, refusal)
        try:
            with self.journal.working(edit.role, assignment.number):
                draft = await staff.researcher.propose(replace(assignment, brief=brief))
            collected = self.workspaces.collect(assignment.workspace, edit.base)
            named = replace(draft, together=draft.together or edit.draft.together)
            answer = await self.putting.together(replace(edit, draft=named, collected=collected, together=()))
            unsaid = draft.hypothesis in {UNSAID, UNSAID_CUT} or answer.changes == edit.changes
            answer = replace(answer, draft=_of_both(edit.draft, named, unsaid=unsaid))
            return replace(answer, refusal=await self._object(answer, Refused(reason=refusal, answer=draft.hypothesis)))
        except (ProposalFailed, NoIdeas, ModelsParked):
            return replace(edit, refusal=refusal)

    async def _object(self, edit: WorkspaceEdit, refused: "Refused | None" = None) -> str:
        """A critic's refusal of an edit that would be measured; empty if there is none.

        Raises:
            ModelsParked: no model is available now.
        """
        if not self.council.critics or self.objections.to(edit.changes, edit.base, edit.collected.problems):
            return ""
        before, number = self.objections.scope.before(edit.changes, edit.base), edit.request.assignment
        return await self.council.object(edit.draft, edit.changes, before, number, refused=refused)


def _of_both(first: Draft, answer: Draft, *, unsaid: bool) -> Draft:
    """What an author says of its edit after its answer; `unsaid`: that says nothing new about the edit."""
    return Draft(
        hypothesis=first.hypothesis if unsaid else answer.hypothesis,
        notes={**first.notes, **answer.notes},
        tokens=first.tokens + answer.tokens,
        cost_usd=first.cost_usd + answer.cost_usd,
        together=answer.together,
    )
