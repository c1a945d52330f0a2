"""A message to the claw; what it answers is read by `claw said`."""

import secrets
from dataclasses import dataclass
from typing import Annotated

from overnight.claw.charter import TERMINAL, WEB
from overnight.claw.operations._claw import Claw, opened
from overnight.claw.running.reception import Reception
from overnight.errors import UserError
from overnight.notices.port import Message
from overnight.operations.operation import Argument, Context, Operation, Settled, Tier, repeatable
from overnight.operations.principal import Origin
from overnight.secrets.broker import user_broker


@dataclass(frozen=True, slots=True, kw_only=True)
class SayInput:
    """What to say."""

    text: Annotated[str, Argument(about="What to say to it.")]
    claw: Claw = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """That it is on disk."""

    turn: int  # in which it is answered, for `claw show`


def run(context: Context, given: SayInput) -> Said:
    """Record it as the owner's, from the terminal or the page."""
    with opened(given.claw) as (_, record):
        reception = Reception(record, news=lambda: None, stop=lambda: None, clean=user_broker().scrubber().text)
        message = Message(id=context.key or secrets.token_hex(8), sender="owner", text=given.text, at=record.clock())
        channel = WEB if context.address else TERMINAL
        reception.take(channel, message)
        turn = record.cause_of(channel, message.id)
        if turn is None:
            raise UserError("the message was not taken", fix="say something, and not too much at once")
        return Said(turn=turn)


def read_back(context: Context, given: SayInput, found: Said | None) -> Settled:
    """Whether it is recorded."""
    return repeatable(context, given, found)


OPERATION = Operation(
    name="claw say",
    about="Say something to the claw as its owner, and do not wait for the answer.",
    input=SayInput,
    private=True,
    output=Said,
    tier=Tier.REVERSIBLE,  # what it leads to has tiers of its own, and its tokens a budget
    of_machine=True,
    owner_only=True,
    run=run,
    words=Origin.CLAW,
    render=lambda found: f"it is taken as turn {found.turn}: overnight claw show {found.turn}",
    read_back=read_back,
)
