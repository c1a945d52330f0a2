"""The result of an action as a value: what a person judges. Pure.

What we found out ourselves stands apart from what an agent says: its words are claims, whatever they say.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from overnight.actions.charter import Role
from overnight.actions.findings import Hunk, NewTest, Plan, RiskKind, Suspicion, WeakenedTest
from overnight.actions.state import Stage
from overnight.actions.views.diff_size import PartSize


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultClaim:
    """What the coder says that it does now."""

    text: str
    tests: Sequence[str]  # that it names, and that fail without the change and pass with it; empty: nothing but its word


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownOutput:
    """What the command `show` left of the result."""

    artifact: str
    picture: bool
    text: str  # its first lines; empty if it is a picture


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultCheck:
    """One check, without and with the change."""

    command: str
    before: bool | None  # whether it passed; null: it was not run
    after: bool | None
    reason: str  # why it failed with the change
    excerpt: Sequence[str]  # lines of its output that say why
    wall_s: float  # with the change
    log: str  # artifact; empty: nothing was printed
    flaky: bool  # it failed with the change, and passed when it was run again
    note: str  # what else to know of how it ran


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultRisk:
    """Something in the diff that is dangerous to get wrong."""

    kind: RiskKind
    path: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewFinding:
    """What a reviewer said, and what became of it."""

    path: str  # empty: of the whole
    line: int  # 0: of the whole file
    blocking: bool
    text: str
    became: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ResultTurn:
    """One agent's turn."""

    turn: int
    role: Role
    agent: str
    models: Sequence[str]  # that answered, each with its provider
    tried: Sequence[str]  # agents that came before this one, each with why it could not go on
    reason: str  # why it did not end well; empty if it did
    tokens: int
    cost_usd: float
    wall_s: float
    commit: str  # that it left; empty: none
    transcript: str  # artifact; empty: none is kept


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A person's word on an earlier or this state of it."""

    word: str  # accept, send back or drop
    text: str
    by: str
    commit: str
    at: float  # Unix time, s


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What `result --json` prints."""

    number: int
    title: str
    asked: str  # all of the request
    by: str  # who asked: KIND:NAME, or another action
    folder: str  # top of the repository's checkout
    repository: str  # its name
    stage: str  # queued, planning, researching, coding, checking, reviewing, ready, waiting, merging, delivering, merged, ...
    waiting: str | None  # what keeps it from going on; empty: the result is there; null: it does not wait for a person
    fault: bool  # it does not go on because we or the machine failed, not the work
    fault_log: str  # artifact that says more of it; empty: nothing does
    flags: Sequence[str]  # what to look at before it is accepted, a line each; empty: nothing stands out
    base: str  # commit that it is on
    commit: str  # what is judged; empty: nothing was changed
    claims: Sequence[ResultClaim]
    proofs: Sequence[NewTest]  # tests that it adds or changes, run without and with the change
    shown: Sequence[ShownOutput]
    show_problem: str  # why `show` did not end well; empty if it did
    assumptions: Sequence[str]
    suspicions: Sequence[Suspicion]  # places that make a green test doubtful
    not_taken: Sequence[str]  # what the coder left that is no part of the commit, such as a link or what git ignores
    risks: Sequence[ResultRisk]
    weakened: Sequence[WeakenedTest]
    unproven: Sequence[Hunk]  # whose revert alone keeps the tests green
    unproven_left: int  # hunks that there was no time to try
    tried_lines: int  # of code, that were taken out
    unproven_lines: int  # of these, that nothing noticed the lack of
    refactoring: bool  # no red was asked for
    checks: Sequence[ResultCheck]
    reviewed: bool  # a reviewer read this commit
    unreviewed: str  # why there is no review although a reviewer was asked; empty: there is one, or nobody was
    findings: Sequence[ReviewFinding]
    plan: Plan | None
    note: str  # the researcher's
    turns: Sequence[ResultTurn]
    judgements: Sequence[Judgement]
    asked_at: float  # Unix time, s
    ready_at: float | None  # Unix time, s; null: it was never ready
    working_s: float  # of agents
    calls: int  # to models
    tokens: int
    cached_tokens: int  # of the tokens, read from a provider's cache
    cost_usd: float
    parts: Sequence[PartSize]  # size of the diff
    lines: int  # added and removed
    tokens_per_line: float | None  # null without a changed line
    is_costly: bool  # many tokens for few lines
    merged: str  # commit of the branch overnight/main; empty: it is not merged
    flaky: Sequence[str]  # checks that failed first on the merged tree, and passed when they were tried again
    failing: Sequence[str]  # checks that fail there, as on the head before
    conflicts: Sequence[str]  # paths of the newest merge that did not fit
    split_into: Sequence[int]  # actions that do its work
    delivered: str  # where; empty: nowhere else
    problem: str  # of the delivery
    dropped: str | None  # why; null: it was not
    trouble: str  # why its diff cannot be read, or not to its end; empty if it can
    diff: str

    @property
    def is_there(self) -> bool:
        """Whether a person can judge it now."""
        return self.stage == Stage.WAITING

    @property
    def is_only_stuck(self) -> bool:
        """Whether nothing is wrong with the work: sent back without words, the same step is done again."""
        return self.is_there and (self.fault or not self.base)
