"""Tidies facts without a model: what is noted twice becomes one, and `tomorrow` becomes a date.

A rewrite may change the words that it names and no others; one that would lose more is refused. What contradicts is left
for the owner.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from overnight.claw.events import FactSet
from overnight.claw.memory.facts import KnownFact, contradictions, duplicates, known_facts
from overnight.claw.record.record import ClawRecord
from overnight.claw.taint import ORDER
from overnight.files.local_zone import find_zone
from overnight.ledger.sealed import seal
from overnight.words.foreign import printable

SHOWN = 200  # characters of a fact
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
class Plan:
    """What can be tidied, and what only the owner can."""

    rewrites: Sequence[Rewrite]
    contradictions: Sequence[Sequence[KnownFact]]
    refused: Sequence[Sequence[KnownFact]]  # the same words, noted on days that make them different facts


@dataclass(frozen=True, slots=True, kw_only=True)
class Tidied:
    """A fact that took the place of others."""

    number: int
    text: str
    of: Sequence[int]  # numbers of those
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TidyResult:
    """What `claw tidy --json` prints."""

    tidied: Sequence[Tidied]
    contradictions: Sequence[Sequence[KnownFact]]  # groups of facts of which one holds at most
    refused: Sequence[Sequence[KnownFact]] = ()  # groups that would lose a day if they became one


def tidy(record: ClawRecord, zone: str, *, reader: str | None) -> TidyResult:
    """Tidy the facts that are no member's own, or a member's; nothing is written if there is nothing to tidy."""
    found = plan_tidy(known_facts(record, reader=reader), zone)
    tidied = [_write(record, each) for each in found.rewrites if len(each.of) > 1 or each.text != each.keeps.text]
    return TidyResult(tidied=tidied, contradictions=found.contradictions, refused=found.refused)


def tidy_words(found: TidyResult) -> str:
    """A line for each, and a question for each contradiction; empty if there is nothing to say."""
    lines = [f"#{each.number} {printable(each.text, SHOWN)}: {each.why}" for each in found.tidied]
    lines += [f"kept apart: {_listed(group)}: the same words, noted on other days" for group in found.refused]
    lines += [f"which holds? {_listed(group)}; `correct #N: ...` says it" for group in found.contradictions]
    return "\n".join(lines)


def _listed(group: Sequence[KnownFact]) -> str:
    return " · ".join(f"#{fact.number} {printable(fact.text, SHOWN)}" for fact in group)


def _write(record: ClawRecord, rewrite: Rewrite) -> Tidied:
    numbers = tuple(fact.number for fact in rewrite.of)
    text, keeps = seal(rewrite.text), rewrite.keeps
    entries = [record.event(number) for number in numbers]
    private = any(isinstance(each.event, FactSet) and each.event.private for each in entries if each)
    fact = FactSet(
        text=text.ref, origin=keeps.origin, person=keeps.person, turn=keeps.turn, supersedes=numbers, private=private
    )
    return Tidied(number=record.append(fact, texts=[text]), text=rewrite.text, of=numbers, why=rewrite.why)


def plan_tidy(facts: Sequence[KnownFact], zone: str) -> Plan:
    """What to do with the facts that stand."""
    same = duplicates(facts)
    refused = [group for group in same if len(_days(group, zone)) > 1]
    merged = [_merged(group, zone) for group in same if group not in refused]
    taken = {fact.number for each in merged for fact in each.of}
    dated = [
        Rewrite(of=[fact], text=text, keeps=fact, why="its day is written as a date")
        for fact in facts
        if fact.number not in taken and (text := with_dates(fact, zone)) != fact.text
    ]
    rewrites = [each for each in (*merged, *dated) if is_safe(each)]
    return Plan(rewrites=rewrites, contradictions=contradictions(facts), refused=refused)


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
    best = min(group, key=lambda fact: (ORDER.index(fact.origin), -fact.number))
    return Rewrite(of=group, text=with_dates(best, zone), keeps=best, why="it was noted more than once")


def _days(group: Sequence[KnownFact], zone: str) -> set[str]:
    """The texts of those that name a day, with dates: the same words on another day are another fact."""
    return {with_dates(fact, zone).lower() for fact in group if _DAY.search(fact.text)}


def _words(text: str) -> Sequence[str]:
    return re.findall(r"\w+", text.lower())
