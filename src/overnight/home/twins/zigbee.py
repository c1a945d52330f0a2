"""Twins behind Zigbee2MQTT: its topics, its list of devices, and the cache that makes it lie.

Zigbee2MQTT publishes the whole cached state of a device whenever a part of it changes, and `get` refreshes only the keys
that it names. So the state after a `get` of one key can hold an old or a wanted value in another: as in the original.
"""

import asyncio
import json
from typing import Any, ClassVar

from overnight.home.things import Value
from overnight.home.twins.faults import SPOILED, Cut, Fault, Refused, read_json, spoil
from overnight.home.twins.mqtt import MqttClient
from overnight.home.twins.twin import Change, Twin
from overnight.home.twins.zigbee_models import MODELS, exposes, from_wire, to_wire

BASE = "zigbee2mqtt"
STEPS = 5  # that a cover says where it is, until it is there


class ZigbeeTwin(Twin):
    """A Zigbee device, which speaks through its bridge."""

    family: ClassVar[str] = "zigbee"
    faults: ClassVar[frozenset[Fault]] = frozenset(Fault) - {Fault.DRIP}

    def __init__(self, name: str, kind: str = "light", *, lag_s: float = 0.3, moves_s: float = 0.0) -> None:
        super().__init__(name, MODELS[kind].at_power_on, lag_s=lag_s)
        self.kind = kind
        self.moves_s = moves_s  # that a cover or the bolt of a lock is under way
        self.moving = ""  # what is
        self._mover: asyncio.Task[None] | None = None
        self.cache: dict[str, Any] = {}  # what the bridge believes, in the words of the wire

    @property
    def ieee_address(self) -> str:
        """Its identity."""
        return f"0x00{self.mac}ff"

    @property
    def topic(self) -> str:
        """Where its state stands."""
        return f"{BASE}/{self.spoken_name}"

    def become(self, change: Change) -> None:
        """At once, but for what needs time."""
        slow = {name: value for name, value in change.items() if name in ("position", "locked")}
        if slow and self._mover is not None:
            self._mover.cancel()
            self.moving = ""
        if not self.moves_s:
            slow = {}
        for name, value in slow.items():
            self.moving = name
            self._mover = self.start_task(self._move(name, value))
        super().become({name: value for name, value in change.items() if name not in slow})

    async def _move(self, name: str, value: Value) -> None:
        start = self.truth[name]
        for step in range(1, STEPS + 1):
            await asyncio.sleep(self.moves_s / STEPS)
            if name == "position":
                super().become({name: float(start) + (float(value) - float(start)) * step / STEPS})
        super().become({name: value})
        self.moving = ""
        self.stir()

    def wire(self) -> dict[str, Any]:
        """The truth in the words of the wire; the bolt of a lock is neither here nor there while it moves."""
        said = to_wire(self.kind, self.truth)
        return {**said, "lock_state": "not_fully_locked"} if self.moving == "locked" else said

    def described(self) -> dict[str, Any]:
        """Its entry in `bridge/devices`."""
        model = MODELS[self.kind]
        return {
            "ieee_address": self.ieee_address,
            "type": "Router",
            "network_address": int(self.mac[-6:-2], 16),
            "supported": True,
            "disabled": False,
            "friendly_name": self.spoken_name,
            "power_source": "Mains (single phase)",
            "interview_state": "SUCCESSFUL",
            "interview_completed": True,
            "manufacturer": model.vendor,
            "model_id": model.model,
            "definition": {
                "model": model.model,
                "vendor": model.vendor,
                "description": model.description,
                "exposes": exposes(self.kind),
                "options": [],
                "supports_ota": False,
            },
        }


class ZigbeeBridge(MqttClient):
    """Zigbee2MQTT with some devices, at a broker."""

    def __init__(self, things: list[ZigbeeTwin], *, retain: bool = True) -> None:
        super().__init__(subscribe=f"{BASE}/#", will=f"{BASE}/bridge/state")
        self.things = things
        self.retain = retain
        for thing in things:
            thing.cache = thing.wire()

    async def greet(self) -> None:
        """Publish what is retained: itself, its devices, their states."""
        await self.publish(f"{BASE}/bridge/state", {"state": "online"}, retain=True)
        version = {
            "version": "2.6.3",
            "commit": "0",
            "coordinator": {"type": "EmberZNet", "ieee_address": "0x00124b0000000001"},
        }
        await self.publish(f"{BASE}/bridge/info", version, retain=True)
        await self.announce_devices()
        for thing in self.things:
            await self.publish(f"{thing.topic}/availability", {"state": "online"}, retain=True)
            await self._announce(thing)

    async def announce_devices(self) -> None:
        """Publish the list of devices; needed again after a fault that changes what they say of themselves."""
        coordinator = {
            "ieee_address": "0x00124b0000000001",
            "type": "Coordinator",
            "friendly_name": "Coordinator",
            "supported": True,
            "disabled": False,
            "interview_completed": True,
            "network_address": 0,
            "definition": None,
        }
        devices = [coordinator, *(thing.described() for thing in self.things)]
        await self.publish(f"{BASE}/bridge/devices", devices, retain=True)

    async def received(self, topic: str, payload: bytes) -> None:
        """A message that somebody sent to the bridge."""
        name, _, verb = topic.removeprefix(f"{BASE}/").rpartition("/")
        thing = next((each for each in self.things if name in (each.spoken_name, each.name, each.ieee_address)), None)
        if thing is None or verb not in ("set", "get"):
            return
        try:
            message = read_json(payload)
            if not isinstance(message, dict):
                raise ValueError("no object")
        except ValueError:
            await self._log(f"Invalid JSON '{payload[:80]!r}', skipping...")
            return
        if thing.fault is Fault.SLOW:
            thing.after(thing.lag_s, lambda: thing.start_task(self._handled(thing, verb, message)))
        else:
            await self._handled(thing, verb, message)

    async def _handled(self, thing: ZigbeeTwin, verb: str, message: dict[str, Any]) -> None:
        if thing.away:
            await self._log(f"z2m: Publish '{verb}' to '{thing.spoken_name}' failed: 'Error: timeout'")
        elif verb == "set":
            await self._set(thing, message)
        else:
            fresh = thing.wire()
            asked = fresh if thing.kind == "lock" else message  # one attribute of a lock is both of its parts
            thing.cache |= {key: fresh[key] for key in asked if key in fresh}
            await self._announce(thing)

    async def _set(self, thing: ZigbeeTwin, message: dict[str, Any]) -> None:
        try:
            want = from_wire(thing.kind, message, thing.truth)
            claimed = await thing.command(want)
        except Refused as refused:
            failed = (
                f"z2m: Publish 'set' '{next(iter(message), '')}' to '{thing.spoken_name}' failed: 'Error: {refused.reason}'"
            )
            await self._log(failed)
            return
        except Cut:
            if thing.fault is not Fault.RESTART:
                await self.reconnect()
            return
        match thing.fault:
            case Fault.DEAF:
                return
            case Fault.LAG:
                thing.start_task(self._announce_later(thing, want))
            case _:
                wire = to_wire(thing.kind, claimed)
                thing.cache |= {key: wire[key] for key in (wire if thing.kind in ("lock", "cover") else message) if key in wire}
                await self._announce(thing)
                if thing.moving:
                    thing.start_task(self._follow(thing))

    async def _follow(self, thing: ZigbeeTwin) -> None:
        if thing.moving == "locked":
            thing.cache = thing.wire()
            await self._announce(thing)
        while thing.moving:
            last = dict(thing.truth)
            await thing.until(lambda truth: truth != last or not thing.moving)  # noqa: B023 - awaited here
            thing.cache = thing.wire()
            await self._announce(thing)

    async def _announce_later(self, thing: ZigbeeTwin, want: Change) -> None:
        def done(truth: dict[str, Value]) -> bool:
            return all(truth.get(key) == value for key, value in want.items())

        await thing.until(done)
        thing.cache = thing.wire()
        await self._announce(thing)

    async def _announce(self, thing: ZigbeeTwin) -> None:
        body = json.dumps(thing.cache).encode()
        if thing.fault in SPOILED:
            body = spoil(thing.fault, body)
        await self.publish(thing.topic, body, retain=self.retain)

    async def _log(self, message: str) -> None:
        await self.publish(f"{BASE}/bridge/logging", {"level": "error", "message": message, "namespace": "z2m"})

    async def stop(self) -> None:
        """Leave the broker."""
        for thing in self.things:
            await thing.settle()
        await super().stop()
