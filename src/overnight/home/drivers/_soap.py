"""Actions of UPnP services over SOAP, and XML of devices without entities."""

from collections.abc import Mapping
from typing import TYPE_CHECKING
from xml.sax.saxutils import escape

from overnight.home.drivers._http import OK, Http
from overnight.home.port import Refused, Unsure

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

_ENVELOPE = (
    '<?xml version="1.0"?><s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"'
    ' s:encodingStyle="http://schemas.xmlsoap.org/soap/encoding/"><s:Body>'
    '<u:{action} xmlns:u="{service}">{arguments}</u:{action}></s:Body></s:Envelope>'
)
SERVICE = "urn:schemas-upnp-org:service:{}:1"
FAULT = 500  # HTTP status of an action that is refused


async def act(http: Http, path: str, service: str, action: str, arguments: Mapping[str, object]) -> Mapping[str, str]:
    """What an action returns.

    Raises:
        Unreachable: nothing was sent.
        Unsure: it may have arrived.
        Refused: the device answers an error.
    """
    urn = SERVICE.format(service)
    given = "".join(f"<{name}>{escape(str(value))}</{name}>" for name, value in arguments.items())
    body = _ENVELOPE.format(action=action, service=urn, arguments=given).encode()
    headers = {"Content-Type": 'text/xml; charset="utf-8"', "SOAPACTION": f'"{urn}#{action}"'}
    answer = await http.send("POST", path, body, **headers)
    if answer.status == FAULT:
        code = next((each.text for each in parse(answer.body).iter() if local(each.tag) == "errorCode"), None)
        raise Refused(f"{action} was refused with the code {(code or 'unknown')[:8]}")
    if answer.status >= OK:
        raise Refused(f"{action} answers {answer.status}")
    result = next((each for each in parse(answer.body).iter() if local(each.tag) == f"{action}Response"), None)
    if result is None:
        raise Unsure(f"{action} answers something else")
    return {local(each.tag): each.text or "" for each in result}


def parse(text: bytes | str) -> "Element":
    """A document in UTF-8 that declares nothing.

    Raises:
        Unsure: it is no such document.
    """
    from xml.etree import ElementTree as ET

    try:
        known = text if isinstance(text, str) else text.decode("utf-8-sig")
        if "<!DOCTYPE" in known or "<!ENTITY" in known:
            raise Unsure("it answers XML that declares entities")
        return ET.fromstring(known)  # noqa: S314  # without a DTD there is nothing to expand
    except (ET.ParseError, ValueError) as error:
        raise Unsure("it answers no XML") from error


def local(tag: str) -> str:
    """The name of an element without its namespace."""
    return tag.rpartition("}")[2]


def text_of(element: "Element", name: str) -> str:
    """The text of the first element of a name below one."""
    return next((each.text or "" for each in element.iter() if local(each.tag) == name), "").strip()
