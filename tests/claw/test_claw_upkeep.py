"""What a claw does for its memory by itself: tidying after new facts, and forgetting what is older than it keeps."""

from collections.abc import Sequence

import anyio
import pytest
from claws import ClawUnderTest

from overnight.claw.events import FactSet, Forgotten, SendChanged, SendState
from overnight.claw.memory.facts import known_facts
from overnight.claw.operations.claw_forget import ForgetInput
from overnight.claw.operations.claw_forget import run as run_forget
from overnight.claw.running.upkeep import SETTLED_S, Upkeep
from overnight.claw.setup.live import LiveCharter
from overnight.errors import UserError
from overnight.ledger.sealed import seal
from overnight.operations.operation import Context
from overnight.operations.principal import Origin

DAY = 86400.0


def upkeep(claw: ClawUnderTest) -> Upkeep:
    """That of a new process."""
    return Upkeep(claw.record, LiveCharter(claw.folder), pytest.fail)


def texts(claw: ClawUnderTest) -> Sequence[str]:
    """All that the record still has."""
    with claw.record.store.reading() as db:
        return [text for (text,) in db.execute("SELECT text FROM texts")]


def note(claw: ClawUnderTest, text: str) -> None:
    """The owner notes a fact."""
    sealed = seal(text)
    claw.record.append(FactSet(text=sealed.ref, origin=Origin.OWNER, person="owner"), texts=[sealed])


def retain(claw: ClawUnderTest, days: int) -> None:
    """Keep what was said for so many days."""
    (claw.folder / "claw.yaml").write_text(f"zone: UTC\nretain_days: {days}\n")


def test_what_is_older_than_retain_days_is_forgotten(claw: ClawUnderTest) -> None:
    """What was said goes for good; facts that stand, what is due, its words, and newer talk stay, and the chain holds."""
    retain(claw, 30)
    claw.tell("note that the key is under the mat")
    claw.tell("remind me every day at 9 to water the zanzibarquux")
    claw.tell("what do you know about the boat?")
    claw.clock.now += 20 * DAY
    claw.tell("what do you know about the boat?")
    claw.clock.now += 20 * DAY
    anyio.run(upkeep(claw).look)
    left = texts(claw)
    assert "note that the key is under the mat" not in left
    assert left.count("what do you know about the boat?") == 1  # the newer one, though it repeats what went
    assert [fact.text for fact in known_facts(claw.record, reader=None)] == ["the key is under the mat"]
    claw.clock.now += DAY
    assert any("water the zanzibarquux" in said for said in claw.run())
    assert list(claw.record.store.events())
    [gone] = [entry.event for entry in claw.record.store.events() if isinstance(entry.event, Forgotten)]
    assert gone.by == "retain_days"


def test_what_is_forgotten_by_age_leaves_no_word_in_the_files(claw: ClawUnderTest) -> None:
    """Neither the file, its log, nor the index has it."""
    retain(claw, 1)
    claw.tell("what do you know about zanzibarquux?")
    claw.clock.now += 3 * DAY
    anyio.run(upkeep(claw).look)
    for path in claw.record.folder.rglob("*"):
        assert not path.is_file() or b"zanzibar" not in path.read_bytes().lower(), path


def test_what_has_not_gone_out_is_not_forgotten(claw: ClawUnderTest) -> None:
    """A message that no mind has answered, and an answer that waits for its channel, stay until they are through."""
    retain(claw, 1)
    claw.hear("what do you know about the boat?")
    claw.clock.now += 3 * DAY
    anyio.run(upkeep(claw).look)
    assert "what do you know about the boat?" in texts(claw)
    anyio.run(lambda: claw.runner.run(until_idle=True))
    [(_, send)] = claw.record.unsent()
    said = claw.record.text(send.text)
    claw.clock.now += 3 * DAY
    process = upkeep(claw)
    anyio.run(process.look)
    assert claw.record.text(send.text) == said
    claw.record.append(SendChanged(key=send.key, state=SendState.SENT))
    claw.clock.now += DAY
    anyio.run(process.look)
    assert said not in texts(claw)


def test_without_retain_days_nothing_is_forgotten(claw: ClawUnderTest) -> None:
    """A look writes nothing then, and nothing when all is done."""
    claw.tell("what do you know about the boat?")
    claw.clock.now += 10_000 * DAY
    process, before = upkeep(claw), claw.record.store.newest()
    anyio.run(process.look)
    assert claw.record.store.newest() == before
    retain(claw, 1)
    process = upkeep(claw)
    anyio.run(process.look)
    done = claw.record.store.newest()
    assert done == before + 1
    anyio.run(process.look)
    anyio.run(upkeep(claw).look)
    assert claw.record.store.newest() == done
    (claw.folder / "claw.yaml").write_text("retain_days: 0\n")
    with pytest.raises(UserError, match="retain_days"):
        LiveCharter(claw.folder)


def test_a_schedule_that_ran_long_ago_keeps_its_words(claw: ClawUnderTest) -> None:
    """A run has the text of its schedule: to forget what was said before a day does not take it."""
    claw.tell("remind me every day at 9 to stretch")
    claw.clock.now += 2 * DAY
    claw.run()
    claw.clock.now += DAY
    run_forget(Context(where=claw.folder), ForgetInput(before="2999-01-01", really=True))
    assert any(said.startswith("⏰ stretch") for said in claw.run())


def test_facts_are_tidied_after_new_ones(claw: ClawUnderTest) -> None:
    """An hour after the newest fact what is noted twice is one, the owner is told once, and then nothing is written."""
    process = upkeep(claw)
    note(claw, "the bins go out on monday")
    note(claw, "The bins go out on Monday.")
    anyio.run(process.look)
    assert len(known_facts(claw.record, reader=None)) == 2  # somebody may still correct it
    claw.clock.now += SETTLED_S
    anyio.run(process.look)
    [fact] = known_facts(claw.record, reader=None)
    [said] = claw.run()
    assert said == f"I put my notes in order:\n#{fact.number} The bins go out on Monday.: it was noted more than once"
    [why] = claw.tell("why did you tell me?")
    assert "I noticed by myself: I put my notes in order" in why
    before = claw.record.store.newest()
    claw.clock.now += DAY
    anyio.run(process.look)
    anyio.run(upkeep(claw).look)  # and not after a restart
    assert claw.record.store.newest() == before


def test_what_a_tidy_leaves_is_said_once(claw: ClawUnderTest) -> None:
    """The same words on other days stay apart, and what contradicts a new fact is asked about; both once."""
    process = upkeep(claw)
    claw.clock.now = 1_796_212_800.0  # 2026-12-02 12:00 UTC
    note(claw, "the plumber comes tomorrow")
    note(claw, "the key is under the mat")
    anyio.run(process.look)
    claw.clock.now += DAY
    anyio.run(process.look)
    claw.run()
    note(claw, "the key is in the jar")
    note(claw, "the plumber comes tomorrow")
    claw.clock.now += SETTLED_S
    anyio.run(process.look)
    [said] = claw.run()
    assert "which holds?" in said and "under the mat" in said
    assert {fact.text for fact in known_facts(claw.record, reader=None)} >= {
        "the plumber comes 2026-12-03",
        "the plumber comes 2026-12-04",
    }
    claw.clock.now += DAY
    anyio.run(process.look)
    assert claw.run() == []


def test_the_same_words_on_other_days_stay_apart(claw: ClawUnderTest) -> None:
    """To merge them would lose a day: it is refused, and that is said."""
    claw.clock.now = 1_796_212_800.0  # 2026-12-02 12:00 UTC
    note(claw, "the plumber comes tomorrow")
    claw.clock.now += DAY
    note(claw, "the plumber comes tomorrow")
    claw.clock.now += SETTLED_S
    anyio.run(upkeep(claw).look)
    [said] = claw.run()
    assert "kept apart: " in said
    assert [fact.text for fact in known_facts(claw.record, reader=None)] == [
        "the plumber comes 2026-12-03",
        "the plumber comes 2026-12-04",
    ]


def test_a_stopped_claw_tidies_nothing(claw: ClawUnderTest) -> None:
    """Nothing of its own begins."""
    note(claw, "the bins go out on monday")
    note(claw, "the bins go out on monday")
    claw.tell("stop")
    claw.clock.now += DAY
    before = claw.record.store.newest()
    anyio.run(upkeep(claw).look)
    assert claw.record.store.newest() == before
