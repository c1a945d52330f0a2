"""The cameras, watched as soon as something is looked out for; what keeps them from it is said once, and tried again later."""

import os
from collections.abc import Callable

from overnight.errors import UserError
from overnight.home.record.record import HomeRecord
from overnight.home.record.sightings import lookouts, sighting
from overnight.home.settings import read_settings
from overnight.home.sightings.cameras import watch
from overnight.words.foreign import printable
from overnight.words.quantities import counted

LOOK_S = 5.0  # between two looks whether something is looked out for
AGAIN_S = 60.0  # after a failure


class CameraWatch:
    """Watches the cameras of a home while others of its process do other things."""

    def __init__(self, record: HomeRecord, *, say: Callable[[str], None]) -> None:
        self._record, self._say = record, say
        self._why, self._watches = "", False

    async def run(self) -> None:
        """Watch until cancelled."""
        from anyio import sleep

        while True:
            if not lookouts(self._record):
                await sleep(LOOK_S)
                continue
            try:
                self._watches = True
                settings = read_settings(self._record.folder)
                await watch(self._record, settings, os.environ, told=self._tell, say=self._say)
            except UserError as error:
                if str(error) != self._why:
                    self._say(f"the cameras are not watched: {error}")
                self._why, self._watches = str(error), False
            await sleep(AGAIN_S)

    def doing(self) -> str:
        """What is looked out for, in words that follow others; empty: nothing."""
        count = len(lookouts(self._record))
        return f", {counted(count, 'lookout')}{'' if self._watches else ' not watched'}" if count else ""

    def _tell(self, number: int) -> None:
        found = sighting(self._record, number)
        device = self._record.device(found.device) if found else None
        if found and device:
            self._say(f"#{number}: {printable(found.what, 80)} at {device.alias}")
