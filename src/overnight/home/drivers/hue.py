"""Lights of a Hue bridge (API v2): the bridge is the address, the light is the option `resource`.

The bridge's certificate is its own: it is pinned when it is paired (`home pair`), by the option `pin`. What is evidence:
the bridge is asked for the light, and whether it reaches it now; of one that it does not reach, it says what was wanted last.

Does not cover: a light that the bridge takes for reached, in the minutes after it was switched off at the wall.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from overnight.home.drivers._http import Http, certificate_of, number_in
from overnight.home.drivers._opening import BoxFamily
from overnight.home.drivers._steps import check_known
from overnight.home.port import Refused, Unreachable, Unsure
from overnight.home.things import Description, Device, Property, Trait, Value
from overnight.words.foreign import printable
from overnight.words.secret import Secret

PATH = "/clip/v2/resource/"
MIREDS = 1_000_000  # in a kelvin's place
LIGHTS = 200  # of a bridge that are looked at


class HueDriver:
    """One light; implements `Driver`."""

    def __init__(self, http: Http, resource: str) -> None:
        if not resource.replace("-", "").isalnum():
            raise Unreachable("which light is meant is the option `resource`")
        self._http = http
        self._light = resource
        self._link = ""  # the resource that says whether the bridge reaches it

    async def describe(self) -> Description:
        """By the light, and the lamp that it is in."""
        light = await one(self._http, f"light/{self._light}")
        owner = part(light, "owner").get("rid")
        lamp = await one(self._http, f"device/{owner}")
        services = lamp.get("services")
        for each in services if isinstance(services, list) else []:
            if isinstance(each, dict) and each.get("rtype") == "zigbee_connectivity":
                self._link = str(each.get("rid"))
        product = part(lamp, "product_data")
        schema = part(part(light, "color_temperature"), "mirek_schema")
        least, most = number_in(schema, "mirek_minimum"), number_in(schema, "mirek_maximum")
        properties = [Property(name="on")]
        if "dimming" in light:
            properties.append(Property(name="brightness"))
        if least and most:
            properties.append(Property(name="colour_temperature", low=MIREDS // most, high=MIREDS // least + 1))
        return Description(
            identity=self._light,
            name=str(part(lamp, "metadata").get("name") or ""),
            maker=str(product.get("manufacturer_name") or ""),
            model=str(product.get("product_name") or ""),
            traits=(Trait.LIGHT,),
            properties=tuple(properties),
        )

    async def read(self) -> Mapping[str, Value]:
        """The light, if the bridge reaches it."""
        if self._link and (await one(self._http, f"zigbee_connectivity/{self._link}")).get("status") != "connected":
            raise Unsure("the bridge does not reach it")
        light = await one(self._http, f"light/{self._light}")
        values: dict[str, Value] = {}
        if isinstance(on := part(light, "on").get("on"), bool):
            values["on"] = on
        brightness = number_in(part(light, "dimming"), "brightness")
        if brightness is not None and 0 <= brightness <= 100:  # noqa: PLR2004  # percent
            values["brightness"] = brightness
        warmth = part(light, "color_temperature")
        if warmth.get("mirek_valid") is True and (mirek := number_in(warmth, "mirek")):
            values["colour_temperature"] = round(MIREDS / max(1.0, mirek))
        return values

    async def write(self, want: Mapping[str, Value]) -> None:
        """Set it with one call."""
        check_known(want, ("on", "brightness", "colour_temperature"))
        body: dict[str, object] = {}
        if "on" in want:
            body["on"] = {"on": want["on"]}
        if "brightness" in want:
            body["dimming"] = {"brightness": float(want["brightness"])}
        if "colour_temperature" in want:
            body["color_temperature"] = {"mirek": round(MIREDS / float(want["colour_temperature"]))}
        await self._http.put(f"{PATH}light/{self._light}", body)

    async def aclose(self) -> None:
        """Close its connections."""
        await self._http.aclose()


def part(said: Mapping[str, Any], name: str) -> Mapping[str, Any]:  # Any: JSON
    """An object within an object; empty if it is none."""
    found = said.get(name)
    return found if isinstance(found, dict) else {}


async def all_of(http: Http, path: str) -> Sequence[Mapping[str, Any]]:  # Any: JSON
    """The resources at a path.

    Raises:
        DeviceError: the bridge does not answer with any.
    """
    found = await http.get(PATH + path)
    data = found.get("data") if isinstance(found, dict) else None
    if not isinstance(data, list):
        raise Unsure("it answers no resources")
    return [each for each in data if isinstance(each, dict)]


async def one(http: Http, path: str) -> Mapping[str, Any]:  # Any: JSON
    """The resource at a path."""
    found = await all_of(http, path)
    if len(found) != 1:
        raise Refused(f"it has no {path.partition('/')[0]} of that name")
    return found[0]


@dataclass(frozen=True, slots=True, kw_only=True)
class Paired:
    """A bridge that gave a key."""

    bridge: str  # its identity
    pin: str  # the SHA-256 of its certificate
    key: Secret


async def pair(address: str) -> Paired:
    """Get a key from a bridge whose button was pressed; the certificate that it shows now is its own from then on.

    Raises:
        DeviceError: it gives none.
    """
    pin = await certificate_of(address)
    http = Http(address, pin=bytes.fromhex(pin))
    try:
        config = await http.get("/api/config")
        answer = await http.post("/api", {"devicetype": "overnight#home", "generateclientkey": True})
    finally:
        await http.aclose()
    bridge = str(config.get("bridgeid") or "") if isinstance(config, dict) else ""
    if not bridge.isalnum() or len(bridge) > 20:  # noqa: PLR2004  # characters
        raise Refused("it is no Hue bridge")
    said = answer[0] if isinstance(answer, list) and answer and isinstance(answer[0], dict) else {}
    key = part(said, "success").get("username")
    if not isinstance(key, str) or not key.isprintable() or len(key) > 100:  # noqa: PLR2004  # characters
        raise Refused(printable(str(part(said, "error").get("description") or "it gives no key"), 80))
    return Paired(bridge=bridge, pin=pin, key=Secret(key))


async def _lights(http: Http) -> Sequence[str]:
    return [str(light.get("id")) for light in (await all_of(http, "light"))[:LIGHTS]]


def _http(device: Device, secrets: Mapping[str, Secret]) -> Http:
    try:
        pin = bytes.fromhex(device.options.get("pin", ""))
    except ValueError:
        pin = b""
    if len(pin) != 32 or "key" not in secrets:  # noqa: PLR2004  # bytes of SHA-256
        raise Unreachable(f"the bridge has to be paired first: overnight home pair {device.address}")
    return Http(device.address, headers={"hue-application-key": secrets["key"].reveal()}, pin=pin)


FAMILY = BoxFamily(name="hue", option="resource", connect=_http, parts=_lights, driver=HueDriver)
