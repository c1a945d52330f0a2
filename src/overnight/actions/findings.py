"""What our own checks and a reviewer found out about a commit of an action."""

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TypeVar

from overnight.models.usage import Usage

Found = TypeVar("Found")


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckOutcome:
    """One command on one commit."""

    command: str
    passed: bool
    reason: str = ""  # one line; empty if it passed
    excerpt: Sequence[str] = ()  # lines of its output that say why, printable
    wall_s: float = 0.0
    log: str = ""  # artifact; empty: nothing was printed
    note: str = ""  # what else to know of how it ran, one line
    old_setup: bool = False  # it ran with the setup of the base, though the commit changes what that depends on
    tries: int = 1  # runs that it took; one that fails is run again before it counts
    tests: int | None = None  # that ran and were not skipped, as far as the output says
    skipped: int | None = None

    @property
    def flaky(self) -> bool:
        """Whether it failed, and passed when it was run again."""
        return self.passed and self.tries > 1


class Proof(StrEnum):
    """What a new or changed test says about the change."""

    RED_GREEN = "red-green"  # fails without the change for what it asserts, passes with it
    WEAK_RED = "weak red"  # fails without the change because something cannot be imported or called: this proves little
    NO_RED = "no red"  # passes without the change as well
    NOT_GREEN = "not green"  # fails with the change
    NOT_RUN = "not run"  # no command of ours runs it


@dataclass(frozen=True, slots=True, kw_only=True)
class NewTest:
    """A test file that the action adds or changes, run without and with the change."""

    path: str
    proof: Proof
    red: str = ""  # how it fails without the change, one line
    taken_out: str = ""  # what was missing when it failed so; empty: the whole change
    tests: Sequence[str] = ()  # names of those that fail without the change, as far as the output says
    others: Sequence[str] = ()  # new or changed ones that pass without it as well


class Weakening(StrEnum):
    """How tests got weaker."""

    DELETED = "deleted"
    SKIPPED = "skipped"
    LOOSENED = "loosened"
    FEWER = "fewer"
    CHANGED = "changed expectation"  # a test that existed asks for something else
    CHECK = "check changed"  # what a check runs, or which tests it selects, was edited


@dataclass(frozen=True, slots=True, kw_only=True)
class WeakenedTest:
    """A test that asks less than before."""

    path: str
    how: Weakening
    detail: str  # one line


@dataclass(frozen=True, slots=True, kw_only=True)
class Hunk:
    """A part of a diff."""

    path: str
    line: int  # in the new file, its first
    text: str  # as a unified diff
    why: str = ""  # what nothing notices, one line


class Doubt(StrEnum):
    """Why a green test, or a diff that was read, may prove less than it seems to."""

    KNOWS_TESTS = "knows that it is tested"  # the code asks whether a test runs it
    HARD_CODED = "hard-coded answer"  # the code answers what the tests ask, and nothing else
    MOCKED = "mocks what it tests"
    ANY_ANSWER = "any answer passes"  # of the same type
    ASSERTS_NOTHING = "asserts nothing"  # or only what is true of any answer
    NOT_SHOWN = "no diff shows it"  # code that git takes for binary


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspicion:
    """A place that makes a green test doubtful."""

    doubt: Doubt
    path: str
    line: int
    detail: str  # one line


def foremost(found: Sequence[Found], kind: Callable[[Found], Hashable], most: int) -> Sequence[Found]:
    """At most so many, in their order; of too many, the first of each kind before all others.

    Who writes a change could otherwise hide one behind many that come before it.
    """
    if len(found) <= most:
        return found
    firsts = {kind(each): each for each in reversed(found)}
    return sorted(found, key=lambda each: each is not firsts[kind(each)])[:most]


class RiskKind(StrEnum):
    """What a person should look at."""

    PROTECTED = "protected"
    AUTH = "auth"
    DEPENDENCIES = "dependencies"
    MIGRATIONS = "migrations"
    CI = "ci"
    PUBLIC_API = "public api"


@dataclass(frozen=True, slots=True, kw_only=True)
class Risk:
    """Something in the diff that is dangerous to get wrong."""

    kind: RiskKind
    path: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """All that we found out ourselves about one commit."""

    before: Sequence[CheckOutcome] = ()  # the checks on the base
    after: Sequence[CheckOutcome] = ()  # and on the commit
    proofs: Sequence[NewTest] = ()
    weakened: Sequence[WeakenedTest] = ()
    unproven: Sequence[Hunk] = ()  # whose revert alone keeps the tests green
    unproven_left: int = 0  # hunks that there was no time to try
    risks: Sequence[Risk] = ()
    shown: Sequence[str] = ()  # artifacts of `show`: output first, then pictures
    show_problem: str = ""  # why `show` did not end well
    refactoring: bool = False  # no red was asked for
    suspicions: Sequence[Suspicion] = ()
    code: bool = False  # more than tests, words and settings was changed
    tried_lines: int = 0  # of code, that were taken out
    unproven_lines: int = 0  # of these, that nothing noticed the lack of

    @property
    def broken(self) -> Sequence[CheckOutcome]:
        """Checks that fail with the change and did not fail without it."""
        failed_before = {outcome.command for outcome in self.before if not outcome.passed}
        return [outcome for outcome in self.after if not outcome.passed and outcome.command not in failed_before]

    @property
    def to_fix(self) -> Sequence[CheckOutcome]:
        """Of the broken ones, those that a coder can do something about: what they needed was there."""
        return [outcome for outcome in self.broken if not outcome.old_setup]

    @property
    def proven(self) -> bool:
        """Whether some test fails without the change for what it asserts, and passes with it."""
        return any(each.proof is Proof.RED_GREEN for each in self.proofs)

    @property
    def flags(self) -> Sequence[str]:
        """What should not be accepted without a look, a line each; none: the change is what its tests say."""
        return [
            *(f"`{each.command}` fails: {each.reason}" for each in self.broken),
            *(f"{each.path}: {each.proof}" for each in self.proofs if self._is_flaw(each.proof)),
            *(["no test shows the change"] if self.code and not self.proofs and not self.refactoring else []),
            *(f"{each.path or 'tests'}: {each.how}: {each.detail}" for each in self.weakened),
            *(f"{each.path}:{each.line}: {each.doubt}: {each.detail}" for each in self.suspicions),
            *self._mostly_unproven,
        ]

    @property
    def _mostly_unproven(self) -> Sequence[str]:
        if 2 * self.unproven_lines <= self.tried_lines:
            return ()
        return (f"no test notices the lack of {self.unproven_lines} of {self.tried_lines} lines of code",)

    def _is_flaw(self, proof: Proof) -> bool:
        if proof in {Proof.NO_RED, Proof.WEAK_RED}:
            return self.code and not self.refactoring and not self.proven
        return proof is not Proof.RED_GREEN


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What a reviewer says of one place."""

    path: str  # empty: of the whole
    line: int  # 0: of the whole file
    blocking: bool
    text: str  # printable


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What a planner says before anything is edited."""

    steps: Sequence[str] = ()
    files: Sequence[str] = ()  # that it expects to be touched
    shows: Sequence[str] = ()  # what will show that it works
    research: str = ""  # a question for the researcher; empty: none
    split: Sequence[str] = ()  # texts of actions that it takes instead, each after the one before


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelUse:
    """What one model was used for in one turn."""

    provider: str
    model: str
    usage: Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnOutcome:
    """What one agent's turn came to."""

    text: str  # its last words, printable
    reason: str = ""  # why it did not end well, one line; empty if it did
    assumptions: Sequence[str] = ()
    not_taken: Sequence[str] = ()  # what of its folder is no part of its commit, a line each, printable
    questions: Sequence[str] = ()
    usage: Usage = field(default_factory=Usage)
    wall_s: float = 0.0
    agent: str = ""  # which one worked
    transcript: str = ""  # artifact
    claims: Sequence[str] = ()  # what the coder says that it does now, each one line
    models: Sequence[ModelUse] = ()  # that answered, as the gateway counted them
    tried: Sequence[str] = ()  # agents that came before this one, each with why it could not go on
    plan: Plan | None = None  # of a planner; None: its answer could not be read
    findings: Sequence[Finding] | None = None  # of a reviewer; None: there is no review, which is no approval
