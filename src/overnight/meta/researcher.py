"""The built-in researcher of organisations: it changes who works, how many, how proofs are paid for, risk, and the ideas.

It opens with each researcher alone, which shows who contributes. Then it makes one change at a time, each once on a head. What
was tried decides what comes next: kinds of changes, and roles and ideas, that were kept or nearly so come sooner, those that
were not come later; two changes that were nearly proven are tried as one.
"""

import random
from collections.abc import Callable, Mapping, Sequence
from itertools import combinations

from overnight.agents.context import AgentContext
from overnight.gate.verdict import Verdict
from overnight.meta.charter import Charter
from overnight.meta.moves import Move, moves
from overnight.program.program import ResearcherSpec
from overnight.research.experiment import Draft, Experiment, Scalar
from overnight.research.researchers.port import Assignment, NoIdeas, Researcher, SearchTrial

ALONE = "only"  # the kind of change that leaves one researcher
# How often each kind of change is tried before any was. Who works decides most, how many of them least.
PRIORS: Mapping[str, float] = {
    ALONE: 3.0, "replace": 2.0, "add": 2.0, "remove": 2.0, "risk": 2.0, "first": 1.5, "drop": 0.5, "pairs": 1.0, "count": 0.5,
}  # fmt: skip
CREDIT = {Verdict.KEEP: 2.0}  # of a change, for others of its kind or about the same
NEAR = 1.0  # the credit of one that was better, but not proven
KIND, SUBJECT, MOVE, BOTH = "kind", "about", "move", " and "  # notes; what joins two changes


def choose(left: Sequence[Move], chance: random.Random, worth: Callable[[Move], float], *, opening: bool) -> Move:
    """The next change of those that are left; in the opening each researcher alone, in the charter's order."""
    if opening and (alone := next((move for move in left if move.kind == ALONE), None)):
        return alone
    many = {move.kind: sum(other.kind == move.kind for other in left) for move in left}
    return chance.choices(left, [PRIORS[move.kind] / many[move.kind] * worth(move) for move in left])[0]


class OrganisationTuner:
    """Proposes one change of an organisation at a time."""

    name = "tuner"

    def __init__(self, charter: Charter) -> None:
        self._charter = charter
        self._tried: set[tuple[str, str]] = set()  # head, move
        self._credit: dict[str, tuple[float, int]] = {}  # of a kind or a subject: how much, in how many tests
        self._near: dict[str, list[str]] = {}  # moves by head
        self._keeps = 0
        self._moves: tuple[str, list[Move]] = ("", [])  # of the newest text

    def learn(self, experiment: Experiment) -> None:
        """Take in an ended experiment."""
        kind, subject, move = (experiment.notes.get(name) for name in (KIND, SUBJECT, MOVE))
        if not (isinstance(kind, str) and isinstance(subject, str) and isinstance(move, str)):
            return
        self._tried.add((experiment.base, move))
        ended = experiment.conclusion
        if ended is None or ended.verdict is Verdict.REJECT:
            return
        self._keeps += ended.verdict is Verdict.KEEP
        near = ended.verdict is Verdict.DISCARD and ended.pairs > 0 and (ended.gain or 0.0) > 0.0
        if near and BOTH not in kind:
            self._near.setdefault(experiment.base, []).append(move)
        for name in (*kind.split(BOTH), subject):
            credit, tests = self._credit.get(name, (0.0, 0))
            self._credit[name] = credit + (NEAR if near else CREDIT.get(ended.verdict, 0.0)), tests + 1

    def recall(self, trial: SearchTrial) -> None:
        """Nothing: it never searches."""

    async def propose(self, assignment: Assignment) -> Draft:
        """Make a change that was not tried on this head."""
        path = assignment.workspace / self._charter.organisation
        text = path.read_bytes().decode()
        for opened in assignment.under_way:
            self._tried.add((opened.base, str(opened.notes.get(MOVE))))
        move = self._next(assignment, text)
        self._tried.add((assignment.head, move.what))
        path.write_bytes(move.text.encode())
        notes: dict[str, Scalar] = {KIND: move.kind, SUBJECT: move.subject, MOVE: move.what}
        return Draft(hypothesis=move.what, notes=notes)

    def _next(self, assignment: Assignment, text: str) -> Move:
        if self._moves[0] != text:  # the same as long as the head is
            self._moves = (text, list(moves(self._charter, text)))
        every = self._moves[1]
        if both := self._combined(assignment.head, every):
            return both
        left = [move for move in every if (assignment.head, move.what) not in self._tried]
        if not left:
            raise NoIdeas("every single change of this organisation was tried")
        chance = random.Random(f"{assignment.role} {assignment.number} {assignment.head}")  # noqa: S311  # repeats after a restart
        return choose(left, chance, self._worth, opening=not self._keeps)

    def _worth(self, move: Move) -> float:
        """How much likelier a change is to be kept than before anything was tried."""
        worth = 1.0
        for name in (move.kind, move.subject):
            credit, tests = self._credit.get(name, (0.0, 0))
            worth *= (1.0 + credit) / (1.0 + tests)
        return worth

    def _combined(self, head: str, every: list[Move]) -> Move | None:
        """Two changes as one, both nearly proven on this head; None if there are none."""
        for one, other in combinations(self._near.get(head, []), 2):
            what = f"{one}{BOTH}{other[0].lower()}{other[1:]}"
            first = next((move for move in every if move.what == one), None)
            if first is None or (head, what) in self._tried:
                continue
            second = next((move for move in moves(self._charter, first.text) if move.what == other), None)
            if second is not None:
                kind, subject = f"{first.kind}{BOTH}{second.kind}", f"{first.subject}{BOTH}{second.subject}"
                return Move(kind=kind, subject=subject, what=what, text=second.text)
        return None


def organisation_tuner(charter: Charter, _spec: ResearcherSpec, _context: AgentContext) -> Researcher:
    """The researcher of `use: tuner` in a meta.md."""
    return OrganisationTuner(charter)
