"""One request to a researcher: a fresh workspace, its edit there, what critics say to it, and what came of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from overnight.git.port import FileChange, History
from overnight.models.port import ModelsParked
from overnight.research.events import ProposalMissed
from overnight.research.experiment import Draft
from overnight.research.loop.assigned_search import AssignedSearch
from overnight.research.loop.assigning import Assigner, ProposalRequest
from overnight.research.loop.attempt import MESSAGE
from overnight.research.loop.council import Council
from overnight.research.loop.edit import NamedResearcher, WorkspaceEdit
from overnight.research.loop.journal import Journal
from overnight.research.loop.left_out import LeftOutNews
from overnight.research.loop.objections import Objections
from overnight.research.loop.recording import ProposalOutcome, Recording, Rejected, numbers_of
from overnight.research.loop.reviewing import Reviewing
from overnight.research.loop.scope import Scope
from overnight.research.loop.searching import SearchTrials
from overnight.research.loop.together import Putting
from overnight.research.places.port import View, Workspaces
from overnight.research.researchers.port import Assignment, ProposalFailed, SearchEnded
from overnight.words.foreign import printable
from overnight.words.quantities import duration


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """Takes proposals in; what is out of scope or was tried before is rejected free of charge."""

    journal: Journal
    history: History
    workspaces: Workspaces
    council: Council
    assigner: Assigner
    scope: Scope
    searches: SearchTrials | None = None  # None: nobody searches
    left_out: LeftOutNews = field(default_factory=LeftOutNews)
    _rejected: dict[str, Rejected] = field(default_factory=dict)  # the last one of each role

    async def propose(self, staff: NamedResearcher, problems: Sequence[str] = ()) -> ProposalOutcome:
        """Ask for one proposal; `problems` are those of the researcher's last tries.

        Raises:
            NoIdeas: the researcher raised it.
            ModelsParked: no model is available until a person acts.
            SearchEnded: the researcher's search did.
        """
        assignment, left = 0, self.left_out.take(staff.role)
        try:
            if staff.reads:
                await self.council.have_ideas()
            asked = self.assigner.assigned(staff.role, reads=staff.reads, problems=problems, left_out=str(left))
            async with asked as request:
                assignment = request.assignment
                return await self._answer(staff, request)
        except ModelsParked as parked:
            self.left_out.put_back(staff.role, left)
            if parked.wait_s is None:
                raise
            reason = f"{parked}; asked again in {duration(parked.wait_s)}"
            self.journal.record(ProposalMissed(role=staff.role, reason=reason, assignment=assignment))
            return ProposalOutcome(assignment=assignment, wait_s=parked.wait_s)

    async def _answer(self, staff: NamedResearcher, request: ProposalRequest) -> ProposalOutcome:
        try:
            edit = await self._edit(staff, request)
        except ProposalFailed as failed:
            idea, reworks = numbers_of(request)
            self.journal.record(
                ProposalMissed(
                    role=staff.role,
                    reason=str(failed),
                    idea=idea,
                    assignment=request.assignment,
                    reworks=reworks,
                    fault=failed.hindrance,
                )
            )
            return ProposalOutcome(assignment=request.assignment, problem=str(failed), hindrance=failed.hindrance)
        return self._recording.take(edit)

    async def _edit(self, staff: NamedResearcher, request: ProposalRequest) -> WorkspaceEdit:
        """Let a researcher edit a fresh workspace, and a critic read it; what is left there when that fails is kept."""
        state = self.journal.state
        head, folder = state.head, self.workspaces.create(state.head, View.OPEN if staff.reads else View.EDITED)
        search = self._search(staff, request.assignment, head)
        finished = False
        try:
            assignment = Assignment(
                number=request.assignment,
                role=staff.role,
                program=state.program,
                workspace=folder,
                brief=request.brief,
                head=head,
                changed=lambda: bool(self.workspaces.collect(folder, head).changes),
                unfit=lambda: self._against(folder, head, self._objections.to_a_part),
                objection=lambda: self._against(folder, head, self._objections.to),
                under_way=tuple(opened.proposed for opened in state.open),
                search=search,
            )
            with self.journal.working(staff.role, request.assignment):
                draft = await _proposed(staff, assignment, search)
            edit = WorkspaceEdit(
                role=staff.role,
                researcher=staff.researcher.name,
                draft=draft,
                base=head,
                collected=self.workspaces.collect(folder, head),
                request=request,
                searched=search.count if search else 0,
            )
            edit = await self._putting.together(edit)
            edit = await self._reviewing.reviewed(staff, edit, assignment) if staff.reads else edit
            finished = True
        except SearchEnded:
            finished = True  # what it tried out in its workspace is none of a proposal's
            raise
        finally:
            if not finished:
                collected = self.workspaces.collect(folder, head)
                self.left_out.add(staff.role, collected.by_products)
                self._keep_unfinished(staff.role, request.assignment, head, collected.changes)
            self.workspaces.remove(folder)
        self.left_out.add(staff.role, edit.collected.by_products)
        return edit

    def _search(self, staff: NamedResearcher, assignment: int, head: str) -> AssignedSearch | None:
        if self.searches is None or self.searches.exhausted:
            return None
        return AssignedSearch(trials=self.searches, staff=staff, assignment=assignment, head=head)

    @property
    def _objections(self) -> Objections:
        return Objections(journal=self.journal, scope=self.scope)

    @property
    def _reviewing(self) -> Reviewing:
        return Reviewing(
            journal=self.journal,
            workspaces=self.workspaces,
            council=self.council,
            objections=self._objections,
            putting=self._putting,
        )

    @property
    def _recording(self) -> Recording:
        return Recording(
            journal=self.journal,
            history=self.history,
            scope=self.scope,
            objections=self._objections,
            rejected=self._rejected,
        )

    @property
    def _putting(self) -> Putting:
        return Putting(journal=self.journal, history=self.history, scope=self.scope)

    def _against(
        self, folder: Path, head: str, objections: Callable[[Sequence[FileChange], str, Sequence[str]], Sequence[str]]
    ) -> str:
        """What speaks against a trial of what a workspace holds, the first reason; empty if nothing does."""
        collected = self.workspaces.collect(folder, head)
        return next(iter(objections(collected.changes, head, collected.problems)), "")

    def _keep_unfinished(self, role: str, assignment: int, head: str, changes: Sequence[FileChange]) -> None:
        """Commit what an interrupted researcher left, under a ref of its own, for people to inspect."""
        if changes:
            message = f"Unfinished work of {printable(role, MESSAGE)}, assignment {assignment}\n"
            tag = self.journal.state.tag
            self.history.record_attempt(
                tag=tag, number=assignment, base=head, changes=changes, message=message, group="unfinished"
            )


async def _proposed(staff: NamedResearcher, assignment: Assignment, search: AssignedSearch | None) -> Draft:
    """A researcher's draft.

    Raises:
        SearchEnded: its search is over, which is no failure; also if several of its trials say so, in a group. Or what it found
            is the same as what another search found first.
        ProposalFailed: it raised that itself, or ended a search that is not over.
    """
    try:
        draft = await staff.researcher.propose(assignment)
        if search and draft.searched and search.overtaken:
            raise SearchEnded
        return draft
    except (SearchEnded, BaseExceptionGroup) as error:
        if isinstance(error, BaseExceptionGroup) and error.split(SearchEnded)[1]:
            raise
        if search and search.over:
            raise SearchEnded(search.over) from error
        raise ProposalFailed("it gave up a search that is not over") from error
