"""What has to go when something is forgotten: the texts that are meant, and those that repeat them word for word.

Does not cover: what says the same in other words; texts of fewer than three words, which stand in too many others; copies of
before, such as backups; what went out to a chat or a model already.
"""

import json
import re
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from overnight.claw.events import Forgotten
from overnight.claw.record.record import ClawRecord, refs_of

LEAST_WORDS = 3  # of a text, for another one that contains it to repeat it
_ID = re.compile(r'"id":"([0-9a-f]{24})"')


@dataclass(frozen=True, slots=True, kw_only=True)
class Doomed:
    """A text that goes."""

    id: str
    event: int  # seq
    text: str
    repeats: bool  # it is not meant itself, but has one that is in it


def texts_with(record: ClawRecord, words: str) -> Sequence[str]:
    """The ids of all texts that have these words in a row, whatever their case."""
    with record.store.reading() as db:
        wanted = f" {_plain(words)} "
        if not wanted.strip():
            return []
        return [id_ for id_, text in db.execute("SELECT id, text FROM texts") if wanted in f" {_said(text)} "]


def texts_of_events(record: ClawRecord, seqs: Sequence[int]) -> Sequence[str]:
    """The ids of the texts of some events; of one that began a turn, those of the whole turn."""
    found = []
    for seq in seqs:
        entry = record.event(seq)
        entries = [*record.turn(seq)] or ([entry] if entry else [])
        found += [ref.id for each in entries for ref in refs_of(each.event)]
    return found


def texts_before(record: ClawRecord, time: float) -> Sequence[str]:
    """The ids of the texts of all events until a time, but of facts that stand and schedules that are set."""
    with record.store.reading() as db:
        kept = "kind NOT IN ('schedule_set', 'fact_set') OR seq IN (SELECT seq FROM facts WHERE superseded<>0)"
        rows = db.execute(f"SELECT body FROM events WHERE at<? AND ({kept})", (time,))  # noqa: S608  # ours
        return [found for (body,) in rows for found in _ID.findall(body)]


def seqs_of_person(record: ClawRecord, person: str) -> Sequence[int]:
    """The events in which somebody says or is known to have said something."""
    with record.store.reading() as db:
        query = "SELECT seq FROM events WHERE json_extract(body, '$.person')=? ORDER BY seq"
        return [row[0] for row in db.execute(query, (person,))]


def doomed(record: ClawRecord, meant: Sequence[str]) -> Sequence[Doomed]:
    """What goes if these texts are forgotten, by event; what is gone already is left out."""
    with record.store.reading() as db:
        texts: Mapping[str, str] = dict(db.execute("SELECT id, text FROM texts"))
        wanted = {each for each in meant if each in texts}
        starts = _by_start([_plain(texts[each]).split() for each in wanted])
        repeating = {id_ for id_, text in texts.items() if id_ not in wanted and _repeats(text, starts)}
        events = dict(_events_of(db, wanted | repeating))
    found = [
        Doomed(id=each, event=events.get(each, 0), text=texts[each], repeats=each in repeating) for each in wanted | repeating
    ]
    return sorted(found, key=lambda each: (each.event, each.id))


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
