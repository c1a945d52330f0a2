"""Cameras that speak ONVIF: what each is, and where its stream and its picture are; then it is a camera as any other.

Only the camera's own address is asked: a service, stream or picture that it says is elsewhere is refused. Its login is sent as
a digest, with the camera's own time. Facts: ONVIF Core and Media specifications, WS-Security UsernameToken Profile 1.0.
"""

import base64
import hashlib
import secrets as random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING
from urllib.parse import urlsplit
from xml.sax.saxutils import escape

from overnight.home.drivers._http import ERROR, Http
from overnight.home.drivers._soap import local, parse, text_of
from overnight.home.drivers.camera import CameraDriver, CameraFamily, check_libraries
from overnight.home.port import Driver, Refused, Unreachable
from overnight.home.things import Description, Device, Trait
from overnight.words.foreign import printable
from overnight.words.secret import Secret

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

DEVICE_PATH = "/onvif/device_service"
DEVICE, MEDIA = "http://www.onvif.org/ver10/device/wsdl", "http://www.onvif.org/ver10/media/wsdl"
SCHEMA = "http://www.onvif.org/ver10/schema"
_WSS = "http://docs.oasis-open.org/wss/2004/01/oasis-200401-wss"
_ENVELOPE = (
    '<?xml version="1.0" encoding="UTF-8"?><s:Envelope xmlns:s="http://www.w3.org/2003/05/soap-envelope">'
    '<s:Header>{login}</s:Header><s:Body><{action} xmlns="{service}">{arguments}</{action}></s:Body></s:Envelope>'
)
_LOGIN = (
    f'<Security xmlns="{_WSS}-wssecurity-secext-1.0.xsd"><UsernameToken><Username>{{user}}</Username>'
    f'<Password Type="{_WSS}-username-token-profile-1.0#PasswordDigest">{{digest}}</Password><Nonce>{{nonce}}</Nonce>'
    f'<Created xmlns="{_WSS}-wssecurity-utility-1.0.xsd">{{created}}</Created></UsernameToken></Security>'
)
_STREAM = (
    f'<StreamSetup><Stream xmlns="{SCHEMA}">RTP-Unicast</Stream><Transport xmlns="{SCHEMA}"><Protocol>RTSP</Protocol>'
    "</Transport></StreamSetup><ProfileToken>{token}</ProfileToken>"
)


class OnvifCamera:
    """Asks one camera about itself."""

    def __init__(self, address: str, login: str) -> None:
        self._host = address.partition(":")[0]
        self._http = Http(address)
        self._user, _, self._password = login.partition(":")
        self._ahead_s = 0.0  # of our clock

    async def describe(self) -> Description:
        """By its device information.

        Raises:
            DeviceError: it does not answer, or not as ONVIF does.
        """
        self._ahead_s = await self._clock()
        said = await self._ask(DEVICE_PATH, DEVICE, "GetDeviceInformation")
        serial, maker, model = (text_of(said, name) for name in ("SerialNumber", "Manufacturer", "Model"))
        if not serial:
            raise Refused("it has no serial number")
        identity = printable(f"{maker} {model} {serial}", 150)
        return Description(identity=identity, maker=maker, model=model, traits=(Trait.CAMERA,))

    async def ways(self) -> tuple[str, Mapping[str, str]]:
        """The address of its pictures over HTTP, and the options of a camera.

        Raises:
            DeviceError: it does not answer, or says that they are elsewhere.
        """
        capabilities = await self._ask(DEVICE_PATH, DEVICE, "GetCapabilities", "<Category>Media</Category>")
        media = next((text_of(each, "XAddr") for each in capabilities.iter() if local(each.tag) == "Media"), "")
        path = urlsplit(self._own(media)).path if media else "/onvif/media_service"
        profiles = await self._ask(path, MEDIA, "GetProfiles")
        token = next((each.get("token", "") for each in profiles.iter() if local(each.tag) == "Profiles"), "")
        profile = escape(token)
        stream = self._own(text_of(await self._ask(path, MEDIA, "GetStreamUri", _STREAM.format(token=profile)), "Uri"))
        asked = f"<ProfileToken>{profile}</ProfileToken>"
        try:
            picture = self._own(text_of(await self._ask(path, MEDIA, "GetSnapshotUri", asked), "Uri"))
        except Refused:
            picture = ""  # a camera need not have it
        options, address = dict[str, str](), self._http.base.removeprefix("http://")
        for name, where in (("snapshot", picture), ("mjpeg", stream)):
            if where.startswith("http://"):
                parts = urlsplit(where)
                address = parts.netloc.rpartition("@")[2]
                options[name] = _path(where)
        if stream.startswith("rtsp://"):
            options["rtsp"] = f"{urlsplit(stream).port or 554}{_path(stream)}"
        if not options:
            raise Refused("it says of no picture and no stream where they are")
        return address, options

    async def aclose(self) -> None:
        """Leave it."""
        await self._http.aclose()

    def _own(self, address: str) -> str:
        """An address that it says, if it is its own.

        Raises:
            Refused: it is elsewhere.
        """
        try:
            host = urlsplit(address).hostname
        except ValueError:
            host = None
        if host != self._host:
            raise Refused(f"it wants to send us to {printable(address, 80) or 'nowhere'}")
        return address

    async def _clock(self) -> float:
        """How far its clock is ahead of ours, s: a login is good for moments only."""
        said = await self._ask(DEVICE_PATH, DEVICE, "GetSystemDateAndTime")
        utc = next((each for each in said.iter() if local(each.tag) == "UTCDateTime"), None)
        if utc is None:
            return 0.0
        try:
            year, month, day, hour, minute, second = (
                int(text_of(utc, name)) for name in ("Year", "Month", "Day", "Hour", "Minute", "Second")
            )
            return (datetime(year, month, day, hour, minute, min(second, 59), tzinfo=UTC) - datetime.now(UTC)).total_seconds()
        except ValueError:
            return 0.0

    async def _ask(self, path: str, service: str, action: str, arguments: str = "") -> "Element":
        body = _ENVELOPE.format(login=self._login(), action=action, service=service, arguments=arguments)
        kind = f'application/soap+xml; charset=utf-8; action="{service}/{action}"'
        answer = await self._http.send("POST", path, body.encode(), **{"Content-Type": kind})
        if answer.status >= ERROR:
            raise Refused(
                f"{action} answers {answer.status}" + (": is the login right?" if answer.status in (400, 401) else "")
            )
        found = next((each for each in parse(answer.body).iter() if local(each.tag) == f"{action}Response"), None)
        if found is None:
            raise Refused(f"{action} answers something else")
        return found

    def _login(self) -> str:
        if not self._user:
            return ""
        nonce = random.token_bytes(16)
        created = datetime.fromtimestamp(datetime.now(UTC).timestamp() + self._ahead_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        digest = hashlib.sha1(nonce + created.encode() + self._password.encode(), usedforsecurity=False).digest()
        return _LOGIN.format(
            user=escape(self._user),
            digest=base64.b64encode(digest).decode(),
            nonce=base64.b64encode(nonce).decode(),
            created=created,
        )


def _path(address: str) -> str:
    parts = urlsplit(address)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


class OnvifDriver(CameraDriver):
    """A camera whose ways were asked for; it knows who it is."""

    def __init__(self, address: str, options: Mapping[str, str], login: str, said: Description) -> None:
        super().__init__(address, options, login)
        self._said = said

    async def describe(self) -> Description:
        """As it said when it was opened."""
        return self._said


@dataclass(frozen=True, slots=True)
class OnvifFamily(CameraFamily):
    """The same, asked first where its pictures are."""

    name: str = "camera_onvif"

    async def open(self, device: Device, secrets: Mapping[str, Secret]) -> Driver:
        """Its driver."""
        check_libraries()
        login = secrets["login"].reveal() if "login" in secrets else ""
        camera = OnvifCamera(device.address, login)
        try:
            said = await camera.describe()
            if device.identity and said.identity != device.identity:
                raise Unreachable(f"another device is at {device.address} now: {printable(said.identity, 60)}")
            address, options = await camera.ways()
        finally:
            await camera.aclose()
        return OnvifDriver(address, options, login, said)


FAMILY = OnvifFamily()
