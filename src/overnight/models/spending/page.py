"""What was spent, as `overnight spend` shows it and prints it with `--json`."""

import os
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing, suppress
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path

from overnight.models.spending.book import NAME, SUMS, AccountInUse, Book
from overnight.models.spending.days import Calendar, calendar_of
from overnight.models.spending.limits import Period, SpendingRules, Unit

GROUPS = ("system", "job", "role", "provider", "model")
_NAMES = {"job": "coalesce((SELECT label FROM jobs WHERE jobs.job = spent.job), spent.job)"}  # else the column itself
WEEK_DAYS = 7


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """A sum over calls."""

    calls: int = 0
    input_tokens: int = 0  # cached ones included
    cached_tokens: int = 0  # of the input
    output_tokens: int = 0
    cost_usd: float = 0.0
    estimated: int = 0  # calls whose tokens are our estimate
    unsettled: int = 0  # of them, calls whose process ended before they did, counted with the most that they might have used

    @property
    def tokens(self) -> int:
        """All of them: what a limit counts."""
        return self.input_tokens + self.output_tokens


@dataclass(frozen=True, slots=True, kw_only=True)
class SpentBy:
    """What one system, job, role, provider or model has of it."""

    name: str  # printable; empty: not known, of days that were folded
    spent: Spent


@dataclass(frozen=True, slots=True, kw_only=True)
class SentBytes:
    """What left for one host of a provider."""

    provider: str
    host: str  # with the port, if the settings name one
    here: bool  # on this machine, which it did not leave
    requests: int
    size_bytes: int  # of the bodies


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitStanding:
    """How one limit of the settings stands."""

    key: str  # in the settings
    system: str  # that it is for; empty: all of them
    period: Period
    unit: Unit
    limit: float
    spent: float
    held: float  # reserved for calls under way
    left: float
    ends: float  # when it begins anew, Unix time, s


@dataclass(frozen=True, slots=True, kw_only=True)
class SpendPage:
    """What models cost."""

    path: Path  # the account; it may not exist yet
    zone: str  # whose midnight ends a day
    day: str  # today there
    days: int  # that `by` and `sent` are about, today included
    today: Spent
    week: Spent  # since Monday
    under_way: int  # calls for which something is reserved
    limits: Sequence[LimitStanding]
    by: Mapping[str, Sequence[SpentBy]]  # system, role and provider, or what was asked for; the dearest first
    sent: Sequence[SentBytes]  # most bytes first
    settings: str = ""  # the file that has the limits
    by_day: Sequence[SpentBy] = field(default_factory=tuple)  # oldest first, of days with calls


def read_page(
    folder: Path,
    rules: SpendingRules,
    *,
    days: int = WEEK_DAYS,
    by: Sequence[str] = ("system", "role", "provider"),
    clock: Callable[[], float] = time.time,
) -> SpendPage:
    """What the account in a folder has; an account that nobody has used yet is empty, and is not made.

    Raises:
        AccountUnusable: it is damaged, or cannot be read.
        AccountInUse: it is being changed for seconds.
    """
    calendar, at = calendar_of(rules.zone), clock()
    if not os.path.lexists(folder / NAME):
        return _Reader(None, calendar, at).page(folder, rules, days, by)
    with closing(Book(folder, calendar)) as book:
        with suppress(AccountInUse), book.changing():
            book.settle_dead()
        return _Reader(book, calendar, at).page(folder, rules, days, by)


@dataclass(frozen=True, slots=True)
class _Reader:
    """The questions to one book, or to none."""

    book: Book | None
    calendar: Calendar
    at: float

    def page(self, folder: Path, rules: SpendingRules, days: int, by: Sequence[str]) -> SpendPage:
        today = self.calendar.day(self.at)
        since = _text(today - timedelta(days=days - 1))
        return SpendPage(
            path=folder / NAME,
            zone=self.calendar.name,
            day=_text(today),
            days=days,
            today=self._sum(_text(today)),
            week=self._sum(_text(today - timedelta(days=today.weekday()))),
            under_way=self._under_way(),
            limits=[] if self.book is None and not rules.all else self._limits(rules),
            by={name: self._groups(name, since) for name in by},
            sent=self._sent(since),
            settings=rules.source,
            by_day=sorted(self._groups("day", since), key=lambda group: group.name),
        )

    def _rows(self, query: str, *values: str) -> Sequence[tuple[object, ...]]:
        return self.book.rows(query, values) if self.book else ()

    def _sum(self, since: str) -> Spent:
        rows = self._rows(f"SELECT {SUMS} FROM spent WHERE day >= ?", since)  # noqa: S608  # ours
        return _spent(rows[0]) if rows and rows[0][0] is not None else Spent()

    def _under_way(self) -> int:
        rows = self._rows("SELECT count(*) FROM reserved")
        return int(str(rows[0][0])) if rows else 0

    def _groups(self, column: str, since: str) -> Sequence[SpentBy]:
        name = _NAMES.get(column, column)
        query = f"SELECT {name}, {SUMS} FROM spent WHERE day >= ? GROUP BY {column}"  # noqa: S608  # ours
        groups = [SpentBy(name=str(name), spent=_spent(sums)) for name, *sums in self._rows(query, since)]
        return sorted(groups, key=lambda group: (-group.spent.cost_usd, -group.spent.tokens, group.name))

    def _sent(self, since: str) -> Sequence[SentBytes]:
        query = (
            "SELECT provider, host, here, sum(requests), sum(bytes) FROM sent WHERE day >= ? GROUP BY 1, 2, 3 ORDER BY 5 DESC"
        )
        return [
            SentBytes(
                provider=str(provider), host=str(host), here=bool(here), requests=int(str(requests)), size_bytes=int(str(size))
            )
            for provider, host, here, requests, size in self._rows(query, since)
        ]

    def _limits(self, rules: SpendingRules) -> Sequence[LimitStanding]:
        found = []
        for limit in rules.all:
            standing = self.book.standing(limit, self.at) if self.book else None
            spent, held = (standing.spent, standing.held) if standing else (0.0, 0.0)
            found.append(
                LimitStanding(
                    key=limit.key,
                    system=limit.system,
                    period=limit.period,
                    unit=limit.unit,
                    limit=limit.amount,
                    spent=spent,
                    held=held,
                    left=max(0.0, limit.amount - spent),
                    ends=self.calendar.reset(limit.period, self.at),
                )
            )
        return found


def _spent(row: Sequence[object]) -> Spent:
    calls, asked, cached, answered, cost_usd, estimated, unsettled = (float(str(value)) for value in row)
    return Spent(
        calls=int(calls),
        input_tokens=int(asked),
        cached_tokens=int(cached),
        output_tokens=int(answered),
        cost_usd=cost_usd,
        estimated=int(estimated),
        unsettled=int(unsettled),
    )


def _text(day: date) -> str:
    return day.isoformat()
