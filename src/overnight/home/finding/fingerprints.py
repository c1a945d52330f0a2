"""What a host is, by questions that change nothing, and by what it answered to searches. What it says is a claim.

Each question is one that devices of a kind answer without a login; none is asked of a Modbus controller or an MQTT broker.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from overnight.home.drivers._soap import parse, text_of
from overnight.home.finding.answers import Answer, own_place
from overnight.home.finding.kinds import BY_NAME, UNKNOWN, WEB, Kind, kinds_by_port, kinds_of, says
from overnight.home.finding.questions import Questions
from overnight.home.port import DeviceError

UNAUTHORIZED = 401
SONOS_PORT, HASS_PORT = 1400, 8123
DESCRIPTIONS = 3  # of UPnP that are read of one host
TEXT = 200  # characters that are kept of what a device says
ONVIF = "/onvif/device_service"
_CLOCK = (
    b'<s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope"><s:Body>'
    b'<GetSystemDateAndTime xmlns="http://www.onvif.org/ver10/device/wsdl"/></s:Body></s:Envelope>'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """What a host is found to be."""

    kind: Kind
    address: str  # for its driver: the host, and its port if that is no usual one
    key: str = ""  # by which it says that it is known
    name: str = ""  # foreign, as the next two
    maker: str = ""
    model: str = ""


async def ask_host(asked: Questions, host: str, ports: Sequence[int], wanted: Kind | None, found: list[Match]) -> None:
    """Add what a host answers to our questions, by its open ports."""
    import anyio

    async def one(port: int) -> None:
        if match := await _ask_port(asked, host, port):
            found.append(match)

    async with anyio.create_task_group() as tasks:
        for port in ports:
            if port in (*WEB, SONOS_PORT, HASS_PORT) and (wanted is None or port in wanted.ports):
                tasks.start_soon(one, port)


async def _ask_port(asked: Questions, host: str, port: int) -> Match | None:
    place, address = f"{host}:{port}", host if port in (80, 443, SONOS_PORT, HASS_PORT) else f"{host}:{port}"
    if port == SONOS_PORT:
        return await _upnp(asked, place, "/xml/device_description.xml", address)
    if port == HASS_PORT:
        answers = await asked.status(place, "/api/") in (200, UNAUTHORIZED)
        return Match(kind=BY_NAME["hass"], address=address) if answers else None
    for ask in (_shelly, _tasmota, _hue, _camera):
        if match := await ask(asked, place, address):
            return match
    return None


async def read_descriptions(asked: Questions, host: str, answers: Sequence[Answer]) -> Sequence[Match]:
    """What UPnP descriptions say that a host's answers lead to, at its own address and nowhere else."""
    places = dict.fromkeys(own_place(each.place, host) for each in answers if each.by == "ssdp")
    read = [await _upnp(asked, *place, host) for place in [each for each in places if each][:DESCRIPTIONS]]
    return [match for match in read if match]


def by_answers(host: str, ports: Sequence[int], answers: Sequence[Answer]) -> Sequence[Match]:
    """What a host is by its own announcements, and by its ports."""
    found = []
    for kind in kinds_of(answers):
        said = next(each for each in answers if says(each, kind))
        model = said.texts.get("md") or said.texts.get("modelid") or said.texts.get("hardware") or ""
        found.append(Match(kind=kind, address=host, key=said.key, name=_name(said), model=model))
    known = {match.kind.name for match in found}
    for kind in kinds_by_port(ports):
        if kind.name not in known:
            port = next(each for each in kind.by_port if each in ports)
            usual = kind.ports[:1] == (port,) or not kind.ports
            found.append(Match(kind=kind, address=host if usual else f"{host}:{port}"))
    return found


def best(matches: Sequence[Match]) -> Sequence[Match]:
    """One of each kind, the first with what later ones add; what is only said besides counts if there is nothing better."""
    merged: dict[str, Match] = {}
    for each in matches:
        known = merged.setdefault(each.kind.name, each)
        merged[each.kind.name] = Match(
            kind=known.kind,
            address=known.address,
            key=known.key or each.key,
            name=known.name or each.name,
            maker=known.maker or each.maker,
            model=known.model or each.model,
        )
    own = [match for match in merged.values() if match.kind.is_own]
    return own or list(merged.values())[:1]


def _name(said: Answer) -> str:
    shown = said.texts.get("fn") or said.texts.get("location_name") or said.name
    return shown.partition("@")[2] or shown


async def _shelly(asked: Questions, place: str, address: str) -> Match | None:
    said = await asked.json(place, "/shelly")
    mac = _text(said, "mac")
    if not mac or not ("gen" in said or "type" in said):
        return None
    kind = BY_NAME["shelly" if "gen" in said else "shelly1"]
    model = _text(said, "model") or _text(said, "type")
    return Match(kind=kind, address=address, key=mac, name=_text(said, "name"), maker="Shelly", model=model)


async def _tasmota(asked: Questions, place: str, address: str) -> Match | None:
    if "Tasmota" not in await asked.page(place, "/"):
        return None
    said = await asked.json(place, "/cm?cmnd=Status%200")
    status, net = said.get("Status"), said.get("StatusNET")
    name = _text(status, "DeviceName") if isinstance(status, dict) else ""
    mac = _text(net, "Mac") if isinstance(net, dict) else ""
    return Match(kind=BY_NAME["tasmota"], address=address, key=mac.replace(":", ""), name=name, model="Tasmota")


async def _hue(asked: Questions, place: str, address: str) -> Match | None:
    said = await asked.json(place, "/api/config")
    key = _text(said, "bridgeid")
    if not key:
        return None
    name, model = _text(said, "name"), _text(said, "modelid")
    return Match(kind=BY_NAME["hue"], address=address, key=key.lower(), name=name, maker="Philips", model=model)


async def _camera(asked: Questions, place: str, address: str) -> Match | None:
    answer = await asked.page(place, ONVIF, _CLOCK)
    return Match(kind=BY_NAME["camera"], address=address) if "GetSystemDateAndTimeResponse" in answer else None


async def _upnp(asked: Questions, place: str, path: str, address: str) -> Match | None:
    try:
        root = parse(await asked.page(place, path))
    except DeviceError:
        return None
    what = text_of(root, "deviceType")
    key = text_of(root, "UDN").removeprefix("uuid:")[:TEXT]
    is_sonos = key.startswith("RINCON_")
    kinds = kinds_of([Answer(by="ssdp", kind=what)])
    kind = BY_NAME["sonos"] if is_sonos else next(iter(kinds), UNKNOWN)
    name, maker, model = (text_of(root, part)[:TEXT] for part in ("friendlyName", "manufacturer", "modelName"))
    room = text_of(root, "roomName")[:TEXT]
    return Match(kind=kind, address=address, key=key, name=room or name, maker="Sonos" if is_sonos else maker, model=model)


def _text(said: Mapping[str, Any], name: str) -> str:  # Any: JSON
    value = said.get(name)
    return value[:TEXT] if isinstance(value, str) else ""
