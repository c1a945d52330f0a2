"""The one door to operations: every face calls them here.

A call with an effect is recorded before it starts, without secrets, and after it is read back. One that was under way when its
process ended is looked at again before the same is done once more. What the caller may not do by themselves becomes a
question to the owner.

Does not cover: what a process of our own user does without coming here; that user is the owner. The input of a private
operation that the owner was asked to approve: it stays in the record with the question.
"""

import json
import os
import secrets
import time
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from typing import TYPE_CHECKING, Any, TypeVar

from overnight.errors import InternalError, OvernightError, UserError
from overnight.operations.call import Call, CallState, state_digest
from overnight.operations.operation import AnyOperation, Begun, Context, I, O, Operation, Settled, Tier
from overnight.operations.permission import NotAllowed, needs_approval
from overnight.operations.principal import Kind
from overnight.words.foreign import one_line

if TYPE_CHECKING:
    from overnight.operations.record import OperationRecord

UNREAD = "[hidden: the secrets cannot be read]"  # in place of a text that may have one
HIDDEN, KEY_BYTES = "hidden", 8  # in place of the input of an operation that is `private`
DETAIL = 300  # characters of an error in the record
CUT_OFF = "its process ended while it was under way"  # the detail of a call of which that is known alone
T = TypeVar("T")


class ApprovalAsked(UserError):  # noqa: N818  # a state
    """The call waits for the owner's approval; then the same call goes through once.

    Attributes:
        number: of the question.
    """

    def __init__(self, number: int, *, name: str) -> None:
        fix = f"the owner answers with `overnight approve {number}` or `overnight refuse {number}`; then call it again"
        super().__init__(f"`{name}` needs the owner's approval, which is asked for as number {number}", fix=fix)
        self.number = number


class Unsettled(UserError):  # noqa: N818  # a state
    """The same call was under way when its process ended; nothing was done now."""


def perform(operation: Operation[I, O], context: Context, given: I, *, run: Callable[[Context, I], T] | None = None) -> O | T:
    """Carry out an operation; `run` is a face's own way to do it, such as with a live view.

    An operation with a `read_back` is given what that returns.

    Raises:
        NotAllowed: this principal may not call it.
        ApprovalAsked: the owner has to approve it first.
        Unsettled: an earlier call of the same took effect, or nobody can tell whether it did.
        UserError: what the operation requires of a call like this does not hold.
        OvernightError: what the operation raises.
    """
    carry_out: Callable[[Context, I], O | T] | None = run or operation.run
    if carry_out is None:
        raise UserError(f"`{operation.name}` can only be called on the command line", fix=f"overnight {operation.name}")
    tier = operation.tier_of(context, given)
    asks = needs_approval(operation, tier, context)
    if operation.requires and not context.at_home:
        operation.requires(context, given)
    if tier is Tier.READ and not asks and not operation.egress:
        return carry_out(context, given)
    return _Recorded(operation, context, given, tier).perform(carry_out, asks=asks)


class _Recorded:
    """One call that is recorded."""

    def __init__(self, operation: AnyOperation, context: Context, given: Any, tier: Tier) -> None:  # Any: its input
        from overnight.operations.foreign_input import canonical

        self._operation = operation
        self._context = context
        self._given = given
        args, self._clean = canonical(given), _cleaner()
        self._call = Call(
            operation=operation.name,
            args=self._clean(args),
            tier=tier,
            principal=str(context.principal),
            origin=context.origin,
            address=context.address,
            where=os.path.realpath(context.where),
        )
        self._begun = time.time()
        self._hides = self._call.args != args
        self._kept = self._call  # as it is recorded if nobody is asked
        if operation.private:
            kept = {HIDDEN: context.key or secrets.token_hex(KEY_BYTES)}  # the same after a kill, if its caller has a key
            self._kept = replace(self._call, args=json.dumps(kept))

    def perform(self, carry_out: Callable[[Context, Any], T], *, asks: bool) -> T:  # Any: the operation's input
        """Ask, record, carry out, look again."""
        with ExitStack() as stack:
            record, number = self._begin(stack, asks=asks)
            if record is None:
                return carry_out(self._context, self._given)
            try:
                found = carry_out(self._context, self._given)
            except BaseException as error:
                said = "" if self._operation.private else self._clean(str(error))
                detail = one_line(said or type(error).__name__, DETAIL)
                self._end(record, number, self._after(error), detail)
                raise
            return self._checked(record, number, found)

    def _begin(self, stack: ExitStack, *, asks: bool) -> "tuple[OperationRecord, int] | tuple[None, int]":
        """Record that it starts. None if that cannot be recorded: then only what needs no approval goes on, for the owner."""
        from overnight.operations.record import open_record
        from overnight.operations.tables import Refused

        try:
            record = stack.enter_context(open_record())
            asks = self._settle_earlier(record) or asks
            state, approval = self._approval(record) if asks else ("", 0)
            return record, stack.enter_context(
                record.under_way(self._call if asks else self._kept, state=state, approval=approval, key=self._context.key)
            )
        except (NotAllowed, Refused, ApprovalAsked, Unsettled):
            raise
        except (OSError, OvernightError) as error:
            if asks or not self._is_owner:
                raise
            self._context.say(f"note: `{self._operation.name}` is not in the record of operations: {error}")
        return None, 0

    @property
    def _is_owner(self) -> bool:
        return self._context.principal.kind is Kind.OWNER

    @property
    def _is_for_others(self) -> bool:
        return self._context.for_others or self._context.principal.kind in (Kind.MEMBER, Kind.GUEST)

    def _settle_earlier(self, record: "OperationRecord") -> bool:
        """Find out about the same call of a process that is gone; whether the owner has to be asked before it is repeated.

        Raises:
            Unsettled: it took effect, or that is unknown and was not told before.
        """
        digests = list(dict.fromkeys([self._kept.digest, self._call.digest]))
        for call in [each for digest in digests for each in record.open_calls(digest)]:
            if record.lives(call):
                continue  # to start is refused then
            settled = self._look(None, since=call.at)
            outcome = {Settled.DONE: CallState.DONE, Settled.NOT_DONE: CallState.FAILED}.get(settled, CallState.UNKNOWN)
            record.end(call.number, outcome, CUT_OFF)
            name = f"an earlier call of `{self._operation.name}` with the same input"
            if settled is Settled.DONE:
                raise Unsettled(f"{name} took effect before its process ended", fix="call it again to do it once more")
            if settled is Settled.UNKNOWN:
                what = f"{name} was under way when its process ended, and may have taken effect; nothing was done now"
                raise Unsettled(what, fix="look whether it did; to do it anyway, call it again")
        unknown = any(record.last_outcome(digest) is CallState.UNKNOWN for digest in digests)
        return not self._is_owner and unknown

    def _approval(self, record: "OperationRecord") -> tuple[str, int]:
        """The state's digest, and the number of the approval that allows this call in it.

        Raises:
            ApprovalAsked: there is none, and the owner is asked now, or was before.
            Refused: they said no not long ago, or cannot be asked.
        """
        from overnight.operations.events import MOST_OF_OTHERS, MOST_PENDING
        from overnight.operations.rendering import MOST_ASKED
        from overnight.operations.tables import AlreadyAsked, Refused

        if self._hides:  # the owner would not see what they approve, and one approval would be for all secrets
            raise Refused(
                f"`{self._operation.name}` is given a secret, so the owner cannot be asked about it",
                fix="give it without the secret",
            )
        if len(self._call.args) > MOST_ASKED:
            raise Refused(
                f"`{self._operation.name}` is too long to ask the owner about", fix=f"give at most {MOST_ASKED:,} characters"
            )
        look = self._operation.state
        state = state_digest(look(self._context, self._given) if look else "")
        if number := record.granted(self._call.digest, state):
            return state, number
        if number := record.refused(self._call, state):
            name = self._operation.name
            raise Refused(f"the owner refused this call of `{name}` as number {number}", fix="do without it, or talk to them")
        try:
            most = MOST_OF_OTHERS if self._is_for_others else MOST_PENDING
            number = record.ask(self._call, state, self._told(), most=most)
        except AlreadyAsked as waiting:
            number = waiting.number
        raise ApprovalAsked(number, name=self._operation.name)

    def _told(self) -> str:
        """What else the owner reads, in a line without secrets."""
        tells = self._operation.tells
        return one_line(self._clean(tells(self._context, self._given)), DETAIL) if tells else ""

    def _checked(self, record: "OperationRecord", number: int, found: T) -> T:
        """Look again whether it took effect, and record what came of it; one that has begun is read back by its task."""
        if isinstance(found, Begun):
            self._end(record, number, CallState.DONE, f"task {found.task}")
            return found
        match self._look(found) if self._operation.read_back else Settled.DONE:
            case Settled.DONE:
                self._end(record, number, CallState.DONE, "")
            case Settled.NOT_DONE:
                self._end(record, number, CallState.FAILED, "a second look did not find its effect")
                raise InternalError(f"`{self._operation.name}` reported success, but a second look did not find its effect")
            case Settled.UNKNOWN:
                self._end(record, number, CallState.UNKNOWN, "a second look could not tell")
                self._context.say(f"note: it is not known whether `{self._operation.name}` took effect")
        return found

    def _after(self, error: BaseException) -> CallState:
        """What became of a call that raised: a user's mistake is found before there is an effect."""
        if isinstance(error, UserError):
            return CallState.FAILED
        settled = self._look(None, since=self._begun)
        return {Settled.DONE: CallState.DONE, Settled.NOT_DONE: CallState.FAILED}.get(settled, CallState.UNKNOWN)

    def _look(self, found: object, *, since: float = 0.0) -> Settled:
        read_back = self._operation.read_back
        if read_back is None:
            return Settled.UNKNOWN
        try:
            return read_back(replace(self._context, since=since), self._given, found)
        except (OSError, OvernightError):
            return Settled.UNKNOWN

    def _end(self, record: "OperationRecord", number: int, outcome: CallState, detail: str) -> None:
        """Record what became of it; if that fails, the next call looks again."""
        try:
            record.end(number, outcome, detail)
        except (OSError, OvernightError) as error:
            self._context.say(f"note: what became of `{self._operation.name}` is not recorded: {error}")


def _cleaner() -> Callable[[str], str]:
    """What takes the user's secrets out of a text; if they cannot be read, all of the text."""
    from overnight.secrets.broker import user_broker

    try:
        return user_broker().scrubber().text
    except (OSError, UserError):
        return lambda _: UNREAD
