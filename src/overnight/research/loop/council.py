"""Roles that answer in words: directors fill the queue of ideas, critics read a proposal before it costs trials."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import anyio

from overnight.git.port import FileChange
from overnight.models.port import ModelsParked
from overnight.research.events import IdeasChanged, Noted, ProposalMissed
from overnight.research.experiment import Draft
from overnight.research.idea import IdeaState
from overnight.research.loop.assigning import Assigner
from overnight.research.loop.briefing import Briefing
from overnight.research.loop.journal import Journal
from overnight.research.places.port import View, Workspaces
from overnight.research.researchers.port import Adviser, Assignment, ProposalFailed

if TYPE_CHECKING:
    from overnight.research.briefs.review import Refused

FEW = 3  # free ideas: with fewer the director is asked for more
PAUSE = 5  # experiments between two questions, so that a director without ideas is not asked all the time
LONGEST = 25  # experiments after which it is asked to review the queue, however full it is


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedAdviser:
    """An adviser and the role that it plays."""

    role: str
    adviser: Adviser


@dataclass(slots=True, kw_only=True)
class Council:
    """The advisers of a campaign, and when each is asked."""

    journal: Journal
    workspaces: Workspaces
    briefing: Briefing
    assigner: Assigner
    directors: Sequence[NamedAdviser] = ()
    critics: Sequence[NamedAdviser] = ()
    _asked_at: int | None = None  # number of experiments when a director was last asked
    _director: anyio.Lock = field(default_factory=anyio.Lock)

    async def have_ideas(self) -> None:
        """Ask the directors if the queue runs low or was not reviewed for long; one question at a time.

        Without models for a director nobody waits: others may have theirs, and it is asked again after the usual pause.
        """
        if not self.directors or self._director.locked() or not self._due():
            return
        from overnight.research.briefs.director import write_director_brief
        from overnight.research.ideas.answer import parse_answer

        async with self._director:
            asked_at = self.journal.state.tally.experiments
            for adviser in self.directors:
                brief = write_director_brief(self.briefing.task(adviser.role))
                try:
                    answer = await self._ask(adviser, brief, self.assigner.next_number())
                except ModelsParked as parked:
                    self.journal.show(Noted(text=f"{adviser.role}: no ideas come from it now: {parked}"))
                    continue
                edits = parse_answer(answer)
                if edits:
                    self.journal.record(IdeasChanged(by=adviser.role, edits=edits))
            self._asked_at = asked_at

    async def object(
        self,
        draft: Draft,
        changes: Sequence[FileChange],
        before: Mapping[str, bytes],
        assignment: int,
        *,
        refused: "Refused | None" = None,
    ) -> str:
        """Why a critic refuses what came of an assignment, empty if none does; a critic that fails refuses nothing.

        `refused`: it was refused before, and its author has answered.

        Raises:
            ModelsParked: no model is available now.
        """
        if not self.critics:
            return ""
        from overnight.research.briefs.review import read_review, write_review_brief

        for adviser in self.critics:
            brief = write_review_brief(self.journal.state, adviser.role, draft, changes, before, refused=refused)
            refusal = read_review(await self._ask(adviser, brief, assignment)).refusal
            if refusal:
                return f"the {adviser.role} refused: {refusal}"
        return ""

    def _due(self) -> bool:
        if self._asked_at is None:
            return True
        since = self.journal.state.tally.experiments - self._asked_at
        free = sum(idea.state is IdeaState.OPEN for idea in self.journal.state.ideas.ideas)
        return since >= LONGEST or (free < FEW and since >= PAUSE)

    async def _ask(self, adviser: NamedAdviser, brief: str, assignment: int) -> str:
        """The answer; if there is none, it is empty and a miss is recorded."""
        state = self.journal.state
        folder = self.workspaces.create(state.head, View.OPEN)
        question = Assignment(
            number=assignment, role=adviser.role, program=state.program, workspace=folder, brief=brief, head=state.head
        )
        try:
            with self.journal.working(adviser.role, assignment):
                return await adviser.adviser.advise(question)
        except ProposalFailed as failed:
            self.journal.record(
                ProposalMissed(role=adviser.role, reason=str(failed), assignment=assignment, fault=failed.hindrance)
            )
            return ""
        finally:
            self.workspaces.remove(folder)
