"""Taking down a device that was found."""

from dataclasses import replace

from overnight.home.events import DeviceSeen
from overnight.home.port import Found
from overnight.home.record.record import HomeRecord
from overnight.home.things import Description, Device
from overnight.words.foreign import printable

SHOWN = 80  # characters of a device's words
LONGEST = 200  # characters of an identity
MOST = 40  # properties of one device


def take_down(record: HomeRecord, found: Found) -> Device:
    """Record a device that is new, or otherwise than before; it is not used before the owner gave it a name.

    Raises:
        ValueError: it does not say who it is.
    """
    said = _checked(found.description)
    event = DeviceSeen(
        identity=said.identity,
        family=found.family,
        address=found.address,
        traits=said.traits,
        properties=said.properties,
        name=said.name,
        maker=said.maker,
        model=said.model,
        room=said.room,
        options=found.options,
    )
    if record.seen(found.family, said.identity) != event:
        record.append(event)
    device = record.known(found.family, said.identity)
    assert device  # noqa: S101  # it was appended
    return device


def _checked(said: Description) -> Description:
    if not said.identity or len(said.identity) > LONGEST or not said.identity.isprintable():
        raise ValueError("it does not say who it is")
    properties = tuple(
        replace(each, unit=printable(each.unit, 8), choices=tuple(printable(one, SHOWN) for one in each.choices))
        for each in said.properties[:MOST]
    )
    return replace(
        said,
        properties=properties,
        name=printable(said.name, SHOWN),
        maker=printable(said.maker, SHOWN),
        model=printable(said.model, SHOWN),
        room=printable(said.room, SHOWN),
    )
