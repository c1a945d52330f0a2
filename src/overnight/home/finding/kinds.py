"""Pure: the kinds of things on a home's network, by what they answer and which ports they have open."""

from collections.abc import Sequence
from dataclasses import dataclass

from overnight.home.finding.answers import Answer


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """A kind of thing. It is one if an answer says so, if a probe of ours finds it, or, at last, by a port alone."""

    name: str
    what: str  # in words
    family: str = ""  # of its driver; empty: none is known
    noun: str = ""  # for a name
    services: tuple[str, ...] = ()  # of mDNS that only this kind has
    targets: tuple[str, ...] = ()  # parts of what SSDP calls it
    ports: tuple[int, ...] = ()  # that a search for this kind alone looks at
    by_port: tuple[int, ...] = ()  # that say so by themselves
    others: tuple[str, ...] = ()  # families of more drivers, of which the owner added devices
    adding: str = ""  # what the owner does if the driver needs something of them, with `{address}`
    is_own: bool = True  # else it says what a thing can do besides, and counts if nothing better is known


WEB = (80, 8080, 8081, 443, 8443)  # ports of web servers that are asked what they are

KINDS = (
    Kind(
        name="sonos",
        what="a Sonos player",
        family="sonos",
        noun="speaker",
        services=("_sonos._tcp",),
        targets=("ZonePlayer",),
        ports=(1400,),
    ),
    Kind(name="shelly", what="a Shelly", family="shelly", noun="switch", services=("_shelly._tcp",), ports=WEB[:2]),
    Kind(name="shelly1", what="a Shelly of the first generation", family="shelly1", noun="switch", ports=WEB[:2]),
    Kind(name="tasmota", what="a device with Tasmota", family="tasmota", noun="plug", ports=WEB[:2]),
    Kind(
        name="hue",
        what="a Hue bridge",
        family="hue",
        services=("_hue._tcp",),
        ports=(80, 443),
        adding="press its button, and within 30 s: overnight home pair {address}",
    ),
    Kind(
        name="hass",
        what="Home Assistant",
        family="hass",
        services=("_home-assistant._tcp",),
        ports=(8123,),
        adding="overnight home add hass {address} --option secret_token=HOME_ASSISTANT",
    ),
    Kind(
        name="mqtt",
        what="an MQTT broker",
        family="zigbee",
        services=("_mqtt._tcp", "_secure-mqtt._tcp"),
        ports=(1883, 8883),
        by_port=(1883, 8883),
        others=("mqtt", "tasmota_mqtt"),
        adding="overnight home add zigbee {address} --option user=NAME --option secret_password=HOME_MQTT",
    ),
    Kind(
        name="modbus",
        what="a controller that speaks Modbus, of which nothing is read without your map",
        family="modbus",
        ports=(502, 1502),
        by_port=(502, 1502),
        adding="overnight home add modbus {address} --option map=NAME, a map of home.yaml",
    ),
    Kind(
        name="camera",
        what="a camera",
        family="camera_onvif",
        noun="camera",
        ports=(554, 8554, *WEB),
        by_port=(554, 8554, 34567, 37777, 8899),
        adding="overnight home add camera_onvif {address} --option secret_login=HOME_CAMERA",
    ),
    Kind(name="lifx", what="a LIFX bulb", family="lifx", noun="lamp", services=("_lifx._tcp",)),
    Kind(name="esphome", what="a device with ESPHome", family="esphome", services=("_esphomelib._tcp",), by_port=(6053,)),
    Kind(name="knx", what="a KNX gateway", family="knx", services=("_knx._udp",), by_port=(3671,)),
    Kind(name="nanoleaf", what="Nanoleaf panels", family="nanoleaf", services=("_nanoleafapi._tcp",), by_port=(16021,)),
    Kind(name="roku", what="a Roku player", family="roku", targets=("roku:ecp",), by_port=(8060,)),
    Kind(name="cast", what="a Chromecast", family="cast", noun="screen", services=("_googlecast._tcp",), by_port=(8009,)),
    Kind(name="printer", what="a printer", services=("_ipp._tcp", "_ipps._tcp", "_printer._tcp", "_pdl-datastream._tcp")),
    Kind(name="router", what="a router", targets=("InternetGatewayDevice", "WANIPConnection")),
    Kind(name="player", what="a TV or media player", family="dlna", noun="screen", targets=("MediaRenderer",)),
    Kind(
        name="homekit",
        what="a HomeKit accessory",
        family="homekit",
        services=("_hap._tcp", "_hap._udp"),
        is_own=False,
    ),
    Kind(
        name="matter",
        what="a Matter device",
        family="matter",
        services=("_matter._tcp", "_matterc._udp"),
        by_port=(5540,),
        is_own=False,
    ),
    Kind(name="airplay", what="an AirPlay receiver", services=("_airplay._tcp", "_raop._tcp"), by_port=(7000,), is_own=False),
    Kind(
        name="computer",
        what="a computer",
        services=("_workstation._tcp", "_smb._tcp", "_ssh._tcp", "_device-info._tcp"),
        by_port=(22, 5000),
        is_own=False,
    ),
)
UNKNOWN = Kind(name="unknown", what="something", is_own=False)
BY_NAME = {kind.name: kind for kind in (*KINDS, UNKNOWN)}
TARGETS = ("upnp:rootdevice", "urn:schemas-upnp-org:device:ZonePlayer:1", "roku:ecp")  # that SSDP is asked for
SERVICES = ("_http._tcp", *(service for kind in KINDS for service in kind.services))


def kinds_of(answers: Sequence[Answer]) -> Sequence[Kind]:
    """The kinds that a host says it is, the most telling first."""
    return [kind for kind in KINDS if any(says(answer, kind) for answer in answers)]


def says(answer: Answer, kind: Kind) -> bool:
    """Whether an answer means a kind."""
    if answer.by == "mdns":
        gen1 = kind.name == "shelly1" and answer.kind == "_http._tcp" and answer.texts.get("id", "").startswith("shelly")
        return answer.kind in kind.services or gen1
    if answer.by == "ssdp":
        return any(target.lower() in answer.kind.lower() for target in kind.targets)
    return answer.kind == kind.name


def kinds_by_port(ports: Sequence[int]) -> Sequence[Kind]:
    """The kinds that open ports speak for."""
    return [kind for kind in KINDS if set(kind.by_port) & set(ports)]
