"""Whether a channel that looks connected hears: its server answers."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol, runtime_checkable


@dataclass(slots=True)
class Health:
    """Of one channel, in one process."""

    heard: Callable[[], None] = lambda: None  # who wants to know of each

    def trip(self) -> None:
        """Its server answered now."""
        self.heard()


@runtime_checkable
class Sounded(Protocol):
    """A chat whose health can be asked about."""

    @property
    def health(self) -> Health:
        """Of its connection."""
        ...

    async def round_trip(self) -> str:
        """Who the server says that we are.

        Raises:
            Deaf: it does not answer.
        """
        ...
