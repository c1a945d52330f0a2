"""What every receiver promises: a message comes whole and in order, and again until it was taken."""

# ruff: noqa: S101  # a suite consists of assertions

import asyncio
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path

import anyio

from overnight.notices.port import Deaf, Message, Receiver
from overnight.testing.channel import FOREIGN, PATIENCE_S, SECRET
from overnight.testing.failures import failure, is_one_line
from overnight.testing.waiting import until


@dataclass(frozen=True, kw_only=True)
class Line:
    """A receiver, and its other end, which delivers a message until it is acknowledged."""

    receiver: Receiver
    write: Callable[[Message], None]  # somebody writes a message; `at` and `group` need not arrive
    acknowledged: Callable[[], Sequence[str]]  # the id of each message that was acknowledged


class TookNothing(Exception):  # noqa: N818  # not an error: what a full disk is to a receiver
    """Raised by a `take` that cannot keep a message."""


class ReceiverConformance:
    """What every `Receiver` promises."""

    def line(self, folder: Path) -> AbstractContextManager[Line]:
        """A line that works; `folder` is empty and for its own use."""
        raise NotImplementedError

    def cut_line(self, folder: Path) -> AbstractContextManager[Line]:
        """A line whose other end goes away at once, and says SECRET if it says anything of an address or a password."""
        raise NotImplementedError

    def test_messages_come_whole_and_in_order(self, tmp_path: Path) -> None:
        """Each with its id, its sender and its text; foreign text is neither interpreted nor lost."""
        written = [_message("1", "first"), _message("2", FOREIGN), _message("3", "two\nlines", sender="another")]
        with self.line(tmp_path) as line:
            for message in written:
                line.write(message)
            taken = _take(line, 3)
        assert [(each.id, each.sender, each.text) for each in taken] == [(each.id, each.sender, each.text) for each in written]

    def test_a_message_is_acknowledged_after_it_was_taken(self, tmp_path: Path) -> None:
        """What is acknowledged does not come again, and what is not, does."""
        with self.line(tmp_path) as line:
            line.write(_message("1", "first"))
            line.write(_message("2", "second"))
            before: list[str] = []
            _take(line, 2, look=lambda message: before.extend(each for each in line.acknowledged() if each == message.id))
            assert not before
            line.write(_message("3", "third"))
            assert [each.id for each in _take(line, 1)] == ["3"]

    def test_what_could_not_be_taken_comes_again(self, tmp_path: Path) -> None:
        """The error of `take` is raised as it is."""

        def refuse(message: Message) -> None:
            raise TookNothing(message.id)

        with self.line(tmp_path) as line:
            line.write(_message("1", "first"))
            refused = failure(TookNothing, lambda: _take(line, 1, look=refuse))
            assert str(refused) == "1" and "1" not in line.acknowledged()
            assert [each.id for each in _take(line, 1)] == ["1"]

    def test_a_line_that_is_cut_says_so(self, tmp_path: Path) -> None:
        """In one line without any address or secret."""
        with self.cut_line(tmp_path) as line:
            cut = failure(Deaf, lambda: _take(line, 1))
        assert is_one_line(str(cut))
        assert SECRET not in str(cut) and "://" not in str(cut)


def _message(key: str, text: str, sender: str = "42") -> Message:
    return Message(id=key, sender=sender, text=text, at=0.0)


def _take(line: Line, count: int, *, look: Callable[[Message], None] | None = None) -> Sequence[Message]:
    """Receive until so many messages were taken and acknowledged."""
    taken: list[Message] = []

    def take(message: Message) -> None:
        if look:
            look(message)
        taken.append(message)

    async def receive() -> None:
        failures: list[Exception] = []

        async def listen() -> None:
            try:
                await line.receiver.receive(take)
            except Exception as error:  # noqa: BLE001  # raised again below, outside the task group
                failures.append(error)

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(listen)
            await until(lambda: failures or (len(taken) >= count and {each.id for each in taken} <= set(line.acknowledged())))
            tasks.cancel_scope.cancel()
        if failures:
            raise failures[0]

    async def in_time() -> None:
        with anyio.fail_after(PATIENCE_S):
            await receive()

    asyncio.run(in_time())
    return taken
