"""What a claw remembers, corrects, tidies and forgets."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from claws import ClawUnderTest

from overnight.claw.events import BackedUp, FactSet, Forgotten, Received
from overnight.claw.hands.own_folder import OwnFolder
from overnight.claw.memory.facts import history, known_facts
from overnight.claw.memory.forgetting import doomed, forget, texts_with
from overnight.claw.memory.reader import recall_for
from overnight.claw.memory.search import search
from overnight.claw.operations.claw_forget import ForgetInput
from overnight.claw.operations.claw_forget import render as render_forget
from overnight.claw.operations.claw_forget import run as run_forget
from overnight.claw.operations.claw_tidy import TidyInput
from overnight.claw.operations.claw_tidy import run as run_tidy
from overnight.claw.port import Turn
from overnight.errors import OvernightError, UserError
from overnight.ledger.sealed import seal
from overnight.operations.operation import Context
from overnight.operations.principal import Address, Kind, Origin


def found(claw: ClawUnderTest, words: str, reader: str | None = None) -> Sequence[str]:
    """The texts that are recalled."""
    with claw.record.store.reading() as db:
        return [each.text for each in search(db, words, reader=reader)]


def note(claw: ClawUnderTest, text: str, *corrects: int, origin: Origin = Origin.OWNER, person: str = "owner") -> int:
    """A fact is noted."""
    sealed = seal(text)
    fact = FactSet(text=sealed.ref, origin=origin, person=person, supersedes=corrects)
    return claw.record.append(fact, texts=[sealed])


def said(claw: ClawUnderTest, text: str, *, person: str = "owner", role: Kind = Kind.OWNER) -> int:
    """Somebody writes."""
    sealed = seal(text)
    origin = Origin.OWNER if role is Kind.OWNER else Origin.MEMBER
    id_ = str(claw.record.store.newest())
    event = Received(
        channel="terminal", id=id_, sender=person, person=person, role=role, origin=origin, text=sealed.ref, written=0.0
    )
    return claw.record.append(event, texts=[sealed])


def context(claw: ClawUnderTest) -> Context:
    """The owner at the command line."""
    return Context(where=claw.folder)


def test_an_answer_is_found_by_its_question(claw: ClawUnderTest) -> None:
    """A text that has no word of the question is found if what was said just before has them."""
    said(claw, "Where did we put the spare wheel of the trailer?")
    said(claw, "Behind Martin's shed.")
    for n in range(30):
        claw.clock.now += 86400
        said(claw, f"Lunch number {n} was fine.")
    assert "Behind Martin's shed." in found(claw, "spare wheel of the trailer")


def test_other_forms_of_a_word_are_found(claw: ClawUnderTest) -> None:
    """`buy` finds `bought`."""
    said(claw, "I bought a kayak.")
    assert found(claw, "what did I buy?") == ["I bought a kayak."]


def test_what_was_corrected_is_not_recalled(claw: ClawUnderTest) -> None:
    """After a hundred corrections only what stands is found, also not the messages that said otherwise; its history is kept."""
    said(claw, "note that the spare key is in place 0")
    number = note(claw, "the spare key is in place 0")
    for n in range(1, 101):
        said(claw, f"no, the spare key is in place {n}")
        number = note(claw, f"the spare key is in place {n}", number)
    texts = found(claw, "where is the spare key? what place?")
    assert texts[0] == "the spare key is in place 100"
    assert not [text for text in texts if "place 100" not in text]
    assert len(history(claw.record, number, reader=None)) == 101


def test_the_index_is_the_same_after_it_is_built_again(claw: ClawUnderTest) -> None:
    """All of it can be derived from the record."""
    claw.tell("note that the key is under the mat")
    note(claw, "the key is in the jar", known_facts(claw.record, reader=None)[0].number)
    said(claw, "my own secret", person="mia", role=Kind.MEMBER)

    before = _tables(claw)
    claw.record.store.reindex()
    assert _tables(claw) == before


def test_what_a_member_says_is_their_own(claw: ClawUnderTest) -> None:
    """Neither the owner nor another member recalls it."""
    said(claw, "my locker code is 4711", person="mia", role=Kind.MEMBER)
    said(claw, "the locker is blue")
    assert found(claw, "locker", "mia") == ["my locker code is 4711"]
    assert found(claw, "locker") == ["the locker is blue"]
    assert found(claw, "locker", "ben") == []


def test_many_texts_of_others_hide_none_of_a_reader(claw: ClawUnderTest, monkeypatch: pytest.MonkeyPatch) -> None:
    """If more texts have a word than are looked at, what the reader may not see is not among these."""
    monkeypatch.setattr("overnight.claw.memory.search.MOST_SPREAD", 3)
    said(claw, "my locker code is 4711", person="mia", role=Kind.MEMBER)
    said(claw, "the locker is blue")
    for n in range(4):
        said(claw, f"ben's locker {n}", person="ben", role=Kind.MEMBER)
    assert found(claw, "locker", "mia") == ["my locker code is 4711"]
    assert found(claw, "locker") == ["the locker is blue"]


@pytest.mark.parametrize(
    "words", ['"', "*", "NEAR(a b)", "a OR", "col:x", "", "''; DROP TABLE mentions", "ß ☃ \x00", "a" * 5000]
)
def test_any_words_can_be_looked_for(claw: ClawUnderTest, words: str) -> None:
    """They are words, and no language of the search."""
    said(claw, "something else")
    assert found(claw, words) in ([], ["something else"])


def test_a_turn_recalls_neither_itself_nor_strangers(claw: ClawUnderTest) -> None:
    """What a mind reads beside a turn is of the person who asks, and nobody else's words."""
    note(claw, "the locker opens at nine", origin=Origin.FOREIGN, person="claw")
    note(claw, "the locker is blue")
    said(claw, "my locker code is 4711", person="mia", role=Kind.MEMBER)
    number = said(claw, "the locker?")
    common: dict[str, Any] = {"text": "the locker?", "at": 0.0, "zone": "UTC"}  # Any: kwargs
    common |= {"origin": Origin.OWNER, "to": Address("terminal", "x")}
    owner = Turn(number=number, person="owner", role=Kind.OWNER, **common)
    assert [each.text for each in recall_for(claw.record, owner)] == ["the locker is blue"]
    mia = Turn(number=number, person="mia", role=Kind.MEMBER, **common)
    assert [each.text for each in recall_for(claw.record, mia)] == ["my locker code is 4711"]


def test_a_tidy_merges_and_dates_and_asks(claw: ClawUnderTest) -> None:
    """What is noted twice becomes one in the owner's words, days become dates, and what contradicts is asked about."""
    claw.clock.now = 1_796_212_800.0  # 2026-12-02 12:00 UTC
    note(claw, "The bins go out on Monday.", origin=Origin.OWNER)
    note(claw, "the bins go out on monday", origin=Origin.TOOL, person="claw")
    note(claw, "the plumber comes tomorrow at nine")
    note(claw, "the key is under the mat")
    note(claw, "the key is in the jar")
    result = run_tidy(context(claw), TidyInput(claw=claw.folder.name))
    assert [each.text for each in result.tidied] == ["The bins go out on Monday.", "the plumber comes 2026-12-03 at nine"]
    assert [[fact.text for fact in group] for group in result.contradictions] == [
        ["the key is under the mat", "the key is in the jar"]
    ]
    standing = known_facts(claw.record, reader=None)
    assert len(standing) == 4
    assert next(fact for fact in standing if "bins" in fact.text).origin is Origin.OWNER
    newest = claw.record.store.newest()
    assert run_tidy(context(claw), TidyInput(claw=claw.folder.name)).tidied == []
    assert claw.record.store.newest() == newest


def test_what_is_forgotten_is_gone(claw: ClawUnderTest) -> None:
    """Its text, its words in the index's vocabulary and what repeats it are gone; the rest is there, and the chain holds."""
    claw.tell("note that the safe opens with zanzibarquux seven")
    claw.tell("note that the kettle is new")
    claw.tell("what do you know about the safe?")
    preview = run_forget(context(claw), ForgetInput(words="zanzibarquux", claw=claw.folder.name))
    assert not preview.done and preview.texts
    assert any("zanzibarquux" in text for text in found(claw, "safe"))
    run_forget(context(claw), ForgetInput(words="zanzibarquux", really=True, claw=claw.folder.name))
    with claw.record.store.reading() as db:
        terms = {row[0] for row in db.execute("SELECT term FROM mention_counts")}
        assert "kettl" in terms
        assert not [term for term in terms if term.startswith("zanzibar")]
        db.execute("VACUUM")
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    for path in claw.record.folder.rglob("*"):
        if path.is_file():
            assert b"zanzibar" not in path.read_bytes().lower(), path
    assert "the kettle is new" in found(claw, "kettle")
    assert list(claw.record.store.events())
    assert run_forget(context(claw), ForgetInput(words="zanzibarquux", claw=claw.folder.name)).texts == 0


def test_forgetting_a_fact_takes_what_repeats_it(claw: ClawUnderTest) -> None:
    """The message that it came from and answers that quote it go with it."""
    claw.tell("note that the safe opens with seven turns")
    [fact] = known_facts(claw.record, reader=None)
    run_forget(context(claw), ForgetInput(number=fact.number, really=True, claw=claw.folder.name))
    with claw.record.store.reading() as db:
        assert not [text for (text,) in db.execute("SELECT text FROM texts") if "seven turns" in text]
    assert known_facts(claw.record, reader=None) == []


def test_forgetting_by_day_keeps_the_facts_that_stand(claw: ClawUnderTest) -> None:
    """What was only said goes."""
    said(claw, "just talk about weather")
    note(claw, "the kettle is new")
    claw.clock.now += 3 * 86400
    said(claw, "talk of today about weather")
    claw.run()  # what waits for an answer is kept until it has one
    day = "2999-01-01"
    with pytest.raises(UserError, match="not clear"):
        run_forget(context(claw), ForgetInput(before=day, words="x", claw=claw.folder.name))
    run_forget(context(claw), ForgetInput(before=day, really=True, claw=claw.folder.name))
    assert found(claw, "weather") == []
    assert found(claw, "kettle") == ["the kettle is new"]


def test_forgetting_reaches_what_undo_keeps_and_names_what_is_left(claw: ClawUnderTest, tmp_path: Path) -> None:
    """Earlier states of its files that have the words go with them; files and backups that still may have them are named."""
    claw.tell("note that the safe opens with seven turns")
    files = OwnFolder(claw.folder)
    for text in ("milk", "the safe opens with seven turns", "eggs"):
        with files.changing():
            (claw.folder / "files" / "list.txt").write_text(text)
    (claw.folder / "USER.md").write_text("My safe opens with seven turns.\n")
    kept = len(files.copies())
    claw.record.append(BackedUp(file=str(claw.folder / "USER.md")), BackedUp(file=str(tmp_path / "gone")))
    claw.tell("note that the kettle is new")
    [fact] = [each for each in known_facts(claw.record, reader=None) if "safe" in each.text]
    preview = run_forget(context(claw), ForgetInput(number=fact.number))
    assert (preview.copies, preview.done) == (1, False) and len(files.copies()) == kept
    done = run_forget(context(claw), ForgetInput(number=fact.number, really=True))
    assert done.copies == 1 and len(files.copies()) == kept - 1
    assert not [path for path in (claw.folder / "undo").rglob("*") if path.is_file() and b"seven" in path.read_bytes()]
    words = render_forget(done)
    assert "1 earlier state of its files" in words and "USER.md" not in done.files  # `my safe` is other words
    assert f"{claw.folder / 'USER.md'}, of " in words and "gone, of " in words and words.count("(not there any more)") == 1
    assert run_forget(context(claw), ForgetInput(words="seven turns")).files == ["USER.md"]
    [kettle] = known_facts(claw.record, reader=None)
    assert run_forget(context(claw), ForgetInput(number=kettle.number)).backups == []


def test_a_text_of_one_word_takes_nothing_with_it(claw: ClawUnderTest) -> None:
    """It stands in too many others."""
    number = said(claw, "tea")
    said(claw, "tea is in the jar")
    meant = texts_with(claw.record, "tea is in the jar")
    assert len(meant) == 1
    forget(claw.record, doomed(claw.record, _ids(claw, number)), by="owner:test")
    assert found(claw, "tea") == ["tea is in the jar"]


def _ids(claw: ClawUnderTest, number: int) -> Sequence[str]:
    entry = claw.record.event(number)
    assert entry is not None and isinstance(entry.event, Received)
    return [entry.event.text.id]


def test_after_forgetting_the_index_can_be_built_again(claw: ClawUnderTest) -> None:
    """Each text on its own, also one half of what repeats itself: the tables are what the record gives."""
    said(claw, "so the spare key is in place 0, they say")
    first = note(claw, "the spare key is in place 0")
    claw.clock.now += 86400
    note(claw, "the spare key is in place 1", first)
    said(claw, "good night")
    events = [entry.event for entry in claw.record.store.events()]
    ids = [event.text.id for event in events if isinstance(event, Received | FactSet)]
    for each in ids:
        claw.record.forget([each], Forgotten(texts=[each], events=[], by="owner:test"))
        before = _tables(claw)
        claw.record.store.reindex()
        assert _tables(claw) == before
    assert found(claw, "spare key place good night") == []


def _tables(claw: ClawUnderTest) -> Sequence[object]:
    with claw.record.store.reading() as db:
        tables = ("mentions", "outdated", "mention_counts")
        found = [db.execute(f"SELECT * FROM {each} ORDER BY 1, 2").fetchall() for each in tables]
        return [*found, db.execute("SELECT rowid, text FROM mention_words ORDER BY rowid").fetchall()]


def test_what_is_not_recorded_is_not_indexed(claw: ClawUnderTest) -> None:
    """They are one transaction."""
    text = seal("half a fact")
    with pytest.raises(OvernightError):
        claw.record.append(FactSet(text=text.ref, origin=Origin.OWNER, person="owner"), texts=[text, text])
    assert found(claw, "half a fact") == []
