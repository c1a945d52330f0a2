"""A house of twins: what `overnight home twins` and `overnight home demo` run, on loopback addresses of this machine."""

import re
from base64 import b64decode
from collections.abc import Mapping
from dataclasses import dataclass

from overnight.errors import UserError
from overnight.home.extras import install_command
from overnight.home.things import Value
from overnight.home.twins.broker import BrokerTwin
from overnight.home.twins.camera import CameraTwin, Clip
from overnight.home.twins.faults import Fault
from overnight.home.twins.http import HttpTwin
from overnight.home.twins.modbus import PoolTwin
from overnight.home.twins.radio import RadioTwin
from overnight.home.twins.shelly import ShellyTwin
from overnight.home.twins.sonos import Favourite, Household, SonosTwin
from overnight.home.twins.tasmota import TasmotaTwin
from overnight.home.twins.twin import Twin
from overnight.home.twins.zigbee import ZigbeeBridge, ZigbeeTwin
from overnight.words.foreign import printable

PREFIX = "127.0.7"
LOOPBACK = re.compile(r"127(\.(25[0-5]|2[0-4]\d|1?\d?\d)){2}")
BROKER = 10  # the last number of its address
STATIONS = {"Jazz": "jazz", "Evening news": "news"}
CAMERA_LOGIN = ("admin", "twin-camera")
GREY = b64decode(  # a picture of 16 x 16 pixels, if there is nothing to draw one with
    "/9j/4AAQSkZJRgABAQAAAQABAAD/2wBDABALDA4MChAODQ4SERATGCgaGBYWGDEjJR0oOjM9PDkzODdASFxOQERXRTc4UG1RV19iZ2hnPk1xeXBkeFxlZ2P/"
    "wAALCAAQABABAREA/8QAFAABAAAAAAAAAAAAAAAAAAAAAP/EABQQAQAAAAAAAAAAAAAAAAAAAAD/2gAIAQEAAD8AAP/Z"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a twin is: an address of its own, at a port that needs no root, or a name at the broker."""

    name: str
    room: str
    family: str
    address: str
    fault: Fault = Fault.HONEST


class House:
    """Study, kitchen, living room, garden and front door. Without `scenes`, its camera shows a grey picture."""

    def __init__(self, *, scenes: Mapping[str, Clip] | None = None, lag_s: float = 0.3) -> None:
        self.radio, self.broker = RadioTwin(), BrokerTwin()
        self.household = Household()
        self.sonos = SonosTwin("Study", household=self.household, lag_s=lag_s)
        self.kitchen = ShellyTwin("Kitchen lights", "light", lag_s=lag_s)
        self.coffee = TasmotaTwin("Coffee machine", lag_s=lag_s)
        self.spa = PoolTwin("Spa", lag_s=lag_s)
        self.camera = CameraTwin("Drive", scenes or {"empty": [GREY]}, login=CAMERA_LOGIN, lag_s=lag_s)
        self.zigbee = {
            "Study lamp": ("study", "light"),
            "Living room shade": ("living room", "cover"),
            "Thermostat": ("living room", "climate"),
            "Front door": ("front door", "lock"),
        }
        self.behind = [ZigbeeTwin(name, kind, lag_s=lag_s) for name, (_, kind) in self.zigbee.items()]
        self.bridge = ZigbeeBridge(self.behind)

    @property
    def twins(self) -> dict[str, Twin]:
        """Everything with a truth, by name."""
        own: list[Twin] = [self.sonos, self.kitchen, self.coffee, self.spa, self.camera, *self.behind]
        return {twin.name: twin for twin in own}

    @property
    def truth(self) -> dict[str, dict[str, Value]]:
        """What each really is."""
        return {name: dict(twin.truth) for name, twin in self.twins.items()}

    async def start(self, prefix: str = PREFIX) -> None:
        """Listen on addresses that begin with three numbers. Raises: UserError if one is taken or not loopback."""
        if not LOOPBACK.fullmatch(prefix):
            fix = "give three numbers of loopback, such as 127.0.8: twins do what anybody who reaches them says"
            raise UserError(f"`{printable(prefix, 40)}` is not of this machine alone", fix=fix)
        try:
            await self.broker.start(f"{prefix}.{BROKER}")
            await self.radio.start(f"{prefix}.{BROKER}")
            for (twin, port), last in zip(self._ports(), range(BROKER + 1, BROKER + 9), strict=False):
                await twin.start(f"{prefix}.{last}", port)
        except OSError as error:
            await self.stop()
            fix = "another house of twins runs there; stop it, or give other addresses: --prefix 127.0.8"
            raise UserError(f"no house at {prefix}.x: {error.strerror or error}", fix=fix) from error
        await self.bridge.start(self.broker.address, self.broker.port)
        self.household.favourites[:] = [
            Favourite(title=title, address=self.radio.url(station).replace("http://", "x-rincon-mp3radio://", 1))
            for title, station in STATIONS.items()
        ]

    async def stop(self) -> None:
        """Close everything."""
        await self.bridge.stop()
        for twin, _ in self._ports():
            await twin.stop()
        await self.radio.stop()
        await self.broker.stop()

    def _ports(self) -> list[tuple[HttpTwin | PoolTwin, int]]:
        return [(self.sonos, 1400), (self.kitchen, 8080), (self.coffee, 8080), (self.spa, 1502), (self.camera, 8080)]

    def places(self) -> list[Place]:
        """Where everything is."""
        rooms = {"Study": "study", "Kitchen lights": "kitchen", "Coffee machine": "kitchen", "Spa": "garden", "Drive": "garden"}
        at = {twin.name: f"{twin.address}:{twin.port}" for twin, _ in self._ports()}
        hub = f"{self.broker.address}:{self.broker.port}"
        return [
            Place(
                name=name,
                room=rooms[name] if name in rooms else self.zigbee[name][0],
                family=twin.family,
                address=at.get(name, hub),
                fault=twin.fault,
            )
            for name, twin in self.twins.items()
        ]

    def break_one(self, name: str, kind: str) -> None:
        """Give a twin a fault, from now on. Raises: UserError if there is no such twin or fault."""
        twins = {each.lower(): twin for each, twin in self.twins.items()}
        twin = twins.get(name.lower())
        if twin is None:
            raise UserError(f"no twin `{name}`", fix=f"name one of: {', '.join(self.twins)}")
        if kind not in twin.faults:
            raise UserError(f"{twin.name} has no fault `{kind}`", fix=f"name one of: {', '.join(sorted(twin.faults))}")
        twin.fault = Fault(kind)

    def truck(self) -> None:
        """A delivery truck drives up. Raises: UserError without pictures of one."""
        if "truck" not in self.camera.scenes:
            raise UserError("the camera has no pictures of a truck", fix=install_command("cameras"))
        self.camera.show("truck")
