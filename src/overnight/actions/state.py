"""The board as a value: what each action has come to, and what it needs next. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from overnight.actions.charter import Request, Role
from overnight.actions.findings import Evidence, Finding, Plan
from overnight.models.usage import Usage

PLANNED_FROM = 400  # characters of a request, from which a planner is asked


class Stage(StrEnum):
    """What an action needs next."""

    QUEUED = "queued"  # room, or the actions that it comes after
    PLANNING = "planning"
    RESEARCHING = "researching"
    CODING = "coding"
    CHECKING = "checking"
    REVIEWING = "reviewing"
    READY = "ready"  # to be shown to a person
    WAITING = "waiting"  # for a person's word
    MERGING = "merging"
    DELIVERING = "delivering"  # it is merged, and is to be pushed
    MERGED = "merged"
    DROPPED = "dropped"
    SPLIT = "split"  # other actions do its work


ENDED = frozenset((Stage.MERGED, Stage.DROPPED, Stage.SPLIT))
FLOWING = frozenset(
    (
        *(Stage.PLANNING, Stage.RESEARCHING, Stage.CODING, Stage.CHECKING, Stage.REVIEWING),
        *(Stage.READY, Stage.MERGING, Stage.DELIVERING),
    )
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """One action, as its events left it."""

    number: int
    request: Request
    by: str
    key: str = ""  # of the call that asked for it
    asked_at: float  # Unix time, s, as all times here
    changed_at: float
    base: str = ""  # commit that its changes are on; empty: it has not begun
    rules: str = ""  # the text of actions.md in the base
    plan: Plan | None = None
    note: str = ""  # the researcher's
    commit: str = ""  # its newest; empty: there is none
    commit_base: str = ""  # that this one is on: another than `base` once it did not fit on what was merged
    to_fix: str = ""  # what the coder is asked to change next; empty: nothing
    why_fix: str = ""  # "checks", "review", "person", "merge" or ""
    left: str = ""  # commit of what a turn left that was cut off: the next one goes on from it; empty: nothing
    onto: str = ""  # what the coder begins with after a merge that failed: the head with this in it; empty: its own commit
    conflicts: Sequence[str] = ()  # paths of the newest merge that failed
    beside: Sequence[str] = ()  # paths of its own versions there, which must go
    joined: str = ""  # what the coder began with then
    accepted_before: str = ""  # the commit that a person had accepted then
    evidence: Evidence | None = None  # of `commit`
    findings: Sequence[Finding] | None = None  # of `commit`
    unreviewed: str = ""  # why `commit` has no review although a reviewer was asked; empty: it has one, or nobody was
    past_findings: Sequence[Finding] = ()  # of earlier commits, that the coder was asked to fix
    turns: int = 0  # begun
    turns_before: int = 0  # of these, before a person's newest word: a budget counts from there
    usage_before: Usage = field(default_factory=Usage)  # the same
    open_turn: Role | None = None  # one that has begun and not ended
    unusable: str = ""  # why the newest turn left nothing to go on with
    assumptions: Sequence[str] = ()
    not_taken: Sequence[str] = ()  # what the newest coder left that is no part of the commit
    claims: Sequence[str] = ()  # of the newest coder
    check_rounds: int = 0
    review_rounds: int = 0
    merge_rounds: int = 0
    parked: str = ""  # why no model can be asked; empty: it is not parked
    parked_until: float = 0.0
    waiting: str | None = None  # for a person, and why; empty: its result is there; None: it does not
    fault: bool = False  # it waits because we or the machine failed
    fault_log: str = ""  # artifact that says more of it
    ready_at: float = 0.0
    accepted: str = ""  # the commit that a person accepted
    judged_by: str = ""
    dropped: str | None = None
    merged: str = ""  # commit of the integration branch
    flaky: Sequence[str] = ()  # checks that failed first on the merged tree, and passed when they were tried again
    failing: Sequence[str] = ()  # checks that failed there, as on the head before
    deliver: str = ""  # the remote that it is pushed to; empty: it is not
    delivered: str = ""
    problem: str = ""  # of the delivery
    split_into: Sequence[int] = ()  # actions that do its work
    usage: Usage = field(default_factory=Usage)
    working_s: float = 0.0  # of agents
    agents: Mapping[str, str] = field(default_factory=dict)  # by role, which one worked last

    @property
    def stage(self) -> Stage:  # a table
        """What it needs next."""
        if self.dropped is not None:
            return Stage.DROPPED
        if self.merged:
            return Stage.DELIVERING if self.deliver and not (self.delivered or self.problem) else Stage.MERGED
        if self.split_into:
            return Stage.SPLIT
        if not self.base:
            return Stage.QUEUED if self.waiting is None else Stage.WAITING
        if self.waiting is not None:
            return Stage.WAITING
        if self.accepted:
            return Stage.MERGING
        return self._working_stage()

    def _working_stage(self) -> Stage:  # a table
        if not self.commit or self.to_fix:
            if self.plan is None and not self.commit and self.wants_plan:
                return Stage.PLANNING
            if self.plan and self.plan.research and not self.note:
                return Stage.RESEARCHING
            return Stage.READY if self.unusable else Stage.CODING
        if self.evidence is None:
            return Stage.CHECKING
        if self.findings is None and not self.evidence.to_fix:
            return Stage.REVIEWING
        return Stage.READY

    @property
    def wants_plan(self) -> bool:
        """Whether a planner is asked."""
        if self.request.commit or self.request.measure or self.request.plan is False:
            return False
        return bool(self.request.plan) or len(self.request.text) >= PLANNED_FROM

    @property
    def start(self) -> str:
        """The commit that the coder begins with."""
        return self.left or self.onto or self.commit or self.base

    @property
    def is_only_stuck(self) -> bool:
        """Whether nothing is wrong with the work: sent back without words, the same step is done again."""
        return self.fault or not self.base

    @property
    def blocking(self) -> Sequence[Finding]:
        """Findings that keep its commit from being good."""
        return [finding for finding in self.findings or () if finding.blocking]


@dataclass(frozen=True, slots=True, kw_only=True)
class TrunkState:
    """How the integration branch of a repository stands."""

    head: str
    held: str = ""  # why it cannot be moved, and what to type
    apart: str = ""  # which commits of the user's are not in it, why, and what to type
    broken: Sequence[str] = ()  # checks that fail on it
    since: float = 0.0  # when they were first seen to fail
    after: int = 0  # the action that was merged last before that; 0: none of ours
    said: str = ""  # what somebody else did to it last
    last: int = 0  # the action that was merged last; 0: none


@dataclass(frozen=True, slots=True, kw_only=True)
class Board:
    """The actions of this user that go on, and the newest that have ended; of those before, which were merged.

    So what a look or a step costs does not grow with the actions that there were.
    """

    actions: Mapping[int, Action] = field(default_factory=dict)  # by number; those that have ended come last, in that order
    merged: frozenset[int] = frozenset()  # of those that have left `actions`
    newest: int = 0  # number of the action that was asked for last
    trunks: Mapping[str, TrunkState] = field(default_factory=dict)  # by the repository's path
    deliveries: frozenset[str] = frozenset()  # digests of those that a person allowed
    seq: int = 0  # of the newest event
    open: Mapping[int, Action] = field(default_factory=dict)  # those that have not ended

    def in_stage(self, *stages: Stage) -> Sequence[Action]:
        """The actions in some stages, oldest first."""
        among = self.actions if ENDED.intersection(stages) else self.open
        return [action for action in among.values() if action.stage in stages]

    def standing(self, number: int) -> bool | None:
        """Whether an action is merged, as a whole if it was split, however long ago; None if it never will be."""
        return standing(number, self.actions, self.merged)


def standing(number: int, actions: Mapping[int, Action], merged: frozenset[int]) -> bool | None:
    """As `Board.standing`: of these actions, and those that were merged and are not among them any more."""
    if number in merged:
        return True
    action = actions.get(number)
    if action is None or action.stage is Stage.DROPPED:
        return None
    if action.stage is not Stage.SPLIT:
        return bool(action.merged)
    parts = [standing(part, actions, merged) for part in action.split_into if part > number]
    return None if None in parts else all(parts)
