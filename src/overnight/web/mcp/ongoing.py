"""A call that a client waits for."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field


def _unheard(_done: float, _total: float, _message: str) -> None:
    """Nobody asked for progress."""


@dataclass(frozen=True, slots=True)
class Ongoing:
    """Is cancelled by the client, or when they go."""

    progress: Callable[[float, float, str], None] = _unheard  # how far it is, of what, in words
    cancelled: threading.Event = field(default_factory=threading.Event)
