"""When a provider says that it may be asked again."""

import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LONGEST_S = 8 * 24 * 3600.0  # weekly limits are the longest there are; anything longer is ignored
EPOCH_S = 1e9  # a number as large is a point in time
EPOCH_MS = 1e11
RETRY_DELAY = re.compile(rb'"retryDelay"\s*:\s*"([0-9]{1,9}(?:\.[0-9]{1,9})?)s"')  # in the body of a Gemini error
_UNITS: Mapping[str, float] = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0, "d": 86400.0}
_PART = re.compile(r"([0-9]{1,9}(?:\.[0-9]{1,9})?)(ms|s|m|h|d)")
_DURATION = re.compile(rf"(?:{_PART.pattern})+")


def wait_s(headers: Mapping[str, str], body: bytes, now: datetime) -> float | None:
    """Seconds until the account may be asked again, None if the answer does not say; `headers` with lower-case names."""
    for name, unit in (("retry-after-ms", 0.001), ("retry-after", 1.0)):
        said = _moment(headers.get(name, ""), now)
        if said is not None:
            return said * (unit if _is_number(headers[name]) else 1.0)
    if delay := RETRY_DELAY.search(body):
        return _bounded(float(delay[1]))
    return _from_limits(headers, now)


def _from_limits(headers: Mapping[str, str], now: datetime) -> float | None:
    """The latest reset of the limits that are used up; of all limits, if no header says which are."""
    every: list[float] = []
    used_up: list[float] = []
    for name, value in headers.items():
        if "ratelimit" not in name or "reset" not in name:
            continue
        wait = _moment(value, now)
        if wait is None:
            continue
        every.append(wait)
        if headers.get(name.replace("reset", "remaining"), "").strip() == "0":
            used_up.append(wait)
    return max(used_up or every, default=None)


def _moment(value: str, now: datetime) -> float | None:
    """Seconds from now: of a number, a duration such as `6m0s`, a point in time as a number, or a date."""
    value = value.strip()[:64]
    if _is_number(value):
        number = float(value)
        if number >= EPOCH_MS:
            number /= 1000.0
        return _bounded(number - now.timestamp() if number >= EPOCH_S else number)
    if _DURATION.fullmatch(value):
        return _bounded(sum(float(part[1]) * _UNITS[part[2]] for part in _PART.finditer(value)))
    date = _date(value)
    return None if date is None else _bounded((date - now).total_seconds())


def _is_number(value: str) -> bool:
    return re.fullmatch(r"[0-9]{1,15}(?:\.[0-9]{1,9})?", value.strip()) is not None


def _date(value: str) -> datetime | None:
    for parse in (datetime.fromisoformat, parsedate_to_datetime):
        try:
            date = parse(value)
        except ValueError:
            continue
        return date if date.tzinfo else date.replace(tzinfo=UTC)
    return None


def _bounded(seconds: float) -> float:
    return min(max(0.0, seconds), LONGEST_S)
