"""A question as the words to look for: without stop words, stemmed as the index is, with other forms of irregular words."""

import re
import sqlite3
from calendar import month_name
from collections.abc import Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass
from functools import cache

from overnight.claw.record.mentions import TOKENIZER

MOST_WORDS = 40  # of a question that are looked for
_STOP_WORDS = """a an and are as at be been but by did do does for from had has have he her hers him his how i in is it its me
my of on or our s she so t that the their them they this to was we were what when where which who whom whose why will with would
you your about can could any some there than then also if into not no"""
STOP_WORDS = frozenset(_STOP_WORDS.split())
MONTHS = tuple(month.lower() for month in month_name)[1:]
_FORMS = """become became; begin began begun; bring brought; build built; buy bought; catch caught; choose chose chosen;
come came; draw drew drawn; drink drank drunk; drive drove driven; eat ate eaten; fall fell fallen; feel felt; fight fought;
find found; fly flew flown; forget forgot forgotten; get got gotten; give gave given; go went gone; grow grew grown; hang hung;
hear heard; hide hid hidden; hold held; keep kept; know knew known; learn learnt; leave left; lend lent; lose lost; make made;
mean meant; meet met; pay paid; ride rode ridden; ring rang rung; rise rose risen; run ran; say said; see saw seen; sell sold;
send sent; shoot shot; sing sang sung; sit sat; sleep slept; speak spoke spoken; spend spent; stand stood; steal stole stolen;
swim swam swum; take took taken; teach taught; tell told; think thought; throw threw thrown; understand understood;
wake woke woken; wear wore worn; win won; write wrote written; child children kid; person people; man men; woman women;
wife wives; foot feet; tooth teeth; mouse mice; life lives; mom mum mother; dad father; photo picture pic;
television tv; bicycle bike"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """What to look for."""

    terms: Mapping[str, float]  # stems as the index has them, each with its weight
    words: frozenset[str]  # of the question as they stand, in small letters
    months: frozenset[int]  # 1..12, that it names
    days: frozenset[int]


def read_query(question: str, *, forms: float) -> Query:
    """The words of a question; `forms`: the weight of other forms of a word."""
    words = re.findall(r"\w+", question.lower())[:MOST_WORDS]
    wanted = [word for word in words if word not in STOP_WORDS] or words
    terms: dict[str, float] = {stem: 1.0 for found in stems(wanted) for stem in found}
    for stem in list(terms):
        for other in _other_forms().get(stem, ()):
            terms.setdefault(other, forms)
    return Query(
        terms=terms,
        words=frozenset(words),
        months=frozenset(MONTHS.index(word) + 1 for word in words if word in MONTHS),
        days=frozenset(int(word) for word in words if word.isascii() and word.isdigit() and len(word) <= 2),  # noqa: PLR2004
    )


def stems(words: Sequence[str]) -> Sequence[Sequence[str]]:
    """What the index has in place of each word: mostly one stem, sometimes several or none."""
    with closing(sqlite3.connect(":memory:")) as db:  # of its own: calls come from several threads
        db.execute(f'CREATE VIRTUAL TABLE words USING fts5(text, tokenize="{TOKENIZER}")')
        db.execute("CREATE VIRTUAL TABLE terms USING fts5vocab(words, instance)")
        db.executemany("INSERT INTO words(rowid, text) VALUES(?,?)", list(enumerate(words)))
        found: list[list[str]] = [[] for _ in words]
        for term, number in db.execute("SELECT term, doc FROM terms ORDER BY doc, offset"):
            found[number].append(term)
    return found


@cache
def _other_forms() -> Mapping[str, frozenset[str]]:
    groups = [frozenset(stem for found in stems(group.split()) for stem in found) for group in _FORMS.split(";")]
    return {stem: group - {stem} for group in groups for stem in group}
