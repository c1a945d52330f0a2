"""A twin of Home Assistant's REST API, with a few entities. A lock passes `locking` before it is `locked`."""

import datetime
from collections.abc import Iterable
from typing import Any, ClassVar

from aiohttp import web

from overnight.home.twins.announcements import Announcement, Mdns
from overnight.home.twins.faults import Fault, Refused, read_json
from overnight.home.twins.hass_entities import AT_POWER_ON, PASSING, described, wanted
from overnight.home.twins.http import HttpTwin
from overnight.home.twins.twin import Change, Twin

VERSION = "2026.11.3"


class HassEntityTwin(Twin):
    """An entity. What it does takes `lag_s`, for locks and covers in a state between."""

    family: ClassVar[str] = "hass"

    def __init__(self, name: str, domain: str, *, lag_s: float = 0.3, polled: bool = False, assumed: bool = False) -> None:
        super().__init__(name, AT_POWER_ON[domain], lag_s=lag_s)
        self.domain = domain
        self.assumed = assumed  # the device never says how it is, and Home Assistant says what it last asked for
        self._polled = polled  # a change is not heard of until the entity is updated
        self._cache = dict(self.truth)
        self.passing = ""  # `locking`, while it is
        self.changed_at = datetime.datetime.now(datetime.UTC)

    @property
    def entity_id(self) -> str:
        """Its identity, of its name."""
        return f"{self.domain}.{self.name.lower().replace(' ', '_')}"

    def become(self, change: Change) -> None:
        """A lock and a cover need `lag_s` for it."""
        passing = PASSING.get(next(iter(change.items()), ("", "")), "")
        if passing and self.fault is not Fault.RESTART and not self.passing:
            self.passing = passing
            self.after(self.lag_s, lambda: self._arrive(change))
        else:
            self._arrive(change)

    def _arrive(self, change: Change) -> None:
        self.passing = ""
        self.changed_at = datetime.datetime.now(datetime.UTC)
        super().become(change)

    def assume(self, claimed: Change) -> None:
        """Home Assistant believes what it asked for."""
        if self.assumed or self._polled:
            self._cache = dict(claimed)

    def update(self) -> None:
        """Home Assistant asks the device, if it can be asked."""
        if not self.assumed:
            self._cache = dict(self.truth)

    def said(self, state: Change | None = None) -> dict[str, Any]:
        """Its state object, of the cache of Home Assistant."""
        if not (self.assumed or self._polled):
            self.update()
        at = self.changed_at.isoformat()
        if self.away:
            return {**described(self.domain, self.spoken_name, self.truth), "entity_id": self.entity_id, "state": "unavailable"}
        said = described(self.domain, self.spoken_name, state or self._cache)
        if self.assumed:
            said["attributes"]["assumed_state"] = True
        if self.passing:
            said["state"] = self.passing
        context = {"id": "01JEXAMPLE", "parent_id": None, "user_id": None}
        return {"entity_id": self.entity_id, **said, "last_changed": at, "last_updated": at, "context": context}


class HassTwin(HttpTwin):
    """The server. Its own fault concerns all that it answers; that of an entity, what that entity does."""

    family: ClassVar[str] = "hass"
    port = 8123

    def __init__(
        self,
        name: str,
        entities: list[HassEntityTwin],
        *,
        token: str = "twin-token",  # noqa: S107 - a twin's
        lag_s: float = 0.3,
        unit: str = "°C",
    ) -> None:
        super().__init__(name, {}, lag_s=lag_s)
        self.entities = entities
        self._token = token
        self._unit = unit

    def announced(self) -> list[Announcement]:
        """By mDNS."""
        said = {"location_name": self.spoken_name, "version": VERSION, "base_url": self.url, "uuid": f"{self.mac}{self.mac}"}
        return [Mdns(service="_home-assistant._tcp", name=self.name, port=self.port, properties=said)]

    def routes(self) -> Iterable[web.RouteDef]:
        """What it answers."""
        return [
            web.get("/api/", self._running),
            web.get("/api/config", self._config),
            web.get("/api/states", self._states),
            web.get("/api/states/{id}", self._state),
            web.post("/api/services/{domain}/{service}", self._service),
        ]

    def wire_fault(self) -> Fault:
        """Its own, or else that of an entity."""
        return next((each.fault for each in (self, *self.entities) if each.fault is not Fault.HONEST), Fault.HONEST)

    def refusal(self, refused: Refused) -> web.Response:
        """A message."""
        return web.json_response({"message": refused.reason}, status=refused.code or 500)

    async def settle(self) -> None:
        """End what was to come later, of its entities too."""
        for entity in self.entities:
            await entity.settle()
        await super().settle()

    def _check(self, request: web.Request) -> None:
        if request.headers.get("Authorization") != f"Bearer {self._token}":
            raise Refused(401, "Unauthorized")

    async def _running(self, request: web.Request) -> web.Response:
        self._check(request)
        return web.json_response({"message": "API running."})

    async def _config(self, request: web.Request) -> web.Response:
        self._check(request)
        return web.json_response(
            {
                "location_name": self.spoken_name,
                "version": VERSION,
                "state": "RUNNING",
                "unit_system": {"temperature": self._unit},
            }
        )

    async def _states(self, request: web.Request) -> web.Response:
        self._check(request)
        return web.json_response([each.said() for each in self.entities])

    async def _state(self, request: web.Request) -> web.Response:
        self._check(request)
        for entity in self.entities:
            if entity.entity_id == request.match_info["id"]:
                return web.json_response(entity.said())
        raise Refused(404, "Entity not found.")

    async def _service(self, request: web.Request) -> web.Response:
        self._check(request)
        try:
            data = read_json(await request.read() or b"{}")
        except ValueError:
            raise Refused(400, "Data should be valid JSON.") from None
        if not isinstance(data, dict):
            raise Refused(400, "Data should be a JSON object.")
        ids = data.pop("entity_id", [])
        changed = await self.call(request.match_info["domain"], request.match_info["service"], data, ids)
        return web.json_response(changed)

    async def call(self, domain: str, service: str, data: dict[str, Any], ids: Any) -> list[dict[str, Any]]:
        """Call a service on entities; their new states as they are said. Raises: `Cut`, `Refused`."""
        named = [ids] if isinstance(ids, str) else list(ids)
        changed = []
        for entity in self.entities:
            if entity.entity_id in named and (domain, service) == ("homeassistant", "update_entity"):
                entity.update()
            elif entity.entity_id in named:
                want = wanted(domain, service, data, entity.domain)
                claimed = await entity.command(want)
                entity.assume({**claimed, **want})
                changed.append(entity.said(claimed if entity.fault is Fault.ECHO else None))
        return changed
