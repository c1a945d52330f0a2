"""What a researcher is asked for next: a returned change, an idea, or something of its own; and the brief that says so."""

from collections import deque
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from hashlib import sha256

from overnight.git.port import History
from overnight.research.briefs.angles import ANGLES, angle
from overnight.research.briefs.brief import write_brief
from overnight.research.briefs.rework import Rework
from overnight.research.briefs.under_way import Making
from overnight.research.charter import parse_charter
from overnight.research.idea import Idea
from overnight.research.ideas.queue import choose_idea
from overnight.research.loop.briefing import Briefing
from overnight.research.loop.journal import Journal
from overnight.research.returned import Returned

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

    @contextmanager
    def assigned(self, role: str, *, reads: bool, problems: Sequence[str]) -> Iterator[ProposalRequest]:
        """A request that is in hand while the context lasts; `problems` are those of the role's last tries."""
        number = self.next_number()
        request = self._request(number, role, problems) if reads else ProposalRequest(assignment=number, role=role)
        self._in_hand[request.assignment] = request
        try:
            yield request
        finally:
            del self._in_hand[request.assignment]

    def _request(self, number: int, role: str, problems: Sequence[str]) -> ProposalRequest:
        rework = self._rework(role)
        idea = self._idea_of(rework) if rework else self._next_idea()
        request = self._written(number, role, idea, rework, problems)
        for _ in range(self._ways()):
            if idea or rework or _digest(request.brief) not in self._sent:
                break
            request = self._written(number, role, idea, rework, problems)
        self._sent.append(_digest(request.brief))
        return request

    def _written(
        self, number: int, role: str, idea: Idea | None, rework: Returned | None, problems: Sequence[str]
    ) -> ProposalRequest:
        where = "" if idea or rework else self._next_angle()
        brief = write_brief(
            self.briefing.task(
                role,
                idea,
                rework=self._with_diffs(rework) if rework else None,
                angle=where,
                making=[_making(request) for request in reversed(self._in_hand.values())],
                problems=problems,
                elsewhere=(*self._busy(), *self._reserved()),
            )
        )
        return ProposalRequest(assignment=number, role=role, idea=idea, rework=rework, angle=where, brief=brief)

    def _rework(self, role: str) -> Returned | None:
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
        return angle(count - 1, self.briefing.editable(self.journal.state.head))

    def _ways(self) -> int:
        """How many places to look there are."""
        return len(ANGLES) * max(1, len(self.briefing.editable(self.journal.state.head)))

    def _with_diffs(self, rework: Returned) -> Rework:
        diff, kept = (self.history.diff(rework.base, commit) for commit in (rework.commit, self.journal.state.head))
        return Rework(returned=rework, diff=diff, kept=kept)


def _digest(brief: str) -> bytes:
    return sha256(brief.encode()).digest()


def _making(request: ProposalRequest) -> Making:
    if request.rework:
        return Making(role=request.role, what=f"brings #{request.rework.number} into the head")
    if request.idea:
        return Making(role=request.role, what=f"works on idea #{request.idea.number}", words=request.idea.text)
    return Making(role=request.role, what="looks for an idea of its own", words=request.angle)
