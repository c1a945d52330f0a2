"""Tidies facts without a model: what is noted twice becomes one, and `tomorrow` becomes a date.

A rewrite may change the words that it names and no others; one that would lose more is refused. What contradicts is left
for the owner.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from overnight.claw.memory.facts import KnownFact, contradictions, duplicates
from overnight.claw.taint import ORDER
from overnight.files.local_zone import find_zone

DAYS = {"yesterday": -1, "today": 0, "tonight": 0, "tomorrow": 1}
_DAY = re.compile(r"\b(yesterday|today|tonight|tomorrow)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rewrite:
    """One fact in place of one or more."""

    of: Sequence[KnownFact]
    text: str
    keeps: KnownFact  # of them: whose words it has
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Tidy:
    """What can be tidied, and what only the owner can."""

    rewrites: Sequence[Rewrite]
    contradictions: Sequence[Sequence[KnownFact]]


def plan_tidy(facts: Sequence[KnownFact], zone: str) -> Tidy:
    """What to do with the facts that stand."""
    merged = [_merged(group, zone) for group in duplicates(facts)]
    taken = {fact.number for each in merged for fact in each.of}
    dated = [
        Rewrite(of=[fact], text=text, keeps=fact, why="its day is written as a date")
        for fact in facts
        if fact.number not in taken and (text := with_dates(fact, zone)) != fact.text
    ]
    return Tidy(rewrites=[each for each in (*merged, *dated) if is_safe(each)], contradictions=contradictions(facts))


def with_dates(fact: KnownFact, zone: str) -> str:
    """A fact's text with dates in place of days that are named from the day on which it was noted."""
    noted = datetime.fromtimestamp(fact.at, find_zone(zone))

    def dated(found: re.Match[str]) -> str:
        day = (noted + timedelta(days=DAYS[found[1].lower()])).date().isoformat()
        return f"{day} in the evening" if found[1].lower() == "tonight" else day

    return _DAY.sub(dated, fact.text)


def is_safe(rewrite: Rewrite) -> bool:
    """Whether each word of each fact is in the new text, but for the days that are dates now."""
    kept = set(_words(rewrite.text)) | DAYS.keys() | {"the", "a", "an"}
    return all(kept.issuperset(_words(fact.text)) for fact in rewrite.of)


def _merged(group: Sequence[KnownFact], zone: str) -> Rewrite:
    """The same in the words of who is trusted most, and then the newest."""
    days = {with_dates(fact, zone) for fact in group if _DAY.search(fact.text)}
    best = min(group, key=lambda fact: (ORDER.index(fact.origin), -fact.number))
    if len(days) > 1:  # the same words on another day are another fact
        return Rewrite(of=[best], text=with_dates(best, zone), keeps=best, why="its day is written as a date")
    return Rewrite(of=group, text=with_dates(best, zone), keeps=best, why="it was noted more than once")


def _words(text: str) -> Sequence[str]:
    return re.findall(r"\w+", text.lower())
