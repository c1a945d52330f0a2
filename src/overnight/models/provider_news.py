"""Tells others when a provider's state changes: few lines a night, however often it changes.

What lasts is told at once, what may pass in a moment once it has lasted for a while. A provider that goes out and comes back
again and again is told of once a minute, as it stands by then.
"""

import asyncio
import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from overnight.models.accounts import Account
from overnight.models.breaker import BreakerState
from overnight.models.pace import Pace
from overnight.models.provider_state import ProviderStanding, ProviderState
from overnight.models.usage import CallRecord
from overnight.words.foreign import printable

LONGEST = 300  # characters of a reason
SETTLED_S = 3.0  # what a pause or a recovery must last to be told
APART_S = 60.0  # between two changes of one provider that are told
LASTING = frozenset({ProviderStanding.PARKED, ProviderStanding.BROKEN})
STANDINGS = {
    BreakerState.READY: ProviderStanding.READY,
    BreakerState.PAUSED: ProviderStanding.PAUSED,
    BreakerState.PARKED: ProviderStanding.PARKED,
    BreakerState.BROKEN: ProviderStanding.BROKEN,
}


@dataclass(slots=True)
class _Told:
    """What was told of one account, and when it is looked at again."""

    account: Account
    pace: Pace = field(default_factory=Pace)
    mark: tuple[ProviderStanding, float] = (ProviderStanding.READY, 0.0)
    at: float = -math.inf  # when it was last told not to be ready, by the monotonic clock
    timer: asyncio.TimerHandle | None = None


class ProviderNews:
    """Watches accounts; open from its making to `close`."""

    def __init__(
        self,
        accounts: Sequence[Account],
        tell: Callable[[ProviderState], None],
        *,
        settled_s: float = SETTLED_S,
        apart_s: float = APART_S,
    ) -> None:
        """`tell` gets each change that is worth telling."""
        self._told = {account.provider.name: _Told(account) for account in accounts}
        self._tell = tell
        self._settled_s, self._apart_s = settled_s, apart_s
        self._closed = False

    def called(self, call: CallRecord) -> None:
        """A call was answered and counted."""
        told = self._told.get(call.provider)
        if told and not call.usage.estimated:
            told.pace.add(call.model, call.usage.output_tokens, call.answer_s)
            self._look(told)

    def look(self) -> None:
        """Some account may stand otherwise than it was told."""
        for told in self._told.values():
            self._look(told)

    def close(self) -> None:
        """Tell what is left to tell, except for what may have passed by now."""
        self._closed = True
        for told in self._told.values():
            if told.timer:
                told.timer.cancel()
            if self._mark(told) != told.mark and self._mark(told)[0] is not ProviderStanding.PAUSED:
                self._say(told)

    def _look(self, told: _Told) -> None:
        mark, now = self._mark(told), time.monotonic()
        if self._closed or told.timer or mark == told.mark:
            return
        wait_s = 0.0 if mark[0] in LASTING else self._settled_s
        if mark[0] is not ProviderStanding.READY:
            wait_s = max(wait_s, told.at + self._apart_s - now)
        if wait_s > 0:
            told.timer = asyncio.get_running_loop().call_later(wait_s, self._due, told)
        else:
            self._say(told)

    def _due(self, told: _Told) -> None:
        told.timer = None
        if self._mark(told) != told.mark:
            self._say(told)

    def _say(self, told: _Told) -> None:
        standing, until = told.mark = self._mark(told)
        monotonic, now = time.monotonic(), time.time()
        if standing is not ProviderStanding.READY:
            told.at = monotonic
        slow = told.pace.slow() if standing is ProviderStanding.SLOW else ""
        self._tell(
            ProviderState(
                provider=printable(told.account.provider.name, LONGEST),
                standing=standing,
                why=printable(slow or told.account.breaker.why, LONGEST),
                since=now,
                until=now + max(0.0, until - monotonic) if until else None,
            )
        )

    def _mark(self, told: _Told) -> tuple[ProviderStanding, float]:
        """What makes a difference: the standing, and for a spent quota the monotonic time of its reset."""
        breaker = told.account.breaker
        standing = STANDINGS[breaker.outage]
        if standing is ProviderStanding.READY and told.pace.slow():
            return ProviderStanding.SLOW, 0.0
        return standing, breaker.until if standing is ProviderStanding.PARKED else 0.0
