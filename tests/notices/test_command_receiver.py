"""A command that prints messages keeps the promises of `Receiver`, and what is no message does no harm."""

import os
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import anyio
import pytest
from conformance import holds
from processes import gone
from scripted_peer import Peer

from overnight.notices.command_receiver import LINE_BYTES, MOST_ODD, CommandReceiver
from overnight.notices.notice import NotifySpec
from overnight.notices.port import Deaf, Message
from overnight.testing import Line, ReceiverConformance
from overnight.testing.channel import SECRET
from overnight.testing.waiting import until

Take = Callable[[Message], None]


def receiver_of(*command: str) -> CommandReceiver:
    spec = NotifySpec(name="desk", use="command", receive=command)
    return CommandReceiver(spec=spec, environment=dict(os.environ))


@contextmanager
def peer_in(folder: Path) -> Iterator[Peer]:
    peer = Peer(folder / "peer")
    try:
        yield peer
    finally:
        peer.close()


class TestCommand(ReceiverConformance):
    """A program of the user's."""

    @contextmanager
    def line(self, folder: Path) -> Iterator[Line]:
        with peer_in(folder) as peer:
            yield Line(
                receiver=receiver_of(*peer.command),
                write=lambda message: peer.write(message.id, message.text, sender=message.sender),
                acknowledged=peer.acknowledged,
            )

    @contextmanager
    def cut_line(self, folder: Path) -> Iterator[Line]:
        receiver = receiver_of(sys.executable, "-S", "-c", "import sys; sys.exit('no network')")
        yield Line(receiver=receiver, write=lambda message: None, acknowledged=list)


@dataclass
class Post:
    """Implements `Receiver` by a list."""

    waiting: list[Message] = field(default_factory=list)
    acks: list[str] = field(default_factory=list)
    cut: bool = False

    async def receive(self, take: Take) -> None:
        if self.cut:
            raise Deaf("the line is cut", again=True)
        await self.deliver(take)
        await anyio.sleep_forever()

    async def deliver(self, take: Take) -> None:
        for message in tuple(self.waiting):
            take(message)
            self.done(message)

    def done(self, message: Message) -> None:
        self.waiting.remove(message)
        self.acks.append(message.id)


class TestPost(ReceiverConformance):
    """Another implementation."""

    kind = Post

    @contextmanager
    def line(self, folder: Path, *, cut: bool = False) -> Iterator[Line]:
        post = self.kind(cut=cut)
        yield Line(receiver=post, write=post.waiting.append, acknowledged=lambda: post.acks)

    def cut_line(self, folder: Path):  # type: ignore[no-untyped-def]  # as in `line`
        return self.line(folder, cut=True)


class AcknowledgesFirst(Post):
    """Loses what cannot be kept."""

    async def deliver(self, take: Take) -> None:
        for message in tuple(self.waiting):
            self.done(message)
            take(message)


class ForgetsAcks(Post):
    """Delivers everything again."""

    def done(self, message: Message) -> None:
        self.acks.append(message.id)


class SwallowsErrors(Post):
    """Takes a full disk for a good end."""

    async def deliver(self, take: Take) -> None:
        try:
            await super().deliver(take)
        except Exception:  # noqa: BLE001  # that is the broken promise
            raise Deaf("it failed", again=True) from None


class ShowsTheAddress(Post):
    """Says where the line is cut."""

    async def receive(self, take: Take) -> None:
        raise Deaf(f"https://example.org/{SECRET} is cut", again=True)


@pytest.mark.parametrize(
    ("kind", "promise"),
    [
        (AcknowledgesFirst, "test_a_message_is_acknowledged_after_it_was_taken"),
        (ForgetsAcks, "test_a_message_is_acknowledged_after_it_was_taken"),
        (SwallowsErrors, "test_what_could_not_be_taken_comes_again"),
        (ShowsTheAddress, "test_a_line_that_is_cut_says_so"),
    ],
)
def test_a_receiver_that_breaks_a_promise_is_found(tmp_path: Path, kind: type[Post], promise: str) -> None:
    """The suite fails for it."""
    suite = TestPost()
    suite.kind = kind
    assert not holds(suite, promise, tmp_path)


def received(receiver: CommandReceiver, count: int) -> list[Message]:
    """The first messages that come."""
    found: list[Message] = []

    async def receive() -> None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(receiver.receive, found.append)
            await until(lambda: len(found) >= count)
            tasks.cancel_scope.cancel()

    anyio.run(receive)
    return found


def deafness(receiver: CommandReceiver, take: Take = lambda message: None) -> Deaf:
    """Why nothing more can be received."""
    with pytest.raises(Deaf) as caught:
        anyio.run(receiver.receive, take)
    assert str(caught.value).isprintable()
    return caught.value


def test_what_is_no_message_is_left_out(tmp_path: Path) -> None:
    """No JSON, missing and unknown keys, wrong types, control characters in a name, and a line that is too long."""
    odd = (
        b"hello",
        b"\xff\xfe\x00",
        b"",
        b"[]",
        b"[" * 50_000,
        b'{"id": "1"}',
        b'{"id": "1", "sender": "42", "text": "stop", "owner": true}',
        b'{"id": "1", "sender": ["42"], "text": "stop"}',
        b'{"id": "1", "sender": true, "text": "stop"}',
        b'{"id": "1", "sender": "42\\u0000", "text": "stop"}',
        b'{"id": "", "sender": "42", "text": "stop"}',
        b'{"id": "1", "sender": "42", "text": "stop", "at": NaN}',
        b'{"id": "1", "sender": "42", "text": "' + b"x" * LINE_BYTES + b'"}',
        b"x" * (5 * LINE_BYTES),
    )
    with peer_in(tmp_path) as peer:
        for line in odd:
            peer.write_line(line)
        peer.write("2", "status")
        (message,) = received(receiver_of(*peer.command), 1)
    assert (message.id, message.text) == ("2", "status")


def test_numbers_are_names_and_times_are_the_channels() -> None:
    """As Telegram has them; a time in the future is now, and a message without a time was written when it came."""
    lines = (
        '{"id": 7, "sender": 42, "text": "a", "at": 1000.5, "group": true}',
        '{"id": 8, "sender": 42, "text": "b", "at": 99999999999}',
        '{"id": 9, "sender": 42, "text": "c"}',
    )
    script = f"import time; print({chr(10).join(lines)!r}, flush=True); time.sleep(600)"
    first, *others = received(receiver_of(sys.executable, "-S", "-c", script), 3)
    assert (first.id, first.sender, first.at, first.group) == ("7", "42", 1000.5, True)
    assert all(1.7e9 < other.at < 9e10 and not other.group for other in others)


def test_a_command_that_ends_says_why() -> None:
    """What it printed before is taken; its last line on standard error is shown, made printable."""
    taken: list[Message] = []
    message = '{"id": 1, "sender": 42, "text": "a"}'
    script = f"import sys; print({message!r}); sys.exit('\\x1b[31mno\\nnetwork\\x1b[0m')"
    deaf = deafness(receiver_of(sys.executable, "-S", "-c", script), taken.append)
    assert deaf.again and str(deaf) == r"it exited with 1: network\x1b[0m" and [each.text for each in taken] == ["a"]


def test_a_command_that_is_missing_is_not_started_again_at_once() -> None:
    """A person has to do something."""
    deaf = deafness(receiver_of("/nowhere/program"))
    assert not deaf.again and "No such file" in str(deaf)


def test_nothing_but_odd_lines_is_given_up() -> None:
    """It is no program that speaks our lines."""
    deaf = deafness(
        receiver_of(sys.executable, "-S", "-c", f"print('hello\\n' * {MOST_ODD}, flush=True); import time; time.sleep(600)")
    )
    assert deaf.again and "no messages" in str(deaf)


def test_a_command_that_does_not_read_is_given_up() -> None:
    """Acknowledgements fill its pipe, and it is started again."""
    script = """
import json, itertools
for number in itertools.count():
    print(json.dumps({"id": "x" * 190 + str(number), "sender": 1, "text": "a"}), flush=True)
"""
    spec = NotifySpec(name="desk", use="command", receive=(sys.executable, "-S", "-c", script))
    deaf = deafness(CommandReceiver(spec=spec, environment={}, ack_s=0.05))
    assert deaf.again and "acknowledgement" in str(deaf)


def test_a_command_that_closes_its_input_is_still_heard() -> None:
    """One that keeps no messages need not read."""
    script = """
import json, os, time
os.close(0)
for number in range(3):
    print(json.dumps({"id": number, "sender": 1, "text": "a"}), flush=True)
time.sleep(600)
"""
    assert len(received(receiver_of(sys.executable, "-S", "-c", script), 3)) == 3


def test_nothing_is_left_running(tmp_path: Path) -> None:
    """The command and its children end when we listen no more; it got no more of the environment than it may."""
    mark = f"{tmp_path}/mark"
    script = f"""
import json, os, subprocess, sys
subprocess.Popen([sys.executable, "-S", "-c", "import time; time.sleep(600)", {mark!r}])
print(json.dumps({{"id": 1, "sender": 1, "text": os.environ.get("SECRET", "nothing")}}), flush=True)
sys.stdin.read()
"""
    spec = NotifySpec(name="desk", use="command", receive=(sys.executable, "-S", "-c", script))
    (message,) = received(CommandReceiver(spec=spec, environment={**os.environ, "SECRET": "x"}), 1)
    assert message.text == "nothing" and gone(mark)
