"""Sonos players, by their UPnP services.

What is evidence: each read asks the player for its volume, and the coordinator of its group for what plays. `TRANSITIONING` is
neither playing nor stopped. A file of ours plays when the player says so and has fetched bytes of it.

Does not cover: albums and playlists among the favourites, which need a queue.
"""

import ipaddress
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from overnight.home.drivers._http import Http
from overnight.home.drivers._music import Music, Source
from overnight.home.drivers._opening import same
from overnight.home.drivers._soap import act, local, parse, text_of
from overnight.home.drivers._steps import check_known, in_steps
from overnight.home.port import Driver, Found, Refused
from overnight.home.things import Description, Device, Property, Trait, Value
from overnight.words.foreign import printable
from overnight.words.secret import Secret

PORT = 1400
PATHS = {
    "AVTransport": "/MediaRenderer/AVTransport/Control",
    "RenderingControl": "/MediaRenderer/RenderingControl/Control",
    "ZoneGroupTopology": "/ZoneGroupTopology/Control",
    "ContentDirectory": "/MediaServer/ContentDirectory/Control",
}
STATES = {"PLAYING": "playing", "PAUSED_PLAYBACK": "paused", "STOPPED": "stopped"}
ACTIONS = {"playing": "Play", "paused": "Pause", "stopped": "Stop"}
RADIO = "x-rincon-mp3radio:"
FAVOURITES = 200  # that are looked through
SHOWN = 300  # characters of an address
TITLES = 50  # that are known as values of `source`
TITLE = 120  # characters of a favourite's title
NEAR = 24  # bits of an address that a group's coordinator shares with the player


class SonosDriver:
    """One player; implements `Driver`."""

    def __init__(self, host: str) -> None:
        self._host = host
        self._players = {host: Http(f"{host}:{PORT}")}
        self._uuid = ""
        self._music = Music()
        self._favourites: Mapping[str, Source] | None = None  # None: not asked yet

    async def describe(self) -> Description:
        """By its device description."""
        root = parse((await self._players[self._host].send("GET", "/xml/device_description.xml")).body)
        self._uuid = text_of(root, "UDN").removeprefix("uuid:")
        if not self._uuid.startswith("RINCON_"):
            raise Refused("it is no Sonos player")
        room = printable(text_of(root, "roomName"), 60)
        return Description(
            identity=self._uuid,
            name=room,
            maker="Sonos",
            model=text_of(root, "modelName"),
            room=room,
            traits=(Trait.MEDIA,),
            properties=(Property(name="playing"), Property(name="volume"), Property(name="source")),
        )

    async def read(self) -> Mapping[str, Value]:
        """What it and the coordinator of its group answer."""
        leader = await self._leader()
        volume = (await self._act(self._host, "RenderingControl", "GetVolume", Channel="Master")).get("CurrentVolume", "")
        state = (await self._act(leader, "AVTransport", "GetTransportInfo")).get("CurrentTransportState", "")
        address = (await self._act(leader, "AVTransport", "GetMediaInfo")).get("CurrentURI", "")
        values: dict[str, Value] = {"source": (await self._name_of(plain(address)))[:SHOWN]}
        if volume.isascii() and volume.isdigit() and int(volume) <= 100:  # noqa: PLR2004  # percent
            values["volume"] = float(volume)
        if state in STATES and not (state == "PLAYING" and self._music.waits_for(plain(address))):
            values["playing"] = STATES[state]
        return values

    async def write(self, want: Mapping[str, Value]) -> None:
        """Volume first, so that nothing starts too loud."""
        check_known(want, ("playing", "volume", "source"))
        leader = await self._leader()
        steps = []
        if "volume" in want:
            volume = round(float(want["volume"]))
            steps.append(
                partial(self._act, self._host, "RenderingControl", "SetVolume", Channel="Master", DesiredVolume=volume)
            )
        playing = str(want.get("playing", ""))
        if "source" in want:
            source = await self._found(str(want["source"]), leader)
            given = {"CurrentURI": source.address, "CurrentURIMetaData": source.metadata}
            steps.append(partial(self._act, leader, "AVTransport", "SetAVTransportURI", **given))
            now = (await self._act(leader, "AVTransport", "GetTransportInfo")).get("CurrentTransportState")
            playing = playing or ("playing" if now == "PLAYING" else "")
        if playing:
            given = {"Speed": "1"} if playing == "playing" else {}
            steps.append(partial(self._act, leader, "AVTransport", ACTIONS[playing], **given))
        await in_steps(steps)

    async def favourites(self) -> tuple[str, ...]:
        """The titles of what it can play by name; one that lists none has none."""
        try:
            return tuple(title for title, source in (await self._listed()).items() if playable(source))[:TITLES]
        except Refused:
            return ()

    async def aclose(self) -> None:
        """Close its connections; a file of ours goes on being served until it was played."""
        for each in self._players.values():
            await each.aclose()

    async def _act(self, host: str, service: str, action: str, /, **given: object) -> Mapping[str, str]:
        http = self._players.setdefault(host, Http(f"{host}:{PORT}"))
        return await act(http, PATHS[service], service, action, {"InstanceID": 0, **given})

    async def _leader(self) -> str:
        """The host that plays for the player's group.

        Raises:
            Refused: it is not near: a player does not send us to just any address.
        """
        if not self._uuid:
            await self.describe()
        answer = await act(self._players[self._host], PATHS["ZoneGroupTopology"], "ZoneGroupTopology", "GetZoneGroupState", {})
        for group in parse(answer.get("ZoneGroupState", "")).iter():
            members = (
                {each.get("UUID", ""): each.get("Location", "") for each in group} if local(group.tag) == "ZoneGroup" else {}
            )
            if self._uuid in members:
                leader = group.get("Coordinator", "")
                return self._host if leader == self._uuid else near(members.get(leader, ""), self._host)
        return self._host

    async def _name_of(self, address: str) -> str:
        """What plays by the owner's name of it, else by that of a favourite, else its address."""
        name = self._music.name_of(address)
        if not address or name != address:
            return name
        return next((title for title, source in (await self._listed()).items() if plain(source.address) == address), address)

    async def _found(self, name: str, leader: str) -> Source:
        if source := await self._music.find(name, leader, radio=RADIO):
            return source
        for title, source in (await self._listed()).items():
            if title.casefold() == name.casefold():
                if not playable(source):
                    raise Refused(f"the favourite `{printable(name, 60)}` is an album or a playlist")
                return self._music.remember(name, source, plain(source.address))
        raise Refused(f"nothing to play is called `{printable(name, 60)}`: neither in home.yaml nor among its favourites")

    async def _listed(self) -> Mapping[str, Source]:
        """Its favourites by their titles; it is asked once."""
        if self._favourites is not None:
            return self._favourites
        given = {"ObjectID": "FV:2", "BrowseFlag": "BrowseDirectChildren", "Filter": "*", "StartingIndex": 0}
        answer = await act(
            self._players[self._host],
            PATHS["ContentDirectory"],
            "ContentDirectory",
            "Browse",
            {**given, "RequestedCount": FAVOURITES, "SortCriteria": ""},
        )
        items = [each for each in parse(answer.get("Result", "")).iter() if local(each.tag) == "item"]
        self._favourites = {
            printable(text_of(each, "title"), TITLE): Source(address=text_of(each, "res"), metadata=text_of(each, "resMD"))
            for each in items
        }
        return self._favourites


def playable(source: Source) -> bool:
    """Whether it plays by its address alone; albums and playlists need a queue."""
    return bool(source.address) and "container" not in source.address


def plain(address: str) -> str:
    """An address without what a player puts before it."""
    return address.removeprefix(RADIO).removeprefix("http:")


def near(location: str, host: str) -> str:
    """The host of a location, if it is beside another.

    Raises:
        Refused: it is not.
    """
    named = location.removeprefix("http://").partition("/")[0].removesuffix(f":{PORT}")
    try:
        if ipaddress.ip_address(named) in ipaddress.ip_network(f"{host}/{NEAR}", strict=False):
            return named
    except ValueError:
        pass
    raise Refused(f"its group is led from {printable(location, 60)}, which is not beside it")


@dataclass(frozen=True, slots=True)
class SonosFamily:
    """Implements `Family`."""

    name: str = "sonos"

    async def open(self, device: Device, secrets: Mapping[str, Secret]) -> Driver:  # noqa: ARG002  # there is no password
        """Its driver."""
        return await self._open(device)

    async def look(self, device: Device, secrets: Mapping[str, Secret]) -> Sequence[Found]:  # noqa: ARG002  # as above
        """The player itself."""
        driver = await self._open(device)
        try:
            said = await driver.describe()
            sources = Property(name="source", choices=await driver.favourites())
            said = replace(said, properties=(*(each for each in said.properties if each.name != "source"), sources))
            return [Found(family=self.name, address=device.address, description=said, options={})]
        finally:
            await driver.aclose()

    async def _open(self, device: Device) -> SonosDriver:
        driver = SonosDriver(device.address.removesuffix(f":{PORT}"))
        await same(driver, device)
        return driver


FAMILY = SonosFamily()
