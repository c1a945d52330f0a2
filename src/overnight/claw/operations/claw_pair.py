"""A code that makes the address from which it is sent a person's."""

import re
from dataclasses import dataclass
from typing import Annotated, Literal

from overnight.claw.channels.pairing import open_pairing
from overnight.claw.charter import after
from overnight.claw.operations._claw import Claw, opened
from overnight.claw.record.record import Person
from overnight.claw.running.process import claw_process
from overnight.claw.setup.parsing import read_charter
from overnight.errors import UserError
from overnight.operations.operation import Context, Operation, Option, Tier, repeatable
from overnight.operations.principal import Kind

OWN_NAME = "owner"
_NAME = re.compile(r"[A-Za-z][\w .-]{0,39}")


@dataclass(frozen=True, slots=True, kw_only=True)
class PairInput:
    """Whom it is for."""

    role: Annotated[
        Literal["owner", "member", "guest"], Option(about="What they are: owner, member or guest.", metavar="ROLE")
    ] = "owner"
    name: Annotated[str, Option(about="What you call them; needed for all but you.", metavar="NAME")] = ""
    claw: Claw = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PairCode:
    """What to send, and to whom."""

    code: str  # shown here alone
    until: int  # Unix time, s
    person: str
    role: str
    channels: tuple[str, ...]  # over which it can be sent
    fix: str  # what to type first, if nothing hears the code yet; else empty


def run(_context: Context, given: PairInput) -> PairCode:
    """Begin a pairing."""
    name = given.name or (OWN_NAME if given.role == "owner" else "")
    if not _NAME.fullmatch(name):
        raise UserError("a person needs a name of up to 40 letters", fix="overnight claw pair --role member --name Ann")
    with opened(given.claw) as (folder, record):
        channels = tuple(each.name for each in read_charter(folder).channels)
        if not channels:
            fix = "write `channels: {telegram: {use: telegram}}` into it; `overnight docs claw` has the steps"
            raise UserError(f"{folder / 'claw.yaml'} has no channel over which a code could be sent", fix=fix)
        roles = {who.role.value for _, _, who in record.addresses() if who.name.lower() == name.lower()} - {given.role}
        if roles or (given.role != "owner" and name.lower() in {OWN_NAME, folder.name.lower()}):
            raise UserError(f"`{name}` is somebody else here", fix="give them another name, so that each has their own memory")
        code, pairing = open_pairing(record, Person(name=name, role=Kind(given.role)))
        fix = "" if claw_process(folder) else after("overnight up --claw", folder.name)
    return PairCode(code=code, until=pairing.until, person=name, role=given.role, channels=channels, fix=fix)


def render(found: PairCode) -> str:
    """What to do with it."""
    where = " or ".join(found.channels)
    whose = "your account" if found.person == OWN_NAME else f"the account of {found.person}"
    first = f"\nnobody runs the claw, so nothing hears the code yet: {found.fix}\n" if found.fix else ""
    return f"send this to the claw over {where}, within ten minutes, from {whose}:\n\n  {found.code}\n{first}"


def state(_context: Context, given: PairInput) -> str:
    """Who is paired."""
    with opened(given.claw) as (_, record):
        return repr(record.addresses())


OPERATION = Operation(
    name="claw pair",
    about="Show a code that lets who sends it to the claw talk to it.",
    details="It holds for ten minutes, and for five wrong codes of strangers. A new code ends the one before.",
    input=PairInput,
    output=PairCode,
    tier=Tier.IRREVERSIBLE,
    of_machine=True,
    local=True,
    owner_only=True,
    run=run,
    state=state,
    render=render,
    read_back=repeatable,
)
