"""Each fault of each family: what such a device does, what it says, and that it is true when it is asked."""

import asyncio
import contextlib
import math
import re
from typing import Any

import pytest
from home_asking import ASKABLE, Announced, Asking, Lost, No, OverHttp, OverMqtt, Sonos

from overnight.home.twins.faults import HOSTILE_NAME, HUGE_BYTES, Fault

ONCE = {Fault.DRIP}  # the same code for all that speak HTTP, and slow
CASES = [(family, fault) for family, make in ASKABLE.items() for fault in sorted(make().twin.faults - ONCE)]
CASES.append(("shelly", Fault.DRIP))
CUTS = {Fault.DROP_BEFORE, Fault.DROP_AMID, Fault.DROP_AFTER, Fault.RESTART}
PLACES = 2  # what the wire rounds to


@pytest.mark.parametrize(("family", "fault"), CASES)
def test_a_fault_is_as_it_is_named(family: str, fault: Fault) -> None:
    """The twin does what its fault says, and the truth is what a later question finds."""
    asyncio.run(_try(ASKABLE[family](), fault))


async def _try(it: Asking, fault: Fault) -> None:
    await it.start()
    it.twin.lag_s = 0.05
    try:
        it.twin.fault = fault
        it.patience_s = 0.3 if fault in CUTS or fault is Fault.DEAF else 10.0
        if fault in (Fault.BROKEN, Fault.HUGE, Fault.NAN, Fault.TYPES, Fault.DRIP):
            await _spoiled(it, fault)
        elif fault is Fault.HOSTILE:
            assert await it.name() == HOSTILE_NAME
        else:
            await _commanded(it, fault)
    finally:
        await it.stop()


async def _commanded(it: Asking, fault: Fault) -> None:
    twin, refused, lost, claimed = it.twin, False, False, None
    put = asyncio.ensure_future(it.put(it.on))
    async with asyncio.timeout(20):
        await twin.until(lambda _: bool(twin.heard))
    at_once = twin.truth[it.key]
    try:
        claimed = await put
    except No:
        refused = True
    except Lost:
        lost = True
    assert twin.heard[-1] == {it.key: it.on}
    assert refused == (fault is Fault.REFUSE)
    match fault:
        case Fault.LAG:
            assert at_once == it.off
            await twin.until(lambda truth: truth[it.key] == it.on)
        case Fault.FLAP:
            await twin.until(lambda truth: truth[it.key] == it.off)
        case Fault.RESTART:
            await twin.until(lambda truth: bool(twin.restarts) and not twin.away)
            assert twin.truth[it.key] == it.off
        case Fault.DROP_AMID:
            assert twin.truth[it.key] in (it.off, round((it.off + it.on) / 2))  # type: ignore[operator]
        case _:
            does = fault in (Fault.HONEST, Fault.SLOW, Fault.DROP_AFTER)
            assert twin.truth[it.key] == (it.on if does else it.off)
    if fault in CUTS:
        assert lost or claimed == it.off  # what a bridge that connects again had in its cache
    if fault is Fault.ECHO:
        assert claimed == it.on
    twin.fault = Fault.HONEST
    assert await it.ask() == pytest.approx(twin.truth[it.key], abs=10**-PLACES)


async def _spoiled(it: Asking, fault: Fault) -> None:
    body = await it.raw()
    it.twin.fault = Fault.HONEST
    whole = await it.raw()
    match fault:
        case Fault.BROKEN:
            assert 0 < len(body) < len(whole)
        case Fault.HUGE:
            assert len(body) >= min(HUGE_BYTES, len(whole) + 2_000)
        case Fault.DRIP:
            assert body == whole
        case _:
            assert body != whole
            numbers = rb"NaN|[Mm]any|\x80\x00|null|\[" if fault is Fault.NAN else rb"many|\[(true|false)\]|^\[\{"
            assert re.search(numbers, body)


def test_a_device_that_nobody_can_ask_publishes_what_it_did() -> None:
    """Home Assistant's discovery has no question: an honest one publishes after it did it, one that echoes lies."""

    async def walk() -> None:
        it = Announced()
        await it.start()
        try:
            assert await it.put(True) is True
            assert it.twin.truth == {"on": True}
            it.twin.fault = Fault.ECHO
            assert await it.put(False) is False
            assert it.twin.truth == {"on": True}
            it.twin.fault = Fault.HOSTILE
            assert await it.name() == HOSTILE_NAME
        finally:
            await it.stop()

    asyncio.run(walk())


def test_no_family_takes_a_fault_that_it_cannot_have() -> None:
    """A device whose answers name no state cannot echo one."""
    with pytest.raises(ValueError, match="shelly has no fault echo"):
        ASKABLE["shelly"]().twin.fault = Fault.ECHO
    assert math.isclose(ASKABLE["sonos"]().twin.lag_s, 0.3)


def test_garbage_breaks_no_twin() -> None:
    """After what is no message of its protocol, a twin is as it was, and answers."""

    async def walk(it: Asking) -> None:
        await it.start()
        try:
            await _garbage(it)
            assert it.twin.truth[it.key] == it.off
            assert await it.ask() == it.off
        finally:
            await it.stop()

    for make in ASKABLE.values():
        asyncio.run(walk(make()))


async def _garbage(it: Asking) -> None:
    server: Any = it.broker if isinstance(it, OverMqtt) else getattr(it, "server", getattr(it, "bridge", it.twin))
    host = it.twin.address if isinstance(it, Sonos) else "127.0.0.1"
    for junk in (b"\x00" * 64, b"GET / HTTP/9.9\r\n\r\n", b"\xff" * 300, b"\x10\xff\xff\xff\x7f", b"{" * 2_000):
        reader, writer = await asyncio.open_connection(host, server.port)
        writer.write(junk)
        writer.write_eof()
        with contextlib.suppress(ConnectionError):
            await reader.read(4_096)
        writer.close()
    if isinstance(it, OverMqtt):
        for topic in ("zigbee2mqtt/It/set", "zigbee2mqtt/It/get", "cmnd/x/POWER", "zigbee2mqtt/bridge/request/x"):
            for payload in ("", "x", "[]", '{"state": 7}', '{"state": {"on": 1}}', "[" * 3_000):
                await it.send(topic, payload)
    elif isinstance(it, OverHttp):
        for method, path in (("POST", "/rpc"), ("PUT", getattr(it, "path", "/rpc")), ("POST", "/api/services/light/turn_on")):
            bodies: list[Any] = [None, 7, [], {"on": {"on": 7}}, {"id": 0, "method": ["x"]}, {"entity_id": 5}, {"params": 3}]
            for body in bodies:
                with contextlib.suppress(Lost):
                    assert (await it.body(method, path, body))[0] in (200, 400, 404, 405, 500)
