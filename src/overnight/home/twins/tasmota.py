"""Twins of devices with Tasmota: its commands, over HTTP and over MQTT."""

import json
from collections.abc import Iterable
from typing import Any, ClassVar

from aiohttp import web

from overnight.home.things import Value
from overnight.home.twins.faults import SPOILED, Cut, Fault, Refused, spoil
from overnight.home.twins.http import HttpTwin
from overnight.home.twins.mqtt import MqttClient
from overnight.home.twins.twin import Change

POWER_ON: dict[str, Change] = {"switch": {"on": False}, "light": {"on": False, "brightness": 100.0}}
VERSION = "14.4.1(release-tasmota)"
WORDS = {"ON": True, "1": True, "TRUE": True, "OFF": False, "0": False, "FALSE": False}


class TasmotaTwin(HttpTwin):
    """A plug or a dimmer; `password` is that of its web page, if it has one."""

    family: ClassVar[str] = "tasmota"

    def __init__(self, name: str, kind: str = "switch", *, password: str = "", lag_s: float = 0.3) -> None:
        super().__init__(name, POWER_ON[kind], lag_s=lag_s)
        self.kind = kind
        self.password = password

    @property
    def topic(self) -> str:
        """Its name on MQTT, if nobody gave it another."""
        return f"tasmota_{self.mac[6:].upper()}"

    def routes(self) -> Iterable[web.RouteDef]:
        """What it answers."""
        return [web.get("/cm", self._command), web.get("/", self._page)]

    def refusal(self, refused: Refused) -> web.Response:
        """Tasmota says no with 200."""
        return web.json_response({"Command": "Error" if refused.reason == "refused" else refused.reason})

    async def _page(self, _: web.Request) -> web.Response:
        title = f"<title>{self.spoken_name} - Main Menu</title>"
        return web.Response(text=f"<!DOCTYPE html><html><head>{title}</head>Tasmota {VERSION}</html>", content_type="text/html")

    async def _command(self, request: web.Request) -> web.Response:
        if self.password and request.query.get("password") != self.password:
            warning = {"WARNING": "Need user=<username>&password=<password>"}
            return web.json_response(warning, status=401)
        return web.json_response(await self.answer(request.query.get("cmnd", "")))

    async def answer(self, line: str) -> dict[str, Any]:
        """The answer to a command. Raises: `Cut`, `Refused`."""
        word, _, value = line.strip().partition(" ")
        match word.lower(), value.strip():
            case (("power" | "power0" | "power1"), ""):
                return self._said(self.truth, "on")
            case (("power" | "power0" | "power1"), text):
                on = not self.truth["on"] if text.upper() in ("TOGGLE", "2") else WORDS.get(text.upper())
                if on is None:
                    raise Refused(reason="Error")
                return self._said(await self.command({"on": on}), "on")
            case "dimmer", "" if self.kind == "light":
                return self._said(self.truth)
            case "dimmer", text if self.kind == "light" and text.isdigit() and int(text) <= 100:  # noqa: PLR2004 - percent
                return self._said(await self.command({"brightness": float(text), "on": int(text) > 0}))
            case "state", _:
                return {"Time": "2026-12-02T09:00:00", "Uptime": "0T00:16:40", **self._said(self.truth), "Wifi": {"RSSI": 72}}
            case "status", number:
                return self._status(number)
        raise Refused(reason="Unknown")

    def _said(self, state: Change, *only: str) -> dict[str, Any]:
        said: dict[str, Any] = {"POWER": "ON" if state["on"] else "OFF"}
        if self.kind == "light" and not only:
            said["Dimmer"] = round(float(state["brightness"]))
        return said

    def _status(self, number: str) -> dict[str, Any]:
        mac = ":".join(self.mac.upper()[at : at + 2] for at in range(0, 12, 2))
        head = {"Module": 1, "DeviceName": self.spoken_name, "FriendlyName": [self.spoken_name], "Topic": self.topic}
        parts: dict[str, dict[str, Any]] = {
            "Status": {**head, "Power": int(bool(self.truth["on"]))},
            "StatusFWR": {"Version": VERSION, "Hardware": "ESP8285N08", "Core": "2_7_8"},
            "StatusNET": {"Hostname": f"{self.topic.lower()}-1234", "IPAddress": self.address, "Mac": mac},
            "StatusSTS": {"Time": "2026-12-02T09:00:00", **self._said(self.truth)},
        }
        if number == "0":
            return parts
        key = {"2": "StatusFWR", "5": "StatusNET", "11": "StatusSTS"}.get(number, "Status")
        return {key: parts[key]}


class TasmotaMqtt(MqttClient):
    """The same device at a broker; its HTTP may be off."""

    def __init__(self, twin: TasmotaTwin) -> None:
        self.twin = twin
        self.lwt = f"tele/{twin.topic}/LWT"
        super().__init__(subscribe=f"cmnd/{twin.topic}/#", will=self.lwt, offline=b"Offline")

    async def powered(self) -> None:
        """It connects when it has power."""
        await self.twin.until(lambda _: not self.twin.away)

    async def greet(self) -> None:
        """Say that it is there, what it is, and its state."""
        twin = self.twin
        await self.publish(self.lwt, b"Online", retain=True)
        relays = {"rl": [2 if twin.kind == "light" else 1, *[0] * 7], "lt_st": 1 if twin.kind == "light" else 0}
        names = {"dn": twin.spoken_name, "fn": [twin.spoken_name, *[None] * 7], "hn": f"{twin.topic.lower()}-1234"}
        form = {
            "ft": "%prefix%/%topic%/",
            "tp": ["cmnd", "stat", "tele"],
            "t": twin.topic,
            "state": ["OFF", "ON", "TOGGLE", "HOLD"],
        }
        head = {"ip": twin.address or self.address, "mac": twin.mac.upper(), "md": "Sonoff Basic", "sw": "14.4.1", "ver": 1}
        said = {**head, **names, **form, **relays, "ofln": "Offline", "onln": "Online"}
        await self.publish(f"tasmota/discovery/{twin.mac.upper()}/config", said, retain=True)
        await self._send("tele", "STATE", await twin.answer("State"))

    async def received(self, topic: str, payload: bytes) -> None:
        """A command, its answer as RESULT, as in `cmnd/TOPIC/POWER`."""
        if self.twin.away:
            return
        word = topic.rpartition("/")[2]
        if self.twin.fault is Fault.SLOW:
            self.twin.after(self.twin.lag_s, lambda: self.twin.start_task(self._answer(word, payload)))
        else:
            await self._answer(word, payload)

    async def _answer(self, word: str, payload: bytes) -> None:
        try:
            said = await self.twin.answer(f"{word} {payload.decode('utf-8', 'replace')}")
        except Refused as refused:
            said = {"Command": refused.reason}
        except Cut:
            await self.reconnect()
            return
        number = payload.decode("ascii", "replace") if word.lower() == "status" else ""
        status = f"{word.upper()}{number}" if word.lower().startswith("status") else "RESULT"
        if word.lower() == "status" and payload == b"0":
            for at, (key, part) in enumerate(said.items()):
                await self._send("stat", "STATUS" if at == 0 else key.upper(), {key: part})
            return
        await self._send("stat", status, said)
        if "POWER" in said:
            await self.publish(f"stat/{self.twin.topic}/POWER", str(said["POWER"]).encode())

    async def _send(self, prefix: str, name: str, said: dict[str, Value]) -> None:
        body = json.dumps(said).encode()
        if self.twin.fault in SPOILED:
            body = spoil(self.twin.fault, body)
        await self.publish(f"{prefix}/{self.twin.topic}/{name}", body)

    async def stop(self) -> None:
        """Leave the broker."""
        await self.twin.settle()
        await super().stop()
