"""What people write to a session: kept before it is acknowledged, carried out once, answered once, whoever breaks down."""

import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager, closing
from dataclasses import replace
from pathlib import Path

import anyio
import pytest
from listening_sessions import Chat, Session, session
from scripted_peer import Peer

from overnight.notices.answers import ANSWERS_A_MINUTE, UNKNOWN_IN_A_ROW
from overnight.notices.inbox import KEPT, MOST_WAITING, NAME, Inbox
from overnight.notices.listeners import ListenerFolder, deaf_channels
from overnight.notices.notice import Occasion
from overnight.notices.port import Deaf, Message, NotSent
from overnight.testing.waiting import until


@asynccontextmanager
async def running(*sessions: Session) -> AsyncIterator[None]:
    """Let them listen while the body runs, and end in order."""
    async with anyio.create_task_group() as tasks:
        for each in sessions:
            tasks.start_soon(each.reception.run)
        yield
        for each in sessions:
            each.reception.end()


def run(session: Session, condition: Callable[[], object]) -> None:
    """Listen until a condition is true."""

    async def listen() -> None:
        async with running(session):
            await until(condition)

    anyio.run(listen)


def test_an_owner_is_answered_once_and_a_stranger_is_not_kept(tmp_path: Path) -> None:
    """Messages of others and of groups are acknowledged and counted; nothing of them is on disk."""
    chat = Chat()
    chat.write("1", "from a stranger", sender="7")
    chat.write("2", "to a whole group", group=True)
    chat.write("3", "hello")
    here = session(tmp_path, chat)
    run(here, lambda: chat.sent)
    assert here.done == ["hello"] and chat.answers("3") == ["done: hello"] and chat.acks == ["1", "2", "3"]
    (notice,) = chat.sent
    assert (notice.occasion, notice.text, notice.facts["to"]) == (Occasion.ANSWER, "second line", "42")
    kept = b"".join(path.read_bytes() for path in (tmp_path / "desk").glob("*.db*"))
    assert b"hello" in kept and b"stranger" not in kept and b"group" not in kept.replace(b"from a group", b"")
    with closing(Inbox(tmp_path / "desk")) as inbox:
        assert inbox.refused() == {"from a group": 1, "from others": 1}


def test_no_secret_of_a_message_is_kept(tmp_path: Path) -> None:
    """It is hidden before the message is on disk, and so in what is done and answered."""
    chat = Chat()
    chat.write("1", "hello cAnArY0123")
    here = session(tmp_path, chat)
    here.reception.clean = lambda text: text.replace("cAnArY0123", "[hidden]")
    run(here, lambda: chat.sent)
    assert here.done == ["hello [hidden]"]
    assert b"cAnArY" not in b"".join(path.read_bytes() for path in (tmp_path / "desk").glob("*.db*"))


def test_the_same_message_is_carried_out_once(tmp_path: Path) -> None:
    """Delivered twice in a session, and again in later ones, it is acknowledged and not repeated."""
    chat = Chat(forgetful=True)
    for _ in range(2):
        chat.write("1", "hello")
    first = session(tmp_path, chat)
    run(first, lambda: chat.sent)
    assert chat.acks == ["1", "1"]
    chat.write("2", "more")
    second = session(tmp_path, chat)
    run(second, lambda: chat.answers("2"))
    assert (first.done, second.done) == (["hello"], ["more"]) and chat.answers("1") == ["done: hello"]
    assert chat.acks == ["1", "1", "1", "1", "2"]


def test_what_fails_is_answered_too(tmp_path: Path) -> None:
    """A desk that cannot do what a message says does not end the session."""
    chat = Chat()
    chat.write("1", "fail")
    chat.write("2", "hello")
    run(session(tmp_path, chat), lambda: len(chat.sent) == 2)
    assert chat.answers("1") == [r"a: this failed: no\x1bway"] and chat.answers("2")


def test_a_loop_of_two_programs_ends(tmp_path: Path) -> None:
    """What is not understood is answered three times in a row; what is understood starts the count again."""
    chat = Chat()
    for number in range(8):
        chat.write(str(number), "what?")
    chat.write("ours", "ours: came back")
    chat.write("known", "hello")
    chat.write("again", "what?")
    run(session(tmp_path, chat), lambda: chat.answers("again"))
    assert [notice.facts["message"] for notice in chat.sent] == ["0", "1", "2", "known", "again"]
    assert UNKNOWN_IN_A_ROW == 3


def test_a_flood_is_carried_out_and_answered_in_part(tmp_path: Path) -> None:
    """So many answers a minute; a `stop` among many messages still counts."""
    chat = Chat()
    for number in range(30):
        chat.write(str(number), f"message {number}")
    here = session(tmp_path, chat)
    run(here, lambda: len(here.done) == 30 and len(chat.sent) == ANSWERS_A_MINUTE)
    assert len(chat.sent) == ANSWERS_A_MINUTE


def test_too_many_at_once_are_refused(tmp_path: Path) -> None:
    """The inbox holds so many that nobody has carried out; and of those that are done the newest."""
    with closing(Inbox(tmp_path)) as inbox:
        for number in range(MOST_WAITING + 5):
            inbox.store(Message(id=str(number), sender="42", text="x", at=0.0))
        assert len(inbox.open()) == MOST_WAITING and inbox.refused() == {"too many at once": 5}
        for entry in inbox.open():
            inbox.finish(entry.message.id)
    with closing(sqlite3.connect(tmp_path / NAME)) as database, database:
        rows = ((f"old {number}", "42", "x", 0.0, "s", "done") for number in range(KEPT))
        database.executemany("INSERT INTO messages(id, sender, text, at, session, state) VALUES(?,?,?,?,?,?)", rows)
    with closing(Inbox(tmp_path)) as inbox:
        assert inbox.store(Message(id="new", sender="42", text="x", at=0.0))
        assert inbox.store(Message(id="0", sender="42", text="x", at=0.0)) and not inbox.store(
            Message(id=f"old {KEPT - 1}", sender="42", text="x", at=0.0)
        )


def test_a_message_of_any_text_and_id_is_taken_or_counted(tmp_path: Path) -> None:
    """A lone surrogate, a huge text, and ids that are empty, long or invisible."""
    chat = Chat()
    for key in ("", "x" * 201, "a\0b"):
        chat.write(key, "odd")
    chat.write("1", "\ud800 hello")
    chat.write("2", "x" * 10_000_000)
    here = session(tmp_path, chat)
    run(here, lambda: len(chat.sent) == 2)
    assert here.done[0] == "? hello" and len(here.done[1]) == 2001
    with closing(Inbox(tmp_path / "desk")) as inbox:
        assert inbox.refused() == {"without a usable id": 3}


def test_a_receiver_that_breaks_down_is_started_again(tmp_path: Path) -> None:
    """One failure is nothing to report; what is written then arrives."""
    chat = Chat(failures=[Deaf("no network", again=True)])
    chat.write("1", "hello")
    here = session(tmp_path, chat)
    run(here, lambda: chat.sent)
    assert chat.started == 2 and not here.deaf


@pytest.mark.parametrize(
    ("failures", "why"),
    [
        ([Deaf("no network", again=True)] * 3, "no network"),
        ([Deaf("there is no such program", again=False)], "there is no such program"),
        ([RuntimeError("a token tk_1234567")], "a bug in the channel: RuntimeError"),
    ],
)
def test_a_channel_that_cannot_be_heard_is_reported_once(tmp_path: Path, failures: Sequence[Exception], why: str) -> None:
    """It is shown as deaf until it is heard again; it is tried on."""
    chat = Chat(failures=[*failures, *[Deaf("no network", again=True)] * 5])
    here = session(tmp_path, chat)
    seen: list[str] = []
    state = tmp_path / "state"
    here.reception.folder = ListenerFolder(state / "channels" / "desk")

    async def listen() -> None:
        async with running(here):
            await until(lambda: here.deaf)
            seen.extend(deaf_channels(state, "/r", "a"))
            assert not deaf_channels(state, "/r", "b")
            await until(lambda: not chat.failures)
            chat.write("1", "hello")
            await until(lambda: chat.sent)
            assert not deaf_channels(state, "/r", "a")

    anyio.run(listen)
    assert here.deaf == [why] and seen and seen[0].startswith("`desk` cannot receive: ")


def test_an_answer_that_fails_is_sent_again(tmp_path: Path) -> None:
    """In the session, and by the next one; it is said why."""
    chat = Chat(unsent=[NotSent("HTTP 503", again=True), RuntimeError("bug")])
    chat.write("1", "hello")
    here = session(tmp_path, chat)
    run(here, lambda: chat.sent)
    assert chat.answers("1") == ["done: hello"] and here.reception.unsent == "a bug in the channel: RuntimeError"
    chat.unsent.extend([NotSent("HTTP 401", again=False)] * 1000)
    chat.write("2", "more")
    run(session(tmp_path, chat), lambda: len(chat.unsent) < 1000)
    chat.unsent.clear()
    run(session(tmp_path, chat), lambda: chat.answers("2"))
    assert chat.answers("2") == ["done: more"]


def test_of_two_sessions_one_reads_and_each_does_its_own(tmp_path: Path) -> None:
    """Both have an answer sent; when the reader ends, the other one reads."""
    chat = Chat()
    first, second = session(tmp_path, chat, "a"), session(tmp_path, chat, "b", began=2.0)

    async def listen() -> None:
        async with running(first):
            await until(lambda: chat.started)
            async with running(second):
                await until(lambda: len(first.reception.folder.listeners()) == 2)
                chat.write("1", "b: hello")
                chat.write("2", "a: hello")
                await until(lambda: len(chat.sent) == 2)
                assert chat.started == 1
                first.reception.end()
                await until(lambda: chat.started == 2)
                chat.write("3", "anyone")
                await until(lambda: len(chat.sent) == 3)

    anyio.run(listen)
    assert (first.done, second.done) == (["a: hello"], ["b: hello", "anyone"])
    assert sorted(chat.acks) == ["1", "2", "3"]


def test_a_message_for_a_session_that_is_gone_is_looked_at_again(tmp_path: Path) -> None:
    """If it was not started; one that was is unknown, and answered so, once."""
    gone = session(tmp_path, Chat()).reception.me.session
    with closing(Inbox(tmp_path / "desk")) as inbox:
        for key in ("1", "2"):
            inbox.store(Message(id=key, sender="42", text=f"hello {key}", at=0.0))
            inbox.assign(key, gone)
        first, second = inbox.open()
        assert inbox.start(first, gone) and not inbox.start(first, gone)
        assert not inbox.start(replace(second, session=""), "another")
    chat = Chat()
    here = session(tmp_path, chat)
    run(here, lambda: len(chat.sent) == 2)
    assert here.done == ["hello 2"]
    assert chat.answers("1") == ["overnight: a session ended while it read “hello 1”: it is not known whether that was done"]
    run(session(tmp_path, chat), lambda: True)
    assert len(chat.sent) == 2


def test_a_folder_that_is_not_ours_makes_a_channel_deaf_only(tmp_path: Path) -> None:
    """Neither a link in place of the inbox nor a file that is no database ends a session."""
    outside = tmp_path / "outside"
    outside.write_bytes(b"precious")
    for linked in (True, False):
        here = session(tmp_path / str(linked), Chat())
        path = tmp_path / str(linked) / "desk" / NAME
        if linked:
            path.symlink_to(outside)
        else:
            path.write_bytes(b"no database" * 999)
        anyio.run(here.reception.run)
        assert "cannot be kept" in here.deaf[0]
    assert outside.read_bytes() == b"precious"


KILLED = """
import os, signal, sys
from pathlib import Path
import anyio
from overnight.notices.command_receiver import CommandReceiver
from overnight.notices.inbox import Inbox
from overnight.notices.outbox import Outbox
from listening_sessions import Chat, session

folder, when, *command = sys.argv[1:]
store, start, sent = Inbox.store, Inbox.start, Outbox.sent

def die():
    os.kill(os.getpid(), signal.SIGKILL)

def stored(inbox, message):
    found = store(inbox, message)
    if when == "stored":
        die()
    return found

def begun(inbox, *rest):
    found = start(inbox, *rest)
    if when == "started":
        die()
    return found

def was_sent(outbox, delivery):
    if when == "sent":
        die()
    sent(outbox, delivery)
    die()

Inbox.store, Inbox.start, Outbox.sent = stored, begun, was_sent

class Bridge(Chat):
    @property
    def receiver(self):
        return CommandReceiver(spec=self.spec, environment=dict(os.environ))

    async def send(self, notice):
        with open(folder + "/sent", "a") as file:
            file.write(notice.title + chr(10))

bridge = Bridge()
here = session(Path(folder), bridge)
from dataclasses import replace
bridge.spec = replace(here.reception.spec, receive=tuple(command))
carry_out = here.clerk.carry_out

async def noted(message):
    with open(folder + "/done", "a") as file:
        file.write(message.text + chr(10))
    return await carry_out(message)

here.clerk.carry_out = noted
anyio.run(here.reception.run)
"""


@pytest.mark.parametrize(
    ("when", "done", "sent"),
    [
        ("stored", ["hello"], ["done: hello"]),
        ("started", [], ["overnight: a session ended while it read “hello”: it is not known whether that was done"]),
        ("sent", ["hello"], ["done: hello", "done: hello"]),
    ],
)
def test_a_kill_loses_and_repeats_nothing(tmp_path: Path, when: str, done: list[str], sent: list[str]) -> None:
    """Killed before the acknowledgement it comes again; killed later it is not carried out again; an answer may come twice."""
    peer = Peer(tmp_path / "peer")
    peer.write("1", "hello")
    for moment in (when, "never"):
        command = [sys.executable, "-c", KILLED, str(tmp_path), moment, *peer.command]
        environment = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[1])}
        ended = subprocess.run(command, env=environment, timeout=60, check=False, capture_output=True, text=True)
        assert ended.returncode == -signal.SIGKILL, ended.stderr
    assert [path.read_text().splitlines() for path in (tmp_path / "done",) if path.exists()] == ([done] if done else [])
    assert (tmp_path / "sent").read_text().splitlines() == sent
    peer.close()
