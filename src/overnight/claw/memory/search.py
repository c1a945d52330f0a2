"""Finds what was said: BM25 over each text read together with its neighbours, and what chats have beside words.

A text scores by its own words, and in part by those said just before and after it in the same talk, so that an answer is
found by its question. Then: who said it, in which month, whether it is a question itself, and whether it is a fact that
stands. What was corrected is not found.

Source: BM25 after Robertson and Zaragoza 2009; weighting terms over fields, here neighbours, as in BM25F of the same.
"""

import math
import sqlite3
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from overnight.claw.memory.query import Query, read_query, stems
from overnight.operations.principal import Origin

MOST_RANKED = 60  # texts that are looked at closely
BRIEF = 8.0  # words: a text of so few is likely to be small talk
MOST_SPREAD = 750  # texts of rare words that are candidates, the newest if one word has more; frequent words only add to them
_BATCH = 900  # numbers in one query


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """How much each thing counts; chosen by `bench/claw/recall.py` on half of its conversations."""

    saturation: float = 1.2  # k1 of BM25
    length: float = 0.1  # b of BM25
    near: float = 0.5  # words of the text before and after
    next_but_one: float = 0.2
    near_length: float = 0.3  # of these, as part of a text's own length
    forms: float = 0.7  # other forms of an irregular word
    speaker: float = 0.2  # the question names who said it
    name: float = 0.5  # a name of somebody who wrote, as a word of a text
    question: float = 0.1  # the text is a question
    month: float = 0.5  # the question names the month in which it was said
    brief: float = 0.3  # a text of few words
    fact: float = 0.5  # a fact that stands
    answer: float = 0.4  # the claw's own words, which mostly repeat others


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """A text that was recalled."""

    seq: int  # of its event
    text: str
    kind: str  # of the event
    at: float
    person: str  # who said or noted it; empty: the claw
    origin: Origin
    score: float


class _Mention(NamedTuple):
    id: int
    seq: int
    kind: str
    at: float
    person: str
    private: str
    origin: str
    talk: int
    words: int
    outdated: int


class _Hits(NamedTuple):
    term: str
    weight: float
    times: Mapping[int, int]  # by number of the text


def search(
    db: sqlite3.Connection,
    question: str,
    *,
    reader: str | None,
    limit: int = 10,
    but: int = 0,
    weights: Weights | None = None,
) -> Sequence[Found]:
    """What was said that answers a question, best first.

    `reader`: the member who asks, who sees what is theirs; None: the owner, who sees what is no member's own. `but`: the
    event that asks, which answers nothing.
    """
    weights = weights or Weights()
    query = read_query(question, forms=weights.forms)
    hits = _hits(db, query)
    near = {number + offset for number in _numbers(hits) for offset in (-2, -1, 0, 1, 2)}
    mentions = _mentions(db, near)
    scores = _scores(_without_names(hits, mentions, query, weights), mentions, weights)
    best = max(scores.values(), default=0.0)
    seen = {
        number: _adjusted(score, best, mentions[number], query, weights)
        for number, score in scores.items()
        if _is_open(mentions[number], reader) and mentions[number].seq != but
    }
    order = sorted(seen, key=lambda number: (-seen[number], -number))[:MOST_RANKED]
    texts = _texts(db, order)
    for number in order:
        seen[number] *= 1 - weights.question if texts[number].rstrip().endswith("?") else 1
    found: dict[str, Found] = {}
    for number in sorted(order, key=lambda number: (-seen[number], -number)):
        if len(found) < limit:  # the best of what was said several times in the same words
            found.setdefault(" ".join(texts[number].lower().split()), _found(mentions[number], texts[number], seen[number]))
    return list(found.values())


def _is_open(mention: _Mention, reader: str | None) -> bool:
    """Whether a reader may find it: neither corrected nor forgotten, nor another person's own."""
    return mention.private == (reader or "") and not mention.outdated and mention.words > 0


def _hits(db: sqlite3.Connection, query: Query) -> Sequence[_Hits]:
    """For each word of the question, rarest first, the texts that have it."""
    total = db.execute("SELECT COALESCE(MAX(id), 0) FROM mentions").fetchone()[0]
    terms = []
    for term, weight in query.terms.items():
        row = db.execute("SELECT doc FROM mention_counts WHERE term=?", (term,)).fetchone()
        if row:
            terms.append((row[0], term, weight * math.log(1 + (total - row[0] + 0.5) / (row[0] + 0.5))))
    hits: list[_Hits] = []
    for count, term, weight in sorted(terms):
        rows = db.execute("SELECT doc, COUNT(*) FROM mention_terms WHERE term=? GROUP BY doc", (term,))
        candidates = _numbers(hits)
        if not candidates:
            hits.append(_Hits(term, weight, dict(sorted(rows, reverse=True)[:MOST_SPREAD])))
        elif len(candidates) + count > MOST_SPREAD:
            near = {number + offset for number in candidates for offset in (-1, 0, 1)}
            hits.append(_Hits(term, weight, {number: times for number, times in rows if number in near}))
        else:
            hits.append(_Hits(term, weight, dict(rows)))
    return hits


def _numbers(hits: Sequence[_Hits]) -> set[int]:
    return {number for each in hits for number in each.times}


def _without_names(hits: Sequence[_Hits], mentions: Mapping[int, _Mention], query: Query, weights: Weights) -> Sequence[_Hits]:
    """A name of who wrote counts less as a word: persons say others' names, hardly their own."""
    names = {each.person.lower() for each in mentions.values()} & query.words
    terms = {stem for found in stems(sorted(names)) for stem in found}
    return [each._replace(weight=each.weight * weights.name) if each.term in terms else each for each in hits]


def _scores(hits: Sequence[_Hits], mentions: Mapping[int, _Mention], weights: Weights) -> Mapping[int, float]:
    """BM25 of each text with its neighbours."""
    average = sum(each.words for each in mentions.values()) / max(len(mentions), 1) or 1.0
    spreads = ((0, 1.0), (-1, weights.near), (1, weights.near), (-2, weights.next_but_one), (2, weights.next_but_one))
    lengths: dict[int, float] = {}
    scores: dict[int, float] = defaultdict(float)
    for _, weight, counts in hits:
        times: dict[int, float] = defaultdict(float)
        for number, count in counts.items():
            talk = mentions[number].talk
            for offset, part in spreads:
                other = mentions.get(number + offset)
                if other is not None and other.talk == talk:
                    times[number + offset] += part * count
        for number, share in times.items():
            if number not in lengths:
                own = mentions[number]
                beside = [mentions[each].words for each in (number - 1, number + 1) if each in mentions]
                lengths[number] = (own.words + weights.near_length * sum(beside)) / average
            over = weights.saturation * (1 - weights.length + weights.length * lengths[number])
            scores[number] += weight * share * (weights.saturation + 1) / (share + over)
    return scores


def _adjusted(score: float, best: float, mention: _Mention, query: Query, weights: Weights) -> float:
    """A text's score with what is known of it beside its words."""
    if mention.person.lower() in query.words:
        score *= 1 + weights.speaker
    if query.months:
        said = datetime.fromtimestamp(mention.at, UTC)
        if said.month in query.months:
            score += weights.month * best * (1.0 if said.day in query.days else 0.5)
    if mention.kind == "fact_set":
        return score * (1 + weights.fact)
    if mention.kind == "answered":
        score *= 1 - weights.answer
    return score * (1 - weights.brief * math.exp(-mention.words / BRIEF))


def _found(mention: _Mention, text: str, score: float) -> Found:
    return Found(
        seq=mention.seq,
        text=text,
        kind=mention.kind,
        at=mention.at,
        person=mention.person,
        origin=Origin(mention.origin),
        score=score,
    )


def _mentions(db: sqlite3.Connection, numbers: set[int]) -> Mapping[int, _Mention]:
    outdated = "EXISTS (SELECT 1 FROM outdated WHERE mention=id)"
    rows = _rows(db, f"SELECT {', '.join(_Mention._fields[:-1])}, {outdated} FROM mentions WHERE id", numbers)  # noqa: S608  # ours
    return {row[0]: _Mention(*row) for row in rows}


def _texts(db: sqlite3.Connection, numbers: Sequence[int]) -> Mapping[int, str]:
    return dict(_rows(db, "SELECT rowid, text FROM mention_words WHERE rowid", set(numbers)))


def _rows(db: sqlite3.Connection, query: str, numbers: set[int]) -> Iterator[Any]:  # Any: rows of several forms
    every = sorted(numbers)
    for first in range(0, len(every), _BATCH):
        some = every[first : first + _BATCH]
        yield from db.execute(f"{query} IN ({','.join('?' * len(some))})", some)
