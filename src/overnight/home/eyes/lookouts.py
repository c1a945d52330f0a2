"""What the owner asked to be told of: a camera, what comes, and at which hours; pure."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time

from overnight.home.eyes.track import VEHICLES

_HOURS = re.compile(r"([01]?\d|2[0-3]):([0-5]\d)\s*-\s*([01]?\d|2[0-3]):([0-5]\d)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Labels:
    """What a detector calls it."""

    sure: frozenset[str]  # its word alone will do
    perhaps: frozenset[str]  # a vision model has to look


# By a word of what the owner asked for, the first that is in it. A detector takes vans for cars, trucks for trains.
WORDS: Mapping[str, Labels] = {
    "truck": Labels(sure=frozenset({"truck"}), perhaps=VEHICLES),
    "lorry": Labels(sure=frozenset({"truck"}), perhaps=VEHICLES),
    "van": Labels(sure=frozenset({"truck"}), perhaps=VEHICLES),
    "delivery": Labels(sure=frozenset({"truck"}), perhaps=VEHICLES),
    "bus": Labels(sure=frozenset({"bus"}), perhaps=VEHICLES),
    "taxi": Labels(sure=frozenset({"car"}), perhaps=VEHICLES),
    "car": Labels(sure=frozenset({"car"}), perhaps=VEHICLES),
    "vehicle": Labels(sure=VEHICLES, perhaps=VEHICLES),
    "motorcycle": Labels(sure=frozenset({"motorcycle"}), perhaps=frozenset({"motorcycle", "bicycle"})),
    "motorbike": Labels(sure=frozenset({"motorcycle"}), perhaps=frozenset({"motorcycle", "bicycle"})),
    "bicycle": Labels(sure=frozenset({"bicycle"}), perhaps=frozenset({"motorcycle", "bicycle"})),
    "bike": Labels(sure=frozenset({"bicycle"}), perhaps=frozenset({"motorcycle", "bicycle"})),
    "person": Labels(sure=frozenset({"person"}), perhaps=frozenset({"person"})),
    "people": Labels(sure=frozenset({"person"}), perhaps=frozenset({"person"})),
    "visitor": Labels(sure=frozenset({"person"}), perhaps=frozenset({"person"})),
    "somebody": Labels(sure=frozenset({"person"}), perhaps=frozenset({"person"})),
    "child": Labels(sure=frozenset({"person"}), perhaps=frozenset({"person"})),
    "dog": Labels(sure=frozenset({"dog"}), perhaps=frozenset({"dog", "cat", "sheep"})),
    "cat": Labels(sure=frozenset({"cat"}), perhaps=frozenset({"cat", "dog"})),
    "bird": Labels(sure=frozenset({"bird"}), perhaps=frozenset({"bird"})),
    "horse": Labels(sure=frozenset({"horse"}), perhaps=frozenset({"horse", "cow"})),
    "cow": Labels(sure=frozenset({"cow"}), perhaps=frozenset({"horse", "cow", "sheep"})),
    "sheep": Labels(sure=frozenset({"sheep"}), perhaps=frozenset({"sheep", "cow", "dog"})),
    "bear": Labels(sure=frozenset({"bear"}), perhaps=frozenset({"bear", "dog", "cow"})),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookout:
    """One thing that is looked out for."""

    number: int
    camera: str  # its alias
    what: str  # in the owner's words
    hours: str = ""  # such as 07:00-20:00; empty: always

    @property
    def labels(self) -> Labels:
        """What a detector calls it."""
        found = labels_of(self.what)
        if found is None:
            raise ValueError(f"no detector knows {self.what!r}")
        return found

    def open_at(self, moment: datetime) -> bool:
        """Whether these are its hours; in local time."""
        span = hours_of(self.hours)
        if span is None:
            return True
        start, end = span
        now = moment.time()
        return start <= now < end if start <= end else now >= start or now < end


def labels_of(what: str) -> Labels | None:
    """By what the owner asked for; None if nothing in it is known."""
    words = {word for each in re.findall(r"[a-z]+", what.lower()) for word in (each, each.removesuffix("s"))}
    return next((labels for word, labels in WORDS.items() if word in words), None)


def hours_of(text: str) -> tuple[time, time] | None:
    """From and until; None: always.

    Raises:
        ValueError: it is no such span.
    """
    if not text.strip():
        return None
    found = _HOURS.fullmatch(text.strip())
    if not found:
        raise ValueError("write it as 07:00-20:00")
    first, last = (time(int(found[at]), int(found[at + 1])) for at in (1, 3))
    return first, last
