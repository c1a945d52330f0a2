"""The shape of `home.yaml`: which keys there are, and what each may hold."""

import ipaddress
import re
from collections.abc import Mapping
from typing import Annotated

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from overnight.files.local_zone import find_zone
from overnight.home.setup.addresses import LARGEST, at_home
from overnight.home.setup.registers import MapKeys
from overnight.program.mistakes import Wording
from overnight.words.fields import MAX_ITEMS, Mistake, Short, Text


def _zone(text: str) -> str:
    if not find_zone(text):
        raise Mistake("is no time zone that this machine knows", fix="write a name such as Europe/Berlin or UTC")
    return text


def _subnet(text: str) -> str:
    try:
        found = ipaddress.IPv4Network(text, strict=False)
    except ValueError:
        raise Mistake("is no subnet", fix="write it as 192.168.1.0/24") from None
    if found.num_addresses > LARGEST:
        raise Mistake(f"has more than {LARGEST:,} addresses", fix="name the part that devices are in")
    if not at_home(found):
        raise Mistake("is not a private network", fix="name the subnet of your own home")
    return str(found)


def _language(text: str) -> str:
    if not re.fullmatch(r"[a-z]{2,3}(-[A-Za-z]{2,4})?", text):
        raise Mistake("is no language", fix="write a code such as en, de, fr, es or nl")
    return text


def _range(bounds: tuple[float, float]) -> tuple[float, float]:
    if bounds[0] > bounds[1]:
        raise Mistake("ends before it begins", fix="write the lower bound first")
    return bounds


Bounds = Annotated[tuple[float, float], AfterValidator(_range)]
Alias = Annotated[str, Field(pattern=r"^[\w ]{1,40}$")]


class CameraKeys(BaseModel):
    """Keys of `cameras`."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    keep_days: Annotated[float, Field(ge=0, le=3650)] = 7.0
    cloud: bool = False


class InterlockKeys(BaseModel):
    """What a device depends on."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    needs: Alias | None = None
    frost: Alias | None = None
    below: Annotated[float, Field(ge=-10, le=15)] | None = None


class ScopeKeys(BaseModel):
    """What a member may use."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    rooms: Annotated[tuple[Alias, ...], Field(max_length=MAX_ITEMS)] = ()
    devices: Annotated[tuple[Alias, ...], Field(max_length=MAX_ITEMS)] = ()


class HomeKeys(BaseModel):
    """All keys."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    zone: Annotated[Short, AfterValidator(_zone)] | None = None
    languages: Annotated[tuple[Annotated[str, AfterValidator(_language)], ...], Field(max_length=4)] = ()
    subnets: Annotated[tuple[Annotated[str, AfterValidator(_subnet)], ...], Field(max_length=MAX_ITEMS)] = ()
    latitude: Annotated[float, Field(ge=-90, le=90)] | None = None
    longitude: Annotated[float, Field(ge=-180, le=180)] | None = None
    limits: Annotated[Mapping[Alias, Mapping[Short, Bounds]], Field(max_length=MAX_ITEMS)] = Field(default_factory=dict)
    cameras: CameraKeys = CameraKeys()
    interlocks: Annotated[Mapping[Alias, InterlockKeys], Field(max_length=MAX_ITEMS)] = Field(default_factory=dict)
    members: Annotated[Mapping[Short, ScopeKeys], Field(max_length=MAX_ITEMS)] = Field(default_factory=dict)
    read_only: bool = False
    music: Annotated[Mapping[Alias, Text], Field(max_length=MAX_ITEMS)] = Field(default_factory=dict)
    modbus: Annotated[Mapping[Alias, MapKeys], Field(max_length=MAX_ITEMS)] = Field(default_factory=dict)


WORDING = Wording(
    known={"": tuple(HomeKeys.model_fields), "cameras": tuple(CameraKeys.model_fields)},
    required={},
    written={
        "zone": "write a name such as Europe/Berlin",
        "languages": "write codes such as [en, de]",
        "subnets": "write a list such as [192.168.1.0/24]",
        "latitude": "write degrees such as 52.5",
        "longitude": "write degrees such as 13.4",
        "limits": "write names and bounds such as {spa: {target: [20, 39]}}",
        "cameras": "write {keep_days: 7, cloud: false}",
        "interlocks": "write names and what they depend on, such as {spa heater: {needs: pool pump}}",
        "members": "write names and scopes such as {ann: {rooms: [kitchen], devices: [spa]}}",
        "read_only": "write true: nothing is ever set; or false",
        "music": "write names and addresses such as {jazz: 'http://radio.example/jazz.mp3'}",
        "modbus": "write maps such as {pool: {parts: {pump: {trait: pump, registers: {on: {at: coil 0}}}}}}",
    },
)
