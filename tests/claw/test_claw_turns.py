"""Turns that go wrong: a mind that fails, that is stuck, that never ends, and STOP in the middle."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from sqlite3 import Connection

import anyio
import pytest
from anyio import Event, create_task_group, to_thread
from claws import ClawUnderTest, make_test_claw

from overnight.claw import wiring
from overnight.claw.events import Answered, CallEnd, CallEnded, Resumed
from overnight.claw.events import Event as ClawEvent
from overnight.claw.keeping.removing import remove_claw
from overnight.claw.operations import claw_schedule
from overnight.claw.operations._claw import WhichClaw
from overnight.claw.operations.claw_schedule import ScheduleList
from overnight.claw.port import Mind, Step, Turn, Wanted
from overnight.claw.running.reception import Busy, Reception
from overnight.ledger.pending import Condition
from overnight.notices.port import Message
from overnight.operations.operation import Context
from overnight.operations.principal import Origin
from overnight.operations.record import open_record

Thinks = Callable[[Turn], Step]


class ToyMind:
    """Thinks as a test says; `waits` is set when it waits for ever."""

    name = "toy"

    def __init__(self, thinks: Thinks | None = None) -> None:
        self._thinks, self.waits = thinks, Event()

    async def think(self, turn: Turn) -> Step | None:
        """Think, or hang."""
        if turn.text == "hello":
            return Step(say="hello")
        if self._thinks is None:
            self.waits.set()
            await anyio.sleep_forever()
            raise AssertionError("it was cut")
        return self._thinks(turn)


def minded(monkeypatch: pytest.MonkeyPatch, mind: Mind) -> None:
    """The claw thinks with this mind alone."""

    def make_minds(*_: object) -> Sequence[Mind]:
        return (mind,)

    monkeypatch.setattr(wiring, "make_minds", make_minds)


def test_a_fault_ends_its_turn_and_no_other(claw: ClawUnderTest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever is raised is said, and the next message is answered."""

    def fails(_: Turn) -> Step:
        raise KeyError("snow")

    minded(monkeypatch, ToyMind(fails))
    claw.hear("what?")
    claw.hear("hello")
    [first, second] = claw.run()
    assert first == "A fault of mine ended this: KeyError: 'snow'"
    assert second == "hello"


def test_a_stuck_turn_is_ended_and_said(claw: ClawUnderTest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The limit of `claw.yaml` cuts a turn; the next one is answered."""
    (claw.folder / "claw.yaml").write_text("zone: UTC\nturn_minutes: 0.001\n")
    minded(monkeypatch, ToyMind())
    claw.hear("think hard")
    claw.hear("hello")
    assert claw.run() == ["This took more than 0.001 minutes, so I ended it.", "hello"]


def test_a_mind_that_never_answers_is_bounded(claw: ClawUnderTest, monkeypatch: pytest.MonkeyPatch) -> None:
    """So many steps and no more; each call that was made is recorded."""
    minded(monkeypatch, ToyMind(lambda _: Step(calls=[Wanted(operation="claw schedule")] * 20)))
    [said] = claw.tell("loop")
    assert "I stopped after 12 steps" in said
    calls = claw.record.newest_of(["call_ended"], 1000)
    assert len(calls) == 12 * 8


def test_stop_cuts_a_turn_at_once(claw: ClawUnderTest, monkeypatch: pytest.MonkeyPatch) -> None:
    """STOP comes in while a mind thinks: the turn ends with it, and the claw stands still."""
    mind = ToyMind()
    minded(monkeypatch, mind)

    async def stopping() -> None:
        runner = claw.runner
        claw.hear("think hard")
        async with create_task_group() as tasks:
            tasks.start_soon(runner.run)
            await mind.waits.wait()
            runner.reception.take("terminal", Message(id="s", sender="owner", text="STOP", at=claw.clock.now))
            while claw.record.next_cause() is not None:  # noqa: ASYNC110  # the record has no event
                await anyio.sleep(0.01)
            tasks.cancel_scope.cancel()

    anyio.run(stopping)
    ended = [entry.event for entry in claw.record.newest_of(["answered"], 10)]
    assert len(ended) == 2 and all(isinstance(each, Answered) for each in ended)
    assert claw.record.is_stopped


def test_a_mind_other_than_the_grammar_speaks_for_nobody(claw: ClawUnderTest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A call that a model calls the person's own is the claw's: what is the owner's alone is refused."""
    minded(
        monkeypatch,
        ToyMind(lambda turn: Step(say="no") if turn.steps else Step(calls=[Wanted(operation="secret list", direct=True)])),
    )
    claw.tell("which secrets?")
    [ended] = [entry.event for entry in claw.record.newest_of(["call_ended"], 10)]
    assert isinstance(ended, CallEnded) and ended.end is CallEnd.REFUSED


def test_stop_does_not_wait_for_a_call(claw: ClawUnderTest, monkeypatch: pytest.MonkeyPatch) -> None:
    """The turn ends while the call is still under way, which is recorded as unknown, and said to be."""
    begun, goes_on = threading.Event(), threading.Event()

    def run(context: Context, given: WhichClaw) -> ScheduleList:
        begun.set()
        goes_on.wait()
        return claw_schedule.run(context, given)

    monkeypatch.setattr(claw_schedule, "OPERATION", replace(claw_schedule.OPERATION, run=run))
    minded(monkeypatch, ToyMind(lambda _: Step(calls=[Wanted(operation="claw schedule")])))

    async def stopping() -> None:
        runner = claw.runner
        claw.hear("what is due?")
        async with create_task_group() as tasks:
            tasks.start_soon(runner.run)
            await to_thread.run_sync(begun.wait)
            runner.reception.take("terminal", Message(id="s", sender="owner", text="STOP", at=claw.clock.now))
            while claw.record.next_cause() is not None:  # noqa: ASYNC110  # the record has no event
                await anyio.sleep(0.01)
            goes_on.set()
            tasks.cancel_scope.cancel()

    anyio.run(stopping)
    [ended] = [entry.event for entry in claw.record.newest_of(["call_ended"], 10)]
    assert isinstance(ended, CallEnded) and ended.end is CallEnd.UNKNOWN
    said = [claw.record.text(send.text) for _, send in claw.record.unsent()]
    assert any("`claw schedule` was under way when this turn was cut off" in each for each in said)


def test_stop_comes_before_a_thousand_messages(claw: ClawUnderTest, monkeypatch: pytest.MonkeyPatch) -> None:
    """So much waits that nothing more is taken; STOP is."""
    monkeypatch.setattr("overnight.claw.record.record.MOST_WAITING", 2)
    reception = Reception(claw.record, news=lambda: None, stop=lambda: None)
    for number in ("1", "2"):
        reception.take("terminal", Message(id=number, sender="owner", text="hello", at=claw.clock.now))
    with pytest.raises(Busy):
        reception.take("terminal", Message(id="3", sender="owner", text="hello", at=claw.clock.now))
    reception.take("terminal", Message(id="4", sender="owner", text="STOP", at=claw.clock.now))
    assert claw.record.is_stopped


def test_stop_is_recorded_in_one_with_its_message(claw: ClawUnderTest) -> None:
    """No kill can come between the two, after which the message would be known and the STOP lost."""
    written: list[int] = []
    append_if = claw.record.store.append_if

    def killed(condition: Condition, *events: ClawEvent, beside: Callable[[Connection], None] | None = None) -> int | None:
        written.append(append_if(condition, *events, beside=beside) or 0)
        raise KeyboardInterrupt  # the process is gone here

    reception = Reception(claw.record, news=lambda: None, stop=lambda: None)
    with pytest.MonkeyPatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(claw.record.store, "append_if", killed)
        reception.take("terminal", Message(id="1", sender="owner", text="stop", at=claw.clock.now))
    assert written
    assert claw.record.is_stopped


@pytest.mark.parametrize("begun", [False, True])
def test_stop_ends_what_was_approved(claw: ClawUnderTest, monkeypatch: pytest.MonkeyPatch, begun: bool) -> None:
    """A call that was approved and then stopped waits no more, and it is said whether it may have taken effect."""
    call_of = Step(calls=[Wanted(operation="claw stop")], origin=Origin.FOREIGN)
    minded(monkeypatch, ToyMind(lambda turn: Step(say="asked") if turn.steps else call_of))
    claw.tell("do it")
    [(turn, call, number)] = claw.record.asked()
    with open_record() as operations:
        operations.answer(number, granted=True, by="owner:terminal", address=None)
    resumed = Resumed(key=f"approval {number} {turn} {call}", turn=turn, call=call, granted=True)
    claw.record.open_cause(resumed)
    cause = claw.record.next_cause()
    assert cause is not None
    claw.runner._turns.cut(cause.seq, "Stopped.", ran=begun)
    assert claw.record.asked() == []
    [ended, *_] = [entry.event for entry in claw.record.newest_of(["call_ended"], 10)]
    assert isinstance(ended, CallEnded) and ended.end is (CallEnd.UNKNOWN if begun else CallEnd.REFUSED)
    [said] = claw.run()
    assert ("may have taken effect" in said) is begun


def test_another_claw_of_the_same_name_has_other_calls(claw_state: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What one did before it was removed is not taken for done by the next one, whose numbers are the same."""
    assert claw_state.name == "state"
    minded(monkeypatch, ToyMind(lambda _: Step(say="done")))
    keys = []
    for _ in range(2):
        made = make_test_claw()
        with made.record:
            made.tell("note it")
            keys.append(made.runner._turns._caller._key(1, 1, ""))
        remove_claw(made.folder)
    assert keys[0] != keys[1]
