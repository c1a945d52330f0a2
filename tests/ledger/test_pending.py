"""Orders, an inbox and an outbox as tables of one ledger: each item once, whoever writes, however often they are killed."""

import random
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, closing
from pathlib import Path

import pytest
from targets import started
from tray import INBOX, ORDERS, OUTBOX, Answered, Delivered, Did, Ordered, Received, Tray

from overnight.ledger.pending import Item

HERE = Path(__file__).parent
WRITERS, EACH, KILLS = 8, 50, 12
WRITE = f"""
import sys
from pathlib import Path
from tray import ORDERS, Ordered, Tray
tray, author = Tray(Path(sys.argv[1]), busy_s=250.0), sys.argv[2]
print("there", flush=True)
for number in range({EACH}):
    key = f"{{author}}/{{number}}"  # an author who was killed begins again with the first
    tray.append_if(ORDERS.admits(key, 10_000), Ordered(key))
print("done", flush=True)
"""
ACT = """
import sys
import time
from pathlib import Path
from tray import ORDERS, Did, Tray
tray = Tray(Path(sys.argv[1]), busy_s=250.0)
with tray.lock():
    print("there", flush=True)
    while True:
        for item, event in tray.waiting(ORDERS, 7):
            tray.append(Did(event.key))
        if sys.argv[2] == "rest" and not tray.waiting(ORDERS, 1):
            break
        if not tray.changed():
            time.sleep(0.002)  # between looks, as a runner has them
"""


@pytest.fixture
def tray(tmp_path: Path) -> Iterator[Tray]:
    with closing(Tray(tmp_path)) as tray:
        yield tray


def keys(tray: Tray) -> list[str]:
    """The orders that wait."""
    return [event.key for _, event in tray.waiting(ORDERS, 100) if isinstance(event, Ordered)]


def test_two_open_stores_append_to_one_chain(tmp_path: Path) -> None:
    """Both were open before either wrote: neither needs to know of the other."""
    with closing(Tray(tmp_path)) as one, closing(Tray(tmp_path)) as two:
        assert [one.append(Ordered("a")), two.append(Ordered("b")), one.append(Ordered("c"))] == [1, 2, 3]
        one.check_chain()
        assert keys(one) == keys(two) == ["a", "b", "c"]


def test_an_order_waits_until_it_is_settled(tray: Tray) -> None:
    """What was done and that it was are one append; a settled order never waits again."""
    tray.append(Ordered("a"), Ordered("b"))
    tray.append(Did("a"))
    assert keys(tray) == ["b"]
    tray.append(Ordered("a"), Did("a"), Did("b"))
    assert keys(tray) == []
    with tray.reading() as db:
        found = ORDERS.find(db, "a")
        assert found and (found.seq, found.state) == (1, "done") and ORDERS.find(db, "none") is None


def test_a_retry_is_not_a_second_order(tray: Tray) -> None:
    """An order with a known key is not appended, whether the first one waits or is settled."""
    assert tray.append_if(ORDERS.admits("a", 10), Ordered("a")) == 1
    assert tray.append_if(ORDERS.admits("a", 10), Ordered("a")) is None
    tray.append(Did("a"))
    assert tray.append_if(ORDERS.admits("a", 10), Ordered("a")) is None
    assert [entry.event for entry in tray.events()] == [Ordered("a"), Did("a")]


def test_orders_that_wait_are_bounded(tray: Tray) -> None:
    """Beyond the limit none is appended until one is settled; asking for some costs no more for the rest."""
    for number in range(5):
        assert tray.append_if(ORDERS.admits(f"{number}", 3), Ordered(f"{number}")) == (number + 1 if number < 3 else None)
    tray.append(Did("0"))
    assert tray.append_if(ORDERS.admits("3", 3), Ordered("3")) is not None
    assert [item.key for item, _ in tray.waiting(ORDERS, 2)] == ["1", "2"]


def test_what_cannot_be_done_is_not_settled(tray: Tray) -> None:
    """If the transaction fails after the settlement, the order waits as before."""
    tray.append(Ordered("a"))
    with pytest.raises(RuntimeError, match="cannot be done"):
        tray.append(Did("a"), Did("fail"))
    assert keys(tray) == ["a"]
    tray.check_chain()


def test_a_message_is_answered_once(tray: Tray) -> None:
    """It is in the inbox before it is acknowledged; its answer is in the outbox as it leaves the inbox."""
    message = Received("chat", "17")
    assert tray.append_if(INBOX.admits("chat 17", 100), message) == 1
    assert tray.append_if(INBOX.admits("chat 17", 100), message) is None, "it was delivered again"
    tray.append(Answered("chat 17", ("17/0", "17/1")))
    assert tray.waiting(INBOX, 9) == []
    assert [item.key for item, _ in tray.waiting(OUTBOX, 9)] == ["17/0", "17/1"]


def test_a_message_that_may_have_been_sent_waits_as_such(tray: Tray) -> None:
    """`sending` is on disk before it is sent, and only one process takes it; what was sent waits no more."""
    tray.append(Answered("chat 17", ("17/0",)))
    assert tray.append_if(OUTBOX.in_state("17/0", "open"), Delivered("17/0", "sending"))
    assert tray.append_if(OUTBOX.in_state("17/0", "open"), Delivered("17/0", "sending")) is None
    assert tray.waiting(OUTBOX, 9) == [(Item(key="17/0", seq=1, at=tray.at(1), state="sending"), tray.event(1))]
    tray.append(Delivered("17/0", "sent"), Delivered("17/0", "open"))
    assert tray.waiting(OUTBOX, 9) == []


def test_the_tables_are_rebuilt_as_they_were(tray: Tray) -> None:
    """Also from a chain in which one key was ordered twice, as another program may have written it."""
    tray.append(Ordered("a"), Ordered("a"), Did("a"), Ordered("a"), Ordered("b"), Answered("chat 1", ("1/0",)))
    before = [tray.waiting(table, 9) for table in (ORDERS, INBOX, OUTBOX)]
    tray.reindex()
    assert [tray.waiting(table, 9) for table in (ORDERS, INBOX, OUTBOX)] == before and keys(tray) == ["b"]


def test_a_file_without_the_tables_has_nothing_that_waits(tmp_path: Path) -> None:
    """As of an older version; reading it changes nothing, and opening it to write adds them."""
    with closing(Tray(tmp_path, tables=())) as old:
        old.append(Ordered("a"))
    with closing(Tray(tmp_path, read_only=True)) as tray, tray.reading() as db:
        assert tray.waiting(ORDERS, 9) == [] and ORDERS.find(db, "a") is None
    with closing(Tray(tmp_path)) as tray:
        tray.append(Ordered("b"))
        assert keys(tray) == ["b"]


def test_a_look_tells_whether_another_process_wrote(tray: Tray, tmp_path: Path) -> None:
    """What this store wrote itself does not count; the first look does."""
    assert tray.changed() and not tray.changed()
    tray.append(Ordered("a"))
    assert not tray.changed()
    with closing(Tray(tmp_path)) as other:
        other.append(Ordered("b"))
    assert tray.changed() and not tray.changed()


def test_no_order_is_lost_or_done_twice_under_kills(tmp_path: Path) -> None:
    """400 orders of 8 processes, which are killed at random like the one that acts on them, and begin again."""
    chance = random.Random(7)
    with ExitStack() as stack:

        def start(script: str, word: str) -> "subprocess.Popen[str]":
            process = stack.enter_context(started(("-c", script, str(tmp_path), word), HERE))
            assert process.stdout is not None and process.stdout.readline() == "there\n"
            return process

        with closing(Tray(tmp_path)):
            pass
        acting = start(ACT, "on")
        writers = {word: start(WRITE, word) for word in map(str, range(WRITERS))}
        for _ in range(KILLS):
            word = chance.choice(["", *writers])
            victim = writers[word] if word else acting
            victim.kill()
            victim.wait()
            if word:
                writers[word] = start(WRITE, word)
            else:
                acting = start(ACT, "on")
        for writer in writers.values():
            assert writer.stdout is not None and writer.stdout.read() == "done\n" and writer.wait() == 0
        acting.kill()
        acting.wait()
        assert start(ACT, "rest").wait() == 0
    wanted = {f"{author}/{number}" for author in range(WRITERS) for number in range(EACH)}
    with closing(Tray(tmp_path, read_only=True)) as tray:
        events = [entry.event for entry in tray.events()]
        ordered = [event.key for event in events if isinstance(event, Ordered)]
        done = [event.key for event in events if isinstance(event, Did)]
        assert sorted(ordered) == sorted(wanted) == sorted(done)
        assert tray.waiting(ORDERS, 1) == []
        tray.check_chain()
