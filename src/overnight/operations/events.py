"""What happens to calls and approvals, as the ledger of operations has it."""

from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Annotated, Literal

from overnight.errors import UserError
from overnight.operations.call import Call, CallState
from overnight.operations.principal import Address

if TYPE_CHECKING:
    from pydantic import TypeAdapter

MOST_PENDING = 3  # questions that wait for the owner: more are not read but clicked through
MOST_OF_OTHERS = 2  # of members and guests: they cannot keep the owner's own agents from asking


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The owner's approval of a call was asked for."""

    kind: Literal["asked"] = "asked"
    call: Call
    state: str  # digest of the state that it was asked in
    nonce: str  # what answers it, for the owner's eyes alone
    expires: float  # Unix time, s
    tells: str = ""  # what else the owner reads before they approve it
    most: int = MOST_PENDING  # questions that may wait, this one included


@dataclass(frozen=True, slots=True, kw_only=True)
class Answered:
    """The owner answered."""

    kind: Literal["answered"] = "answered"
    asked: int  # seq of the question
    granted: bool
    by: str  # KIND:NAME
    address: Address | None
    expires: float  # of what is granted, Unix time, s


@dataclass(frozen=True, slots=True, kw_only=True)
class Started:
    """A call is about to be carried out."""

    kind: Literal["started"] = "started"
    id: str  # random; names the file that its process holds
    call: Call
    state: str  # digest of the state, if an approval is used
    approval: int = 0  # seq of the question whose answer allows it; 0: it needs none
    key: str = ""  # that whoever calls knows this call by, see `Context.key`


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """It is known, or known to be unknown, what became of a call."""

    kind: Literal["ended"] = "ended"
    started: int  # seq of its start
    outcome: CallState
    detail: str  # one printable line


Event = Asked | Answered | Started | Ended


@cache
def _adapter() -> "TypeAdapter[Event]":
    from pydantic import Field, TypeAdapter

    return TypeAdapter(Annotated[Event, Field(discriminator="kind")])


def encode(event: Event) -> bytes:
    """An event as JSON.

    Raises:
        UserError: a text or a folder in it is not Unicode.
    """
    try:
        return _adapter().dump_json(event)
    except ValueError as error:
        raise UserError("the folder, or a text in the call, is not UTF-8", fix="rename the folder") from error


def decode(body: str) -> Event:
    """The event of a body; raises ValueError for anything else."""
    return _adapter().validate_json(body)
