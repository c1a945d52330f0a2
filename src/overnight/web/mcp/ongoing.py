"""A call that a client waits for."""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field


def _unheard(_done: float, _total: float, _message: str) -> None:
    """Nobody asked for progress."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ongoing:
    """What waits ends when it is asked to; what has an effect goes on."""

    progress: Callable[[float, float, str], None] = _unheard  # how far it is, of what, in words
    ending: threading.Event = field(default_factory=threading.Event)  # nobody waits for it any more
    withdrawn: threading.Event = field(default_factory=threading.Event)  # the client does not want the answer
