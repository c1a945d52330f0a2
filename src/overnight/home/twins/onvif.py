"""What an ONVIF camera answers to its clients."""

import datetime
import re
from collections.abc import Mapping
from xml.sax.saxutils import escape

SPACES = (
    'xmlns:s="http://www.w3.org/2003/05/soap-envelope" xmlns:tds="http://www.onvif.org/ver10/device/wsdl" '
    'xmlns:trt="http://www.onvif.org/ver10/media/wsdl" xmlns:tt="http://www.onvif.org/ver10/schema"'
)
DEVICE, MEDIA = "/onvif/device_service", "/onvif/media_service"
FREE = frozenset({"GetSystemDateAndTime"})  # without a login
_ACTION = re.compile(r"<(?:[\w-]+:)?Body[^>]*>\s*<(?:[\w-]+:)?(\w+)")


def action(envelope: str) -> str:
    """The name of what a client asks for."""
    found = _ACTION.search(envelope)
    return found[1] if found else ""


def answer(asked: str, url: str, said: Mapping[str, str]) -> str | None:
    """The envelope for an action; `said` has `name`, `mac`, `stream` and `snapshot`. None for one that it does not know."""
    match asked:
        case "GetSystemDateAndTime":
            body = f"<tds:GetSystemDateAndTimeResponse>{_clock()}</tds:GetSystemDateAndTimeResponse>"
        case "GetServices":
            body = f"<tds:GetServicesResponse>{_service('device', url + DEVICE)}{_service('media', url + MEDIA)}"
            body += "</tds:GetServicesResponse>"
        case "GetCapabilities":
            device = f"<tt:Device><tt:XAddr>{url}{DEVICE}</tt:XAddr></tt:Device>"
            streams = "<tt:StreamingCapabilities><tt:RTPMulticast>false</tt:RTPMulticast></tt:StreamingCapabilities>"
            media = f"<tt:Media><tt:XAddr>{url}{MEDIA}</tt:XAddr>{streams}</tt:Media>"
            listed = f"<tds:Capabilities>{device}{media}</tds:Capabilities>"
            body = f"<tds:GetCapabilitiesResponse>{listed}</tds:GetCapabilitiesResponse>"
        case "GetDeviceInformation":
            parts = {"Manufacturer": "Acme Vision", "Model": "IPC-T2", "FirmwareVersion": "5.7.3", "SerialNumber": said["mac"]}
            listed = "".join(f"<tds:{name}>{escape(text)}</tds:{name}>" for name, text in {**parts, "HardwareId": "88"}.items())
            body = f"<tds:GetDeviceInformationResponse>{listed}</tds:GetDeviceInformationResponse>"
        case "GetScopes":
            scope = f"<tt:ScopeDef>Fixed</tt:ScopeDef><tt:ScopeItem>{escape(scopes(said['name']))}</tt:ScopeItem>"
            body = f"<tds:GetScopesResponse><tds:Scopes>{scope}</tds:Scopes></tds:GetScopesResponse>"
        case "GetProfiles":
            body = f"<trt:GetProfilesResponse>{_profile()}</trt:GetProfilesResponse>"
        case "GetStreamUri" | "GetSnapshotUri":
            where = said["stream"] if asked == "GetStreamUri" else said["snapshot"]
            lasts = "<tt:InvalidAfterConnect>false</tt:InvalidAfterConnect><tt:InvalidAfterReboot>false</tt:InvalidAfterReboot>"
            uri = f"<trt:MediaUri><tt:Uri>{escape(where)}</tt:Uri>{lasts}<tt:Timeout>PT0S</tt:Timeout></trt:MediaUri>"
            body = f"<trt:{asked}Response>{uri}</trt:{asked}Response>"
        case _:
            return None
    return _envelope(body)


def fault(code: str, reason: str) -> str:
    """A fault of SOAP 1.2."""
    said = f'<s:Reason><s:Text xml:lang="en">{escape(reason)}</s:Text></s:Reason>'
    value = f'<s:Subcode><s:Value xmlns:ter="http://www.onvif.org/ver10/error">{code}</s:Value></s:Subcode>'
    return _envelope(f"<s:Fault><s:Code><s:Value>s:Sender</s:Value>{value}</s:Code>{said}</s:Fault>")


def scopes(name: str) -> str:
    """What it says of itself in WS-Discovery."""
    spoken = re.sub(r"[^A-Za-z0-9]", lambda found: f"%{ord(found[0]) & 0xFF:02X}", name)
    return f"onvif://www.onvif.org/type/video_encoder onvif://www.onvif.org/name/{spoken} onvif://www.onvif.org/hardware/IPC-T2"


def _envelope(body: str) -> str:
    return f'<?xml version="1.0" encoding="UTF-8"?><s:Envelope {SPACES}><s:Body>{body}</s:Body></s:Envelope>'


def _clock() -> str:
    now = datetime.datetime.now(datetime.UTC)
    hour = f"<tt:Hour>{now.hour}</tt:Hour><tt:Minute>{now.minute}</tt:Minute><tt:Second>{now.second}</tt:Second>"
    day = f"<tt:Year>{now.year}</tt:Year><tt:Month>{now.month}</tt:Month><tt:Day>{now.day}</tt:Day>"
    kind = "<tt:DateTimeType>NTP</tt:DateTimeType><tt:DaylightSavings>false</tt:DaylightSavings>"
    clock = f"<tt:UTCDateTime><tt:Time>{hour}</tt:Time><tt:Date>{day}</tt:Date></tt:UTCDateTime>"
    return f"<tds:SystemDateAndTime>{kind}{clock}</tds:SystemDateAndTime>"


def _service(name: str, address: str) -> str:
    version = "<tds:Version><tt:Major>2</tt:Major><tt:Minor>60</tt:Minor></tds:Version>"
    space = f"<tds:Namespace>http://www.onvif.org/ver10/{name}/wsdl</tds:Namespace>"
    return f"<tds:Service>{space}<tds:XAddr>{address}</tds:XAddr>{version}</tds:Service>"


def _profile() -> str:
    size = "<tt:Resolution><tt:Width>640</tt:Width><tt:Height>360</tt:Height></tt:Resolution>"
    encoder = (
        '<tt:VideoEncoderConfiguration token="encoder"><tt:Name>encoder</tt:Name><tt:UseCount>1</tt:UseCount>'
        f"<tt:Encoding>JPEG</tt:Encoding>{size}<tt:Quality>5</tt:Quality>"
        "<tt:Multicast><tt:Address><tt:Type>IPv4</tt:Type><tt:IPv4Address>0.0.0.0</tt:IPv4Address></tt:Address>"
        "<tt:Port>0</tt:Port><tt:TTL>1</tt:TTL><tt:AutoStart>false</tt:AutoStart></tt:Multicast>"
        "<tt:SessionTimeout>PT60S</tt:SessionTimeout></tt:VideoEncoderConfiguration>"
    )
    return f'<trt:Profiles token="main" fixed="true"><tt:Name>main</tt:Name>{encoder}</trt:Profiles>'
