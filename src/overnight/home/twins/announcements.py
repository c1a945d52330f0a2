"""What a twin says of itself to a whole network: SSDP, mDNS, WS-Discovery."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from xml.sax.saxutils import escape


@dataclass(frozen=True, slots=True, kw_only=True)
class Ssdp:
    """An answer to a search of UPnP."""

    kind: str  # ST
    udn: str  # uuid:...
    location: str
    server: str
    extra: Mapping[str, str] = field(default_factory=dict)

    def answers(self, request: str) -> bool:
        """Whether a search means it."""
        searched = next((line[3:].strip() for line in request.splitlines() if line[:3].upper() == "ST:"), "")
        return request.startswith("M-SEARCH") and searched in ("ssdp:all", "upnp:rootdevice", self.kind, self.udn)

    def answer(self, request: str) -> bytes:
        """The answer to a search."""
        kind = "upnp:rootdevice" if "upnp:rootdevice" in request else self.kind
        extra = "".join(f"{name}: {value}\r\n" for name, value in self.extra.items())
        return (
            "HTTP/1.1 200 OK\r\nCACHE-CONTROL: max-age = 1800\r\nEXT:\r\n"
            f"LOCATION: {self.location}\r\nSERVER: {self.server}\r\nST: {kind}\r\nUSN: {self.udn}::{kind}\r\n{extra}\r\n"
        ).encode()


@dataclass(frozen=True, slots=True, kw_only=True)
class Mdns:
    """A service of DNS-SD."""

    service: str  # _http._tcp
    name: str
    port: int
    properties: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wsd:
    """An answer to a probe of WS-Discovery, as ONVIF cameras give it."""

    endpoint: str  # urn:uuid:...
    scopes: str
    address: str

    def answer(self, message_id: str, own_id: str) -> bytes:
        """The ProbeMatches for a probe's message id."""
        anonymous = "http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous"
        action = "http://schemas.xmlsoap.org/ws/2005/04/discovery/ProbeMatches"
        head = f"<a:MessageID>{own_id}</a:MessageID><a:RelatesTo>{escape(message_id)}</a:RelatesTo><a:To>{anonymous}</a:To>"
        match = (
            f"<a:EndpointReference><a:Address>{self.endpoint}</a:Address></a:EndpointReference>"
            f"<d:Types>dn:NetworkVideoTransmitter tds:Device</d:Types><d:Scopes>{escape(self.scopes)}</d:Scopes>"
            f"<d:XAddrs>{self.address}</d:XAddrs><d:MetadataVersion>1</d:MetadataVersion>"
        )
        spaces = (
            'xmlns:e="http://www.w3.org/2003/05/soap-envelope" xmlns:a="http://schemas.xmlsoap.org/ws/2004/08/addressing" '
            'xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery" xmlns:dn="http://www.onvif.org/ver10/network/wsdl" '
            'xmlns:tds="http://www.onvif.org/ver10/device/wsdl"'
        )
        body = f"<d:ProbeMatches><d:ProbeMatch>{match}</d:ProbeMatch></d:ProbeMatches>"
        header = f"<e:Header>{head}<a:Action>{action}</a:Action></e:Header>"
        return (
            f'<?xml version="1.0" encoding="UTF-8"?><e:Envelope {spaces}>{header}<e:Body>{body}</e:Body></e:Envelope>'
        ).encode()


Announcement = Ssdp | Mdns | Wsd
