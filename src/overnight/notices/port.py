"""The interface of notices: one channel to a person, and of some channels the way back."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Protocol

from overnight.notices.notice import Notice


class NotSent(Exception):  # noqa: N818  # an outcome, not an error
    """A notice did not get through; says why in one line, without any address, token or other secret."""

    def __init__(self, why: str, *, again: bool, wait_s: float = 0.0, unsure: bool = False) -> None:
        """`again`: a later attempt may succeed, but not before `wait_s` have passed; `unsure`: it may have got through."""
        super().__init__(why)
        self.again = again
        self.wait_s = wait_s
        self.unsure = unsure


class Deaf(Exception):  # noqa: N818  # an outcome, not an error
    """A channel cannot receive now; says why in one line, without any address, token or other secret."""

    def __init__(self, why: str, *, again: bool) -> None:
        """`again`: a later attempt may succeed."""
        super().__init__(why)
        self.again = again


@dataclass(frozen=True, slots=True, kw_only=True)
class Message:
    """What somebody wrote; all of it is foreign."""

    id: str  # in its channel: a message with the same id is the same message, delivered again
    sender: str  # as the channel itself knows them, never a name that they chose
    text: str
    at: float  # Unix time at which it was written, by the channel; else at which it was received
    group: bool = False  # others can read or write where it was written
    forwarded: bool = False  # its sender passes on what others may have written


class Receiver(Protocol):
    """The half of a channel that hears."""

    async def receive(self, take: Callable[[Message], None]) -> None:
        """Pass on each message, in order, until cancelled.

        A message is on disk when `take` returns, and only then acknowledged to the channel. One that was not acknowledged,
        such as before a kill or as `take` raised, comes again.

        Raises:
            Deaf: it cannot receive now.
            Exception: what `take` raised.
        """
        ...


class Channel(Protocol):
    """Notifies a person, who can answer if the channel has a receiver."""

    @property
    def receiver(self) -> Receiver | None:
        """The half that hears; None if messages only go out."""
        ...

    async def send(self, notice: Notice) -> None:
        """Try to send it once, in bounded time; what answers a message names its sender in the fact `to`.

        Raises:
            NotSent: it did not get through, or it is unknown whether it did.
        """
        ...
