"""Who can talk to the claw, and where."""

from collections.abc import Sequence
from dataclasses import dataclass

from overnight.claw.operations._claw import Claw, opened
from overnight.operations.operation import Context, Operation, Tier
from overnight.operations.principal import Origin
from overnight.words.foreign import printable


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonsInput:
    """Of which claw."""

    claw: Claw = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonLine:
    """One address of a person."""

    name: str
    role: str  # owner, member or guest
    channel: str
    id: str  # who they are on it, by its own number


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonList:
    """What `claw persons --json` prints."""

    persons: Sequence[PersonLine]  # the newest first


def run(_context: Context, given: PersonsInput) -> PersonList:
    """Those that are paired."""
    with opened(given.claw) as (_, record):
        found = record.addresses()
    return PersonList(
        persons=[PersonLine(name=who.name, role=who.role.value, channel=channel, id=id_) for channel, id_, who in found]
    )


def render(found: PersonList) -> str:
    """A line for each address."""
    lines = [f"{printable(each.name, 40)}  {each.role}  {each.channel} {printable(each.id, 40)}" for each in found.persons]
    return "\n".join(lines) or "nobody is paired; you can always talk to it at the terminal. To pair: overnight claw pair"


OPERATION = Operation(
    name="claw persons",
    about="List who can talk to the claw, and over which channel.",
    input=PersonsInput,
    output=PersonList,
    tier=Tier.READ,
    of_machine=True,
    owner_only=True,
    words=Origin.CLAW,
    run=run,
    render=render,
)
