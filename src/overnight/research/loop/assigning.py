"""What a researcher is asked for next: a returned change, an idea, or something of its own; and the brief that says so."""

from collections import deque
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from hashlib import sha256
from typing import TYPE_CHECKING

from anyio import from_thread, to_thread

from overnight.git.deadline import Deadline
from overnight.git.port import History
from overnight.research.briefs.angles import angle, angles_of
from overnight.research.charter import parse_charter
from overnight.research.idea import Idea
from overnight.research.ideas.queue import choose_idea
from overnight.research.loop.briefing import Briefing
from overnight.research.loop.journal import Journal
from overnight.research.returned import Returned

if TYPE_CHECKING:
    from overnight.research.briefs.rework import Rework
    from overnight.research.briefs.under_way import Making

DIFFS_S = 60.0  # for what a returned change and the kept ones changed; honest texts take milliseconds
REMEMBERED = 1000  # briefs of this session that are not sent again


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalRequest:
    """One request to a researcher."""

    assignment: int
    role: str
    idea: Idea | None = None
    rework: Returned | None = None
    angle: str = ""  # where to look, if there is neither
    brief: str = ""


@dataclass(slots=True, kw_only=True)
class Assigner:
    """Hands out work so that no two researchers have the same in hand; a brief without an idea is not sent twice."""

    journal: Journal
    history: History
    briefing: Briefing
    at_once: int = 1  # assignments that may be under way
    _in_hand: dict[int, ProposalRequest] = field(default_factory=dict)  # by assignment
    _last: int = 0  # assignment
    _angles: int = 0  # handed out so far
    _sent: deque[bytes] = field(default_factory=lambda: deque(maxlen=REMEMBERED))  # digests of briefs

    def next_number(self) -> int:
        """The number of another assignment, which no other has in this campaign."""
        state = self.journal.state
        if not self._last:  # what earlier sessions had under way at their ends left no trace
            self._last = state.next_assignment - 1 + self.at_once * state.sessions
        self._last = max(self._last + 1, state.next_assignment)
        return self._last

    @asynccontextmanager
    async def assigned(
        self, role: str, *, reads: bool, problems: Sequence[str], left_out: str = ""
    ) -> AsyncIterator[ProposalRequest]:
        """A request that is in hand while the context lasts.

        `problems` are those of the role's last tries, `left_out` what it does not know yet of files that did not count.
        """
        number = self.next_number()
        returned = self._returned(role) if reads else None
        # In hand from now on, so that nobody else takes the returned change while git is asked for its diffs in a thread.
        self._in_hand[number] = ProposalRequest(assignment=number, role=role, rework=returned)
        try:
            if reads:
                rework = await self._reworked(returned) if returned else None
                del self._in_hand[number]  # its brief says what the others do
                self._in_hand[number] = self._request(number, role, rework, problems, left_out=left_out)
            yield self._in_hand[number]
        finally:
            self._in_hand.pop(number, None)

    def _request(
        self, number: int, role: str, rework: "Rework | None", problems: Sequence[str], *, left_out: str
    ) -> ProposalRequest:
        idea = self._idea_of(rework.returned) if rework else self._next_idea()
        request = self._written(number, role, idea, rework, problems, left_out=left_out)
        for _ in range(self._ways()):
            if idea or rework or _digest(request.brief) not in self._sent:
                break
            request = self._written(number, role, idea, rework, problems, left_out=left_out)
        self._sent.append(_digest(request.brief))
        return request

    def _written(
        self, number: int, role: str, idea: Idea | None, rework: "Rework | None", problems: Sequence[str], *, left_out: str
    ) -> ProposalRequest:
        from overnight.research.briefs.brief import write_brief

        where = "" if idea or rework else self._next_angle()
        brief = write_brief(
            self.briefing.task(
                role,
                idea,
                rework=rework,
                angle=where,
                making=[_making(request) for request in reversed(self._in_hand.values())],
                problems=problems,
                left_out=left_out,
                elsewhere=(*self._busy(), *self._reserved()),
            )
        )
        returned = rework.returned if rework else None
        return ProposalRequest(assignment=number, role=role, idea=idea, rework=returned, angle=where, brief=brief)

    def _returned(self, role: str) -> Returned | None:
        """The oldest returned change of a role that nobody works on."""
        busy = {request.rework.number for request in self._in_hand.values() if request.rework}
        returned = self.journal.state.returned
        return next((one for one in returned if one.role == role and not one.reworked and one.number not in busy), None)

    def _idea_of(self, rework: Returned) -> Idea | None:
        return next((idea for idea in self.journal.state.ideas.ideas if idea.number == rework.idea), None)

    def _next_idea(self) -> Idea | None:
        state = self.journal.state
        return choose_idea(state.ideas, parse_charter(state.program.body).bold, self._busy(), reserved=self._reserved())

    def _busy(self) -> list[int]:
        """The ideas that are in hand."""
        return [request.idea.number for request in self._in_hand.values() if request.idea]

    def _reserved(self) -> list[int]:
        """The ideas that wait with a returned change for its author."""
        state = self.journal.state
        authors = {spec.role for spec in state.program.researchers}
        return [one.idea for one in state.returned if one.role in authors]

    def _next_angle(self) -> str:
        self._angles += 1
        count = self.journal.state.sessions + self._angles  # a session that continues does not begin where the last one did
        state = self.journal.state
        return angle(count - 1, self.briefing.editable(state.head), angles_of(state.program))

    def _ways(self) -> int:
        """How many places to look there are."""
        return len(angles_of(self.journal.state.program)) * max(1, len(self.briefing.editable(self.journal.state.head)))

    async def _reworked(self, returned: Returned) -> "Rework":
        """A returned change with the diffs that its author needs now; asked again if the head moves meanwhile."""
        while True:
            head = self.journal.state.head
            rework = await to_thread.run_sync(self._with_diffs, returned, head)
            if self.journal.state.head == head:
                return rework

    def _with_diffs(self, returned: Returned, head: str) -> "Rework":
        """What it changed and what was kept meanwhile; runs in a thread."""
        from overnight.research.briefs.rework import Rework

        deadline = Deadline.within(DIFFS_S, check=from_thread.check_cancelled)
        diff, kept = (self.history.diff(returned.base, commit, deadline=deadline) for commit in (returned.commit, head))
        return Rework(returned=returned, diff=diff, kept=kept)


def _digest(brief: str) -> bytes:
    return sha256(brief.encode()).digest()


def _making(request: ProposalRequest) -> "Making":
    from overnight.research.briefs.under_way import Making

    if request.rework:
        return Making(role=request.role, what=f"brings #{request.rework.number} into the head")
    if request.idea:
        return Making(role=request.role, what=f"works on idea #{request.idea.number}", words=request.idea.text)
    return Making(role=request.role, what="looks for an idea of its own", words=request.angle)
