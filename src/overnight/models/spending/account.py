"""The owner's account as one gateway uses it: within the limits of all processes, and kept by all of them.

A call is reserved before it is made if anything limits it, and counted after it in any case: one short transaction each.
If the file cannot be used, limits refuse every call, and without limits calls go on and are counted once it can be.
"""

import asyncio
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from urllib.parse import urlsplit

from overnight.files.state_folder import state_folder
from overnight.models.budget import BudgetSpent, CostEstimate, SpendingLimit
from overnight.models.provider import Provider, is_here
from overnight.models.spending.book import AccountInUse, AccountUnusable, Book, SentTo, Standing
from overnight.models.spending.charge import AskedCall, Charge
from overnight.models.spending.days import calendar_of
from overnight.models.spending.job import Job
from overnight.models.spending.limits import Limit, Period, SpendingRules, Unit
from overnight.words.quantities import duration

SETTLE_S = 0.1  # that a settled call waits for other processes; then it is written with the next one
OPEN_S = CLOSE_S = 5.0  # and at the start and the end, when no other work waits for it
FIRST_LOOK_S, LONGEST_LOOK_S = 0.02, 0.5  # between looks whether another process has changed the account
AT_LEAST_S = 1.0  # how often a call that waits tries anyway: a process may have ended, or a day
MOST_UNWRITTEN = 10_000  # calls that are kept while the file cannot be used


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What is reserved for one call."""

    book: Book
    number: int


class SpendingAccount:
    """One job's way to the account; open from `open` to `close`."""

    def __init__(
        self,
        job: Job,
        rules: SpendingRules,
        *,
        folder: Path | None = None,
        clock: Callable[[], float] = time.time,
        note: Callable[[str], None] = lambda _: None,
    ) -> None:
        """`folder`: by default the user's state folder; `note` is told, once, that calls cannot be counted."""
        self.limits: tuple[Limit, ...] = (*job.limits(), *rules.of(job.system))
        self._job = job
        self._rules = rules
        self._folder = state_folder() if folder is None else folder
        self._calendar = calendar_of(rules.zone)
        self._clock = clock
        self._note = note
        self._noted = False
        self._book: Book | None = None
        self._due: deque[tuple[Held | None, Charge | None, float]] = deque(maxlen=MOST_UNWRITTEN)  # settled, not written yet
        self._sent: Counter[tuple[SentTo, bool]] = Counter()  # not written yet: bytes; with True: requests
        self._waiters: set[asyncio.Event] = set()

    @property
    def limited(self) -> bool:
        """Whether anything is limited."""
        return bool(self.limits)

    @property
    def limits_cost(self) -> bool:
        """Whether money is limited."""
        return any(limit.unit is Unit.USD for limit in self.limits)

    def limit(self, budget: SpendingLimit) -> None:
        """Give the job another budget from now on, also for calls that wait."""
        self._job = replace(self._job, budget=budget)
        self.limits = (*self._job.limits(), *self._rules.of(self._job.system))
        if self._book is not None:
            try:
                with self._book.changing():
                    self._book.take_up(self._job, self._clock())
            except (AccountUnusable, AccountInUse) as error:  # what the book has is only shown; `limits` are what counts
                self._complain(error)
        for waiter in self._waiters:
            waiter.set()

    def spent(self) -> tuple[int, float]:
        """Tokens and dollars that its job has used, in whatever process; nothing if the file cannot be used."""
        try:
            book, at = self._opened(), self._clock()
            of = partial(Limit, period=Period.JOB, amount=0.0, system=self._job.system, job=self._job.key)
            return int(book.standing(of(unit=Unit.TOKENS), at).spent), book.standing(of(unit=Unit.USD), at).spent
        except (AccountUnusable, AccountInUse) as error:
            self._complain(error)
            return 0, 0.0

    def open(self) -> None:
        """Open the file, if it can be used; otherwise it is tried again with each call."""
        try:
            self._opened(OPEN_S)
        except (AccountUnusable, AccountInUse) as error:
            self._complain(error)

    def close(self) -> None:
        """Write what is due, and close the file; what is still reserved counts as spent."""
        self._write(CLOSE_S)
        if self._book is not None:
            self._book.close()
            self._book = None

    async def reserve(self, asked: AskedCall, estimate: CostEstimate, waits: Callable[[], None] = lambda: None) -> Held:
        """Wait until a call fits beside those under way, in whatever process, and reserve what it may use.

        `waits` is called before each wait.

        Raises:
            BudgetSpent: it will not, before a limit begins anew.
            AccountUnusable: nobody knows.
        """
        pause_s, looked = FIRST_LOOK_S, 0.0
        known = -1
        while True:
            try:
                book = self._opened()
                changes = book.changes()
                if changes != known or time.monotonic() - looked >= AT_LEAST_S:
                    known, looked = changes, time.monotonic()
                    if (held := self._try(book, asked, estimate)) is not None:
                        return held
            except AccountInUse:
                known = -1
            except AccountUnusable as error:
                self._give_up(error)
                raise
            waits()
            pause_s = min(2 * pause_s, LONGEST_LOOK_S)
            if await self._changed_within(pause_s):
                known = -1

    def settle(self, held: Held | None, charge: Charge | None) -> None:
        """A call is over: it used this, if anything; `held` if something was reserved for it. Never raises or waits long."""
        if held is None and charge is None:
            return
        self._due.append((held, charge, self._clock()))
        self._write(SETTLE_S)
        for waiter in self._waiters:
            waiter.set()

    def sent(self, provider: Provider, size_bytes: int) -> None:
        """A request went to a provider; it is written with the next call that is settled."""
        parts = urlsplit(provider.base_url)
        to = SentTo(provider=provider.name, host=parts.netloc.rpartition("@")[2], here=is_here(provider.base_url))
        self._sent[to, False] += size_bytes
        self._sent[to, True] += 1

    def _opened(self, patience_s: float = SETTLE_S) -> Book:
        if self._book is not None and not self._book.is_current():
            self._book.close()
            self._book = None
        if self._book is None:
            book = Book(self._folder, self._calendar, patience_s=patience_s)
            try:
                with book.changing():
                    book.settle_dead()
                    book.fold(self._clock())
                    book.take_up(self._job, self._clock())
            except BaseException:
                book.close()
                raise
            book.patience(SETTLE_S)
            self._book = book
        return self._book

    def _try(self, book: Book, asked: AskedCall, estimate: CostEstimate) -> Held | None:
        """Reserve what a call may use; None if it has to wait for others.

        Of calls that may need more than is left, or as much as nobody knows, one at a time is under way among all that a
        limit counts, and only if its request fits: so a limit is exceeded by what one call uses at most.
        """
        at = self._clock()
        book.register(at)
        with book.changing():
            book.settle_dead()
            limits = [limit for limit in self.limits if limit.unit is not Unit.USD or not is_free(estimate)]
            standings = [book.standing(limit, at) for limit in limits]
            fits = all(_fits(each, each.limit.unit.most(estimate)) for each in standings)
            if not fits:
                for each in standings:
                    self._check(each, estimate, at)
                if not all(_fits(each, each.limit.unit.about(estimate)) for each in standings):
                    return None
                if any(book.is_exceeding(limit, at) for limit in limits):
                    return None
            number = book.reserve(self._job, asked, estimate, fits=fits, at=at)
        return Held(book=book, number=number)

    def _check(self, standing: Standing, estimate: CostEstimate, at: float) -> None:
        """Refuse if what is left of a limit does not cover the request itself."""
        limit, needed = standing.limit, standing.limit.unit.about(estimate)
        if standing.spent + needed < limit.amount:
            return
        words = limit.unit.words
        what, least, asked = (
            ("money", f"${standing.left:.4f}", f"the request alone is about ${needed:.4f}")
            if limit.unit is Unit.USD
            else ("tokens", f"{standing.left:.0f}", f"the request alone is about {needed:.0f}")
        )
        if limit.period is Period.JOB:
            whose = self._job.whose or "the "
            raise BudgetSpent(f"{whose}budget of {what} is spent: {least} are left, and {asked}")
        resets = self._calendar.reset(limit.period, at)
        raise BudgetSpent(
            f"the {limit.period}'s limit of {words(limit.amount)} for {_whom(limit)} is spent: {least} are left,"
            f" and {asked}; it begins anew {self._when(limit.period)}, in {duration(resets - at)};"
            f" {limit.key} in {self._rules.source or 'your settings'} sets it",
            wait_s=max(1.0, resets - at),
        )

    def _when(self, period: Period) -> str:
        day = "at midnight" if period is Period.DAY else "on Monday, at midnight"
        return f"{day} ({self._calendar.name})"

    def _write(self, patience_s: float) -> None:
        """Write what is due, all in one transaction; what cannot be written now stays due."""
        if not self._due and not self._sent:
            return
        try:
            book = self._opened(patience_s)
            book.patience(patience_s)
            with book.changing():
                for held, charge, at in self._due:
                    day = book.release(held.number) if held and held.book is book else ""
                    if charge is not None:
                        book.add(self._job, charge, at, day=day)
                for to in {to for to, _ in self._sent}:
                    requests, size_bytes = self._sent[to, True], self._sent[to, False]
                    book.send(self._job.system, to, self._clock(), requests=requests, size_bytes=size_bytes)
        except AccountInUse:
            return
        except AccountUnusable as error:
            self._give_up(error)
            return
        self._due.clear()
        self._sent.clear()

    def _give_up(self, error: AccountUnusable) -> None:
        """Open another file the next time, if this one is damaged: the user may have moved it away."""
        self._complain(error)
        if error.damaged and self._book is not None:
            self._book.close()
            self._book = None

    def _complain(self, error: Exception) -> None:
        if not self._noted:
            self._noted = True
            effect = "because of limits no model is called until it can be" if self.limited else "calls are not counted there"
            self._note(f"the account of what models cost cannot be kept: {error}; {effect}")

    async def _changed_within(self, seconds: float) -> bool:
        """Whether a call of this process is settled within this time."""
        waiter = asyncio.Event()
        self._waiters.add(waiter)
        try:
            async with asyncio.timeout(seconds):
                await waiter.wait()
        except TimeoutError:
            return False
        finally:
            self._waiters.discard(waiter)
        return True


def is_free(estimate: CostEstimate) -> bool:
    """Whether a call costs nothing, whoever answers it: then a limit in dollars is not about it."""
    return not estimate.cost_usd and estimate.most_usd == 0.0


def _fits(standing: Standing, amount: float | None) -> bool:
    """Whether so much is left beside what is reserved; what nobody knows does not fit."""
    return amount is not None and standing.spent + standing.held + amount <= standing.limit.amount


def _whom(limit: Limit) -> str:
    return f"the system `{limit.system}`" if limit.system else "all models"
