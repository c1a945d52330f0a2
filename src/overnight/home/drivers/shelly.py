"""Shelly relays, dimmers and covers of the second generation and later, by their HTTP RPC.

A box with several channels is several devices: the option `part` says which, such as `switch:1`.

What is evidence: `Shelly.GetStatus` has the state of the relay, the dimmer and the motor themselves; what a command answers is
not looked at. Facts: https://shelly-api-docs.shelly.cloud/gen2/.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from overnight.home.drivers._http import Http, number_in
from overnight.home.drivers._opening import BoxFamily
from overnight.home.drivers._steps import check_known
from overnight.home.port import Refused
from overnight.home.things import Description, Device, Property, Trait, Value
from overnight.words.secret import Secret

PATH = "/rpc/"
TRAITS = {"light": Trait.LIGHT, "switch": Trait.SWITCH, "cover": Trait.COVER}
PARTS = 16  # of a box that are looked at
ON, BRIGHTNESS, POSITION = Property(name="on"), Property(name="brightness"), Property(name="position")
PROPERTIES = {"light": (ON, BRIGHTNESS), "switch": (ON,), "cover": (POSITION,)}


class ShellyDriver:
    """One channel; implements `Driver`."""

    def __init__(self, http: Http, part: str = "") -> None:
        """`part`: by default the first."""
        self._http = http
        self._part = part

    async def describe(self) -> Description:
        """By its own information and the components that its status has."""
        info, status = await self.call("Shelly.GetDeviceInfo"), await self.call("Shelly.GetStatus")
        parts = parts_of(status)
        if not parts or (self._part and self._part not in parts):
            raise Refused(f"it has no {self._part or 'channel that can be set'}")
        self._part = self._part or parts[0]
        kind = self._part.partition(":")[0]
        mac = str(info.get("mac") or "")
        return Description(
            identity=f"{mac}/{self._part}" if len(parts) > 1 else mac,
            name=str(info.get("name") or ""),
            maker="Shelly",
            model=str(info.get("model") or ""),
            traits=(TRAITS[kind],),
            properties=PROPERTIES[kind],
        )

    async def read(self) -> Mapping[str, Value]:
        """The state of its component."""
        status = (await self.call("Shelly.GetStatus")).get(self._part)
        if not isinstance(status, dict):
            raise Refused(f"it has no {self._part}")
        values: dict[str, Value] = {}
        if isinstance(status.get("output"), bool):
            values["on"] = status["output"]
        for key, name in (("brightness", "brightness"), ("current_pos", "position")):
            if (value := number_in(status, key)) is not None:
                values[name] = value
        return values

    async def write(self, want: Mapping[str, Value]) -> None:
        """Set it with one call."""
        kind, _, number = self._part.partition(":")
        check_known(want, [each.name for each in PROPERTIES[kind]])
        method, given = f"{kind.title()}.Set", dict(want)
        if kind == "cover":
            method, given = "Cover.GoToPosition", {"pos": round(float(want["position"]))}
        await self.call(method, id=int(number), **given)

    async def aclose(self) -> None:
        """Close its connections."""
        await self._http.aclose()

    async def call(self, method: str, **given: object) -> Mapping[str, Any]:  # Any: JSON
        """What a method answers."""
        found = await self._http.post(PATH + method, given)
        if found is not None and not isinstance(found, dict):
            raise Refused(f"{method} answers no object")
        return found or {}


def parts_of(status: Mapping[str, Any]) -> Sequence[str]:  # Any: JSON
    """The components of a box that can be set, in order; a cover without a known position is none."""
    found = []
    for key, said in status.items():
        kind, _, number = key.partition(":")
        if kind in TRAITS and number.isdigit() and isinstance(said, dict):
            found.append(key)
    return sorted(found)[:PARTS]


async def _parts(http: Http) -> Sequence[str]:
    return parts_of(await ShellyDriver(http).call("Shelly.GetStatus"))


def _http(device: Device, secrets: Mapping[str, Secret]) -> Http:
    return Http(device.address, password=secrets["password"].reveal() if "password" in secrets else "")


FAMILY = BoxFamily(name="shelly", option="part", connect=_http, parts=_parts, driver=ShellyDriver)
