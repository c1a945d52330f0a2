"""What happens to actions, as events: the ledger keeps them, the board is their fold."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from typing import TYPE_CHECKING, Literal

from overnight.actions.charter import Request, Role
from overnight.actions.findings import Evidence, Finding, Plan, TurnOutcome
from overnight.ledger.json_text import dump, load
from overnight.models.usage import Usage

if TYPE_CHECKING:
    from pydantic import TypeAdapter


class Word(StrEnum):
    """What a person says of a result."""

    ACCEPT = "accept"
    SEND_BACK = "send back"
    DROP = "drop"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """An action was asked for; it waits until there is room."""

    kind: Literal["asked"] = "asked"
    action: int
    request: Request
    by: str = "owner"  # the principal, or `action N` if a planner split it off
    key: str = ""  # of the call that asked for it: the same key, the same action


@dataclass(frozen=True, slots=True, kw_only=True)
class Begun:
    """It has a base, and what `actions.md` says there."""

    kind: Literal["begun"] = "begun"
    action: int
    base: str  # commit
    rules: str  # the text of actions.md in the base; empty: there is none


@dataclass(frozen=True, slots=True, kw_only=True)
class Planned:
    """The planner's answer."""

    kind: Literal["planned"] = "planned"
    action: int
    plan: Plan
    outcome: TurnOutcome
    into: Sequence[int] = ()  # numbers of the actions that do its work, if it was split; they are asked in the same moment


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnBegun:
    """An agent begins; without a `TurnEnded` or a `TurnCut` the turn was cut off, and is done again."""

    kind: Literal["turn_begun"] = "turn_begun"
    action: int
    turn: int
    role: Role


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnEnded:
    """An agent ended its turn; what it edited is a commit, whatever else came of it."""

    kind: Literal["turn_ended"] = "turn_ended"
    action: int
    turn: int
    role: Role
    outcome: TurnOutcome
    commit: str = ""  # of a coder, on the action's base; empty: nothing was changed


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnCut:
    """An agent's turn was cut off, by a stop, a kill or for want of a model; what it left is a commit to go on from."""

    kind: Literal["turn_cut"] = "turn_cut"
    action: int
    turn: int
    role: Role
    why: str  # one line
    commit: str = ""  # of what a coder left; empty: nothing
    usage: Usage = field(default_factory=Usage)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parked:
    """No model can be asked now: the action goes on later by itself."""

    kind: Literal["parked"] = "parked"
    action: int
    why: str  # one line
    until: float  # Unix time, s


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """Our own checks of a commit have ended."""

    kind: Literal["checked"] = "checked"
    action: int
    commit: str
    evidence: Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviewed:
    """The reviewer's findings."""

    kind: Literal["reviewed"] = "reviewed"
    action: int
    commit: str
    findings: Sequence[Finding]
    outcome: TurnOutcome
    missing: str = ""  # why there is no review, which is no approval; empty: there is one


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """The action waits for a person: its result is there, or it cannot go on by itself."""

    kind: Literal["waiting"] = "waiting"
    action: int
    why: str = ""  # one line; empty: the result is there
    fault: bool = (
        False  # nothing is wrong with the work: we or the machine failed; sent back without words, the step is done again
    )
    log: str = ""  # artifact that says more of a fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """A person's word."""

    kind: Literal["judged"] = "judged"
    action: int
    word: Word
    text: str = ""  # for the coder, if it is sent back
    by: str = "owner"
    commit: str = ""  # that was judged
    carried: str = ""  # the commit that the person judged, if since then only places that conflicted were changed


@dataclass(frozen=True, slots=True, kw_only=True)
class Merged:
    """It is on the integration branch, after its checks passed on the merged tree."""

    kind: Literal["merged"] = "merged"
    action: int
    commit: str  # new head of the integration branch
    parent: str  # the head before; empty: it landed before a kill, and nothing is known of its checks
    checks: Sequence[str] = ()  # that passed on it
    flaky: Sequence[str] = ()  # of them, those that failed first and passed when they were tried again
    failing: Sequence[str] = ()  # that fail on it, and failed on the head before as well
    deliver: str = ""  # the remote that it is pushed to next; empty: it is not


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """It could not be merged: the coder gets it back, with the reason."""

    kind: Literal["returned"] = "returned"
    action: int
    why: str
    onto: str  # the head that it did not fit on, its base from now on
    conflicts: Sequence[str] = ()  # paths
    beside: Sequence[str] = ()  # paths of its own versions, of files that cannot hold both
    start: str = ""  # what the coder begins with: that head with all that fits, and both sides of what does not


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivered:
    """What was done with it after the merge."""

    kind: Literal["delivered"] = "delivered"
    action: int
    where: str = ""
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class DeliveryAsked:
    """A person allows a delivery, and those like it from now on; one that failed is tried again."""

    kind: Literal["delivery_asked"] = "delivery_asked"
    action: int
    by: str = "owner"
    allows: str = ""  # digest of what is pushed where and of what runs then, as it was shown


@dataclass(frozen=True, slots=True, kw_only=True)
class TrunkNoted:
    """How the integration branch of a repository stands; it replaces what was noted before."""

    kind: Literal["trunk_noted"] = "trunk_noted"
    action: int  # that was to be merged when it was seen
    repo: str
    head: str
    held: str = ""  # why it cannot be moved now, and what to type
    apart: str = ""  # which commits of the user's are not in it, why, and what to type
    broken: Sequence[str] = ()  # checks that fail on it
    said: str = ""  # what somebody else did to it


Event = (
    Asked
    | Begun
    | Planned
    | TurnBegun
    | TurnEnded
    | TurnCut
    | Parked
    | Checked
    | Reviewed
    | Waiting
    | Judged
    | Merged
    | Returned
    | Delivered
    | DeliveryAsked
    | TrunkNoted
)


def encode(event: Event) -> bytes:
    """The event as JSON."""
    return dump(_adapter(), event)


def decode(body: str) -> Event:
    """The event of such a text; ValueError if it is none."""
    return load(_adapter(), body)


@cache
def _adapter() -> "TypeAdapter[Event]":
    from pydantic import TypeAdapter

    return TypeAdapter(Event)
