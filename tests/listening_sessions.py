"""Sessions that listen on a channel of lists, for tests."""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import anyio

from overnight.notices.answers import Reply
from overnight.notices.listeners import Listener, ListenerFolder
from overnight.notices.notice import Notice, NotifySpec
from overnight.notices.port import Message
from overnight.notices.reception import Paces, Reception

QUICK = Paces(look_s=0.005, hold_s=0.005, first_s=0.0, longest_s=0.0, again_s=0.0)


@dataclass
class Chat:
    """A channel by lists: it delivers what was written and is not acknowledged."""

    written: list[Message] = field(default_factory=list)
    acks: list[str] = field(default_factory=list)
    sent: list[Notice] = field(default_factory=list)
    failures: list[Exception] = field(default_factory=list)  # of receiving, first
    unsent: list[Exception] = field(default_factory=list)  # of sending, first
    started: int = 0
    forgetful: bool = False  # it delivers all, acknowledged or not

    @property
    def receiver(self) -> "Chat":
        return self

    async def send(self, notice: Notice) -> None:
        """Take an answer, or fail."""
        if self.unsent:
            raise self.unsent.pop(0)
        self.sent.append(notice)

    async def receive(self, take: Callable[[Message], None]) -> None:
        """Deliver, and wait for more."""
        self.started += 1
        if self.failures:
            raise self.failures.pop(0)
        at = 0
        while True:
            for message in self.written[at:]:
                at += 1
                if self.forgetful or message.id not in self.acks:
                    take(message)
                    self.acks.append(message.id)
            await anyio.sleep(0.001)

    def write(self, key: str, text: str, sender: str = "42", *, group: bool = False) -> None:
        """Somebody writes."""
        self.written.append(Message(id=key, sender=sender, text=text, at=1e9, group=group))

    def answers(self, key: str) -> list[str]:
        """The answers to a message."""
        return [notice.title for notice in self.sent if notice.facts["message"] == key]


@dataclass
class Clerk:
    """A desk: a message that begins with a name is for that session, any other for the first."""

    name: str
    done: list[str] = field(default_factory=list)

    def route(self, message: Message, present: Sequence[Listener]) -> Listener | Reply | None:
        """By the first word."""
        if message.text.startswith("what"):
            return Reply(lines=("not understood",), known=False)
        if message.text.startswith("ours"):
            return None
        named = [each for each in present if message.text.startswith(each.name)]
        return named[0] if named else present[0]

    async def carry_out(self, message: Message) -> Reply:
        """Note it."""
        if "fail" in message.text:
            raise ValueError("no\x1bway")
        self.done.append(message.text)
        return Reply(lines=(f"done: {message.text}", "second line"))


@dataclass
class Session:
    """A session that listens."""

    reception: Reception
    chat: Chat
    clerk: Clerk
    deaf: list[str]

    @property
    def done(self) -> list[str]:
        """What it carried out."""
        return self.clerk.done


def session(folder: Path, chat: Chat, name: str = "a", began: float = 1.0) -> Session:
    spec = NotifySpec(name="desk", use="command", receive=("it",), owners=("42",))
    me = Listener(session=f"s-{name}-{os.urandom(4).hex()}", name=name, place="/r", process=os.getpid(), began=began)
    deaf: list[str] = []
    clerk = Clerk(name)
    reception = Reception(
        spec=spec,
        channel=chat,
        folder=ListenerFolder(folder / "desk"),
        me=me,
        desk=clerk,
        report_deaf=deaf.append,
        paces=QUICK,
    )
    return Session(reception, chat, clerk, deaf)
