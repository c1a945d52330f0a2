"""Finds what was said: BM25 over each text read together with its neighbours, and what chats have beside words.

A text scores by its own words, and in part by those said just before and after it in the same talk, so that an answer is
found by its question. Then: who said it, in which month, whether it is a question itself, and whether it is a fact that
stands. What was corrected is not found.

Source: BM25 after Robertson and Zaragoza 2009; weighting terms over fields, here neighbours, as in BM25F of the same.
"""

import heapq
import json
import math
import re
import sqlite3
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NamedTuple

from overnight.claw.memory.query import MONTHS, Query, read_query, stems
from overnight.operations.principal import Origin

MOST_RANKED = 60  # texts that are looked at closely
BRIEF = 8.0  # words: a text of so few is likely to be small talk
MOST_SPREAD = 750  # texts of rare words that are candidates, the newest if one word has more; frequent words only add to them
MOST_LIKELY = 300  # of these that are scored
_SAYS_WHEN = re.compile(
    r"\b(?:yesterday|to(?:day|night|morrow)|ago|last|next|weeks?|weekend|months?|years?|recently|since"
    rf"|\w+day|{'|'.join(MONTHS)}|\d{{4}})\b",
    re.IGNORECASE,
)
_BATCH = 900  # numbers in one query


@dataclass(frozen=True, slots=True, kw_only=True)
class Weights:
    """How much each thing counts; chosen by `bench/claw/recall.py` on half of its conversations."""

    saturation: float = 0.9  # k1 of BM25
    length: float = 0.1  # b of BM25
    near: Sequence[float] = (0.5, 0.2, 0.1)  # words of the texts one, two and three before and after
    near_length: float = 0.3  # of these, as part of a text's own length
    forms: float = 0.3  # other forms of an irregular word
    speaker: float = 0.2  # the question names who said it
    name: float = 0.5  # a name of somebody who wrote, as a word of a text
    question: float = 0.1  # the text is a question
    month: float = 0.5  # the question names the month in which it was said
    brief: float = 0.3  # a text of few words
    fact: float = 0.5  # a fact that stands
    when: float = 0.1  # the question asks when, and the text has a time
    talk: float = 0.6  # a talk with all words of the question
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
    hits = _hits(db, query, reader)
    likely = _likely(hits, weights)
    near = {number + offset for number in likely for offset in range(-len(weights.near), len(weights.near) + 1)}
    mentions = _mentions(db, near)
    scores = _scores(likely, _without_names(hits, mentions, query, weights), mentions, weights)
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
        seen[number] *= 1 + weights.when if "when" in query.words and _SAYS_WHEN.search(texts[number]) else 1
    found: dict[str, Found] = {}
    for number in sorted(order, key=lambda number: (-seen[number], -number)):
        if len(found) < limit:  # the best of what was said several times in the same words
            found.setdefault(" ".join(texts[number].lower().split()), _found(mentions[number], texts[number], seen[number]))
    return list(found.values())


def mentioned(db: sqlite3.Connection, seqs: Sequence[int], *, reader: str | None) -> Sequence[Found]:
    """What was found before, by its events, in their order, without what was forgotten since; `reader` as in `search`."""
    numbers = {number for (number,) in _rows(db, "SELECT id FROM mentions WHERE seq", set(seqs))}
    mentions = [each for each in _mentions(db, numbers).values() if each.private == (reader or "") and each.words > 0]
    texts = _texts(db, [each.id for each in mentions])
    by_seq = {each.seq: _found(each, texts[each.id], 0.0) for each in reversed(mentions)}
    return [by_seq[seq] for seq in seqs if seq in by_seq]


def _is_open(mention: _Mention, reader: str | None) -> bool:
    """Whether a reader may find it: neither corrected nor forgotten, nor another person's own."""
    return mention.private == (reader or "") and not mention.outdated and mention.words > 0


def _hits(db: sqlite3.Connection, query: Query, reader: str | None) -> Sequence[_Hits]:
    """For each word of the question, rarest first, the texts that have it and that the reader may find."""
    total = db.execute("SELECT COALESCE(MAX(id), 0) FROM mentions").fetchone()[0]
    terms = []
    for term, weight in query.terms.items():
        row = db.execute("SELECT doc FROM mention_counts WHERE term=?", (term,)).fetchone()
        if row:
            terms.append((row[0], term, weight * math.log(1 + (total - row[0] + 0.5) / (row[0] + 0.5))))
    hits: list[_Hits] = []
    candidates: set[int] = set()
    for count, term, weight in sorted(terms):
        wanted, given = "SELECT doc FROM mention_terms WHERE term=:term", {"term": term, "reader": reader or ""}
        if candidates and len(candidates) + count > MOST_SPREAD:
            wanted += " AND doc IN (SELECT value FROM json_each(:near))"
            given["near"] = json.dumps([number + offset for number in candidates for offset in (-1, 0, 1)])
        wanted += " AND (SELECT private FROM mentions WHERE id=doc)=:reader"
        times: Mapping[int, int] = Counter(number for (number,) in db.execute(wanted, given))
        if not candidates:
            times = {number: times[number] for number in heapq.nlargest(MOST_SPREAD, times)}
        if times:
            hits.append(_Hits(term, weight, times))
            candidates |= times.keys()
    return hits


def _likely(hits: Sequence[_Hits], weights: Weights) -> Sequence[int]:
    """The texts that are worth a closer look, by the words in them and beside them."""
    worth: dict[int, float] = defaultdict(float)
    for _, weight, times in hits:
        for number in times:
            worth[number] += weight
            worth[number - 1] += weights.near[0] * weight
            worth[number + 1] += weights.near[0] * weight
    return heapq.nlargest(MOST_LIKELY, worth, key=lambda number: worth[number])


def _without_names(hits: Sequence[_Hits], mentions: Mapping[int, _Mention], query: Query, weights: Weights) -> Sequence[_Hits]:
    """A name of who wrote counts less as a word: persons say others' names, hardly their own."""
    names = {each.person.lower() for each in mentions.values()} & query.words
    terms = {stem for found in stems(sorted(names)) for stem in found}
    return [each._replace(weight=each.weight * weights.name) if each.term in terms else each for each in hits]


def _scores(
    likely: Sequence[int], hits: Sequence[_Hits], mentions: Mapping[int, _Mention], weights: Weights
) -> Mapping[int, float]:
    """BM25 of each likely text with its neighbours, and more of it in a talk that has more words of the question."""
    average = sum(each.words for each in mentions.values()) / max(len(mentions), 1) or 1.0
    spreads = [(0, 1.0), *((side * by, part) for by, part in enumerate(weights.near, 1) for side in (-1, 1))]
    talks: dict[int, set[str]] = defaultdict(set)
    for term, _, times in hits:
        for number in times.keys() & mentions.keys():
            talks[mentions[number].talk].add(term)
    total = sum(weight for _, weight, _ in hits) or 1.0
    shares = {talk: sum(weight for term, weight, _ in hits if term in terms) / total for talk, terms in talks.items()}
    scores: dict[int, float] = {}
    for number in likely:
        own = mentions.get(number)
        if own is None:
            continue
        beside = [each.words for each in (mentions.get(number - 1), mentions.get(number + 1)) if each]
        length = (own.words + weights.near_length * sum(beside)) / average
        over = weights.saturation * (1 - weights.length + weights.length * length)
        parts = [
            (number + offset, part)
            for offset, part in spreads
            if (other := mentions.get(number + offset)) is not None and other.talk == own.talk
        ]
        score = 0.0
        for _, weight, times in hits:
            share = sum(part * times[each] for each, part in parts if each in times)
            score += weight * share * (weights.saturation + 1) / (share + over)
        scores[number] = score * (1 + weights.talk * shares.get(own.talk, 0.0))
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
