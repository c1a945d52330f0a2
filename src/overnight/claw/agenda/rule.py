"""When something is due, in the words of people: the forms of `jobs.schedule_words` and what people say around them.

A rule can end: `every day at 8 until 2026-12-24`, `every hour, 5 times`. What is said relative to today is read from the
moment at which it was written, so that the same words always mean the same times.
"""

import re
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from overnight.errors import UserError
from overnight.jobs.schedule import GRACE_S, Due, Interval, Monthly, Once, Schedule, Weekly, due, instant, next_after, zone_of
from overnight.jobs.schedule_words import DAYS, read_schedule
from overnight.words.foreign import printable

MOST_TIMES = 10_000
LONGEST = 100  # characters
_UNTIL = re.compile(r"(?P<rule>.+?),? until (?P<date>\d{4}-\d\d-\d\d)")
_TIMES = re.compile(r"(?P<rule>.+?),? (?:for )?(?P<count>\d{1,5} times|once|twice)")
_DAY = re.compile(rf"(?:on )?(?P<day>today|tomorrow|tonight|{'|'.join(DAYS)})(?:,? (?:at )?(?P<time>.+))?")
_SAID = (  # what people say, and what the forms have for it
    (re.compile(r"\bhalf an hour\b"), "30 minutes"),
    (re.compile(r"\bin an? (?=minute|hour|day|week)"), "in 1 "),
    (re.compile(r"\b(\d{1,3}) ?weeks?\b"), lambda found: f"{7 * int(found[1])} days"),
    (re.compile(r"\b(\d{1,5}) ?min(?:s|\b)"), r"\1 minutes"),
    (re.compile(r"\b(\d{1,5}) ?h(?:ours?|rs?|\b)"), r"\1 hours"),
    (re.compile(r"\bnoon\b"), "12:00"),
    (re.compile(r"\bmidnight\b"), "00:00"),
    (re.compile(r"\bevery morning$"), "every day at 8"),
    (re.compile(r"\bevery evening$"), "every day at 19"),
    (re.compile(r"\bevery (morning|evening)\b"), "every day"),
    (re.compile(r" o'?clock\b"), ""),
)
_TONIGHT = "20:00"
_MORNING = "9:00"  # of a day that is named without a time


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """When something is due, and when no more."""

    schedule: Schedule
    until: int | None = None  # Unix time after which it is due no more
    times: int | None = None  # that it is due

    def next_after(self, time: float, runs: int = 0) -> int | None:
        """The first time after one, if it was due so often before; None: never again."""
        at = next_after(self.schedule, time)
        over = at is None or (self.until is not None and at > self.until) or (self.times is not None and runs >= self.times)
        return None if over else at

    def due(self, handled: float, now: float) -> Due:
        """What it asks for now if all up to `handled` is done: at most one run, and how many were missed."""
        found = due(self.schedule, handled, now if self.until is None else min(now, self.until), busy=False)
        late = found.run and not found.missed and now - found.handled > GRACE_S
        return replace(found, missed=1, newest_missed=int(found.handled)) if late else found

    @property
    def repeats(self) -> bool:
        """Whether it may be due more than once."""
        return not isinstance(self.schedule.rule, Once)

    @property
    def by_clock(self) -> bool:
        """Whether it means what clocks show, so that it moves with the zone."""
        return isinstance(self.schedule.rule, Weekly | Monthly)

    @property
    def period_s(self) -> int | None:
        """Of an interval."""
        return self.schedule.rule.period_s if isinstance(self.schedule.rule, Interval) else None


def read_rule(text: str, zone: str, written: float) -> Rule:
    """The rule that a person wrote at a time.

    Raises:
        UserError: it has none of the forms, its zone is not known, or its time has passed.
    """
    words = " ".join(text[: LONGEST + 1].lower().split())
    until: int | None = None
    times: int | None = None
    if found := _UNTIL.fullmatch(words):
        words, until = found["rule"], _end_of(found["date"], zone, text)
    elif words.startswith("every") and (found := _TIMES.fullmatch(words)):
        words, times = found["rule"], _count(found["count"])
    for pattern, put in _SAID:
        words = pattern.sub(put, words)
    schedule = read_schedule(_dated(words, zone, written), zone, written)
    rule = Rule(schedule=schedule, until=until, times=times)
    if rule.next_after(written) is None:
        raise UserError(f"`{printable(text, LONGEST)}` never comes", fix="name a time that is to come")
    return rule


def _count(text: str) -> int:
    count = {"once": 1, "twice": 2}.get(text) or int(text.removesuffix(" times"))
    if not 1 <= count <= MOST_TIMES:
        raise UserError(f"`{count} times` is not possible", fix=f"write 1 to {MOST_TIMES:,}")
    return count


def _end_of(day: str, zone: str, text: str) -> int:
    """The last moment of a day."""
    try:
        after = date.fromisoformat(day) + timedelta(days=1)
        return instant(datetime(after.year, after.month, after.day), zone_of(zone)) - 1  # noqa: DTZ001  # as clocks show
    except (ValueError, OverflowError, KeyError, OSError) as error:
        raise UserError(f"`{printable(text, LONGEST)}` has no such date", fix="write it as 2026-12-24") from error


def _dated(words: str, zone: str, written: float) -> str:
    """A day that is named relative to today, by its date."""
    found = _DAY.fullmatch(words)
    if not found:
        return words
    try:
        now = datetime.fromtimestamp(written, zone_of(zone))
    except (KeyError, ValueError, OSError):
        return words  # the zone is reported by who reads the rest
    name, time = found["day"], found["time"]
    weekday = (DAYS.index(name) - now.weekday()) % 7 or 7 if name in DAYS else None
    ahead = weekday or (1 if name == "tomorrow" else 0)
    usual = _TONIGHT if name == "tonight" else _MORNING
    return f"{now.date() + timedelta(days=ahead)} {time or usual}"
