"""What models do for actions now, for people: tokens a second by role and provider, how each provider stands, who waits.

The process that runs the board writes it to a small file, once a second while something happens; any process reads it. It is a
sign and no record: what counts is in the record and in the account of what models cost.
"""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from overnight.files.atomic import write_atomically
from overnight.files.own import NotOurs, read_own
from overnight.models.accounts import AccountState
from overnight.models.usage import CallRecord
from overnight.words.foreign import printable

FILE = "live.json"  # in the folder of the record
MINUTE_S = 60.0
KEPT = 60  # minutes
NOW_S = 60.0  # that a speed of now is about
REFRESH_S = 20.0  # between two writes when nothing happens
STALE_S = 30.0  # after which nobody writes it any more
LARGEST = 1_000_000  # bytes
DOING = 200  # characters

Short = Annotated[str, Field(max_length=400)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)


class CallSum(_Part):
    """The calls of one role to one provider that ended in one stretch of time."""

    at: float  # its begin, Unix time, s
    role: Short
    provider: Short
    calls: int = 0
    input_tokens: int = 0
    output_tokens: int = 0

    @property
    def tokens(self) -> int:
        """All of them."""
        return self.input_tokens + self.output_tokens


class ProviderNow(_Part):
    """How one provider's account stands."""

    name: Short
    standing: Short
    why: Short = ""
    wait_s: float | None = None


class WorkNow(_Part):
    """What the agent of one action does now."""

    action: int
    role: Short
    doing: Short  # such as `asks openai`, `runs pytest`
    since: float  # Unix time, s


class Live(_Part):
    """All of it."""

    at: float = 0.0  # when it was written, Unix time, s
    sums: Annotated[tuple[CallSum, ...], Field(max_length=10_000)] = ()  # of the last hour, by minute
    recent: Annotated[tuple[CallSum, ...], Field(max_length=10_000)] = ()  # of the last `NOW_S`, by second
    providers: Annotated[tuple[ProviderNow, ...], Field(max_length=1000)] = ()
    work: Annotated[tuple[WorkNow, ...], Field(max_length=1000)] = ()

    def is_current(self, now: float) -> bool:
        """Whether a board is at work that writes it."""
        return now - self.at < STALE_S

    def tokens_per_s(self, now: float, *, role: str = "", provider: str = "") -> float:
        """Tokens a second of the last minute, of all calls that ended in it, or of some."""
        return sum(each.tokens for each in self.recent if now - each.at <= NOW_S and _is(each, role, provider)) / NOW_S

    def hour_per_s(self, now: float, *, role: str = "", provider: str = "") -> float:
        """The same over the last hour."""
        hour_s = KEPT * MINUTE_S
        return sum(each.tokens for each in self.sums if now - each.at <= hour_s and _is(each, role, provider)) / hour_s


def _is(each: CallSum, role: str, provider: str) -> bool:
    return role in {"", each.role} and provider in {"", each.provider}


def read_live(folder: Path) -> Live:
    """What was written last; nothing if there is no such file."""
    try:
        return Live.model_validate_json(read_own(folder / FILE, LARGEST))
    except (OSError, NotOurs, ValidationError):
        return Live()


class LiveBoard:
    """Gathers the signs in the process that runs the board, and writes them."""

    def __init__(
        self, folder: Path, accounts: Callable[[], Sequence[AccountState]] = tuple, clock: Callable[[], float] = time.time
    ) -> None:
        """`accounts`: how each provider's account stands now."""
        self._folder = folder
        self._accounts = accounts
        self._clock = clock
        self._sums: dict[tuple[float, str, str], CallSum] = {}
        self._recent: dict[tuple[float, str, str], CallSum] = {}
        self._work: dict[int, WorkNow] = {}
        self._news = True
        self._written_at = 0.0

    def called(self, call: CallRecord) -> None:
        """A call was settled."""
        self._news = True
        now = self._clock()
        _count(self._sums, now // MINUTE_S * MINUTE_S, call)
        _count(self._recent, now // 1, call)

    def works(self, action: int, role: str, doing: str) -> None:
        """What an agent does now; empty: nothing any more that is known."""
        self._news = True
        if not doing:
            self._work.pop(action, None)
        elif (known := self._work.get(action)) is None or (known.role, known.doing) != (role, doing):
            self._work[action] = WorkNow(action=action, role=role, doing=printable(doing, DOING), since=self._clock())

    @property
    def is_due(self) -> bool:
        """Whether it is to be written: there is news, or a while has passed."""
        return self._news or not 0 <= self._clock() - self._written_at < REFRESH_S

    def write(self) -> None:
        """Write it; raises OSError."""
        self.writer()()

    def writer(self) -> Callable[[], None]:
        """What writes how it stands now, also in a thread: the disk of a machine at work takes long."""
        now = self._clock()
        _forget(self._sums, now - KEPT * MINUTE_S)
        _forget(self._recent, now - NOW_S)
        live = Live(
            at=now,
            sums=tuple(self._sums.values()),
            recent=tuple(self._recent.values()),
            providers=tuple(
                ProviderNow(name=each.name, standing=each.standing, why=printable(each.why, DOING), wait_s=each.wait_s)
                for each in self._accounts()
            ),
            work=tuple(self._work.values()),
        )
        self._news, self._written_at = False, now
        return lambda: write_atomically(self._folder / FILE, live.model_dump_json().encode(), lasting=False)


def _count(sums: dict[tuple[float, str, str], CallSum], at: float, call: CallRecord) -> None:
    key = (at, call.role, call.provider)
    known = sums.get(key) or CallSum(at=at, role=call.role, provider=call.provider)
    more = {
        "calls": known.calls + call.usage.calls,
        "input_tokens": known.input_tokens + call.usage.input_tokens,
        "output_tokens": known.output_tokens + call.usage.output_tokens,
    }
    sums[key] = known.model_copy(update=more)


def _forget(sums: dict[tuple[float, str, str], CallSum], before: float) -> None:
    for key in [key for key in sums if key[0] < before]:
        del sums[key]
