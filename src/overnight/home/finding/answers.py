"""Pure: what devices answer to searches of a whole network: SSDP, DNS-SD over mDNS, WS-Discovery, LIFX. All of it is foreign.

An answer counts for the address that it came from, whatever it says of others; one over mDNS for the address that it names,
because routers repeat what devices say there.
"""

import re
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from urllib.parse import urlsplit

LONGEST = 8192  # bytes of a datagram
TEXTS = 32  # of one answer
TEXT = 300  # characters of each
IPV4 = 4  # bytes
TYPES = 16  # services of one answer
_ENVELOPE = (
    '<?xml version="1.0" encoding="UTF-8"?><e:Envelope xmlns:e="http://www.w3.org/2003/05/soap-envelope"'
    ' xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery"'
    ' xmlns:n="http://www.onvif.org/ver10/network/wsdl"><e:Header><a:MessageID>uuid:{}</a:MessageID>'
    "<a:To>urn:schemas-xmlsoap-org:ws:2005:04:discovery</a:To>"
    "<a:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/Probe</a:Action></e:Header>"
    "<e:Body><d:Probe><d:Types>n:NetworkVideoTransmitter</d:Types></d:Probe></e:Body></e:Envelope>"
)
GET_SERVICE, STATE_SERVICE = 2, 3  # of LIFX
_LIFX = struct.Struct("<HHI8s8sQHH")  # size, protocol, source, target, reserved and sequence, reserved, type, reserved


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What one address answered to one search."""

    by: str  # ssdp, mdns, wsd, lifx
    kind: str  # what it says that it is: a search target of SSDP, a service such as `_sonos._tcp`
    name: str = ""
    key: str = ""  # by which it says that it is known: a UUID, a MAC
    place: str = ""  # the address of its description
    at: str = ""  # the IP address that it names; empty: the one that it came from
    texts: Mapping[str, str] = field(default_factory=dict)


def ssdp_search(target: str = "ssdp:all") -> bytes:
    """The question to all devices of UPnP."""
    lines = ("M-SEARCH * HTTP/1.1", "HOST: 239.255.255.250:1900", 'MAN: "ssdp:discover"', "MX: 1", f"ST: {target}", "", "")
    return "\r\n".join(lines).encode()


def read_ssdp(data: bytes) -> Iterator[Answer]:
    """An answer to it; none if it is no such thing."""
    first, *lines = data.decode("utf-8", "replace").split("\r\n")
    if not first.startswith("HTTP/1.1 200"):
        return
    said = {name.strip().upper(): value.strip()[:TEXT] for name, _, value in (line.partition(":") for line in lines[:TEXTS])}
    key = said.get("USN", "").partition("::")[0].removeprefix("uuid:")
    texts = {"server": said.get("SERVER", "")}
    yield Answer(by="ssdp", kind=said.get("ST", ""), key=key, place=said.get("LOCATION", ""), texts=texts)


def wsd_probe(message: str) -> bytes:
    """The question to all cameras."""
    return _ENVELOPE.format(message).encode()


_WSD_KEY = re.compile(r"<(?:\w+:)?Address>\s*([^<]{1,300}?)\s*</(?:\w+:)?Address>")
_WSD_PLACE = re.compile(r"<(?:\w+:)?XAddrs>\s*([^<\s]{1,300})[^<]*</(?:\w+:)?XAddrs>")
_WSD_SCOPE = re.compile(r"onvif://www\.onvif\.org/(name|hardware|location)/([^\s<]{1,200})")


def read_wsd(data: bytes) -> Iterator[Answer]:
    """A camera's answer, by what is looked for in its text; it is not parsed as XML, so that nothing in it is expanded."""
    from urllib.parse import unquote

    text = data.decode("utf-8", "replace")
    match = text.find("ProbeMatch>")
    key, place = _WSD_KEY.search(text, max(match, 0)), _WSD_PLACE.search(text)
    if match < 0 or not key or "NetworkVideoTransmitter" not in text:
        return
    said = {name: unquote(value) for name, value in _WSD_SCOPE.findall(text)}
    found_key = key[1].removeprefix("urn:").removeprefix("uuid:")
    yield Answer(by="wsd", kind="camera", key=found_key, name=said.get("name", ""), place=place[1] if place else "", texts=said)


def mdns_question(services: Sequence[str]) -> bytes:
    """The question who offers services; answers come to its sender alone (RFC 6762, section 6.7)."""
    asked = b"".join(
        b"".join(bytes([len(part)]) + part.encode() for part in [*service.split("."), "local"])
        + b"\0"
        + struct.pack(">HH", 12, 1)
        for service in services
    )
    return struct.pack(">6H", 0, 0, len(services), 0, 0, 0) + asked


def read_mdns(data: bytes) -> Iterator[Answer]:
    """The services in an answer, each with its name and texts."""
    from zeroconf import DNSAddress, DNSIncoming, DNSPointer, DNSService, DNSText  # type: ignore[attr-defined]  # not in `__all__`

    read = DNSIncoming(data)
    if not read.valid or read.is_query():
        return
    records = read.answers()
    texts = {each.name.lower(): each.text for each in records if isinstance(each, DNSText)}
    hosts = {each.name.lower(): each.server.lower() for each in records if isinstance(each, DNSService)}
    at = {
        each.name.lower(): _ip(each.address) for each in records if isinstance(each, DNSAddress) and len(each.address) == IPV4
    }
    offered = [each for each in records if isinstance(each, DNSPointer) and each.alias.lower().endswith(each.name.lower())]
    for each in offered[:TYPES]:
        said = dict(_texts(texts.get(each.alias.lower(), b"")))
        key = said.get("id") or said.get("bridgeid") or said.get("uuid") or said.get("mac") or ""
        name = each.alias[: -len(each.name)].rstrip(".")[:TEXT]
        kind, place = each.name.lower().removesuffix(".local."), at.get(hosts.get(each.alias.lower(), ""), "")
        yield Answer(by="mdns", kind=kind, name=name, key=key, at=place, texts=said)


def _ip(data: bytes) -> str:
    return ".".join(map(str, data))


def _texts(data: bytes) -> Iterator[tuple[str, str]]:
    at = 0
    for _ in range(TEXTS):
        if at >= len(data):
            return
        name, _, value = data[at + 1 : at + 1 + data[at]].decode("utf-8", "replace").partition("=")
        yield name.lower(), value[:TEXT]
        at += 1 + data[at]


def lifx_question(source: int) -> bytes:
    """The question to a bulb of LIFX what it offers."""
    return _LIFX.pack(_LIFX.size, 0x3400, source, b"", b"", 0, GET_SERVICE, 0)


def read_lifx(data: bytes) -> Iterator[Answer]:
    """A bulb's answer."""
    if len(data) < _LIFX.size:
        return
    size, protocol, _, target, _, _, kind, _ = _LIFX.unpack_from(data)
    if size == len(data) and protocol & 0xFFF == 1024 and kind == STATE_SERVICE:  # noqa: PLR2004  # its protocol's number
        yield Answer(by="lifx", kind="lifx", key=target[:6].hex())


def own_place(place: str, address: str) -> tuple[str, str] | None:
    """Host with port, and path, of a place that an address named, if it is at that very address.

    A device does not send us to others: not to another host, not to another protocol.
    """
    try:
        parts = urlsplit(place)
        port = parts.port or 80
    except ValueError:
        return None
    path = parts.path + (f"?{parts.query}" if parts.query else "")
    fits = parts.scheme == "http" and parts.hostname == address and "@" not in parts.netloc
    return (f"{address}:{port}", path) if fits and re.fullmatch(r"/[!-~]{0,200}", path) else None
