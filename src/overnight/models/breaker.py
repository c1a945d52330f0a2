"""Whether an account may be asked now: open after a failure, one probe when its time has passed, closed after a success."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from overnight.models.failures import ProviderFailure, ProviderFault

TRUSTED = 2  # times in a row that a provider may say when to ask again, and fail then
CUT_SESSION = 4  # failures that a broken answer counts for if others can be asked: the next one may cost a session, too


@dataclass(frozen=True, slots=True, kw_only=True)
class RetryTimes:
    """How long failures are waited out; seconds."""

    busy_s: float = 1.0  # after a first failure of the provider's; doubles each time
    busiest_s: float = 60.0
    quota_s: float = 300.0  # after a spent quota without a reset time; doubles each time
    longest_s: float = 4 * 3600.0
    same_s: float = 2.0  # a rate limit that ends as soon is waited for at the same account, whose cache is warm
    near_s: float = 60.0  # a reset that is as near is waited for, with the request in hand
    patience_s: float = 120.0  # in all, for one request
    connect_s: float = 10.0


class BreakerState(StrEnum):
    """How an account stands."""

    READY = "ready"
    PAUSED = "paused"  # the provider is busy or limits the rate
    PARKED = "parked"  # its quota is used up
    BROKEN = "broken"  # until a person fixes it; looked at again now and then
    PROBING = "probing"  # one request finds out whether it works again


STANDING_AFTER = {
    ProviderFault.BUSY: BreakerState.PAUSED,
    ProviderFault.RATE: BreakerState.PAUSED,
    ProviderFault.QUOTA: BreakerState.PARKED,
    ProviderFault.BROKEN: BreakerState.BROKEN,
}


class Breaker:
    """The state of one account; the time is passed in, never read from a clock."""

    def __init__(self, pace: RetryTimes, jitter: Callable[[], float]) -> None:
        """`jitter` gives numbers from 0 to 1, so that many gateways do not come back at once."""
        self._pace = pace
        self._jitter = jitter
        self._fault: ProviderFault | None = None
        self._until = 0.0
        self._failures = 0  # in a row
        self._unproven = 0  # failures before an answer that began and may yet break off
        self._changes = 0
        self._probing = False
        self.why = ""  # the newest failure, in words

    def standing(self, now: float) -> BreakerState:
        """How the account stands."""
        if self._fault is None:
            return BreakerState.READY
        if self._probing or now >= self._until:
            return BreakerState.PROBING
        return STANDING_AFTER[self._fault]

    @property
    def outage(self) -> BreakerState:
        """How it stands until a request shows that it works again, whether or not one is trying."""
        return BreakerState.READY if self._fault is None else STANDING_AFTER[self._fault]

    @property
    def until(self) -> float:
        """When the newest outage may be over, by the clock that is passed in."""
        return self._until

    def take(self, now: float) -> int | None:
        """Permission for a request, to be handed back with its outcome; None if it is not to be asked now."""
        if self._fault is None:
            return self._changes
        if self._probing or now < self._until:
            return None
        self._probing = True
        return self._changes

    def release(self, permission: int) -> None:
        """The request ended without an outcome, or says nothing about the account."""
        if permission == self._changes:
            self._probing = False

    def succeed(self, permission: int) -> None:
        """The account answered."""
        if permission == self._changes and self._fault is not None:
            self._change(None)
            self._unproven, self._failures = self._failures, 0
            self.why = ""

    def finish(self) -> None:
        """An answer came to its end."""
        self._unproven = 0

    def break_off(self, failure: ProviderFailure, now: float, *, alone: bool) -> None:
        """An answer broke off, so that its beginning was no success; if the account is out already, nothing happens.

        Agents give up a session if their answers break, and take seconds to start another. So unless the account is `alone`
        it rests for longer than that.
        """
        permission = self.take(now)
        if permission is not None:
            self._failures = max(self._failures, self._unproven, 0 if alone else CUT_SESSION)
            self.fail(permission, failure, now)

    def fail(self, permission: int, failure: ProviderFailure, now: float) -> None:
        """The account failed; requests that were under way at an earlier failure count as one with it."""
        if permission != self._changes:
            return
        self._failures += 1
        self._until = now + self._pause(failure)
        self._change(failure.fault)
        self.why = failure.why

    def wait_s(self, now: float) -> float | None:
        """Seconds until it may be asked; 0 while a probe is under way; None if a person has to fix it."""
        if self._fault is ProviderFault.BROKEN:
            return None
        return max(0.0, self._until - now) if self._fault is not None else 0.0

    def _change(self, fault: ProviderFault | None) -> None:
        self._fault = fault
        self._probing = False
        self._changes += 1

    def _pause(self, failure: ProviderFailure) -> float:
        pace = self._pace
        lasting = failure.fault in {ProviderFault.QUOTA, ProviderFault.BROKEN}
        first, most = (pace.quota_s, pace.longest_s) if lasting else (pace.busy_s, pace.busiest_s)
        guess = min(most, first * 2.0 ** min(self._failures - 1, 30))
        if failure.wait_s is None:
            return guess * (0.75 + 0.5 * self._jitter())
        # Never earlier than the provider says, and a little later; much later once it was wrong about that in a row.
        said = failure.wait_s + 0.1 * guess * self._jitter()
        return said if self._failures <= TRUSTED else max(said, guess * (0.75 + 0.5 * self._jitter()))
