"""A driver without a model, for a device that describes itself by OpenAPI: what maps plainly, and what is left out and why.

Plain is: a resource without parameters that is read by GET of JSON, a field of it or itself that has the name of a property of
ours, and a PUT or POST of JSON with a field of that name.

Does not cover: units, which OpenAPI does not have (the owner compares the reading); PATCH, parameters, logins, YAML.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from overnight.home.capabilities import PROPERTIES
from overnight.home.drivers._http import OK, Http
from overnight.home.learning.openapi_document import Document, Field, list_of, read_document
from overnight.home.learning.thing import (
    NoDescription,
    NoDriver,
    NoKind,
    described,
    plain_identity,
    plain_title,
    property_of,
    scale_of,
)
from overnight.home.things import Property, Trait

PLACE = "/openapi.json"
IDENTITIES = ("serial", "serialnumber", "mac", "macaddress", "uuid", "udn", "deviceid", "id")  # without `_` and `-`
KINDS = {  # words of its title
    "light": Trait.LIGHT,
    "lamp": Trait.LIGHT,
    "switch": Trait.SWITCH,
    "plug": Trait.SWITCH,
    "thermostat": Trait.CLIMATE,
    "shade": Trait.COVER,
    "blind": Trait.COVER,
    "heater": Trait.HEATER,
    "pump": Trait.PUMP,
    "oven": Trait.OVEN,
    "lock": Trait.LOCK,
    "gate": Trait.GATE,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """A driver, and what of the description is not in it."""

    source: str
    left_out: Sequence[str] = ()  # a line each; foreign


async def openapi_driver(http: Http, trait: Trait | None = None) -> Described:
    """The driver of the device at an address; `trait`: what the owner says that it is.

    Raises:
        NoDriver: it has no such description, or one that we can make nothing of.
        DeviceError: it does not answer.
    """
    answer = await http.send("GET", PLACE)
    if answer.status >= OK or not answer.body.lstrip().startswith(b"{"):
        raise NoDescription("it has no OpenAPI document")
    document = read_document(answer.body, http.base)
    at = identity_in(document)
    said = await http.get(at.path)
    identity = said.get(at.name) if isinstance(said, dict) else None
    if not isinstance(identity, str | int) or isinstance(identity, bool) or not str(identity).strip():
        raise NoDriver(f"it says nothing at {at.path} that tells it from others")
    return source_of_openapi(document, at, identity, trait)


def identity_in(document: Document) -> Field:
    """Where a device says who it is.

    Raises:
        NoDriver: nowhere.
    """
    names = {re.sub(r"[_-]", "", each.name.lower()): each for each in reversed(document.reads) if each.wrapped}
    at = next((names[each] for each in IDENTITIES if each in names), None)
    if at is None:
        raise NoDriver("its OpenAPI document has no serial number or other identity that can be read")
    return at


def source_of_openapi(document: Document, at: Field, identity: str | int, trait: Trait | None) -> Described:
    """The driver of a device that says at a field who it is.

    Raises:
        NoDriver: none of its fields is a property of such a device.
    """
    traits = [trait] if trait else [KINDS[word] for word in re.findall(r"[a-z]+", document.title.lower()) if word in KINDS][:1]
    if not traits:
        raise NoKind
    known = {each.name: each for each in PROPERTIES[traits[0]]}
    ways, properties, left_out = dict[str, object](), list[Mapping[str, object]](), list(document.left_out)
    for one in document.reads:
        name = property_of(one.name, known)
        why = "not a property of such a device" if not name else "read already" if name in ways else _misfit(one, known[name])
        if why:
            left_out += [f"{one.path} {one.name}: {why}"] if one is not at else []
            continue
        write = None
        if known[name].writable and not one.schema.get("readOnly"):
            write = _write_of(one, document)
            left_out += [] if write else [f"setting {one.path} {one.name}: nothing plainly sets it"]
        ways[name] = _way(one, write, known[name])
        properties.append(_said(one, known[name], writable=write is not None))
    if not ways:
        raise NoDriver("none of the fields of its OpenAPI document is a property that such a device has")
    about = {
        "identity": plain_identity(str(identity)),
        "name": plain_title(document.title),
        "traits": traits,
        "properties": properties,
    }
    who = {"path": at.path, "field": at.name, "value": identity}
    return Described(source=described(about, who, ways), left_out=list(dict.fromkeys(left_out)))


def _write_of(one: Field, document: Document) -> Field | None:
    """What sets a field, with others that can be read beside it: at its own path, else the only one of its name and type."""
    alike = [each for each in document.writes if (each.name, each.kind) == (one.name, one.kind)]
    here = [each for each in alike if each.path == one.path] or (alike if len(alike) == 1 else [])
    beside = {each.name for each in document.reads if each.path == one.path}
    return next((each for each in here if {*each.needed} <= beside), None)


def _way(one: Field, write: Field | None, known: Property) -> Mapping[str, object]:
    return {
        "own": one.name,
        "read": one.path,
        "write": write.path if write else one.path,
        "method": write.method if write else "PUT",
        "wrapped": bool(write and write.wrapped),
        "beside": list(write.needed) if write else [],
        "scale": scale_of(known, *one.bounds),
        "whole": one.kind == "integer",
    }


def _said(one: Field, known: Property, *, writable: bool) -> Mapping[str, object]:
    said: dict[str, object] = {"name": known.name, "writable": writable}
    if known.unit != "%" and known.low is not None and known.high is not None:
        low, high = one.bounds
        said |= {"low": max(known.low, known.low if low is None else low)}
        said |= {"high": min(known.high, known.high if high is None else high)}
    return said | ({"choices": one.schema["enum"]} if known.choices else {})


def _misfit(one: Field, known: Property) -> str:
    """Why a field is not the property of its name; empty if it is."""
    number = known.low is not None or known.name == "temperature"
    wanted = ("integer", "number") if number else ("string",) if known.choices or known.name == "source" else ("boolean",)
    if one.kind not in wanted:
        return f"not of the type {' or '.join(wanted)}"
    words = f"{one.name} {one.schema.get('title')} {one.schema.get('description')}".lower()
    if "fahrenheit" in words or "°f" in words or "mired" in words:
        return "in another unit"
    choices = list_of(one.schema.get("enum"))
    if known.choices and not (choices and {*map(str, choices)} <= {*known.choices}):
        return f"not one of {', '.join(known.choices)}"
    if known.low is not None and known.high is not None and known.unit != "%":
        low, high = one.bounds
        if (low is not None and low > known.high) or (high is not None and high < known.low):
            return "in another range"
    return ""
