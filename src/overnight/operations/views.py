"""Approvals and operations as values that people and programs are shown."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from overnight.operations.call import Call
from overnight.operations.foreign_input import input_schema, output_schema
from overnight.operations.operation import AnyOperation, Tier
from overnight.operations.principal import Origin
from overnight.operations.record import Approval
from overnight.operations.rendering import command_words
from overnight.words.foreign import printable

LINE = 300  # characters of a channel, and of what else there is to know
WHOLE_PATH = 10 * 4096  # characters that a folder can become when it is made printable: none is left out


class ApprovalState(StrEnum):
    """How far an approval is."""

    PENDING = "pending"  # the owner has not answered
    GRANTED = "granted"  # the call goes through once, until it expires
    USED = "used"  # the call was started
    REFUSED = "refused"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalEntry:
    """A call that the owner was asked about."""

    number: int  # for `approve` and `refuse`
    state: ApprovalState
    call: str  # as the command line would have it
    tier: Tier
    principal: str  # who calls, as KIND:NAME
    origin: Origin  # whose words the call follows
    channel: str  # that it came by; empty: this machine
    where: str  # the folder that it is about
    tells: str  # what else to know about it, such as which program would run; empty: nothing
    asked_at: float  # Unix time, s
    expires_at: float  # Unix time, s; of the question, or of what is granted
    answered_by: str  # KIND:NAME; empty: nobody yet


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalList:
    """What `approvals --json` prints."""

    pending: Sequence[ApprovalEntry]  # oldest first; at most three
    recent: Sequence[ApprovalEntry]  # the newest that do not wait any more, newest first


@dataclass(frozen=True, slots=True, kw_only=True)
class OperationEntry:
    """What can be done, for programs."""

    name: str  # the words of the command line
    about: str
    tier: Tier
    raised: bool  # some inputs make the tier of a call worse
    egress: bool  # something leaves this machine
    owner_only: bool  # no approval lets anybody else call it
    input: Mapping[str, object]  # JSON schema
    output: Mapping[str, object]  # JSON schema


def entry_of(approval: Approval, now: float) -> ApprovalEntry:
    """An approval as it stands."""
    call: Call = approval.call
    return ApprovalEntry(
        number=approval.number,
        state=state_of(approval, now),
        call=command_words(call),
        tier=call.tier,
        principal=call.principal,
        origin=call.origin,
        channel=call.address.channel if call.address else "",
        where=call.where,
        tells=approval.tells,
        asked_at=approval.asked_at,
        expires_at=approval.expires_at,
        answered_by=approval.answered_by,
    )


@cache
def entry_for(operation: AnyOperation) -> OperationEntry:
    """An operation with its schemas."""
    return OperationEntry(
        name=operation.name,
        about=operation.about,
        tier=operation.tier,
        raised=operation.raised is not None,
        egress=operation.egress,
        owner_only=operation.owner_only,
        input=input_schema(operation),
        output=output_schema(operation),
    )


def state_of(approval: Approval, now: float) -> ApprovalState:
    """How far it is now."""
    if approval.granted is False:
        return ApprovalState.REFUSED
    if approval.used:
        return ApprovalState.USED
    if not approval.asked_at <= now < approval.expires_at:
        return ApprovalState.EXPIRED
    return ApprovalState.GRANTED if approval.granted else ApprovalState.PENDING


def describe_approval(entry: ApprovalEntry) -> str:
    """Who wants what, where, and until when the answer counts."""
    until = time.strftime("%H:%M", time.localtime(entry.expires_at))
    where = printable(entry.where, WHOLE_PATH)
    over = f" over {printable(entry.channel, LINE)}" if entry.channel else ""
    waits = f", until {until}" if entry.state in {ApprovalState.PENDING, ApprovalState.GRANTED} else ""
    line = f"{entry.number:>4} {entry.state}{waits}  {entry.principal}{over} wants `{entry.call}` ({entry.tier}) in {where}"
    return f"{line}\n     {printable(entry.tells, LINE)}" if entry.tells else line


def tier_words(entry: OperationEntry) -> str:
    """The tier, and what else tells of the risk."""
    words = [entry.tier.value, *(["or worse"] if entry.raised else []), *(["egress"] if entry.egress else [])]
    return ", ".join([*words, *(["owner only"] if entry.owner_only else [])])
