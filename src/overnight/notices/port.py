"""The interface of notices: one channel to a person."""

from typing import Protocol

from overnight.notices.notice import Notice


class NotSent(Exception):  # noqa: N818  # an outcome, not an error
    """A notice did not get through; says why in one line, without any address, token or other secret."""

    def __init__(self, why: str, *, again: bool, wait_s: float = 0.0) -> None:
        """`again`: a later attempt may succeed, but not before `wait_s` have passed."""
        super().__init__(why)
        self.again = again
        self.wait_s = wait_s


class Notifier(Protocol):
    """Notifies a person through one channel."""

    async def send(self, notice: Notice) -> None:
        """Try to send it once, in bounded time.

        Raises:
            NotSent: it did not get through, or it is unknown whether it did.
        """
        ...
