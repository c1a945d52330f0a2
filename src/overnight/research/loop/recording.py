"""An edit becomes a proposal in the ledger: an open experiment with its commit, or a rejected one, which costs nothing."""

from dataclasses import dataclass, replace

from overnight.agents.hindrance import Hindrance
from overnight.gate.noise import noise_kind
from overnight.gate.verdict import Conclusion, Verdict
from overnight.git.port import History
from overnight.program.program import Noise
from overnight.research.caution import warnings_of
from overnight.research.changes.code_size import SizeChange
from overnight.research.changes.edit import edit_of
from overnight.research.changes.scope import NOTHING, proposal_digest
from overnight.research.changes.similar import shape_of
from overnight.research.events import Concluded, ProposalMissed, Proposed
from overnight.research.loop.assigning import ProposalRequest
from overnight.research.loop.attempt import attempt_message
from overnight.research.loop.edit import WorkspaceEdit
from overnight.research.loop.journal import Journal
from overnight.research.loop.objections import Objections
from overnight.research.loop.scope import Scope
from overnight.research.origin import origin_words
from overnight.research.scrubbing import scrub_value


@dataclass(frozen=True, slots=True, kw_only=True)
class ProposalOutcome:
    """What came of a request."""

    assignment: int
    number: int | None = None  # of the experiment, open or rejected; None: there is no proposal
    problem: str = ""  # why it is not worth a trial; empty if it is open
    searched: int = 0  # trials that its researcher ran before
    waited_s: float = 0.0  # of its time, until the researcher had anything to propose
    hindrance: Hindrance | None = None  # what kept the researcher from working; None if it did work
    wait_s: float = 0.0  # until a model is available again, if none is: that is no failed proposal


@dataclass(frozen=True, slots=True, kw_only=True)
class Rejected:
    """The last proposal of a role, if it was rejected."""

    number: int
    tree: str  # digest of its change
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """Records edits; what is out of scope or was tried before is rejected."""

    journal: Journal
    history: History
    scope: Scope
    objections: Objections
    rejected: dict[str, Rejected]  # the last one of each role

    def take(self, edit: WorkspaceEdit) -> ProposalOutcome:
        """Record an edit as an open experiment or as a rejected one."""
        number, searched = self.journal.state.next_number, self.journal.state.tally.search
        draft = scrub_value(edit.draft, self.journal.scrubber)
        draft = replace(draft, searched=min(draft.searched, searched))  # a claim, and it spares screening
        problems = (*edit.collected.problems, *([edit.refusal] if edit.refusal else []))
        violations = self.objections.to(edit.changes, edit.base, problems)
        commit = ""
        if not violations:
            state = self.journal.state
            tag, noisy = state.tag, noise_kind(state.program, state.gate) is not Noise.DETERMINISTIC
            message = attempt_message(
                state.program,
                tag,
                number,
                role=edit.role,
                hypothesis=draft.hypothesis,
                how=origin_words(draft.searched, edit.together, unscreened=noisy),
                warnings=warnings_of(state, draft.searched),
            )
            commit = self.history.record_attempt(tag=tag, number=number, base=edit.base, changes=edit.changes, message=message)
        before = self.scope.before(edit.changes, edit.base)
        size = SizeChange(added=0, removed=0) if violations else self.scope.size(edit.changes, edit.base)
        idea, reworks = numbers_of(edit.request)
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
            idea=idea,
            shape=shape_of(edit.changes, before, edit.base),
            assignment=edit.request.assignment,
            reworks=reworks,
            by_products=edit.collected.by_products,
            edit=edit_of(edit.changes, before),
            searched=draft.searched,
            together=edit.together,
            lesson=draft.lesson,
        )
        if not violations:
            self.journal.record(proposed)
            outcome = ProposalOutcome(assignment=edit.request.assignment, number=number, searched=edit.searched)
        else:
            outcome = self._reject(proposed, "; ".join(violations))
        return replace(outcome, waited_s=edit.draft.waited_s)

    def _reject(self, proposed: Proposed, reason: str) -> ProposalOutcome:
        """Record a rejected experiment; one that its role repeats at once is the same one, and is not recorded as another."""
        if reason == NOTHING and (left := str(proposed.by_products)):
            reason = f"{reason}; left out: {left}"
        last = self.rejected.get(proposed.role)
        if last and (last.tree, last.reason) == (proposed.tree, reason):
            again = f"#{last.number} again, which was rejected: {reason}"
            self.journal.record(
                ProposalMissed(
                    role=proposed.role,
                    reason=again,
                    idea=proposed.idea,
                    assignment=proposed.assignment,
                    reworks=proposed.reworks,
                )
            )
            return ProposalOutcome(assignment=proposed.assignment, problem=again)
        number = proposed.number
        self.rejected[proposed.role] = Rejected(number=number, tree=proposed.tree, reason=reason)
        rejected = Conclusion(verdict=Verdict.REJECT, reason=reason)
        self.journal.record(proposed, Concluded(number=number, conclusion=rejected, elapsed_s=self.journal.elapsed_s()))
        problem = f"#{number} ({proposed.hypothesis}) was rejected: {reason}"
        return ProposalOutcome(assignment=proposed.assignment, number=number, problem=problem)


def numbers_of(request: ProposalRequest) -> tuple[int, int]:
    """The idea and the returned experiment that a request is about; 0 if there is none."""
    return request.idea.number if request.idea else 0, request.rework.number if request.rework else 0
