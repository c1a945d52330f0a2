"""Facts as they stand, and what can be said of them without a model: the same twice, another value for the same thing."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

from overnight.claw.record.record import FORGOTTEN, ClawRecord
from overnight.operations.principal import Origin

_COPULA = re.compile(r"^(?P<subject>.{2,80}?) (?:is|are|lives|live|works|work|costs|cost)\b(?P<value>.+)$")
_ARTICLES = frozenset({"the", "a", "an"})


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownFact:
    """Something that is known, or was."""

    number: int
    text: str
    origin: Origin  # whose words they are
    person: str
    at: float  # Unix time at which it was noted
    turn: int  # in which; 0: by a command
    private: str  # the member whose own it is; empty: nobody's
    corrected_by: int  # number of the fact that took its place; 0: it stands


def known_facts(record: ClawRecord, *, reader: str | None, corrected: bool = False) -> Sequence[KnownFact]:
    """Facts, oldest first; `reader`: the member whose own they are, None: those that are no member's own."""
    query = (
        "SELECT f.seq, f.superseded, m.private, m.at, m.person, m.origin, w.text, e.turn FROM facts f"
        " JOIN events e ON e.seq = f.seq JOIN mentions m ON m.seq = f.seq JOIN mention_words w ON w.rowid = m.id"
        " WHERE m.private = ? AND (? OR f.superseded = 0) ORDER BY f.seq"
    )
    with record.store.reading() as db:
        rows = db.execute(query, (reader or "", corrected)).fetchall()
    return [
        KnownFact(
            number=number,
            text=text or FORGOTTEN,
            origin=Origin(origin),
            person=person,
            at=at,
            turn=turn or 0,
            private=private,
            corrected_by=by,
        )
        for number, by, private, at, person, origin, text, turn in rows
    ]


def history(record: ClawRecord, number: int, *, reader: str | None) -> Sequence[KnownFact]:
    """A fact with all that it took the place of and what took its place, oldest first."""
    facts = {fact.number: fact for fact in known_facts(record, reader=reader, corrected=True)}
    wanted, new = {number} & facts.keys(), {number} & facts.keys()
    while new:
        later = {facts[each].corrected_by for each in new}
        earlier = {each for each, fact in facts.items() if fact.corrected_by in new}
        new = ((later | earlier) & facts.keys()) - wanted
        wanted |= new
    return [facts[each] for each in sorted(wanted)]


def plain(text: str) -> str:
    """A text without what makes no difference: case, punctuation, articles."""
    return " ".join(word for word in re.findall(r"\w+", text.lower()) if word not in _ARTICLES)


def subject(text: str) -> str:
    """What a fact is about, if it has a form that shows it: `the key is under the mat` is about `key`; else empty."""
    found = _COPULA.match(" ".join(text.lower().split()))
    return plain(found["subject"]) if found and plain(found["value"]) else ""


def duplicates(facts: Sequence[KnownFact]) -> Sequence[Sequence[KnownFact]]:
    """Groups of facts that say the same in the same words, oldest first in each."""
    return _groups(facts, [plain(fact.text) for fact in facts])


def contradictions(facts: Sequence[KnownFact]) -> Sequence[Sequence[KnownFact]]:
    """Groups of facts about the same thing that do not say the same, oldest first in each: only the owner knows which holds."""
    groups = _groups(facts, [subject(fact.text) for fact in facts])
    return [group for group in groups if len({plain(fact.text) for fact in group}) > 1]


def _groups(facts: Sequence[KnownFact], keys: Sequence[str]) -> Sequence[Sequence[KnownFact]]:
    keyed = sorted(zip(keys, [fact.number for fact in facts], facts, strict=True), key=lambda each: each[:2])
    groups = ([fact for _, _, fact in same] for key, same in groupby(keyed, key=lambda each: each[0]) if key)
    return [group for group in groups if len(group) > 1]
