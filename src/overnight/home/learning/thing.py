"""A driver without a model, for a device that has a Thing Description of the Web of Things.

Sources: https://www.w3.org/TR/wot-thing-description11/, https://www.w3.org/TR/wot-discovery/ (where it is found),
https://webthings.io/schemas/ (what its types mean).

Does not cover: devices that ask for a login; properties whose form is another than GET and PUT of JSON; actions and events.
"""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urljoin, urlsplit

from pydantic import AliasChoices, BaseModel, ConfigDict, Field, ValidationError

from overnight.home.capabilities import PROPERTIES
from overnight.home.drivers._http import OK, Http
from overnight.home.things import Property, Trait
from overnight.words.foreign import printable

PLACE = "/.well-known/wot"
TRAITS = {
    "light": Trait.LIGHT,
    "onoffswitch": Trait.SWITCH,
    "smartplug": Trait.SWITCH,
    "thermostat": Trait.CLIMATE,
    "lock": Trait.LOCK,
    "temperaturesensor": Trait.SENSOR,
    "pump": Trait.PUMP,
}
NAMES = {
    "onoffproperty": "on",
    "brightnessproperty": "brightness",
    "colortemperatureproperty": "colour_temperature",
    "temperatureproperty": "temperature",
    "targettemperatureproperty": "target",
    "lockedproperty": "locked",
    "power": "on",
    "level": "brightness",
}
UNITS = {"%": ("", "%", "percent"), "°C": ("°c", "c", "celsius", "degree celsius", "cel"), "K": ("", "k", "kelvin"), "": ("",)}
Types = Annotated[tuple[str, ...] | str, Field(max_length=40)]


class _Form(BaseModel):
    model_config = ConfigDict(frozen=True)  # a description says much that does not concern us

    href: Annotated[str, Field(max_length=500)]
    op: Types = ()
    method: str = Field("", validation_alias="htv:methodName")


class _Shown(BaseModel):
    model_config = ConfigDict(frozen=True)

    kinds: Types = Field((), validation_alias=AliasChoices("@type"))
    type: str = ""
    unit: str = ""
    minimum: float | None = None
    maximum: float | None = None
    enum: Annotated[tuple[Any, ...], Field(max_length=40)] = ()  # Any: JSON
    read_only: bool = Field(default=False, validation_alias="readOnly")
    write_only: bool = Field(default=False, validation_alias="writeOnly")
    forms: Annotated[tuple[_Form, ...], Field(min_length=1, max_length=10)]


class _Thing(BaseModel):
    model_config = ConfigDict(frozen=True)

    id: Annotated[str, Field(min_length=1, max_length=200)]
    title: Annotated[str, Field(max_length=200)] = ""
    kinds: Types = Field((), validation_alias="@type")
    base: Annotated[str, Field(max_length=200)] = ""
    security: Types = ()
    definitions: Mapping[str, Mapping[str, Any]] = Field(default_factory=dict, validation_alias="securityDefinitions")
    properties: Annotated[Mapping[str, _Shown], Field(max_length=100)] = Field(default_factory=dict)


class NoDriver(ValueError):  # noqa: N818  # an outcome
    """No driver can be made of what a device says; says why in one line."""


class NoDescription(NoDriver):
    """It does not describe itself in this way."""


class NoKind(NoDriver):
    """It does not say what it is; the owner can."""

    def __init__(self) -> None:
        super().__init__("it does not say what kind of device it is: add --trait, such as `--trait light`")


async def thing_driver(http: Http, trait: Trait | None = None) -> str:
    """The driver of the device at an address; `trait`: what the owner says that it is.

    Raises:
        NoDriver: it has no description, or one that we can make nothing of.
        DeviceError: it does not answer.
    """
    answer = await http.send("GET", PLACE)
    if answer.status >= OK or not answer.body.lstrip().startswith(b"{"):  # some answer any path with their first page
        raise NoDescription("it has no Thing Description")
    return source_of_thing(answer.body, http.base, trait)


def source_of_thing(body: bytes, base: str, trait: Trait | None = None) -> str:
    """The text of a driver for a description that was found at `base`.

    Raises:
        NoDriver: we can make nothing of it.
    """
    try:
        thing = _Thing.model_validate_json(body)
        return _source_of(thing, base, trait)
    except NoDriver:
        raise
    except ValidationError as error:
        raise NoDriver(f"its Thing Description has mistakes: {printable(error.errors()[0]['msg'], 100)}") from None
    except ValueError as error:
        raise NoDriver("its Thing Description has what is no address") from error


def _source_of(thing: _Thing, base: str, trait: Trait | None) -> str:
    if any(thing.definitions.get(each, {}).get("scheme") != "nosec" for each in _words(thing.security)):
        raise NoDriver("it asks for a login")
    traits = (
        [trait] if trait else list(dict.fromkeys(TRAITS[key] for kind in _words(thing.kinds) if (key := _key(kind)) in TRAITS))
    )
    if not traits:
        raise NoKind
    known = {each.name: each for kind in traits for each in PROPERTIES[kind]}
    ways: dict[str, object] = {}
    said = []
    for own, shown in thing.properties.items():
        name = property_of(own, known, _words(shown.kinds))
        if name and name not in ways and (way := _way(own, shown, known[name], urljoin(base, thing.base or "/"), base)):
            ways[name] = way
            said.append({"name": name, "writable": known[name].writable and not shown.read_only})
    if not ways:
        raise NoDriver("none of its properties is one that such a device has")
    about = {
        "identity": plain_identity(thing.id),
        "name": plain_title(thing.title),
        "traits": [str(each) for each in traits[:3]],
        "properties": said,
    }
    return described(about, {"path": PLACE, "field": "id", "value": thing.id}, ways)


def described(said: Mapping[str, object], who: Mapping[str, object], ways: Mapping[str, object]) -> str:
    """The text of a driver by what a device says of itself, where it says who it is, and how each property is reached."""
    made = json.dumps({"who": who, "said": said, "ways": ways})
    template = Path(__file__).with_name("_described_source.py").read_text()
    return template.replace('json.loads("{}")', f"json.loads({made!r})", 1)


def plain_identity(text: str) -> str:
    """What stays of an identity, in characters that one may have."""
    return "".join(each if each.isascii() and (each.isalnum() or each in ".:/-") else "-" for each in text)[:80]


def plain_title(text: str) -> str:
    """What stays of a name."""
    return "".join(each for each in text if each.isalnum() or each in " .:()/-")[:40]


def _way(own: str, shown: _Shown, known: Property, root: str, base: str) -> Mapping[str, object] | None:
    """How a property is read and set; None if it cannot be by GET and PUT at the same address."""
    if shown.write_only or shown.unit.lower() not in UNITS[known.unit]:
        return None
    read, write = _place(shown.forms, "readproperty", "GET", root), _place(shown.forms, "writeproperty", "PUT", root)
    for place in (read, write):
        if place and urlsplit(place).netloc != urlsplit(base).netloc:
            return None  # at another address
    number = shown.type in ("integer", "number")
    if not read or not (write or shown.read_only) or number is (known.low is None and known.name != "temperature"):
        return None
    return {
        "own": own,
        "read": _path(read),
        "write": _path(write or read),
        "method": "PUT",
        "wrapped": False,
        "beside": [],
        "scale": scale_of(known, shown.minimum, shown.maximum),
        "whole": shown.type == "integer",
    }


def scale_of(known: Property, low: float | None, high: float | None) -> Sequence[float | None] | None:
    """From which range of the device to which of ours a number goes; None if it is the same number."""
    return (
        [low, high, known.low, known.high]
        if known.unit == "%" and low is not None and high is not None and low < high
        else None
    )


def _place(forms: Sequence[_Form], op: str, method: str, root: str) -> str:
    for form in forms:
        if (not form.op or op in _words(form.op)) and (form.method or method) == method:
            return urljoin(root, form.href)
    return ""


def _path(place: str) -> str:
    parts = urlsplit(place)
    return parts.path + (f"?{parts.query}" if parts.query else "")


def property_of(own: str, known: Mapping[str, Property], kinds: Sequence[str] = ()) -> str:
    """Which of our properties one is, by its types, else by its name; empty if none."""
    for word in (*map(_key, kinds), _key(own)):
        name = NAMES.get(word, word)
        if name in known:
            return name
    return ""


def _key(text: str) -> str:
    return text.rpartition(":")[2].lower()


def _words(types: tuple[str, ...] | str) -> Sequence[str]:
    return (types,) if isinstance(types, str) else types
