"""The account on disk, `spending.db`: what was spent by day, what is reserved now, and what went to which provider.

SQLite in WAL mode, in a file for its owner alone. A change is one short transaction, in which no other process can change
anything; it is not synced by itself, so that it costs no wait for the disk. What an answer or a request says is not in it,
nor a key. Does not cover: a power failure, which may take the newest seconds with it; processes of our own user; the names of
models, which an agent can make up: of many on one day, the further ones have one row together.
"""

import os
import sqlite3
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

from overnight.errors import UserError
from overnight.files.own import NotOurs, check_database, make_folder
from overnight.files.transaction import transaction
from overnight.models.budget import CostEstimate
from overnight.models.spending.charge import AskedCall, Charge
from overnight.models.spending.days import Calendar
from overnight.models.spending.holders import HolderLocks
from overnight.models.spending.job import Job
from overnight.models.spending.limits import Limit, Period, Unit
from overnight.models.usage import Usage
from overnight.words.foreign import printable

NAME, LOCKS = "spending.db", "spending.lock"
VERSION = 1
BUSY_PAUSE_S = 0.01
NAME_LENGTH = 120  # characters of a name that somebody else chose
MOST_NAMES = 200  # rows of one job and day; the models of further ones have no name
OTHERS = "(others)"
MOST_BILLED = 10_000_000  # tokens of one call: no provider's count beyond is believed
FOLDED_DAYS = 90  # after which a day keeps its sums by system and provider only
KEPT_DAYS = 1100  # three years, and a bit
JOB_DAYS = 400  # that a job is remembered after its last call; a campaign's own ledger knows it longer
_SCHEMA = """
CREATE TABLE IF NOT EXISTS spent(
  day TEXT NOT NULL, system TEXT NOT NULL, job TEXT NOT NULL, role TEXT NOT NULL, provider TEXT NOT NULL, model TEXT NOT NULL,
  calls INTEGER NOT NULL, input_tokens INTEGER NOT NULL, cached_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL,
  cost_usd REAL NOT NULL, estimated INTEGER NOT NULL, unsettled INTEGER NOT NULL,
  PRIMARY KEY(day, system, job, role, provider, model)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS sent(
  day TEXT NOT NULL, system TEXT NOT NULL, provider TEXT NOT NULL, host TEXT NOT NULL, here INTEGER NOT NULL,
  requests INTEGER NOT NULL, bytes INTEGER NOT NULL,
  PRIMARY KEY(day, system, provider, host, here)) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS jobs(
  job TEXT PRIMARY KEY, system TEXT NOT NULL, label TEXT NOT NULL, tokens INTEGER NOT NULL, cost_usd REAL NOT NULL,
  budget_tokens INTEGER, budget_usd REAL, day TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS holders(number INTEGER PRIMARY KEY AUTOINCREMENT, pid INTEGER NOT NULL, at REAL NOT NULL);
CREATE TABLE IF NOT EXISTS reserved(
  number INTEGER PRIMARY KEY AUTOINCREMENT, holder INTEGER NOT NULL, day TEXT NOT NULL, system TEXT NOT NULL,
  job TEXT NOT NULL, role TEXT NOT NULL, providers TEXT NOT NULL, model TEXT NOT NULL, fits INTEGER NOT NULL,
  tokens INTEGER NOT NULL, usd REAL NOT NULL, most_tokens INTEGER NOT NULL, most_usd REAL NOT NULL);
"""
_ADD = """
INSERT INTO spent VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?)
ON CONFLICT DO UPDATE SET calls = calls + excluded.calls, input_tokens = input_tokens + excluded.input_tokens,
  cached_tokens = cached_tokens + excluded.cached_tokens, output_tokens = output_tokens + excluded.output_tokens,
  cost_usd = cost_usd + excluded.cost_usd, estimated = estimated + excluded.estimated,
  unsettled = unsettled + excluded.unsettled
"""
_SEND = """
INSERT INTO sent VALUES(?,?,?,?,?,?,?)
ON CONFLICT DO UPDATE SET requests = requests + excluded.requests, bytes = bytes + excluded.bytes
"""
SUMS = ", ".join(
    f"sum({name})" for name in ("calls", "input_tokens", "cached_tokens", "output_tokens", "cost_usd", "estimated", "unsettled")
)
_SPENT = {Unit.USD: "cost_usd", Unit.TOKENS: "input_tokens + output_tokens"}
_OF_JOB = {Unit.USD: "cost_usd", Unit.TOKENS: "tokens"}
_HELD = {Unit.USD: "usd", Unit.TOKENS: "tokens"}


class AccountUnusable(UserError):  # noqa: N818  # a state
    """The account on disk cannot be used; says why, and the fix.

    Attributes:
        damaged: the file is not what was written.
    """

    def __init__(self, message: str, *, fix: str, damaged: bool = False) -> None:
        super().__init__(message, fix=fix)
        self.damaged = damaged


class AccountInUse(UserError):  # noqa: N818  # passes
    """Another process is changing the account at this moment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a limit stands."""

    limit: Limit
    spent: float
    held: float  # reserved for calls under way

    @property
    def left(self) -> float:
        """What is left of it."""
        return max(0.0, self.limit.amount - self.spent)


@dataclass(frozen=True, slots=True, kw_only=True)
class SentTo:
    """What went to one host of a provider."""

    provider: str
    host: str
    here: bool  # on this machine


class Book:
    """The open file.

    Raises of all methods:
        AccountUnusable: it is damaged, or cannot be read or written.
        AccountInUse: another process is changing it for longer than `patience_s`.
    """

    def __init__(self, folder: Path, calendar: Calendar, *, patience_s: float = 5.0) -> None:
        """Make the file if it is missing."""
        self.path = folder / NAME
        self._calendar = calendar
        self._number = 0  # among the holders; 0: not one of them yet
        with _clear_errors(self.path):
            make_folder(folder)
            check_database(self.path, make=True)
            self._db = sqlite3.connect(self.path, isolation_level=None, timeout=patience_s)
            self._status = self.path.stat()
        try:
            self._prepare_when_free(time.monotonic() + patience_s)
            with _clear_errors(self.path):
                self._locks = HolderLocks(folder / LOCKS)
        except BaseException:
            self._db.close()
            raise

    def _prepare_when_free(self, until: float) -> None:
        """As `_prepare`; SQLite itself does not wait for others when a new file gets its form."""
        while True:
            try:
                with _clear_errors(self.path):
                    return self._prepare()
            except AccountInUse:
                if time.monotonic() > until:
                    raise
            time.sleep(BUSY_PAUSE_S)

    def _prepare(self) -> None:
        version = int(self._db.execute("PRAGMA user_version").fetchone()[0])
        if version > VERSION:
            raise AccountUnusable(f"{self.path} is of a newer overnight", fix="use that one, or move the file away")
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        if not version:
            with transaction(self._db):
                for statement in _SCHEMA.split(";"):
                    self._db.execute(statement)
                self._db.execute(f"PRAGMA user_version={VERSION}")

    @contextmanager
    def changing(self) -> Iterator[None]:
        """A transaction: nobody else changes anything meanwhile, and all of it takes effect or nothing."""
        with _clear_errors(self.path), transaction(self._db):
            yield

    def close(self) -> None:
        """Close it, and let go of what is still reserved, which counts as spent from then on."""
        with suppress(sqlite3.Error):
            self._db.execute("DELETE FROM holders WHERE number = ?", (self._number,))
        self._db.close()
        self._locks.close()

    def is_current(self) -> bool:
        """Whether the file still has its name: else others have another one, and this one is nobody's."""
        try:
            return os.path.samestat(self.path.stat(), self._status)
        except OSError:
            return False

    def changes(self) -> int:
        """Another number after each change by another process; cheap to ask."""
        with _clear_errors(self.path):
            return int(self._db.execute("PRAGMA data_version").fetchone()[0])

    def patience(self, seconds: float) -> None:
        """How long a change waits for other processes from now on."""
        self._db.execute(f"PRAGMA busy_timeout={int(seconds * 1000)}")

    def register(self, at: float) -> None:
        """Be among those that may hold something."""
        if not self._number:
            with self.changing():
                number = int(self._db.execute("INSERT INTO holders(pid, at) VALUES(?,?)", (os.getpid(), at)).lastrowid or 0)
            with _clear_errors(self.path):
                self._locks.hold(number)  # nothing is held under it yet, so nobody has looked
            self._number = number

    # What follows is called inside `changing`, or to read.

    def take_up(self, job: Job, at: float) -> None:
        """Have a job in the book, with at least what its own record says that it spent."""
        day, budget = self._calendar.day(at).isoformat(), (job.budget.tokens, job.budget.cost_usd)
        self._db.execute(
            "INSERT INTO jobs VALUES(?,?,?,?,?,?,?,?) ON CONFLICT(job) DO UPDATE SET label = excluded.label,"
            " tokens = max(tokens, excluded.tokens), cost_usd = max(cost_usd, excluded.cost_usd),"
            " budget_tokens = excluded.budget_tokens, budget_usd = excluded.budget_usd, day = excluded.day",
            (job.key, job.system, printable(job.label, NAME_LENGTH), job.spent_tokens, job.spent_usd, *budget, day),
        )

    def standing(self, limit: Limit, at: float) -> Standing:
        """How a limit stands at a time."""
        where, values = self._scope(limit, at)
        query = f"SELECT total({_HELD[limit.unit]}) FROM reserved WHERE {where}"  # noqa: S608  # ours
        held = self._db.execute(query, values).fetchone()[0]
        if limit.period is Period.JOB:
            row = self._db.execute(f"SELECT {_OF_JOB[limit.unit]} FROM jobs WHERE job=?", (limit.job,)).fetchone()  # noqa: S608
            spent = row[0] if row else 0
        else:
            query = f"SELECT total({_SPENT[limit.unit]}) FROM spent WHERE {where}"  # noqa: S608  # ours
            spent = self._db.execute(query, values).fetchone()[0]
        return Standing(limit=limit, spent=float(spent), held=float(held))

    def is_exceeding(self, limit: Limit, at: float) -> bool:
        """Whether a call that may exceed a limit is under way among those that it counts."""
        where, values = self._scope(limit, at)
        query = f"SELECT 1 FROM reserved WHERE NOT fits AND {where} LIMIT 1"  # noqa: S608  # ours
        return self._db.execute(query, values).fetchone() is not None

    def _scope(self, limit: Limit, at: float) -> tuple[str, tuple[str, ...]]:
        """What a limit counts, in SQL."""
        if limit.period is Period.JOB:
            return "job = ?", (limit.job,)
        days = self._calendar.span(limit.period, at)
        return ("day BETWEEN ? AND ? AND system = ?", (*days, limit.system)) if limit.system else ("day BETWEEN ? AND ?", days)

    def reserve(self, job: Job, asked: AskedCall, estimate: CostEstimate, *, fits: bool, at: float) -> int:
        """Hold what a call of a registered process may use; returns the number that it is settled by."""
        most_tokens, most_usd = estimate.most_tokens or estimate.tokens, estimate.most_usd or estimate.cost_usd
        if most_tokens > MOST_BILLED:
            most_tokens, most_usd = MOST_BILLED, most_usd * MOST_BILLED / most_tokens
        held = (most_tokens, most_usd) if fits else (estimate.tokens, estimate.cost_usd)
        names = [printable(name, NAME_LENGTH) for name in (asked.role, asked.providers, asked.model)]
        row = self._db.execute(
            "INSERT INTO reserved(holder, day, system, job, role, providers, model, fits, tokens, usd, most_tokens, most_usd)"
            " VALUES(?,?,?,?,?,?,?,?,?,?,?,?)",
            (self._number, self._calendar.day(at).isoformat(), job.system, job.key, *names, fits, *held, most_tokens, most_usd),
        )
        return int(row.lastrowid or 0)

    def release(self, number: int) -> str:
        """Hold nothing for a call any more; returns the day on which it was reserved, empty if it is not there."""
        row = self._db.execute("DELETE FROM reserved WHERE number=? RETURNING day", (number,)).fetchone()
        return str(row[0]) if row else ""

    def add(self, job: Job, charge: Charge, at: float, *, day: str = "") -> None:
        """Count a call, on the day on which it was reserved, or on today's."""
        self._add(day or self._calendar.day(at).isoformat(), job.system, job.key, charge)

    def _add(self, day: str, system: str, job: str, charge: Charge) -> None:
        usage, execute = charge.usage, self._db.execute
        role, provider, model = (printable(name, NAME_LENGTH) for name in (charge.role, charge.provider, charge.model))
        key = (day, system, job, role, provider)
        if not execute(
            "SELECT 1 FROM spent WHERE day=? AND system=? AND job=? AND role=? AND provider=? AND model=?", (*key, model)
        ).fetchone():
            names = execute("SELECT count(*) FROM spent WHERE day=? AND system=? AND job=?", key[:3]).fetchone()[0]
            model = model if names < MOST_NAMES else OTHERS
        sums = (usage.calls, usage.input_tokens, usage.cached_tokens, usage.output_tokens, usage.cost_usd, usage.estimated)
        execute(_ADD, (*key, model, *sums, charge.usage.calls if charge.unsettled else 0))
        execute(
            "UPDATE jobs SET tokens = tokens + ?, cost_usd = cost_usd + ?, day = max(day, ?) WHERE job = ?",
            (usage.tokens, usage.cost_usd, day, job),
        )

    def send(self, system: str, to: SentTo, at: float, *, requests: int, size_bytes: int) -> None:
        """Count what went to a provider."""
        day, names = self._calendar.day(at).isoformat(), (to.provider, to.host)
        self._db.execute(_SEND, (day, system, *(printable(name, NAME_LENGTH) for name in names), to.here, requests, size_bytes))

    def settle_dead(self) -> int:
        """Count what processes had reserved that have ended since, as spent in full; returns how many calls that are."""
        query = "SELECT DISTINCT holder FROM reserved WHERE holder != ?"
        dead = [row[0] for row in self._db.execute(query, (self._number,)).fetchall() if not self._locks.is_held(row[0])]
        calls = 0
        for holder in dead:
            rows = self._db.execute("DELETE FROM reserved WHERE holder=? RETURNING *", (holder,)).fetchall()
            for _, _, day, system, job, role, providers, model, _, _, _, tokens, usd in rows:
                usage = Usage(calls=1, input_tokens=tokens, cost_usd=usd, estimated=1)
                charge = Charge(role=role, provider=providers, model=model, usage=usage, unsettled=True)
                self._add(day, system, job, charge)
            self._db.execute("DELETE FROM holders WHERE number=?", (holder,))
            calls += len(rows)
        return calls

    def fold(self, at: float) -> None:
        """Keep of old days what their sums need, and nothing of very old ones."""
        for number, _ in self._db.execute("SELECT number, pid FROM holders").fetchall():
            if number != self._number and not self._locks.is_held(number):
                self._db.execute("DELETE FROM holders WHERE number = ?", (number,))
        today = self._calendar.day(at)
        old, oldest, jobs = (_before(today, days) for days in (FOLDED_DAYS, KEPT_DAYS, JOB_DAYS))
        execute = self._db.execute
        rows = execute(
            f"SELECT day, system, provider, {SUMS} FROM spent WHERE day < ? GROUP BY day, system, provider"  # noqa: S608  # ours
            " HAVING max(job || role || model) != ''",
            (old,),
        ).fetchall()
        for day, system, provider, *sums in rows:
            execute("DELETE FROM spent WHERE day=? AND system=? AND provider=?", (day, system, provider))
            execute(_ADD, (day, system, "", "", provider, "", *sums))
        for table, before in (("spent", oldest), ("sent", oldest), ("jobs", jobs)):
            execute(f"DELETE FROM {table} WHERE day < ?", (before,))  # noqa: S608  # ours

    def rows(self, query: str, values: Sequence[str] = ()) -> Sequence[tuple[object, ...]]:
        """What a question of `page.py` finds."""
        with _clear_errors(self.path):
            return self._db.execute(query, values).fetchall()


def _before(today: date, days: int) -> str:
    return (today - timedelta(days=days)).isoformat()


@contextmanager
def _clear_errors(path: Path) -> Iterator[None]:
    """Turn errors of SQLite and of the system into ours."""
    where = printable(str(path), 300)
    try:
        yield
    except sqlite3.OperationalError as error:
        words = str(error)
        if "locked" in words or "busy" in words:
            raise AccountInUse(f"{where}: another process is changing it", fix="try again") from error
        fix = "free some space" if "full" in words or "disk I/O" in words else "check that the folder exists and is writable"
        raise AccountUnusable(f"{where} cannot be used: {words}", fix=fix) from error
    except sqlite3.DatabaseError as error:
        fix = "move it away, with its -wal and -shm; what was spent so far is then known to the campaigns' ledgers alone"
        raise AccountUnusable(f"{where} is damaged: {printable(str(error), 200)}", fix=fix, damaged=True) from error
    except NotOurs as error:
        raise AccountUnusable(str(error.args[0]), fix=error.fix) from error
    except OSError as error:
        raise AccountUnusable(
            f"{where} cannot be used: {error.strerror or error}", fix="check the folder that it is in"
        ) from error
