"""Devices that Home Assistant knows: it is the address, the entity is the option `entity`, such as `lock.front_door`.

What is evidence: Home Assistant has the device asked (`homeassistant.update_entity`), and then says its state. An entity
with `assumed_state` is one that nobody can ask: nothing that is said of it counts.

Does not cover: an integration that shows what was wanted as if the device had said so, without `assumed_state`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any

from overnight.home.drivers._entities import CELSIUS, actions_for, domain_of, properties_of, trait_of, values_of
from overnight.home.drivers._http import ERROR, OK, Http
from overnight.home.drivers._opening import same
from overnight.home.drivers._steps import check_known, in_steps
from overnight.home.port import Driver, Found, Refused, Unreachable, Unsure
from overnight.home.things import Description, Device, Value
from overnight.words.secret import Secret

FAILED = 500  # HTTP status of an action that began
LOST = ("unavailable", "unknown")
ENTITIES = 1000  # that are looked at


class HassDriver:
    """One entity; implements `Driver`."""

    def __init__(self, http: Http, entity: str) -> None:
        if not entity.replace("_", "").replace(".", "", 1).isalnum():
            raise Unreachable("which device is meant is the option `entity`")
        self._http = http
        self._entity = entity

    async def describe(self) -> Description:
        """By its state."""
        said = described(await self._state())
        if said is None:
            raise Refused("it is of a kind that is not known")
        if domain_of(self._entity) == "climate":  # whose temperatures have the unit of the whole system
            config = await self._http.get("/api/config")
            units = config.get("unit_system") if isinstance(config, dict) else None
            if not isinstance(units, dict) or units.get("temperature") != CELSIUS:
                raise Refused(f"Home Assistant does not say that it measures in {CELSIUS}: set its unit system to metric")
        return said

    async def read(self) -> Mapping[str, Value]:
        """Have the device asked, and say what it answered."""
        await self._call("homeassistant", "update_entity", {})
        said = await self._state()
        state, attributes = said.get("state"), said.get("attributes")
        if not isinstance(state, str) or not isinstance(attributes, dict):
            raise Unsure("it answers no state")
        if state in LOST:
            raise Unsure("Home Assistant does not reach it")
        if attributes.get("assumed_state"):
            return {}  # it can be set, and nobody knows whether it was
        return values_of(self._entity, state, attributes)

    async def write(self, want: Mapping[str, Value]) -> None:
        """Call what sets it."""
        attributes = (await self._state()).get("attributes")
        if not isinstance(attributes, dict):
            raise Refused("it says nothing of what it can do")
        check_known(want, [each.name for each in properties_of(self._entity, attributes) if each.writable])
        domain, actions = domain_of(self._entity), actions_for(self._entity, want, attributes)
        await in_steps([partial(self._call, domain, name, data) for name, data in actions])

    async def aclose(self) -> None:
        """Close its connections."""
        await self._http.aclose()

    async def _state(self) -> Mapping[str, Any]:  # Any: JSON
        found = await self._http.get(f"/api/states/{self._entity}")
        if not isinstance(found, dict) or found.get("entity_id") != self._entity:
            raise Unsure("it answers no state")
        return found

    async def _call(self, domain: str, service: str, data: Mapping[str, object]) -> None:
        answer = await self._http.send_json("POST", f"/api/services/{domain}/{service}", {"entity_id": self._entity, **data})
        if answer.status >= FAILED:
            raise Unsure(f"{service} failed: {answer.words}")
        if answer.status >= ERROR:
            raise Refused(f"{service} was refused: {answer.words}")
        if answer.status >= OK:
            raise Unsure(f"{service} answers {answer.status}")


def described(state: Mapping[str, Any]) -> Description | None:  # Any: JSON
    """What an entity is by its state; None: of no kind that is known."""
    entity, attributes = state.get("entity_id"), state.get("attributes")
    if not isinstance(entity, str) or not isinstance(attributes, dict):
        return None
    trait, properties = trait_of(entity, attributes), properties_of(entity, attributes)
    if trait is None or not properties:
        return None
    return Description(
        identity=entity,
        name=str(attributes.get("friendly_name") or ""),
        maker="Home Assistant",
        model=str(attributes.get("device_class") or domain_of(entity)),
        traits=(trait,),
        properties=tuple(properties),
    )


@dataclass(frozen=True, slots=True)
class HassFamily:
    """Implements `Family`."""

    name: str = "hass"

    async def open(self, device: Device, secrets: Mapping[str, Secret]) -> Driver:
        """Its driver."""
        http = _http(device, secrets)
        try:
            return await same(HassDriver(http, device.options.get("entity", "")), device)
        except BaseException:
            await http.aclose()
            raise

    async def look(self, device: Device, secrets: Mapping[str, Secret]) -> Sequence[Found]:
        """Each entity of a kind that is known."""
        http = _http(device, secrets)
        try:
            states = await http.get("/api/states")
        finally:
            await http.aclose()
        if not isinstance(states, list):
            raise Unsure("it answers no states")
        said = [described(each) for each in states[:ENTITIES] if isinstance(each, dict)]
        return [
            Found(
                family=self.name,
                address=device.address,
                description=each,
                options={**device.options, "entity": each.identity},
            )
            for each in said
            if each
        ]


def _http(device: Device, secrets: Mapping[str, Secret]) -> Http:
    if "token" not in secrets:
        raise Unreachable("Home Assistant needs a token: --option secret_token=HOME_HASS")
    return Http(
        device.address,
        headers={"Authorization": f"Bearer {secrets['token'].reveal()}"},
        tls=bool(device.options.get("tls")),
    )


FAMILY = HassFamily()
