"""Calls in threads: what blocks does not hold up the server, and one caller does not take all threads."""

from collections.abc import Callable
from typing import TypeVar
from weakref import WeakValueDictionary

from anyio import CapacityLimiter, to_thread

from overnight.web.calls import Caller

T = TypeVar("T")
AT_ONCE = 4  # calls of one caller; others wait
MOST_WAITING = 32  # of one caller
_limits: "WeakValueDictionary[str, CapacityLimiter]" = WeakValueDictionary()


class Busy(Exception):  # noqa: N818  # a state
    """A caller has too many calls under way."""


async def in_thread(caller: Caller, function: Callable[[], T]) -> T:
    """What a function returns that may block.

    Raises:
        Busy: this caller waits for too many already.
    """
    name = str(caller.principal)
    limiter = _limits.get(name)
    if limiter is None:
        limiter = _limits[name] = CapacityLimiter(AT_ONCE)
    if limiter.statistics().tasks_waiting >= MOST_WAITING:
        raise Busy("too many calls of yours are under way")
    return await to_thread.run_sync(function, limiter=limiter)
