"""What a twin really does under each fault, whatever protocol it speaks; the wires of each are in `test_home_drivers.py`."""

import asyncio
import json

import pytest

from overnight.home.twins.faults import HOSTILE_NAME, HUGE_BYTES, Cut, Fault, Refused, spoil
from overnight.home.twins.shelly import ShellyTwin
from overnight.home.twins.twin import Twin

# What a command does at once, what it claims, and how it ends.
COMMANDED = [
    (Fault.HONEST, 80.0, 80.0),
    (Fault.SLOW, 80.0, 80.0),
    (Fault.DEAF, 20.0, 20.0),
    (Fault.ECHO, 20.0, 80.0),
    (Fault.LAG, 20.0, 20.0),
    (Fault.FLAP, 80.0, 80.0),
    (Fault.DROP_BEFORE, 20.0, Cut),
    (Fault.DROP_AMID, 50.0, Cut),
    (Fault.DROP_AFTER, 80.0, Cut),
    (Fault.RESTART, 20.0, Cut),
    (Fault.REFUSE, 20.0, Refused),
]


class Dimmer(Twin):
    """A device without a protocol."""

    family = "dimmer"


@pytest.mark.parametrize(("fault", "at_once", "claimed"), COMMANDED)
def test_a_fault_is_as_it_is_named(fault: Fault, at_once: float, claimed: float | type[Exception]) -> None:
    """What it is at once, what it says, and what it comes to."""

    async def walk() -> None:
        twin = Dimmer("It", {"level": 20.0}, lag_s=0.05)
        twin.fault = fault
        if isinstance(claimed, float):
            assert await twin.command({"level": 80.0}) == {"level": claimed}
        else:
            with pytest.raises(claimed):
                await twin.command({"level": 80.0})
        assert (twin.truth, twin.heard) == ({"level": at_once}, [{"level": 80.0}])
        if fault in (Fault.LAG, Fault.FLAP):
            await twin.until(lambda truth: truth["level"] == (80.0 if fault is Fault.LAG else 20.0))
        if fault is Fault.RESTART:
            await twin.until(lambda _: bool(twin.restarts) and not twin.away)

    asyncio.run(walk())


def test_an_answer_is_spoiled_as_it_is_named() -> None:
    """In the middle, to megabytes, in its types, with what is no number; in JSON and in XML."""
    body = json.dumps({"on": True, "level": [20, 30.5], "name": "It"}).encode()
    assert spoil(Fault.BROKEN, body) == body[: len(body) // 2]
    assert len(spoil(Fault.HUGE, body)) > HUGE_BYTES and json.loads(spoil(Fault.HUGE, body)) == json.loads(body)
    assert json.loads(spoil(Fault.TYPES, body)) == {"on": [True], "level": ["many", "many"], "name": "It"}
    assert spoil(Fault.NAN, body) == b'{"on": true, "level": [NaN, NaN], "name": "It"}'
    assert spoil(Fault.NAN, b"<Volume>20</Volume>") == b"<Volume>NaN</Volume>"
    assert spoil(Fault.SLOW, body) == body


def test_no_family_takes_a_fault_that_it_cannot_have() -> None:
    """A device whose answers name no state cannot echo one; each can have a name that gives orders."""
    twin = ShellyTwin("It")
    with pytest.raises(ValueError, match="shelly has no fault echo"):
        twin.fault = Fault.ECHO
    twin.fault = Fault.HOSTILE
    assert twin.info()["name"] == HOSTILE_NAME
