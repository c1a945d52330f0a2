"""What other processes order of a campaign: acted on once, settled with what was done, and never in the way of the rest."""

import asyncio
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

import pytest
from builders import advanced, concluded, opened, proposed, trial

from overnight.errors import UserError
from overnight.gate.verdict import Verdict
from overnight.research.ending import Ending, EndReason, SessionKind
from overnight.research.events import Believed, IdeasChanged, Noted, OrderSettled, Sign, Stopped
from overnight.research.idea import AddIdea, DropIdea
from overnight.research.ideas.file import parse_ideas, render_ideas
from overnight.research.loop.journal import Journal
from overnight.research.loop.orders import AT_ONCE, TOO_LATE, OrderRunner
from overnight.research.loop.stop import Stop
from overnight.research.order import BelieveChange, ChangeIdeas, Giver, Order, Outcome, StopSession
from overnight.research.record import orders
from overnight.research.record.ledger import SqliteLedger
from overnight.research.record.ordering import order_stop, place_order
from overnight.research.record.restore import restore
from overnight.research.snapshot import dump_state, load_state
from overnight.research.state import begin

MOST = 120
ENDED = Ending(reason=EndReason.STOP, detail="stopped")
STOPPED = Stopped(session=SessionKind.CAMPAIGN, ending=ENDED, elapsed_s=1.0)
BOT = Giver(by="agent:bot", origin="channel:chat")


def idea(text: str) -> ChangeIdeas:
    """The order to add an idea."""
    return ChangeIdeas(edits=(AddIdea(text=text),))


@dataclass
class World:
    """A campaign that runs, and what it recorded and showed."""

    folder: Path
    journal: Journal
    runner: OrderRunner
    stop: Stop
    signs: list[Sign]

    def order(self, *orders: Order, giver: Giver = BOT) -> None:
        for order in orders:
            assert place_order(self.folder, order, giver)

    def settled(self) -> list[tuple[Outcome, str]]:
        return [(sign.outcome, sign.reason) for sign in self.signs if isinstance(sign, OrderSettled)]

    def ideas(self) -> list[tuple[str, str]]:
        return [(one.text, one.giver) for one in self.journal.state.ideas.ideas]


async def made() -> Stop:
    """Within an event loop, as its scopes are."""
    return Stop()


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    with closing(SqliteLedger(tmp_path)) as ledger, ledger.lock():
        began, signs, stop = opened(), list[Sign](), asyncio.run(made())
        ledger.append(began)
        journal = Journal(ledger, begin(began), [signs.append])
        yield World(tmp_path, journal, OrderRunner(journal=journal, stop=stop), stop, signs)


def test_an_ordered_idea_is_in_the_queue_with_who_gave_it(world: World) -> None:
    """The campaign goes on recording, and a snapshot that it saves is of its state."""
    world.journal.record(proposed(1), trial(1))
    world.order(idea("wider tables"), idea("narrower tables"))
    world.journal.record(concluded(1, Verdict.DISCARD))
    assert world.runner.take() and not world.runner.take()
    assert world.ideas() == [("wider tables", "agent:bot"), ("narrower tables", "agent:bot")]
    assert world.settled() == [(Outcome.DONE, "")] * 2
    world.order(idea("no tables"))
    world.journal.snapshot()
    with closing(SqliteLedger.for_reading(world.folder)) as reader:
        assert reader.snapshot() is not None
        assert restore(reader) == world.journal.state
        reader.check_chain()


def test_an_idea_that_the_queue_does_not_take_is_refused(world: World) -> None:
    """With its reason, which is also shown; what changes nothing is refused, too."""
    world.order(idea("try this"), idea("Try this!"), ChangeIdeas(edits=(DropIdea(number=77),)))
    world.runner.take()
    reason = "nearly the same as idea #1"
    assert world.settled() == [(Outcome.DONE, ""), (Outcome.REFUSED, reason), (Outcome.REFUSED, "it changes nothing")]
    assert [sign.text for sign in world.signs if isinstance(sign, Noted)] == [f"the idea 'Try this!' was not taken: {reason}"]


def test_a_believed_change_is_recorded_once(world: World) -> None:
    """By its commit; a word about any other commit is refused."""
    world.journal.record(proposed(1), trial(1), concluded(1, Verdict.KEEP), advanced(1))
    commit = world.journal.state.kept[0].commit
    world.order(*[BelieveChange(number=1, commit=commit)] * 2, BelieveChange(number=1, commit="f" * 40))
    world.runner.take()
    assert [sign for sign in world.signs if isinstance(sign, Believed)] == [Believed(number=1, commit=commit)]
    assert [outcome for outcome, _ in world.settled()] == [Outcome.DONE, Outcome.DONE, Outcome.REFUSED]
    assert world.journal.state.kept[0].believed


def test_a_stop_is_acknowledged_with_who_ordered_it(world: World) -> None:
    """It is settled before it takes effect, and its ending says who; one without a session is no order at all."""
    heard: list[Ending] = []
    world.stop.heard = heard.append
    assert order_stop(world.folder, BOT) is not None
    world.runner.take()
    assert world.stop.requested and world.stop.ending and world.stop.ending.reason is EndReason.STOP
    assert [ending.by for ending in heard] == [world.stop.ending.by] == ["agent:bot"]
    assert world.settled() == [(Outcome.DONE, "")]


def test_a_stop_of_an_earlier_session_does_not_end_this_one(tmp_path: Path) -> None:
    """It came when that session had just ended; ideas that came then are taken."""
    with closing(SqliteLedger(tmp_path)) as ledger:
        ledger.append(opened())
        assert order_stop(tmp_path) is None, "no session runs"
        assert ledger.open_orders(9) == []
        place_order(tmp_path, StopSession())
        place_order(tmp_path, idea("later"))
        with ledger.lock():
            state = restore(ledger)
            assert state is not None
            journal, stop = Journal(ledger, state), asyncio.run(made())
            OrderRunner(journal=journal, stop=stop).take()
            assert not stop.requested and [one.text for one in journal.state.ideas.ideas] == ["later"]
            settled = [entry.event for entry in ledger.events() if isinstance(entry.event, OrderSettled)]
            assert [one.reason for one in settled] == [TOO_LATE, ""]


def test_an_order_that_was_read_and_not_settled_is_acted_on_by_the_next_session(world: World) -> None:
    """As after a kill before the transaction, here by a disk that takes nothing: all of it is there, or nothing."""
    world.order(idea("one"), idea("two"))
    db = world.journal.ledger._db  # type: ignore[attr-defined]  # a full disk
    trigger = "CREATE TRIGGER no BEFORE INSERT ON events WHEN new.kind='order_settled' BEGIN SELECT raise(abort, 'no'); END"
    db.execute(trigger)
    with pytest.raises(Exception, match="no"):
        world.runner.take()
    db.execute("DROP TRIGGER no")
    state = restore(world.journal.ledger)
    assert state and state.ideas.ideas == () and world.ideas() == []
    again = Journal(world.journal.ledger, state)
    OrderRunner(journal=again, stop=world.stop).take()
    assert [one.text for one in again.state.ideas.ideas] == ["one", "two"]
    assert world.journal.ledger.open_orders(9) == []


def test_no_secret_is_in_an_order(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever gives it, by whatever way."""
    monkeypatch.setenv("SOME_API_KEY", "cAnArY0123456789zz")
    place_order(world.folder, idea("use cAnArY0123456789zz"), BOT)
    world.runner.take()
    assert world.ideas() == [("use [hidden]", "agent:bot")]
    assert b"cAnArY01" not in b"".join(path.read_bytes() for path in world.folder.glob("ledger.db*"))


def test_the_same_key_is_the_same_order(world: World) -> None:
    """Whether it waits or is settled: a channel may deliver a message again after a kill."""
    assert place_order(world.folder, idea("one"), BOT, key="chat 17")
    assert not place_order(world.folder, idea("one"), BOT, key="chat 17")
    world.runner.take()
    assert not place_order(world.folder, idea("two"), BOT, key="chat 17")
    assert not world.runner.take() and world.ideas() == [("one", "agent:bot")]


def test_the_orders_that_wait_are_bounded(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """One more is the user's error, except a stop; one look acts on all of them in few transactions."""
    monkeypatch.setattr(orders, "MOST_OPEN", MOST)
    ledger = world.journal.ledger
    assert isinstance(ledger, SqliteLedger)
    for number in range(MOST):
        ledger.place_order(idea(f"idea {number}"), BOT)
    with pytest.raises(UserError, match=f"{MOST} orders wait already"):
        world.order(idea("one too many"))
    world.order(StopSession())
    before = ledger.append()
    assert world.runner.take() and world.stop.requested
    assert ledger.open_orders(1) == [] and len(world.settled()) == MOST + 1
    added = [entry.event.kind for entry in world.journal.ledger.events(before)]
    assert added.count("order_settled") == MOST + 1 and MOST > AT_ONCE


@pytest.mark.parametrize(
    "text", ["\x1b[2J\x00 boo\r\n- [x] #1 all", "x" * 100_000, "\ud800 lone", "-->\n# Ideas", "→ kept in #1"]
)
def test_hostile_words_of_an_order_are_harmless(world: World, text: str) -> None:
    """An idea is one printable line, and so is who gave it; the file of ideas is read back as it was written."""
    giver = Giver(by=f"agent:{text}", origin=text)
    world.order(ChangeIdeas(edits=(AddIdea(text=f"say {text.encode(errors='replace').decode()}"),)), giver=giver)
    world.runner.take()
    [(said, by)] = world.ideas()
    assert said.isprintable() and by.isprintable() and len(said) <= 300 and len(by) <= 64
    queue = world.journal.state.ideas
    assert parse_ideas(render_ideas(queue), queue) == () and queue.done == ()
    world.journal.ledger.check_chain()


@pytest.mark.parametrize("text", ["\ud800", "x" * 300_000])
def test_an_order_that_cannot_be_kept_is_refused(world: World, text: str) -> None:
    """It is too large, or no text; the command line shortens an idea before."""
    with pytest.raises(UserError, match="the order has"):
        place_order(world.folder, idea(text))
    assert world.journal.ledger.open_orders(1) == []


def test_a_writer_of_anything_else_ends_the_campaign(world: World) -> None:
    """Only orders may come from others: the state is folded from our events alone."""
    world.journal.record(proposed(1))
    with closing(SqliteLedger(world.folder)) as other:
        other.append(IdeasChanged(by="person", edits=(AddIdea(text="mine"),)))
    with pytest.raises(UserError, match="another process writes"):
        world.journal.record(trial(1))


def test_a_signal_without_an_order_is_a_stop(world: World) -> None:
    """The process that was asked had not begun its campaign yet, so there was nothing to write the order to."""
    world.stop.wake()
    assert asyncio.run(world.runner.news()) is False
    assert world.stop.ending and world.stop.ending.reason is EndReason.STOP


def test_a_campaign_without_events_takes_no_order(tmp_path: Path) -> None:
    """The first event of a ledger is its opening; a folder without a ledger gets none."""
    with pytest.raises(UserError, match="no campaign in"):
        place_order(tmp_path, idea("early"))
    assert list(tmp_path.iterdir()) == []
    with closing(SqliteLedger(tmp_path)), pytest.raises(UserError, match="has not begun"):
        place_order(tmp_path, idea("early"))


def test_a_snapshot_of_before_there_were_orders_restores(world: World) -> None:
    """It names no giver anywhere; the state is the same, as no event before it had one."""
    world.journal.record(IdeasChanged(by="person", edits=(AddIdea(text="old"),)), STOPPED)
    text = dump_state(world.journal.state).decode()
    older = text.replace(',"giver":""', "").replace(',"by":""', "")
    assert len(older) < len(text) and load_state(older.encode()) == world.journal.state
