"""Where a person is reached: their addresses, the one that they used last first."""

from collections.abc import Collection, Sequence

from overnight.claw.charter import OWN_CHANNELS, TERMINAL
from overnight.claw.events import Received
from overnight.claw.record.record import ClawRecord
from overnight.operations.principal import Address

OWNER = "owner"  # who sits at the terminal
LOOKED_AT = 200  # messages


def person_of(record: ClawRecord, address: Address) -> str:
    """Whose it is; empty: nobody's any more."""
    return OWNER if address.channel in OWN_CHANNELS else record.person_at(address.channel, address.id).name


def addresses_of(record: ClawRecord, person: str, channels: Collection[str]) -> Sequence[Address]:
    """All of a person over some channels and the terminal, last used first; the page is none, as nobody is called to it."""
    found = [Address(channel, id_) for channel, id_, who in record.addresses() if who.name == person and channel in channels]
    found += [Address(TERMINAL, OWNER)] if person == OWNER else []
    if len(found) < 2:  # noqa: PLR2004  # else there is nothing to put in order
        return found
    used = [
        Address(entry.event.channel, entry.event.sender)
        for entry in record.newest_of(["received"], LOOKED_AT)
        if isinstance(entry.event, Received)
    ]
    return sorted(found, key=lambda each: used.index(each) if each in used else LOOKED_AT)
