"""What goes out when a channel could not be used: nothing is sent as if it were new, and none keeps another one waiting."""

from dataclasses import dataclass, field, replace

import anyio
import pytest
from claws import ClawUnderTest

from overnight.claw.events import ChannelChanged, Noticed, Paired, Send
from overnight.claw.operations.claw_remind import RemindInput
from overnight.claw.operations.claw_remind import run as remind
from overnight.claw.port import Outgoing
from overnight.claw.record import record as record_module
from overnight.claw.record.record import ClawRecord
from overnight.claw.running.detour import Detour
from overnight.claw.running.reception import Busy
from overnight.claw.running.sender import Sender
from overnight.ledger.sealed import seal
from overnight.notices.port import Message, NotSent
from overnight.operations.operation import Context
from overnight.operations.principal import Address, Kind

HOURS = 3600.0
MOST = 20


@dataclass
class Line:
    """A channel that can be down."""

    down: bool = False
    hangs: bool = False
    out: list[str] = field(default_factory=list)

    async def receive(self, take: object) -> None:
        """Hear nothing."""

    async def send(self, message: Outgoing) -> None:
        """Keep it, unless it is down."""
        if self.hangs:
            await anyio.sleep_forever()
        if self.down:
            raise NotSent("it is down", again=True)
        self.out.append(message.text)

    async def find(self, message: Outgoing) -> bool | None:
        """It cannot tell."""
        return None


def say(claw: ClawUnderTest, channel: str, *words: str) -> None:
    """Have the claw say something over a channel to somebody who is paired there."""
    claw.record.append(Paired(address=Address(channel, "7"), person="owner", role=Kind.OWNER))
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


def test_every_channel_hears_of_what_another_process_recorded(claw: ClawUnderTest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also beside one that hangs: what is to go out over each goes out, although nobody wakes this process."""
    monkeypatch.setattr("overnight.claw.running.claw.LOOK_S", 0.01)
    names = ("a", "b", "c")
    lines = {name: Line() for name in names}
    claw.chats = {"hangs": Line(hangs=True), **lines}
    say(claw, "hangs", "never")
    runner = claw.runner

    async def work() -> None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(runner.run)
            await anyio.wait_all_tasks_blocked()
            with ClawRecord(claw.folder, clock=claw.clock) as record:
                other = replace(claw, record=record)
                for name in names:
                    say(other, name, f"hello {name}")
            with anyio.fail_after(20):
                while not all(line.out for line in lines.values()):  # noqa: ASYNC110  # the lines have no event
                    await anyio.sleep(0.01)
            tasks.cancel_scope.cancel()

    anyio.run(work)
    assert [line.out for line in lines.values()] == [[f"hello {name}"] for name in names]


def test_what_is_sent_or_given_up_is_remembered_no_more(claw: ClawUnderTest) -> None:
    """A process that lives for years keeps of the messages that failed those alone that wait."""
    line = Line(down=True)
    sender = Sender(claw.record, "line", line)
    say(claw, "line", *(f"one {number}" for number in range(MOST)))
    anyio.run(sender.send_all)
    assert len(sender._pauses) == MOST
    line.down = False
    claw.clock.now += 600
    anyio.run(sender.send_all)
    assert not sender._pauses and len(line.out) == MOST


def test_what_cannot_be_taken_is_not_acknowledged(claw: ClawUnderTest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A channel that gets an exception keeps the message and brings it again; what is known is acknowledged even then."""
    monkeypatch.setattr(record_module, "MOST_WAITING", MOST)
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


# --- Where it is said, and another way if that fails ---

TWO = "zone: UTC\nchannels: {line: {use: telegram}, other: {use: telegram}}\n"


def two_lines(claw: ClawUnderTest) -> tuple[Line, Line]:
    """Two channels over which the owner is reached."""
    (claw.folder / "claw.yaml").write_text(TWO)
    line, other = Line(), Line()
    claw.chats = {"line": line, "other": other}
    for channel in claw.chats:
        claw.record.append(Paired(address=Address(channel, "7"), person="owner", role=Kind.OWNER))
    return line, other


def news(claw: ClawUnderTest, words: str) -> None:
    """It has something to say that nobody asked for, about what was set at the terminal."""
    text = seal(words)
    held = Send(key=f"news {words}", to=Address("terminal", "owner"), text=text.ref)
    claw.record.append(Noticed(held=(held,)), texts=[text])
    claw.clock.now += 120


def detour(claw: ClawUnderTest) -> bool:
    """One look."""
    return Detour(claw.record, [*claw.chats, "terminal"]).look("UTC")


def test_what_nobody_asked_for_is_said_where_they_wrote_last(claw: ClawUnderTest) -> None:
    """It goes to the channel that its person used last, be that the terminal, and to no stranger's address."""
    line, other = two_lines(claw)
    for channel, sender, words in (("other", "7", "one"), ("line", "7", "two"), ("terminal", "owner", "three")):
        claw.hear("help", channel=channel, sender=sender)
        claw.run()
        line.out.clear()
        other.out.clear()
        news(claw, words)
        at_terminal = claw.run()
        assert {"other": other.out, "line": line.out, "terminal": at_terminal}[channel] == [words]
        assert sum(map(len, (line.out, other.out, at_terminal))) == 1
    claw.hear("help", channel="line", sender="7")
    claw.run()
    (claw.folder / "claw.yaml").write_text("zone: UTC\n")  # and to none that is not there any more
    news(claw, "four")
    assert claw.run() == ["four"]


def test_what_does_not_get_through_for_long_goes_another_way(claw: ClawUnderTest) -> None:
    """After half an hour in vain it goes over another channel, marked, once, and not over the first one any more."""
    line, other = two_lines(claw)
    claw.hear("help", channel="line", sender="7")
    claw.run()
    line.out.clear()
    line.down = True
    news(claw, "water in the cellar")
    say(claw, "line", "an answer")
    claw.run()
    assert not detour(claw)
    claw.clock.now += HOURS / 2
    assert detour(claw) and not detour(claw)
    claw.run()
    assert len(other.out) == 1 and other.out[0].startswith("(this may be the second time) (of ")
    assert other.out[0].endswith(", for line) water in the cellar")
    line.down = False
    claw.clock.now += 600
    claw.run()
    assert line.out == ["an answer"]  # which stays where it was asked


def test_what_nobody_reads_at_the_terminal_goes_to_a_channel(claw: ClawUnderTest) -> None:
    """A reminder that was set at the terminal reaches who went away; the terminal shows it all the same."""
    line, other = two_lines(claw)
    claw.record.append(ChannelChanged(channel="line", deaf="it has no token"))
    remind(Context(where=claw.folder), RemindInput(when="in 1 minute", what="stretch"))
    claw.clock.now += 120
    anyio.run(lambda: claw.runner.run(until_idle=True))
    assert not detour(claw)
    claw.clock.now += HOURS / 2
    assert detour(claw) and not detour(claw)
    anyio.run(lambda: claw.runner.run(until_idle=True))
    assert [text.endswith("⏰ stretch") for text in other.out] == [True] and line.out == []
    assert claw.run() == ["⏰ stretch"]


def test_a_first_try_after_a_long_time_off_goes_no_other_way(claw: ClawUnderTest) -> None:
    """What is old because the machine was off is tried for half an hour first."""
    line, _ = two_lines(claw)
    claw.hear("help", channel="line", sender="7")
    claw.run()
    news(claw, "old news")
    claw.runner.timekeeper.courier.release()
    line.down = True
    claw.clock.now += 30 * HOURS
    claw.run()
    assert not detour(claw)
