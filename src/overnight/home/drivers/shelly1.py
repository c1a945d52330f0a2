"""Shelly relays, dimmers and shades of the first generation, by their URLs.

A box with several channels is several devices: the option `part` says which, such as `relay/1`.

What is evidence: `/status` has the state of the relay, the dimmer and the motor themselves; what a command answers is not
looked at. Facts: https://shelly-api-docs.shelly.cloud/gen1/.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from overnight.home.drivers._http import Http, basic, number_in
from overnight.home.drivers._opening import BoxFamily
from overnight.home.drivers._steps import check_known
from overnight.home.port import Refused
from overnight.home.things import Description, Device, Property, Trait, Value
from overnight.words.secret import Secret

TRAITS = {"light": Trait.LIGHT, "relay": Trait.SWITCH, "roller": Trait.COVER}
PROPERTIES = {"light": ("on", "brightness"), "relay": ("on",), "roller": ("position",)}
PARTS = 16  # of a box that are looked at


class Shelly1Driver:
    """One channel; implements `Driver`."""

    def __init__(self, http: Http, part: str = "") -> None:
        """`part`: by default the first."""
        self._http = http
        self._part = part

    async def describe(self) -> Description:
        """By its settings and the channels that its status has."""
        settings, parts = await self._get("/settings"), await self.parts()
        if not parts or (self._part and self._part not in parts):
            raise Refused(f"it has no {self._part or 'channel that can be set'}")
        self._part = self._part or parts[0]
        kind = self._part.partition("/")[0]
        device = settings.get("device")
        said = device if isinstance(device, dict) else {}
        mac = str(said.get("mac") or "")
        return Description(
            identity=f"{mac}/{self._part}" if len(parts) > 1 else mac,
            name=str(settings.get("name") or ""),
            maker="Shelly",
            model=str(said.get("type") or ""),
            traits=(TRAITS[kind],),
            properties=tuple(Property(name=name) for name in PROPERTIES[kind]),
        )

    async def parts(self) -> Sequence[str]:
        """The channels of the box."""
        status = await self._get("/status")
        given = {kind: status.get(f"{kind}s") for kind in ("light", "roller", "relay")}
        found = [f"{kind}/{number}" for kind, each in given.items() if isinstance(each, list) for number in range(len(each))]
        return found[:PARTS]

    async def read(self) -> Mapping[str, Value]:
        """The state of its channel."""
        kind, _, number = self._part.partition("/")
        listed = (await self._get("/status")).get(f"{kind}s")
        if not isinstance(listed, list) or len(listed) <= int(number) or not isinstance(listed[int(number)], dict):
            raise Refused(f"it has no {self._part}")
        said = listed[int(number)]
        values: dict[str, Value] = {}
        if isinstance(said.get("ison"), bool):
            values["on"] = said["ison"]
        if (brightness := number_in(said, "brightness")) is not None:
            values["brightness"] = brightness
        if said.get("positioning") is True and (position := number_in(said, "current_pos")) is not None:
            values["position"] = position
        return {name: value for name, value in values.items() if name in PROPERTIES[kind]}

    async def write(self, want: Mapping[str, Value]) -> None:
        """Set it with one call."""
        check_known(want, PROPERTIES[self._part.partition("/")[0]])
        given: dict[str, object] = {}
        if "position" in want:
            given = {"go": "to_pos", "roller_pos": round(float(want["position"]))}
        if "on" in want:
            given["turn"] = "on" if want["on"] else "off"
        if "brightness" in want:
            given["brightness"] = max(1, round(float(want["brightness"])))
        await self._get(f"/{self._part}?{urlencode(given)}")

    async def aclose(self) -> None:
        """Close its connections."""
        await self._http.aclose()

    async def _get(self, path: str) -> Mapping[str, Any]:  # Any: JSON
        found = await self._http.get(path)
        if not isinstance(found, dict):
            raise Refused("it answers no object")
        return found


def _http(device: Device, secrets: Mapping[str, Secret]) -> Http:
    return Http(device.address, headers=basic(device.options.get("user", "admin"), secrets.get("password")))


FAMILY = BoxFamily(
    name="shelly1", option="part", connect=_http, parts=lambda http: Shelly1Driver(http).parts(), driver=Shelly1Driver
)
