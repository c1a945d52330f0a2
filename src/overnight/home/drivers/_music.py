"""What a player can be given to play: an address or a file of the owner's, by the names in home.yaml."""

import mimetypes
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from urllib.parse import urlsplit
from xml.sax.saxutils import escape, quoteattr

from overnight.home.drivers._listener import Served, serve
from overnight.home.port import Refused
from overnight.home.record.record import home_folder
from overnight.home.settings import read_settings
from overnight.words.foreign import printable

SUFFIXES = (".mp3", ".flac", ".m4a", ".ogg", ".wav", ".aac")
FILES = 20_000  # of a folder that are looked through
_DIDL = (
    '<DIDL-Lite xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:upnp="urn:schemas-upnp-org:metadata-1-0/upnp/"'
    ' xmlns:r="urn:schemas-rinconnetworks-com:metadata-1-0/" xmlns="urn:schemas-upnp-org:metadata-1-0/DIDL-Lite/">'
    '<item id="{id}" parentID="{parent}" restricted="true">{rest}<dc:title>{title}</dc:title>'
    "<upnp:class>object.item.audioItem.{kind}</upnp:class></item></DIDL-Lite>"
)
_TUNED = '<desc id="cdudn" nameSpace="urn:schemas-rinconnetworks-com:metadata-1-0/">SA_RINCON65031_</desc>'


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """What a player is given."""

    address: str
    metadata: str = ""  # as DIDL


class Music:
    """The owner's names of what can be played, and what they became on one player."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}
        self._served: dict[str, Served] = {}

    @cached_property
    def _owned(self) -> dict[str, str]:
        return {name.casefold(): place for name, place in read_settings(home_folder()).music.items()}

    async def find(self, name: str, host: str, *, radio: str) -> Source | None:
        """What a name means to a player at a host: `jazz`, or `records/kind of blue` for a file of a folder; None: nothing.

        Raises:
            Refused: the owner's entry cannot be played.
        """
        folder, _, rest = name.partition("/")
        place = self._owned.get(name.casefold()) or self._owned.get(folder.casefold())
        if place is None:
            return None
        if urlsplit(place).scheme in ("http", "https"):
            if rest:
                return None
            metadata = _DIDL.format(id="R:0/0/0", parent="R:0/0", title=escape(name), kind="audioBroadcast", rest=_TUNED)
            address = f"{radio}{place.removeprefix('http:')}" if radio and place.startswith("http:") else place
            return self.remember(name, Source(address=address, metadata=metadata), place.removeprefix("http:"))
        file = find_file(Path(place), rest)
        served = await serve(file, host)
        kind = quoteattr(f"http-get:*:{mimetypes.guess_type(file.name)[0] or 'audio/mpeg'}:*")
        rest = f"<res protocolInfo={kind}>{escape(served.address)}</res>"
        metadata = _DIDL.format(id="S:0", parent="S:", title=escape(printable(file.stem, 80)), kind="musicTrack", rest=rest)
        self._served[served.address.removeprefix("http:")] = served
        return self.remember(name, Source(address=served.address, metadata=metadata), served.address.removeprefix("http:"))

    def remember(self, name: str, source: Source, plain: str) -> Source:
        """What an address is called when a player says it."""
        self._names[plain] = name
        return source

    def name_of(self, plain: str) -> str:
        """The owner's name of an address, or the address."""
        if plain in self._names:
            return self._names[plain]
        return next((name for name, place in self._owned.items() if place.removeprefix("http:") == plain), plain)

    def waits_for(self, plain: str) -> bool:
        """Whether an address is a file of ours of which nothing has been fetched yet."""
        return plain in self._served and not self._served[plain].fetched()


def find_file(folder: Path, name: str) -> Path:
    """The audio file of a folder that is meant by its path or its name; the first one without a name.

    Raises:
        Refused: there is none.
    """
    try:
        root = folder.expanduser().resolve(strict=True)
        files = _audio(root)
    except OSError as error:
        raise Refused(f"the music of home.yaml cannot be read: {error.strerror}") from error
    key = name.casefold().strip("/")
    for file in files:
        if not key or key in (file.stem.casefold(), str(file.relative_to(root)).casefold()):
            return file
    raise Refused(f"no file there is called `{printable(name, 60)}`" if key else "there is no music in that folder")


def _audio(root: Path) -> Sequence[Path]:
    found = []
    for count, file in enumerate(root.rglob("*")):
        if count > FILES:
            break
        if file.suffix.lower() in SUFFIXES and file.is_file() and file.resolve().is_relative_to(root):
            found.append(file)
    return sorted(found)
