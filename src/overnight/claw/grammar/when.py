"""How people say when: read to a form that `jobs.schedule_words` has. Pure: now and the zone are passed in.

A bare hour such as `at 8` is the next time that a clock on the wall shows it, morning or evening; whoever asked is shown which.
"""

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from overnight.errors import UserError
from overnight.jobs.schedule import zone_of
from overnight.jobs.schedule_words import DAYS, read_schedule

LONGEST = 100  # characters
HALF_DAY_H = 12
MORNING, NOON, AFTERNOON, EVENING, NIGHT = "08:00", "12:00", "15:00", "19:00", "21:00"
PARTS = {"morning": MORNING, "noon": NOON, "afternoon": AFTERNOON, "evening": EVENING, "night": NIGHT, "midnight": "23:59"}
USUAL = "09:00"  # of a day that is named without a time
MONTHS = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
]
_NUMBERS = dict(
    zip(
        ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"],
        map(str, range(1, 13)),
        strict=True,
    )
) | {"fifteen": "15", "twenty": "20", "thirty": "30", "forty": "40", "fifty": "50"}
_UNITS = {"m": "minute", "min": "minute", "h": "hour", "hr": "hour", "d": "day"}
_MINUTES = {"minute": 1, "hour": 60, "day": 1440, "week": 10080}
_DAY = "|".join(DAYS)
_MONTH = "|".join(f"{name[:3]}(?:{name[3:]})?" if len(name) > 3 else name for name in MONTHS)  # noqa: PLR2004  # short forms
_NTH = r"(?:st|nd|rd|th)?"
_DATE = (
    rf"(?:on )?(?:the )?(?:(?P<d1>\d{{1,2}}){_NTH}(?: of)? (?P<m1>{_MONTH})|(?P<m2>{_MONTH}) (?P<d2>\d{{1,2}}){_NTH})"
    r"|(?:on )?(?P<iso>\d{4}-\d\d-\d\d)"
)
_ON = rf"(?:(?P<near>today|tomorrow|overmorrow)|(?:on |next |this )?(?P<week>{_DAY})|{_DATE})"
_TIME = r"\d{1,2}(?::\d{2})?\s?(?:am|pm)?"
_CLOCK = re.compile(r"(?:at )?(?P<hour>\d{1,2})(?::(?P<minute>\d{2}))?\s?(?P<half>am|pm)?")
_LENGTH = re.compile(r"in (?P<first>\d+) (?P<unit>minute|hour|day|week)s?(?: and (?P<more>\d+) minutes?)?")
_REWRITES = (
    (r"\bo'?clock\b", ""),
    (r"\ba\.m\.?", "am"),
    (r"\bp\.m\.?", "pm"),
    (r"\b(?:an? )?half(?: an)? hour\b", "30 minutes"),
    (r"\b(?:a )?quarter of an hour\b", "15 minutes"),
    (r"\b(?:an|1) hour and a half\b", "90 minutes"),
    (r"\ba couple of\b", "2"),
    (r"\bin an? (?=minute|hour|day|week)", "in 1 "),
    (r"\b(\d+)\s?(m|min|h|hr|d)s?\b", lambda found: f"{found[1]} {_UNITS[found[2]]}s"),
    (r"\bhalf past (\d{1,2})\b", r"\1:30"),
    (r"\bquarter past (\d{1,2})\b", r"\1:15"),
    (r"\bquarter to (\d{1,2})\b", lambda found: f"{(int(found[1]) - 1) % 24}:45"),
    (r"\b(?:in the|at) (?=morning|afternoon|evening|night|noon|midnight)", ""),
    (r"\bthe day after tomorrow\b", "overmorrow"),
    (r"\b(?:this|today) (?=morning|afternoon|evening)", "today "),
    (r"\btonight\b", "today night"),
    (r"\beach\b", "every"),
    (rf"\b(?:on )?({_DAY})s\b", r"every \1"),
    (r"\b(?:on )?(weekday|weekend)s\b", r"every \1"),
    (r"\bevery every\b", "every"),
    (r"\bdaily\b", "every day"),
    (r"\bnightly\b", "every night"),
)


def read_when(said: str, zone: str, now: float) -> str | None:
    """What a person said, as a form that schedules are written in; None if it is no time that comes."""
    text = " ".join(said[: LONGEST + 1].lower().replace(",", " ").split())
    if not text or len(text) > LONGEST:
        return None
    text = re.sub(rf"\b({'|'.join(_NUMBERS)})\b", lambda found: _NUMBERS[found[1]], text)
    for pattern, written in _REWRITES:
        text = " ".join(re.sub(pattern, written, text).split())
    for form in _forms(text, datetime.fromtimestamp(now, zone_of(zone))):
        try:
            read_schedule(form, zone, now)
        except UserError:
            continue
        return form
    return None


def read_clock(said: str) -> tuple[int, int, bool] | None:
    """The hour, the minute and whether it is sure which half of the day is meant, of a bare time such as `9` or `at 21:30`."""
    text = said[: LONGEST + 1].lower()
    for pattern, written in _REWRITES:
        text = " ".join(re.sub(pattern, written, text).split())
    found = _CLOCK.fullmatch(text)
    if not found:
        return None
    hour, minute, half = int(found["hour"]), int(found["minute"] or 0), found["half"]
    if hour > 23 or minute > 59 or (half and not 1 <= hour <= HALF_DAY_H):  # noqa: PLR2004  # as clocks show
        return None
    if half:
        return hour % HALF_DAY_H + (HALF_DAY_H if half == "pm" else 0), minute, True
    return hour, minute, hour == 0 or hour > HALF_DAY_H or found["hour"].startswith("0")


def _forms(text: str, here: datetime) -> Iterator[str]:
    """Forms that it may be, the likeliest first."""
    if found := _LENGTH.fullmatch(text):
        minutes = int(found["first"]) * _MINUTES[found["unit"]] + int(found["more"] or 0)
        yield f"in {minutes} minute{'' if minutes == 1 else 's'}"
    if text.startswith("every "):
        yield from _again(text)
        return
    if found := _CLOCK.fullmatch(text):
        if text.startswith("at ") or found["minute"] or found["half"]:
            yield from _next_clock(found, here)
        return
    if text in PARTS:
        yield "at 00:00" if text == "midnight" else f"at {PARTS[text]}"
    yield from _on_a_day(text, here)
    yield text


def _again(text: str) -> Iterator[str]:
    """`every morning`, `every monday evening`, `every weekday at 8`."""
    yield text
    part = "|".join(PARTS)
    if found := re.fullmatch(rf"every (?P<part>{part})(?: (?:at )?(?P<time>{_TIME}))?", text):
        yield f"every day at {_evening(found['time'], found['part']) if found['time'] else PARTS[found['part']]}"
    if found := re.fullmatch(rf"every (?P<days>.+?) (?P<part>{part})(?: (?:at )?(?P<time>{_TIME}))?", text):
        yield f"every {found['days']} at {_evening(found['time'], found['part']) if found['time'] else PARTS[found['part']]}"
    if re.fullmatch(rf"every (?:weekday|day|weekend|{_DAY}|month on the \d{{1,2}}(?:st|nd|rd|th)?)", text):
        yield f"{text} at {USUAL}"
    if found := re.fullmatch(r"every (?P<days>\d{1,3}) days", text):
        yield f"every {24 * int(found['days'])} hours"


def _next_clock(found: re.Match[str], here: datetime) -> Iterator[str]:
    """The next time that a clock shows it; a bare hour is that of a clock with twelve."""
    hour, minute = int(found["hour"]), int(found["minute"] or 0)
    half = found["half"] or ""
    if half or hour == 0 or hour > HALF_DAY_H or found["hour"].startswith("0"):
        yield f"at {hour}:{minute:02d}{half}"
        return
    later = (hour % 12) + 12
    passed = here.hour * 60 + here.minute
    nearest = hour if passed < hour * 60 + minute else later if passed < later * 60 + minute else hour
    yield f"at {nearest % 24:02d}:{minute:02d}"


def _on_a_day(text: str, here: datetime) -> Iterator[str]:
    """A named day, with a time before or after it."""
    part = rf"(?P<part>{'|'.join(PARTS)})"
    time = rf"(?:at )?(?P<time>{_TIME})"
    for pattern in (rf"{_ON}(?: {part})?(?: {time})?", rf"{time} {_ON}(?: {part})?"):
        if not (found := re.fullmatch(pattern, text)):
            continue
        on = _day_of(found, here)
        if on is None:
            return
        clock = _evening(found["time"], found["part"] or "") if found["time"] else PARTS.get(found["part"] or "", USUAL)
        yield f"{on.isoformat()} {clock}"


def _day_of(found: re.Match[str], here: datetime) -> date | None:
    today = here.date()
    if near := found["near"]:
        return today + timedelta(days=("today", "tomorrow", "overmorrow").index(near))
    if week := found["week"]:
        return today + timedelta(days=(DAYS.index(week) - today.weekday() - 1) % 7 + 1)  # never today
    try:
        if found["iso"]:
            return date.fromisoformat(found["iso"])
        month = next(number for number, name in enumerate(MONTHS, 1) if name.startswith((found["m1"] or found["m2"])[:3]))
        there = date(today.year, month, int(found["d1"] or found["d2"]))
        return there if there >= today else there.replace(year=today.year + 1)
    except ValueError:
        return None


def _evening(time: str, part: str) -> str:
    """A bare hour of an afternoon, evening or night is one after noon; with two digits each, as dates are written."""
    found = _CLOCK.fullmatch(time)
    if found is None:
        return time
    hour, half = int(found["hour"]), found["half"] or ""
    if not half and part in ("afternoon", "evening", "night") and 1 <= hour < 12:  # noqa: PLR2004
        hour += 12
    return f"{hour:02d}:{found['minute'] or '00'}{half}"
