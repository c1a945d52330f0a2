"""Whether a device is as wanted: it is asked until it says so twice, with a while between, or has had its time.

What moves has all of its time; what stands still has no more than is usual.
"""

import time
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from overnight.home.port import DeviceError
from overnight.home.things import Property, Reading, Value, holds
from overnight.words.foreign import one_line

USUAL_S = 15.0  # in which a command has to show, unless the device is known to be slow: some take ten
PAUSES_S = (0.05, 0.1, 0.2, 0.4, 0.8)  # between two looks, the last one again and again
LAST_TRIES = 3  # when the time is over, for a device that does not answer just then
DETAIL = 200  # characters of a device's words


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What looking came to."""

    holds: bool
    after: Mapping[str, Value] | None  # as it was read at last; null: it did not answer
    silent: str = ""  # why it did not answer


class Patience:
    """How long a device is asked."""

    def __init__(self, within_s: float, want: Mapping[str, Value], before: Mapping[str, Value]) -> None:
        self._now = time.monotonic
        self._until = self._now() + within_s
        self._still_until = self._now() + min(within_s, USUAL_S)
        self._want, self._seen = want, before
        self._last = LAST_TRIES

    def see(self, values: Mapping[str, Value]) -> None:
        """It answered: one that has moved has longer."""
        if any(values.get(name) != self._seen.get(name) for name in self._want):
            self._still_until, self._seen = self._now() + USUAL_S, values

    def ends(self, *, answered: bool) -> bool:
        """Whether it has had its time."""
        if self._now() < min(self._until, self._still_until):
            return False
        self._last -= 1
        return answered or not self._last


async def confirm(
    look: Callable[[], Awaitable[Reading]],
    want: Mapping[str, Value],
    known: Mapping[str, Property],
    patience: Patience,
    *,
    steady_s: float,
) -> Found:
    """Look until it is as wanted, or has had its time."""
    import anyio

    held = False  # at the look before
    pauses = iter(PAUSES_S)
    while True:
        found = await _look(look, want, known)
        if found.holds and held:
            return found
        held = found.holds
        if found.after is not None:
            patience.see(found.after)
        if not held and patience.ends(answered=found.after is not None):
            return found
        await anyio.sleep(steady_s if held else next(pauses, PAUSES_S[-1]))


async def _look(look: Callable[[], Awaitable[Reading]], want: Mapping[str, Value], known: Mapping[str, Property]) -> Found:
    try:
        values = (await look()).values
    except DeviceError as error:
        return Found(holds=False, after=None, silent=words_of(error))
    return Found(holds=holds(want, known, values), after=values)


def words_of(error: BaseException) -> str:
    """Why it failed, as a line; perhaps a device's words."""
    return one_line(str(error) or type(error).__name__, DETAIL)
