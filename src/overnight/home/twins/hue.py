"""A twin of a Hue bridge, API v2: aiohue pairs with it by its button, reads its lights and sets them."""

import asyncio
import secrets
import uuid
from collections.abc import Iterable
from ssl import SSLContext
from typing import Any, ClassVar

from aiohttp import web

from overnight.home.twins.announcements import Announcement, Mdns
from overnight.home.twins.certificates import server_context
from overnight.home.twins.faults import Fault, Refused, read_json
from overnight.home.twins.http import HttpTwin
from overnight.home.twins.hue_resources import resources, wanted
from overnight.home.twins.twin import Change, Twin

AT_POWER_ON: Change = {"on": False, "brightness": 100.0, "colour_temperature": 2732.0}
NOT_PRESSED = 101


class HueLightTwin(Twin):
    """A light of a bridge."""

    family: ClassVar[str] = "hue"
    faults: ClassVar[frozenset[Fault]] = frozenset(Fault) - {Fault.ECHO}  # its answers do not name the new state

    def __init__(self, name: str, *, room: str = "", lag_s: float = 0.3) -> None:
        super().__init__(name, AT_POWER_ON, lag_s=lag_s)
        self.room = room

    def id_of(self, resource: str) -> str:
        """The same identity each time: a UUID for each of its resources."""
        return str(uuid.uuid5(uuid.NAMESPACE_URL, f"twin:{self.mac}/{resource}"))


class HueTwin(HttpTwin):
    """A bridge. Its own fault concerns all that it answers; that of a light, what that light does."""

    family: ClassVar[str] = "hue"
    port = 443

    def __init__(self, name: str, lights: list[HueLightTwin], *, lag_s: float = 0.3) -> None:
        super().__init__(name, {"button": False}, lag_s=lag_s)
        self.lights = lights
        self.keys: set[str] = set()

    @property
    def bridge_id(self) -> str:
        """Its identity."""
        return f"{self.mac[:6]}fffe{self.mac[6:]}"

    def press(self) -> None:
        """Press its button: the next program that asks gets a key."""
        self.become({"button": True})

    def announced(self) -> list[Announcement]:
        """By mDNS."""
        said = {"bridgeid": self.bridge_id, "modelid": "BSB002"}
        return [Mdns(service="_hue._tcp", name=f"Hue Bridge - {self.bridge_id[-6:].upper()}", port=self.port, properties=said)]

    def routes(self) -> Iterable[web.RouteDef]:
        """What it answers."""
        return [
            web.post("/api", self._pair),
            web.get("/api/config", self._config),
            web.get("/api/0/config", self._config),
            web.get("/clip/v2/resource", self._all),
            web.get("/clip/v2/resource/{kind}", self._kind),
            web.get("/clip/v2/resource/{kind}/{id}", self._kind),
            web.put("/clip/v2/resource/light/{id}", self._put),
            web.get("/eventstream/clip/v2", self._events),
        ]

    def tls(self) -> SSLContext:
        """A certificate of its own, as bridges have."""
        return server_context(self.bridge_id)

    def refusal(self, refused: Refused) -> web.Response:
        """In the words of CLIP."""
        status = refused.code or 400
        return web.json_response({"errors": [{"description": refused.reason}], "data": []}, status=status)

    async def _config(self, _: web.Request) -> web.Response:
        mac = ":".join(self.mac[at : at + 2] for at in range(0, 12, 2))
        versions = {"swversion": "1968096020", "apiversion": "1.68.0", "modelid": "BSB002", "datastoreversion": "172"}
        said = {"name": self.spoken_name, "mac": mac, "bridgeid": self.bridge_id.upper(), "factorynew": False, **versions}
        return web.json_response(said)

    async def _pair(self, _: web.Request) -> web.Response:
        if not self.truth["button"]:
            said = {"type": NOT_PRESSED, "address": "/", "description": "link button not pressed"}
            return web.json_response([{"error": said}])
        self.become({"button": False})
        key = secrets.token_urlsafe(30)
        self.keys.add(key)
        return web.json_response([{"success": {"username": key}}])

    def _admit(self, request: web.Request) -> None:
        if request.headers.get("hue-application-key") not in self.keys:
            raise Refused(403, "unauthorized user")

    def _resources(self) -> list[dict[str, Any]]:
        lamps = [(each.spoken_name, each.room, each.id_of, each.truth) for each in self.lights]
        return resources(self.bridge_id, self.spoken_name, lamps)

    async def _all(self, request: web.Request) -> web.Response:
        self._admit(request)
        return web.json_response({"errors": [], "data": self._resources()})

    async def _kind(self, request: web.Request) -> web.Response:
        self._admit(request)
        kind, identity = request.match_info["kind"], request.match_info.get("id")
        found = [each for each in self._resources() if each["type"] == kind and identity in (None, each["id"])]
        if identity and not found:
            raise Refused(404, "Not Found")
        return web.json_response({"errors": [], "data": found})

    async def _put(self, request: web.Request) -> web.Response:
        self._admit(request)
        identity = request.match_info["id"]
        lamp = next((each for each in self.lights if each.id_of("light") == identity), None)
        if lamp is None:
            raise Refused(404, "Not Found")
        try:
            asked = read_json(await request.read())
        except ValueError:
            raise Refused(400, "invalid JSON") from None
        await lamp.command(wanted(asked))
        return web.json_response({"errors": [], "data": [{"rid": identity, "rtype": "light"}]})

    async def _events(self, request: web.Request) -> web.StreamResponse:
        self._admit(request)
        stream = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await stream.prepare(request)
        await stream.write(b": hi\n\n")
        await asyncio.Event().wait()  # until the bridge goes away
        return stream

    def wire_fault(self) -> Fault:
        """Its own, or else that of a light."""
        return next((each.fault for each in (self, *self.lights) if each.fault is not Fault.HONEST), Fault.HONEST)

    async def settle(self) -> None:
        """End what was to come later, of its lights too."""
        for lamp in self.lights:
            await lamp.settle()
        await super().settle()
