"""The page as a channel: it shows what is recorded, so that all is sent once it is."""

from collections.abc import Callable

import anyio

from overnight.claw.port import Outgoing
from overnight.notices.port import Message


class PageChat:
    """Implements `Chat`; what is written on the page comes in by `claw say`."""

    async def receive(self, take: Callable[[Message], None]) -> None:  # noqa: ARG002  # of the port
        """Nothing comes in here."""
        await anyio.sleep_forever()

    async def send(self, message: Outgoing) -> None:
        """It is there already."""

    async def find(self, message: Outgoing) -> bool | None:  # noqa: ARG002  # of the port
        """It always is."""
        return True
