"""Twins of Sonos players: SoCo finds them, groups them, plays on them; they really fetch the media."""

import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import ClassVar
from xml.sax.saxutils import unescape

from aiohttp import web

from overnight.home.things import Value
from overnight.home.twins.announcements import Announcement, Mdns, Ssdp
from overnight.home.twins.faults import HOSTILE_NAME, Fault, Refused
from overnight.home.twins.http import HttpTwin
from overnight.home.twins.sonos_services import SERVICES, answer, device_description, elements, fault, service_description
from overnight.home.twins.sonos_transport import Transport, hours
from overnight.home.twins.twin import Change

INVALID_ACTION, INVALID_ARGS, NO_TRANSITION, NOT_COORDINATOR = 401, 402, 701, 800  # codes of UPnP and Sonos
DIDL = (
    '<DIDL-Lite xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:upnp="urn:schemas-upnp-org:metadata-1-0/upnp/" '
    'xmlns:r="urn:schemas-rinconnetworks-com:metadata-1-0/" xmlns="urn:schemas-upnp-org:metadata-1-0/DIDL-Lite/">'
)
Arguments = dict[str, str]
Answer = dict[str, object]
TRANSPORT_STATES = {"playing": "PLAYING", "paused": "PAUSED_PLAYBACK", "stopped": "STOPPED"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Favourite:
    """A favourite of the household."""

    title: str
    address: str


@dataclass(slots=True, kw_only=True)
class Household:
    """Players that know each other, and their favourites."""

    name: str = field(default_factory=lambda: f"Sonos_{secrets.token_hex(13)}")  # SoCo caches by it
    players: list["SonosTwin"] = field(default_factory=list)
    favourites: list[Favourite] = field(default_factory=list)

    def state(self) -> str:
        """Who plays with whom."""
        groups = ""
        for leader in (player for player in self.players if player.leader is player):
            members = "".join(player.as_member() for player in self.players if player.leader is leader)
            groups += f'<ZoneGroup Coordinator="{leader.uid}" ID="{leader.uid}:1">{members}</ZoneGroup>'
        return f"<ZoneGroupState><ZoneGroups>{groups}</ZoneGroups><VanishedDevices/></ZoneGroupState>"


class SonosTwin(HttpTwin):
    """A player. `transport` has what it fetched."""

    family: ClassVar[str] = "sonos"
    faults: ClassVar[frozenset[Fault]] = frozenset(Fault) - {Fault.ECHO}  # its answers do not name the new state
    port = 1400

    def __init__(self, name: str, *, household: Household | None = None, lag_s: float = 0.3) -> None:
        at_power_on: Change = {"playing": "stopped", "volume": 20.0, "source": "", "group": ""}
        super().__init__(name, at_power_on, lag_s=lag_s)
        self.household = household or Household()
        self.household.players.append(self)
        self.leader: SonosTwin = self
        self.transport = Transport(self.truth, super().become)
        self.metadata = ""

    @property
    def uid(self) -> str:
        """Its identity."""
        return f"RINCON_{self.mac.upper()}01400"

    def routes(self) -> Iterable[web.RouteDef]:
        """What it answers."""
        controls = [web.post(f"{base}{name}/Control", self._control) for name, (base, _) in SERVICES.items()]
        described = web.get("/xml/device_description.xml", self._description)
        return [described, web.get("/xml/{service}1.xml", self._service), *controls]

    def refusal(self, refused: Refused) -> web.Response:
        """A SOAP fault."""
        return web.Response(text=fault(refused.code or NO_TRANSITION), status=500, content_type="text/xml")

    def announced(self) -> list[Announcement]:
        """A ZonePlayer, by SSDP and mDNS."""
        player = Ssdp(
            kind="urn:schemas-upnp-org:device:ZonePlayer:1",
            udn=f"uuid:{self.uid}",
            location=f"{self.url}/xml/device_description.xml",
            server="Linux UPnP/1.0 Sonos/79.1-52020 (ZPS18)",
            extra={"X-RINCON-HOUSEHOLD": self.household.name},
        )
        info = {"info": "/api/v1/players/" + self.uid + "/info", "vers": "3", "hhid": self.household.name}
        return [player, Mdns(service="_sonos._tcp", name=f"{self.uid}@{self.spoken_name}", port=1443, properties=info)]

    def as_member(self) -> str:
        """Its line in the household."""
        name = elements({"x": self.spoken_name})[3:-4].replace('"', "&quot;")
        location = f"{self.url}/xml/device_description.xml"
        return (
            f'<ZoneGroupMember UUID="{self.uid}" Location="{location}" ZoneName="{name}" Icon="" Configuration="1" '
            f'SoftwareVersion="79.1-52020" SWGen="2" BootSeq="{self.restarts + 1}"/>'
        )

    def become(self, change: Change) -> None:
        """Turn knobs at once; a source or `playing` goes to the transport, which fetches before it plays."""
        rest = dict(change)
        playing, source = rest.pop("playing", None), rest.pop("source", None)
        if playing == "playing" and not (source or self.truth["source"]):
            raise Refused(NO_TRANSITION)
        if playing == "paused" and self.truth["playing"] != "playing":
            raise Refused(NO_TRANSITION)
        super().become(rest)
        if source is not None:
            self.transport.stop()
            super().become({"source": source})
        if playing == "playing":
            self.transport.play()
        elif playing is not None:
            self.transport.stop(str(playing))

    async def go_away(self) -> None:
        """Close everything, and stop the music."""
        self.transport.stop()
        await super().go_away()

    async def _description(self, _: web.Request) -> web.Response:
        serial = "-".join(self.mac.upper()[at : at + 2] for at in range(0, 12, 2))
        values = {
            "deviceType": "urn:schemas-upnp-org:device:ZonePlayer:1",
            "friendlyName": f"{self.address} - Sonos One - {self.uid}",
            "manufacturer": "Sonos, Inc.",
            "modelNumber": "S18",
            "modelName": "Sonos One",
            "softwareVersion": "79.1-52020",
            "hardwareVersion": "1.26.1.7-2.1",
            "serialNum": f"{serial}:1",
            "MACAddress": serial.replace("-", ":"),
            "UDN": f"uuid:{self.uid}",
            "roomName": self.spoken_name,
            "displayName": "One",
        }
        return web.Response(text=device_description(values), content_type="text/xml")

    async def _service(self, request: web.Request) -> web.Response:
        actions = SERVICES.get(request.match_info["service"], ("", {}))[1]
        return web.Response(text=service_description(actions), content_type="text/xml")

    async def _control(self, request: web.Request) -> web.Response:
        service, _, action = request.headers.get("SOAPACTION", "").strip('"').partition("#")
        service = service.removeprefix("urn:schemas-upnp-org:service:").removesuffix(":1")
        takes, _ = SERVICES.get(service, ("", {}))[1].get(action, (None, None))
        if takes is None:
            raise Refused(INVALID_ACTION)
        body = (await request.read()).decode("utf-8", "replace")
        found = {name: unescape(text, {"&quot;": '"', "&apos;": "'"}) for name, text in _ARGUMENT.findall(body)}
        if set(takes.split()) - set(found) - {"Speed"}:
            raise Refused(INVALID_ARGS)
        values = await getattr(self, f"_{_snake(action)}")(found)
        return web.Response(text=answer(service, action, values or {}), content_type="text/xml")

    # One method for each action of SERVICES.

    async def _lead(self, want: Change) -> None:
        if self.leader is not self:
            raise Refused(NOT_COORDINATOR)
        await self.command(want)

    async def _set_av_transport_uri(self, given: Arguments) -> None:
        address = given["CurrentURI"]
        if address.startswith("x-rincon:"):
            leader = next((each for each in self.household.players if each.uid == address[9:]), None)
            if leader is None:
                raise Refused(NO_TRANSITION)
            await self.command({"group": leader.name})
            self._regroup()
            return
        await self._lead({"source": address})
        if self.truth["source"] == address:
            self.metadata = given["CurrentURIMetaData"]

    async def _become_coordinator_of_standalone_group(self, _: Arguments) -> Answer:
        await self.command({"group": ""})
        self._regroup()
        return {"DelegatedGroupCoordinatorID": self.uid, "NewGroupID": f"{self.uid}:1"}

    def _regroup(self) -> None:
        self.leader = next((each for each in self.household.players if each.name == self.truth["group"]), self)

    async def _play(self, _: Arguments) -> None:
        await self._lead({"playing": "playing"})

    async def _pause(self, _: Arguments) -> None:
        await self._lead({"playing": "paused"})

    async def _stop(self, _: Arguments) -> None:
        await self._lead({"playing": "stopped"})

    async def _get_transport_info(self, _: Arguments) -> Answer:
        playing = self.leader.transport.state or TRANSPORT_STATES[str(self.leader.truth["playing"])]
        return {"CurrentTransportState": playing, "CurrentTransportStatus": "OK", "CurrentSpeed": "1"}

    async def _get_position_info(self, _: Arguments) -> Answer:
        told = self._told_metadata()
        transport = self.transport
        times = {"TrackDuration": hours(transport.duration_s), "TrackMetaData": told, "TrackURI": self._source()}
        unknown = {"AbsTime": "NOT_IMPLEMENTED", "RelCount": 2147483647, "AbsCount": 2147483647}
        return {"Track": 1 if self._source() else 0, **times, "RelTime": hours(transport.played_s), **unknown}

    async def _get_media_info(self, _: Arguments) -> Answer:
        now = {"CurrentURI": self._source(), "CurrentURIMetaData": self._told_metadata(), "NextURI": "", "NextURIMetaData": ""}
        unknown = {"PlayMedium": "NETWORK", "RecordMedium": "NOT_IMPLEMENTED", "WriteStatus": "NOT_IMPLEMENTED"}
        return {"NrTracks": 1 if self._source() else 0, "MediaDuration": "NOT_IMPLEMENTED", **now, **unknown}

    def _source(self) -> str:
        return str(self.truth["source"]) if self.leader is self else f"x-rincon:{self.leader.uid}"

    def _told_metadata(self) -> str:
        if self.fault is Fault.HOSTILE:
            return f'{DIDL}<item id="-1"><dc:title>{HOSTILE_NAME}</dc:title></item></DIDL-Lite>'
        return self.metadata

    async def _get_volume(self, _: Arguments) -> Answer:
        return {"CurrentVolume": round(float(self.truth["volume"]))}

    async def _set_volume(self, given: Arguments) -> None:
        await self.command({"volume": _percent(given["DesiredVolume"])})

    async def _browse(self, given: Arguments) -> Answer:
        shown = self.household.favourites if given["ObjectID"] == "FV:2" else []
        items = "".join(
            f'<item id="FV:2/{at}" parentID="FV:2" restricted="false">'
            + elements({"dc:title": each.title, "upnp:class": "object.itemobject.item.sonos-favorite"})
            + f'<res protocolInfo="x-rincon-playlist:*:*:*">{elements({"x": each.address})[3:-4]}</res>'
            + elements({"r:type": "instantPlay", "r:description": "Station", "r:resMD": _metadata(each.title)})
            + "</item>"
            for at, each in enumerate(shown)
        )
        result = f"{DIDL}{items}</DIDL-Lite>"
        return {"Result": result, "NumberReturned": len(shown), "TotalMatches": len(shown), "UpdateID": 1}

    async def _get_household_id(self, _: Arguments) -> Answer:
        return {"CurrentHouseholdID": self.household.name}

    async def _get_zone_attributes(self, _: Arguments) -> Answer:
        return {"CurrentZoneName": self.spoken_name, "CurrentIcon": "", "CurrentConfiguration": 1}

    async def _get_zone_info(self, _: Arguments) -> Answer:
        mac = ":".join(self.mac.upper()[at : at + 2] for at in range(0, 12, 2))
        versions = {"SoftwareVersion": "79.1-52020", "DisplaySoftwareVersion": "16.1", "HardwareVersion": "1.26.1.7-2.1"}
        where = {"IPAddress": self.address, "MACAddress": mac, "CopyrightInfo": "", "ExtraInfo": ""}
        return {"SerialNumber": f"{mac.replace(':', '-')}:1", **versions, **where, "HTAudioIn": 0, "Flags": 0}

    async def _get_zone_group_state(self, _: Arguments) -> Answer:
        return {"ZoneGroupState": self.household.state()}


_ARGUMENT = re.compile(r"<(\w+)>([^<]*)</\1>")


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", "_", name).lower()


def _percent(text: str) -> Value:
    if not text.isdigit() or not 0 <= int(text) <= 100:  # noqa: PLR2004 - percent
        raise Refused(INVALID_ARGS)
    return float(text)


def _metadata(title: str) -> str:
    kind = elements({"dc:title": title, "upnp:class": "object.item.audioItem.audioBroadcast"})
    return f'{DIDL}<item id="F00092020" parentID="L" restricted="true">{kind}</item></DIDL-Lite>'
