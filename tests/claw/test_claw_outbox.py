"""What goes out when a channel could not be used: nothing is sent as if it were new, and none keeps another one waiting."""

from dataclasses import dataclass, field

import anyio
import pytest
from claws import ClawUnderTest

from overnight.claw.events import Noticed, Paired, Send
from overnight.claw.port import Outgoing
from overnight.claw.record import record
from overnight.claw.running.reception import Busy
from overnight.ledger.sealed import seal
from overnight.notices.port import Message, NotSent
from overnight.operations.principal import Address, Kind

HOURS = 3600.0
MOST = 20


@dataclass
class Line:
    """A channel that can be down."""

    down: bool = False
    out: list[str] = field(default_factory=list)

    async def receive(self, take: object) -> None:
        """Hear nothing."""

    async def send(self, message: Outgoing) -> None:
        """Keep it, unless it is down."""
        if self.down:
            raise NotSent("it is down", again=True)
        self.out.append(message.text)

    async def find(self, message: Outgoing) -> bool | None:
        """It cannot tell."""
        return None


def say(claw: ClawUnderTest, channel: str, *words: str) -> None:
    """Have the claw say something over a channel."""
    for each in words:
        text = seal(each)
        claw.record.append(Noticed(sends=(Send(key=f"n {each}", to=Address(channel, "7"), text=text.ref),)), texts=[text])


def test_a_few_late_messages_say_of_when_they_are(claw: ClawUnderTest) -> None:
    """After an hour; a message in time has no mark."""
    line = Line()
    claw.chats = {"line": line}
    say(claw, "line", "one", "two")
    claw.clock.now += 2 * HOURS
    say(claw, "line", "three")
    claw.run()
    assert [text.startswith("(late: of ") for text in line.out] == [True, True, False]
    assert line.out[0].endswith(") one") and line.out[2] == "three"


def test_of_many_late_messages_there_is_one_that_says_how_many(claw: ClawUnderTest) -> None:
    """110 stale replies are not replayed after a restart; the newest, which is in time, is sent."""
    line = Line(down=True)
    claw.chats = {"line": line}
    say(claw, "line", *(f"stale {number}" for number in range(110)))
    claw.run()
    claw.clock.now += 5 * HOURS
    say(claw, "line", "now")
    line.down = False
    claw.run()
    assert line.out == ["now", "While I could not write to you, 110 messages were not sent; `overnight claw log` has them."]
    claw.clock.now += 5 * HOURS
    claw.run()
    assert len(line.out) == 2 and not claw.record.unsent()


def test_what_one_channel_cannot_send_keeps_no_other_waiting(claw: ClawUnderTest) -> None:
    """Neither a channel that is down, nor one that is not there any more, nor a terminal that nobody opens."""
    down, line = Line(down=True), Line()
    claw.chats = {"down": down, "line": line}
    for channel in ("down", "gone", "terminal"):
        say(claw, channel, *(f"{channel} {number}" for number in range(120)))
    say(claw, "line", "hello")
    claw.run()
    assert line.out == ["hello"]


def test_what_cannot_be_taken_is_not_acknowledged(claw: ClawUnderTest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A channel that gets an exception keeps the message and brings it again; what is known is acknowledged even then."""
    monkeypatch.setattr(record, "MOST_WAITING", MOST)
    claw.record.append(Paired(address=Address("line", "7"), person="owner", role=Kind.OWNER))
    reception = claw.runner.reception

    def take(number: int) -> None:
        reception.take("line", Message(id=str(number), sender="7", text="help", at=claw.clock.now))

    for number in range(MOST):
        take(number)
    with pytest.raises(Busy):
        take(MOST)
    take(0)
    claw.run()
    take(MOST)
    assert len(claw.record.newest_of(["received"], MOST + 2)) == MOST + 1


def test_a_clock_that_is_set_back_delays_nothing(claw: ClawUnderTest) -> None:
    """What failed is tried again soon, and not only when the clock is where it was."""
    line = Line(down=True)
    claw.chats = {"line": line}
    say(claw, "line", "hello")
    runner = claw.runner
    anyio.run(lambda: runner.run(until_idle=True))
    line.down = False
    anyio.run(lambda: runner.run(until_idle=True))
    assert line.out == []
    claw.clock.now -= 48 * HOURS
    anyio.run(lambda: runner.run(until_idle=True))
    assert [text.endswith("hello") for text in line.out] == [True]
