"""What has to go when something is forgotten: the texts that are meant, and those that repeat them word for word.

Does not cover: what says the same in other words; texts of fewer than three words, which stand in too many others; copies of
before, such as backups; what went out to a chat or a model already.
"""

import json
import re
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from overnight.claw.events import Forgotten
from overnight.claw.record.record import ClawRecord, refs_of

LEAST_WORDS = 3  # of a text, for another one that contains it to repeat it
_ID = re.compile(r'"id":"([0-9a-f]{24})"')
# Facts that stand, what is due, what is trusted, turns that have no end or wait for an answer, and what has not gone out.
_OPEN = "SELECT seq FROM causes WHERE answered IS NULL UNION SELECT turn FROM calls WHERE end='asked'"
_HOLDS = f"""
seq IN (SELECT seq FROM facts WHERE superseded=0 UNION SELECT seq FROM schedules WHERE state<>'over'
  UNION SELECT seq FROM trusts UNION SELECT seq FROM waiting_sends UNION SELECT seq FROM held WHERE state='open'
  UNION {_OPEN}) OR turn IN ({_OPEN})
"""  # noqa: S608  # ours


@dataclass(frozen=True, slots=True, kw_only=True)
class Doomed:
    """A text that goes."""

    id: str
    event: int  # seq
    text: str
    repeats: bool  # it is not meant itself, but has one that is in it


def texts_with(record: ClawRecord, words: str) -> Sequence[str]:
    """The ids of all texts that have these words in a row, whatever their case."""
    holds = holds_words(words)
    with record.store.reading() as db:
        return [id_ for id_, text in db.execute("SELECT id, text FROM texts") if holds(text)]


def texts_of_events(record: ClawRecord, seqs: Sequence[int]) -> Sequence[str]:
    """The ids of the texts of some events; of one that began a turn, those of the whole turn."""
    found = []
    for seq in seqs:
        entry = record.event(seq)
        entries = [*record.turn(seq)] or ([entry] if entry else [])
        found += [ref.id for each in entries for ref in refs_of(each.event)]
    return found


def texts_before(record: ClawRecord, time: float) -> Sequence[str]:
    """The ids of the texts of all events until a time, but of what still holds: see `_HOLDS`."""
    with record.store.reading() as db:
        old = [body for (body,) in db.execute("SELECT body FROM events WHERE at<?", (time,))]
        holds = [body for (body,) in db.execute(f"SELECT body FROM events WHERE {_HOLDS}")]  # noqa: S608  # ours
    kept = {found for body in holds for found in _ID.findall(body)}  # a run of a schedule has the schedule's own text
    return list(dict.fromkeys(found for body in old for found in _ID.findall(body) if found not in kept))


def seqs_of_person(record: ClawRecord, person: str) -> Sequence[int]:
    """The events in which somebody says or is known to have said something."""
    with record.store.reading() as db:
        query = "SELECT seq FROM events WHERE json_extract(body, '$.person')=? ORDER BY seq"
        return [row[0] for row in db.execute(query, (person,))]


def doomed(record: ClawRecord, meant: Sequence[str], *, repeats: bool = True) -> Sequence[Doomed]:
    """What goes if these texts are forgotten, by event; what is gone already is left out. `repeats`: with what repeats them."""
    with record.store.reading() as db:
        texts: Mapping[str, str] = dict(db.execute("SELECT id, text FROM texts"))
        wanted = {each for each in meant if each in texts}
        starts = _by_start([_plain(texts[each]).split() for each in wanted]) if repeats else {}
        repeating = {id_ for id_, text in texts.items() if id_ not in wanted and _repeats(text, starts)}
        events = dict(_events_of(db, wanted | repeating))
    found = [
        Doomed(id=each, event=events.get(each, 0), text=texts[each], repeats=each in repeating) for each in wanted | repeating
    ]
    return sorted(found, key=lambda each: (each.event, each.id))


def holds_words(words: str) -> Callable[[str], bool]:
    """Whether a text has these words in a row."""
    wanted = f" {_plain(words)} "
    return lambda text: bool(wanted.strip()) and wanted in f" {_said(text)} "


def holds_texts(record: ClawRecord, meant: Sequence[str]) -> Callable[[str], bool]:
    """Whether a text repeats one of these, by id, word for word."""
    with record.store.reading() as db:
        texts: Mapping[str, str] = dict(db.execute("SELECT id, text FROM texts"))
    starts = _by_start([_plain(texts[each]).split() for each in meant if each in texts])
    return lambda text: _repeats(text, starts)


def forget(record: ClawRecord, found: Sequence[Doomed], *, by: str) -> None:
    """Delete the texts with their salts, and their words from the index; the chain keeps digests that nobody can guess from."""
    ids = [each.id for each in found]
    events = sorted({each.event for each in found if each.event})
    record.forget(ids, Forgotten(texts=ids, events=events, by=by))


def _events_of(db: sqlite3.Connection, ids: set[str]) -> Iterator[tuple[str, int]]:
    for seq, body in db.execute("SELECT seq, body FROM events WHERE kind<>'forgotten'"):
        for found in _ID.findall(body):
            if found in ids:
                yield found, seq


def _plain(text: str) -> str:
    return " ".join(re.findall(r"\w+", text.lower()))


def _said(text: str) -> str:
    """A text's words; of JSON, such as the input of a call, those of its strings."""
    if text.startswith("{"):
        with suppress(ValueError):
            text = " ".join(_strings(json.loads(text)))
    return _plain(text)


def _by_start(texts: Iterable[Sequence[str]]) -> Mapping[tuple[str, ...], Sequence[Sequence[str]]]:
    """Texts by their first words, so that a look costs the same for one as for all; short ones are left out."""
    found: dict[tuple[str, ...], list[Sequence[str]]] = defaultdict(list)
    for words in texts:
        if len(words) >= LEAST_WORDS:
            found[tuple(words[:LEAST_WORDS])].append(words)
    return found


def _repeats(text: str, starts: Mapping[tuple[str, ...], Sequence[Sequence[str]]]) -> bool:
    """Whether a text has another one in it."""
    words = _said(text).split() if starts else []
    places = range(len(words) - LEAST_WORDS + 1)
    return any(
        words[at : at + len(other)] == other for at in places for other in starts.get(tuple(words[at : at + LEAST_WORDS]), ())
    )


def _strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for each in value.values():
            yield from _strings(each)
    elif isinstance(value, list):
        for each in value:
            yield from _strings(each)
