"""What plays on a Sonos twin: it fetches the media, and plays for as long as the bytes last."""

import asyncio
import re
from collections.abc import Callable
from dataclasses import dataclass

import aiohttp

from overnight.home.things import Value
from overnight.home.twins.twin import Change

BYTES_A_SECOND = 16_000  # 128 kbit/s
START_BYTES = 8_192  # buffered before it plays


@dataclass(slots=True, kw_only=True)
class Fetch:
    """One address that a player asked for, and what came."""

    url: str
    size_bytes: int = 0
    status: int = 0


class Transport:
    """`state` is TRANSITIONING from the command to the first bytes."""

    def __init__(self, truth: dict[str, Value], become: Callable[[Change], None]) -> None:
        self._truth = truth
        self._become = become
        self._task: asyncio.Task[None] | None = None
        self.fetched: list[Fetch] = []
        self.state = ""
        self.started = 0.0

    @property
    def played_s(self) -> float:
        """Since when it plays."""
        playing = self._truth["playing"] == "playing"
        return asyncio.get_running_loop().time() - self.started if playing else 0.0

    @property
    def duration_s(self) -> float:
        """Of what was fetched last."""
        return self.fetched[-1].size_bytes / BYTES_A_SECOND if self.fetched else 0.0

    def play(self) -> None:
        """Fetch the source, and play it."""
        self.stop()
        source = str(self._truth["source"])
        self.state = "TRANSITIONING"
        self._task = asyncio.get_running_loop().create_task(self._run(source))

    def stop(self, playing: str = "stopped") -> None:
        """Stop fetching and playing."""
        if self._task is not None and self._task is not asyncio.current_task():
            self._task.cancel()
        self._task = None
        self.state = ""
        self._become({"playing": playing})

    async def _run(self, source: str) -> None:
        if not re.match(r"(x-rincon-mp3radio:|https?:)", source):  # line-in, a television: nothing to fetch
            self._begin()
            return
        url = re.sub(r"^x-rincon-mp3radio:(?!//)", "", source)
        fetch = Fetch(url=re.sub(r"^x-rincon-mp3radio:", "http:", url))
        self.fetched.append(fetch)
        try:
            async with aiohttp.ClientSession() as session, session.get(fetch.url) as response:
                fetch.status = response.status
                response.raise_for_status()
                async for piece in response.content.iter_any():
                    fetch.size_bytes += len(piece)
                    if fetch.size_bytes >= START_BYTES:
                        self._begin()
            if fetch.size_bytes:
                self._begin()
        except (aiohttp.ClientError, OSError, ValueError):
            self.stop()
            return
        await asyncio.sleep(max(0.0, fetch.size_bytes / BYTES_A_SECOND - self.played_s))
        self.stop()

    def _begin(self) -> None:
        if self._truth["playing"] != "playing":
            self.started = asyncio.get_running_loop().time()
            self.state = ""
            self._become({"playing": "playing"})


def hours(seconds: float) -> str:
    """H:MM:SS."""
    whole = int(seconds)
    return f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}"
