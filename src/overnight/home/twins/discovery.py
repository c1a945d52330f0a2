"""Twins that announce themselves over MQTT in Home Assistant's form, and say again what they are when it starts."""

import json
from typing import Any, ClassVar

from overnight.home.things import Value
from overnight.home.twins.faults import SPOILED, Cut, Fault, Refused, read_json, spoil
from overnight.home.twins.mqtt import MqttClient
from overnight.home.twins.twin import Change, Twin

BIRTH = "homeassistant/status"  # where Home Assistant says that it started
POWER_ON: dict[str, Change] = {
    "switch": {"on": False},
    "light": {"on": False, "brightness": 100.0},
    "cover": {"position": 0.0},
    "lock": {"locked": True},
    "climate": {"target": 20.0, "mode": "heat", "temperature": 19.0},
    "sensor": {"temperature": 21.5},
}
MODES = ("off", "heat")
SWITCHED = {"ON": True, "OFF": False}
LOCKED = {"LOCK": True, "UNLOCK": False}


class DiscoveryTwin(Twin):
    """A switch, light, cover, lock, thermostat or thermometer that publishes its state after it changed."""

    family: ClassVar[str] = "discovery"
    faults: ClassVar[frozenset[Fault]] = frozenset(Fault) - {Fault.DRIP}

    def __init__(self, name: str, kind: str = "switch", *, lag_s: float = 0.3, answers: bool = True) -> None:
        super().__init__(name, POWER_ON[kind], lag_s=lag_s)
        self.kind = kind
        self.answers = answers  # says again what it is when Home Assistant starts

    @property
    def node(self) -> str:
        """Its place among topics."""
        return f"twin-{self.mac}"

    def config(self) -> dict[str, Any]:
        """What it announces."""
        said: dict[str, Any] = {
            "name": self.spoken_name,
            "unique_id": f"{self.node}-{self.kind}",
            "command_topic": f"{self.node}/set",
            "state_topic": f"{self.node}/state",
            "availability_topic": f"{self.node}/status",
            "device": {"identifiers": [self.node], "name": self.spoken_name, "manufacturer": "Espressif", "model": "esp32dev"},
        }
        if self.kind == "light":
            said |= {"schema": "json", "brightness": True, "brightness_scale": 255, "supported_color_modes": ["brightness"]}
        if self.kind == "cover":
            said |= {"set_position_topic": f"{self.node}/set", "position_topic": f"{self.node}/state"}
        if self.kind == "climate":
            return {**said, **self._thermostat()}
        if self.kind == "sensor":
            part = {"value_template": "{{ value_json['temperature'] }}"}
            said |= {"device_class": "temperature", "unit_of_measurement": "°C", **part}
            del said["command_topic"]
        return said

    def _thermostat(self) -> dict[str, Any]:
        """As many do, with short names, one topic for all that it says, and a template for each part."""
        says, hears = f"{self.node}/state", f"{self.node}/set"
        return {
            "modes": list(MODES),
            "temp_unit": "C",
            "temp_cmd_t": hears,
            "temp_stat_t": says,
            "temp_stat_tpl": "{{ value_json.target }}",
            "mode_cmd_t": hears,
            "mode_stat_t": says,
            "mode_stat_tpl": "{{ value_json.mode }}",
            "curr_temp_t": says,
            "curr_temp_tpl": "{{ value_json.temperature }}",
            "min_temp": 7,
            "max_temp": 30,
        }

    def wanted(self, payload: bytes) -> dict[str, Value]:
        """What a command asks for. Raises: `Refused`."""
        text = payload.decode("utf-8", "replace")
        try:
            match self.kind:
                case "switch":
                    return {"on": SWITCHED[text]}
                case "lock":
                    return {"locked": LOCKED[text]}
                case "cover":
                    at = {"OPEN": 100.0, "CLOSE": 0.0, "STOP": float(self.truth.get("position", 0))}.get(text)
                    at = float(text) if at is None else at
                    if not 0 <= at <= 100:  # noqa: PLR2004 - percent
                        raise ValueError("out of range")
                    return {"position": at}
                case "climate":
                    return {"mode": text} if text in MODES else {"target": float(text)}
            asked = read_json(text)
            want: dict[str, Value] = {"on": SWITCHED[asked["state"]]} if "state" in asked else {}
            if "brightness" in asked:
                want["brightness"] = min(255, max(0, float(asked["brightness"]))) / 2.55
        except (KeyError, TypeError, ValueError):
            raise Refused from None
        if not want:
            raise Refused
        return want

    def said(self, state: Change) -> bytes:
        """Its state on the wire."""
        match self.kind:
            case "switch":
                return b"ON" if state["on"] else b"OFF"
            case "lock":
                return b"LOCKED" if state["locked"] else b"UNLOCKED"
            case "cover":
                return str(round(float(state["position"]))).encode()
            case "climate" | "sensor":
                return json.dumps(dict(state)).encode()
        level = round(float(state["brightness"]) * 2.55)
        return json.dumps({"state": "ON" if state["on"] else "OFF", "brightness": level, "color_mode": "brightness"}).encode()


class DiscoveryNode(MqttClient):
    """The connection of one such device."""

    def __init__(self, twin: DiscoveryTwin) -> None:
        self.twin = twin
        super().__init__(subscribe=f"{twin.node}/set", will=f"{twin.node}/status", offline=b"offline")

    async def powered(self) -> None:
        """It connects when it has power."""
        await self.twin.until(lambda _: not self.twin.away)

    async def greet(self) -> None:
        """Announce itself and its state."""
        twin = self.twin
        await self.publish(f"homeassistant/{twin.kind}/{twin.node}/config", twin.config(), retain=True)
        await self._client.subscribe(BIRTH)
        await self.publish(f"{twin.node}/status", b"online", retain=True)
        await self._announce(twin.truth)

    async def received(self, topic: str, payload: bytes) -> None:
        """A command, or Home Assistant's question."""
        if self.twin.away or (topic == BIRTH and not self.twin.answers):
            return
        if self.twin.fault is Fault.SLOW:
            self.twin.after(self.twin.lag_s, lambda: self.twin.start_task(self._hear(topic, payload)))
        else:
            await self._hear(topic, payload)

    async def _hear(self, topic: str, payload: bytes) -> None:
        if topic == BIRTH:
            await self._announce(self.twin.truth)
        else:
            await self._obey(payload)

    async def _obey(self, payload: bytes) -> None:
        twin = self.twin
        try:
            want = twin.wanted(payload)
            claimed = await twin.command(want)
        except Refused:
            return  # it has no words for no
        except Cut:
            await self.reconnect()
            return
        if twin.fault is Fault.LAG:
            twin.after(twin.lag_s, lambda: twin.start_task(self._announce(twin.truth)))
        elif twin.fault is not Fault.DEAF:
            await self._announce(claimed)

    async def _announce(self, state: Change) -> None:
        body = self.twin.said(state)
        if self.twin.fault in SPOILED:
            body = spoil(self.twin.fault, body)
        await self.publish(f"{self.twin.node}/state", body, retain=True)

    async def stop(self) -> None:
        """Leave the broker."""
        await self.twin.settle()
        await super().stop()
