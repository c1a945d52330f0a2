"""The services of a Sonos player on paper: its description, and which actions take and return what.

SoCo reads them: it refuses an action that is not in a service's description, and orders arguments by it.
"""

from collections.abc import Mapping
from xml.sax.saxutils import escape

# action: (what it takes, what it returns)
AV_TRANSPORT = {
    "SetAVTransportURI": ("InstanceID CurrentURI CurrentURIMetaData", ""),
    "BecomeCoordinatorOfStandaloneGroup": ("InstanceID", "DelegatedGroupCoordinatorID NewGroupID"),
    "Play": ("InstanceID Speed", ""),
    "Pause": ("InstanceID", ""),
    "Stop": ("InstanceID", ""),
    "GetTransportInfo": ("InstanceID", "CurrentTransportState CurrentTransportStatus CurrentSpeed"),
    "GetPositionInfo": ("InstanceID", "Track TrackDuration TrackMetaData TrackURI RelTime AbsTime RelCount AbsCount"),
    "GetMediaInfo": (
        "InstanceID",
        "NrTracks MediaDuration CurrentURI CurrentURIMetaData NextURI NextURIMetaData PlayMedium RecordMedium WriteStatus",
    ),
}
RENDERING_CONTROL = {
    "GetVolume": ("InstanceID Channel", "CurrentVolume"),
    "SetVolume": ("InstanceID Channel DesiredVolume", ""),
}
CONTENT_DIRECTORY = {
    "Browse": (
        "ObjectID BrowseFlag Filter StartingIndex RequestedCount SortCriteria",
        "Result NumberReturned TotalMatches UpdateID",
    ),
}
ZONE_INFO = "SerialNumber SoftwareVersion DisplaySoftwareVersion HardwareVersion IPAddress MACAddress CopyrightInfo ExtraInfo"
DEVICE_PROPERTIES = {
    "GetHouseholdID": ("", "CurrentHouseholdID"),
    "GetZoneAttributes": ("", "CurrentZoneName CurrentIcon CurrentConfiguration"),
    "GetZoneInfo": ("", f"{ZONE_INFO} HTAudioIn Flags"),
}
ZONE_GROUP_TOPOLOGY = {"GetZoneGroupState": ("", "ZoneGroupState")}
Actions = Mapping[str, tuple[str, str]]
SERVICES: dict[str, tuple[str, Actions]] = {
    "AlarmClock": ("/", {}),
    "MusicServices": ("/", {}),
    "DeviceProperties": ("/", DEVICE_PROPERTIES),
    "SystemProperties": ("/", {}),
    "ZoneGroupTopology": ("/", ZONE_GROUP_TOPOLOGY),
    "GroupManagement": ("/", {}),
    "ContentDirectory": ("/MediaServer/", CONTENT_DIRECTORY),
    "ConnectionManager": ("/MediaServer/", {}),
    "RenderingControl": ("/MediaRenderer/", RENDERING_CONTROL),
    "AVTransport": ("/MediaRenderer/", AV_TRANSPORT),
    "Queue": ("/MediaRenderer/", {}),
    "GroupRenderingControl": ("/MediaRenderer/", {}),
}


def elements(values: Mapping[str, object]) -> str:
    """One element for each value, escaped."""
    return "".join(f"<{name}>{escape(str(value))}</{name}>" for name, value in values.items())


def device_description(values: Mapping[str, object]) -> str:
    """The description of a player, with these values of its own."""
    services = "".join(
        "<service>"
        + elements(
            {
                "serviceType": f"urn:schemas-upnp-org:service:{name}:1",
                "serviceId": f"urn:upnp-org:serviceId:{name}",
                "controlURL": f"{base}{name}/Control",
                "eventSubURL": f"{base}{name}/Event",
                "SCPDURL": f"/xml/{name}1.xml",
            }
        )
        + "</service>"
        for name, (base, _) in SERVICES.items()
    )
    return (
        '<?xml version="1.0" encoding="utf-8" ?><root xmlns="urn:schemas-upnp-org:device-1-0">'
        "<specVersion><major>1</major><minor>0</minor></specVersion><device>"
        f"{elements(values)}<serviceList>{services}</serviceList></device></root>"
    )


def service_description(actions: Actions) -> str:
    """The SCPD of a service."""

    def argument(name: str, direction: str) -> str:
        related = f"A_ARG_TYPE_{name}"
        return f"<argument>{elements({'name': name, 'direction': direction, 'relatedStateVariable': related})}</argument>"

    listed, names = [], set()
    for action, (takes, returns) in actions.items():
        given = "".join(argument(name, "in") for name in takes.split())
        given += "".join(argument(name, "out") for name in returns.split())
        names |= {*takes.split(), *returns.split()}
        listed.append(f"<action><name>{action}</name><argumentList>{given}</argumentList></action>")
    variables = "".join(
        f'<stateVariable sendEvents="no"><name>A_ARG_TYPE_{name}</name><dataType>string</dataType></stateVariable>'
        for name in sorted(names)
    )
    return (
        '<?xml version="1.0" encoding="utf-8" ?><scpd xmlns="urn:schemas-upnp-org:service-1-0">'
        f"<actionList>{''.join(listed)}</actionList><serviceStateTable>{variables}</serviceStateTable></scpd>"
    )


def answer(service: str, action: str, values: Mapping[str, object]) -> str:
    """The SOAP answer of an action."""
    urn = f"urn:schemas-upnp-org:service:{service}:1"
    return _envelope(f'<u:{action}Response xmlns:u="{urn}">{elements(values)}</u:{action}Response>')


def fault(code: int) -> str:
    """The SOAP fault with a code of UPnP."""
    detail = f'<UPnPError xmlns="urn:schemas-upnp-org:control-1-0"><errorCode>{code}</errorCode></UPnPError>'
    said = "<faultcode>s:Client</faultcode><faultstring>UPnPError</faultstring>"
    return _envelope(f"<s:Fault>{said}<detail>{detail}</detail></s:Fault>")


def _envelope(body: str) -> str:
    encoding = "http://schemas.xmlsoap.org/soap/encoding/"
    space = "http://schemas.xmlsoap.org/soap/envelope/"
    return f'<s:Envelope xmlns:s="{space}" s:encodingStyle="{encoding}"><s:Body>{body}</s:Body></s:Envelope>'
