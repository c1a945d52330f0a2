"""Calls in threads: what blocks does not hold up the server, and one caller does not take all threads."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar
from weakref import WeakValueDictionary

from anyio import CapacityLimiter, to_thread

from overnight.errors import UserError
from overnight.web.calls import Caller

T = TypeVar("T")
AT_ONCE = 4  # calls of one caller; others wait
MOST_WAITING = 32  # of one caller


class Busy(UserError):  # noqa: N818  # a state
    """A caller has too many calls under way."""


@dataclass(slots=True, weakref_slot=True)
class _Calls:
    """Those of one caller."""

    limiter: CapacityLimiter
    inside: int = 0  # under way or waiting


_calls: WeakValueDictionary[str, _Calls] = WeakValueDictionary()


async def in_thread(caller: Caller, function: Callable[[], T]) -> T:
    """What a function returns that may block.

    Raises:
        Busy: this caller waits for too many already.
    """
    calls = _calls.setdefault(str(caller.principal), _Calls(CapacityLimiter(AT_ONCE)))
    if calls.inside >= AT_ONCE + MOST_WAITING:
        raise Busy("too many calls of yours are under way", fix="wait for one to end")
    calls.inside += 1
    try:
        return await to_thread.run_sync(function, limiter=calls.limiter)
    finally:
        calls.inside -= 1
