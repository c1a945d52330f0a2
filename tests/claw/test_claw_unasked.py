"""What the claw says unasked: not in quiet hours, at most so often a day, all at once; and the ends of what it began."""

import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import anyio
import anyio.lowlevel
import pytest
from claws import ClawUnderTest, make_test_claw

from overnight.claw.agenda.courier import batch_words
from overnight.claw.agenda.keeper import LATE_S, Timekeeper
from overnight.claw.charter import Charter
from overnight.claw.events import CallEnd, CallEnded, Noticed, Received, Send
from overnight.claw.operations.claw_log import LogInput
from overnight.claw.operations.claw_log import run as log
from overnight.claw.operations.claw_remind import RemindInput
from overnight.claw.operations.claw_remind import run as remind
from overnight.claw.operations.claw_show import ShowInput
from overnight.claw.operations.claw_show import run as show
from overnight.claw.operations.claw_watch import WatchInput
from overnight.claw.operations.claw_watch import run as set_watch
from overnight.claw.operations.claw_why import WhyInput
from overnight.claw.operations.claw_why import run as why
from overnight.claw.running.process import claw_loop
from overnight.jobs.entries import STUCK_S, Life, read_entry
from overnight.jobs.identity import own_identity
from overnight.jobs.presence import present
from overnight.jobs.records import loops_folder, write_record
from overnight.ledger.sealed import seal
from overnight.operations.operation import Context
from overnight.operations.principal import Address, Origin
from overnight.operations.registry import find
from overnight.operations.tasks.folder import CALL, END, LINES, PROCESS, RESULT, tasks_folder
from overnight.operations.tasks.task import TaskCall, TaskEnd, TaskState

HERE = Address("terminal", "owner")
QUIET = "zone: UTC\nquiet: {begin: '22:00', end: '7:00'}\n"


def notice(claw: ClawUnderTest, words: str, *, urgent: bool = False) -> None:
    """Have it something to say that nobody asked for."""
    text = seal(words)
    send = Send(key=f"test {words}", to=HERE, text=text.ref, urgent=urgent)
    claw.record.append(Noticed(held=(send,)), texts=[text])


def at(claw: ClawUnderTest, clock: str) -> None:
    """Move the clock to the next moment at which it shows a time in UTC."""
    now = datetime.fromtimestamp(claw.clock.now, ZoneInfo("UTC"))
    hour, minute = map(int, clock.split(":"))
    then = now.replace(hour=hour, minute=minute, second=0, microsecond=0)
    claw.clock.now = (then if then > now else then + timedelta(days=1)).timestamp()


def test_quiet_hours_hold_what_nobody_asked_for(claw: ClawUnderTest) -> None:
    """What comes up at night is said in the morning, in one message; a reminder that somebody set for the night is said."""
    (claw.folder / "claw.yaml").write_text(QUIET)
    remind(Context(where=claw.folder), RemindInput(when="2127-06-02 00:30", what="sleep"))
    claw.clock.now = datetime(2127, 6, 1, 23, tzinfo=ZoneInfo("UTC")).timestamp()
    notice(claw, "the disk is low")
    notice(claw, "the build is red")
    assert claw.run() == []
    at(claw, "00:30")
    assert claw.run() == ["⏰ sleep"]
    at(claw, "06:59")
    assert claw.run() == []
    at(claw, "07:00")
    assert claw.run() == ["the disk is low\n\nthe build is red"]
    assert claw.run() == []


def test_answers_and_what_is_urgent_do_not_wait(claw: ClawUnderTest) -> None:
    """Who writes at night is answered at night, and an urgent watch is said then."""
    (claw.folder / "claw.yaml").write_text(QUIET)
    at(claw, "23:00")
    notice(claw, "water in the cellar", urgent=True)
    assert claw.run() == ["water in the cellar"]
    assert len(claw.tell("reminders")) == 1


def test_a_day_has_a_most_of_unasked_messages(claw: ClawUnderTest) -> None:
    """After the cap of a day the rest waits for the next day, and comes as one message."""
    (claw.folder / "claw.yaml").write_text("zone: UTC\nunasked_a_day: 2\n")
    at(claw, "12:00")
    said: list[str] = []
    for count in range(30):
        notice(claw, f"news {count}")
        claw.clock.now += 120
        said += claw.run()
    assert said == ["news 0", "news 1"]
    at(claw, "00:00")
    [rest] = claw.run()
    assert rest.startswith("28 things meanwhile:\n· news 2\n")
    assert rest.endswith("and 8 more: `claw log`")
    assert claw.run() == []


def test_what_comes_within_a_minute_is_one_message(claw: ClawUnderTest) -> None:
    """Two unasked messages are a minute apart, for one process."""
    keeper = Timekeeper(claw.record, Charter)
    for count in range(4):
        notice(claw, f"news {count}")
        claw.clock.now += 10
        anyio.run(keeper.look)
    assert [claw.record.text(send.text) for _, send in claw.record.unsent()] == ["news 0"]
    claw.clock.now += 60
    anyio.run(keeper.look)
    assert [claw.record.text(send.text) for _, send in claw.record.unsent()][1:] == ["news 1\n\nnews 2\n\nnews 3"]


def test_a_kill_neither_loses_nor_repeats_what_is_held(claw_state: Path) -> None:
    """What was held goes out once, in the process that finds it."""
    claw = make_test_claw(settings=QUIET)
    at(claw, "23:00")
    notice(claw, "the disk is low")
    assert claw.run() == []
    at(claw, "07:30")
    claw.record.store.close()
    claw.record = type(claw.record)(claw.folder, clock=claw.clock)
    with claw.record:
        assert claw.run() == ["the disk is low"]
        assert claw.run() == []
    assert claw_state.is_dir()


def test_many_are_a_line_each() -> None:
    """Few messages are said whole; of many each is one line."""
    assert batch_words(["a\nb"]) == "a\nb"
    assert batch_words(["a\nb"] * 4) == "4 things meanwhile:\n· a b\n· a b\n· a b\n· a b"


# --- The ends of what it began ---


def begin(claw: ClawUnderTest, name: str = "run-abc", *, operation: str = "ps") -> Path:
    """A task that a turn of the owner began, whose process is this one."""
    claw.hear("start it")
    claw.run()
    [message] = [entry for entry in claw.record.newest_of(["received"], 1) if isinstance(entry.event, Received)]
    text = seal("begun")
    ended = CallEnded(turn=message.seq, call=1, end=CallEnd.DONE, text=text.ref, origin=Origin.TOOL, task=name)
    claw.record.append(ended, texts=[text])
    place = tasks_folder() / name
    place.mkdir(parents=True)
    for each in (place.parent, place):
        each.chmod(0o700)
    call = TaskCall(
        operation=operation,
        call=f"overnight {operation}",
        digest="0",
        where=str(claw.folder),
        principal="owner:owner",
        channel="terminal",
        began_at=time.time() - 90,
    )
    write_record(place / CALL, call)
    write_record(place / PROCESS, own_identity())
    (place / LINES).write_text("it works\nit breaks\n")
    return place


def test_the_end_of_a_task_is_told_with_its_result(claw: ClawUnderTest) -> None:
    """Nothing is said while it runs; `done` is said with the result that was found on disk, once, also after a restart."""
    place = begin(claw)
    claw.clock.now += 10
    assert claw.run() == []
    result: dict[str, object] = {"supervisor": None, "supervisor_stuck": False, "loops": [], "troubles": []}
    (place / RESULT).write_text(json.dumps(result))
    (place / RESULT).chmod(0o600)
    write_record(place / END, TaskEnd(state=TaskState.DONE, at=time.time()))
    claw.clock.now += 10
    [said] = claw.run()
    assert said.startswith("✓ done after 1 min 3")
    assert "`overnight ps` (task run-abc)" in said
    claw.clock.now += 10
    assert claw.run() == []
    reasons = why(Context(where=claw.folder), WhyInput()).reasons
    assert reasons[0].endswith("the task run-abc ended, which I had begun")
    assert reasons[1].endswith("owner wrote over terminal: start it")


def test_a_result_that_cannot_be_shown_stops_no_schedule(claw: ClawUnderTest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever an operation raises when it words its result: the end is told without it."""

    def broken(_: object) -> str:
        raise AttributeError("no such field")

    found = find("claw audit")
    assert found is not None
    monkeypatch.setattr("overnight.operations.tasks.views.find", lambda _: replace(found, render=broken))
    place = begin(claw)
    (place / RESULT).write_text('{"events": 1, "texts": 1, "forgotten": 0, "findings": []}')
    (place / RESULT).chmod(0o600)
    write_record(place / END, TaskEnd(state=TaskState.DONE, at=time.time()))
    claw.clock.now += 10
    [said] = claw.run()
    assert said.startswith("✓ done") and len(said.splitlines()) == 1


def test_a_task_that_fails_is_not_called_done(claw: ClawUnderTest) -> None:
    """Its error and its last words are told."""
    place = begin(claw)
    write_record(place / END, TaskEnd(state=TaskState.FAILED, at=time.time(), error="no program.md", fix="overnight init"))
    claw.clock.now += 10
    [said] = claw.run()
    assert said.startswith("✗ failed")
    assert "no program.md; overnight init" in said
    assert "  it breaks" in said


def test_a_task_whose_process_is_gone_is_not_called_done(claw: ClawUnderTest) -> None:
    """One that was killed may have done a part; one whose folder is gone is not known."""
    place = begin(claw)
    gone = subprocess.run([sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, text=True, check=True)
    identity = json.loads((place / PROCESS).read_text())
    (place / PROCESS).write_text(json.dumps({**identity, "pid": int(gone.stdout)}))
    claw.clock.now += 10
    [said] = claw.run()
    assert said.startswith("? ended unexpectedly: it may have done a part")
    begin(claw, "run-def")
    os.rename(tasks_folder() / "run-def", tasks_folder() / "run-xyz")  # noqa: PTH104  # a folder
    claw.clock.now += 10
    assert claw.run() == ["? the task run-def is not there any more: what came of it is not known"]


# --- It cannot stop in silence ---


def test_24_idle_hours_write_nothing(claw: ClawUnderTest) -> None:
    """With schedules that are not due and a watch that finds nothing, a day is no event, so no model, and no write."""
    claw.tell("remind me in 300 days to stretch")
    set_watch(
        Context(where=claw.folder), WatchInput(what="x", operation="claw schedule", field="schedules.count", wanted="> 5")
    )
    claw.run()
    keeper = Timekeeper(claw.record, Charter)
    with claw.record.store.reading() as db:
        before = (claw.record.store.newest(), db.total_changes)

        async def day() -> None:
            for _ in range(24 * 20):
                claw.clock.now += 180
                await keeper.look()

        anyio.run(day)
        assert (claw.record.store.newest(), db.total_changes) == before


def test_a_scheduler_that_stops_is_seen(claw: ClawUnderTest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without passes there is no heartbeat, and without a heartbeat `ps` shows it as stuck."""
    runner, now = claw.runner, time.monotonic()
    assert not runner.timekeeper.is_late
    with present(loops_folder(), claw_loop(claw.folder)) as presence:
        presence.beat(runner.timekeeper.doing())
        place = loops_folder() / claw_loop(claw.folder).key
        monkeypatch.setattr(time, "monotonic", lambda: now + LATE_S + 1)
        assert runner.timekeeper.is_late
        monkeypatch.setattr(time, "monotonic", lambda: now + STUCK_S + 60)
        entry = read_entry(place)
        assert entry is not None
        assert entry.life is Life.STUCK
        assert entry.present is not None
        assert entry.present.doing == "listens; nothing is due"


def test_a_pass_that_fails_is_said_once_and_tried_again(claw: ClawUnderTest, monkeypatch: pytest.MonkeyPatch) -> None:
    """An error such as a full disk ends no scheduler: it says so, and goes on when it can."""
    keeper, said, passes = Timekeeper(claw.record, Charter), list[str](), list[int]()

    def failing() -> None:
        passes.append(1)
        if len(passes) < 4:
            raise OSError(28, "No space left on device")
        raise KeyboardInterrupt

    async def soon(_: float) -> None:
        """Not wait."""

    monkeypatch.setattr(keeper, "_pass", failing)
    monkeypatch.setattr("overnight.claw.agenda.keeper.anyio.sleep", soon)
    with pytest.raises(BaseException) as ended:  # of the last pass, in a group
        anyio.run(keeper.run, lambda: None, said.append)
    assert ended.group_contains(KeyboardInterrupt) or isinstance(ended.value, KeyboardInterrupt)
    assert said == ["the schedule is late: [Errno 28] No space left on device"]


def test_a_reminder_comes_while_a_turn_is_under_way(claw: ClawUnderTest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A turn that takes for ever keeps no reminder from being said."""
    claw.tell("remind me in 20 minutes to stretch")
    runner = claw.runner
    thinking, said = anyio.Event(), list[str]()

    async def think(*_: object) -> None:
        thinking.set()
        await anyio.sleep_forever()

    monkeypatch.setattr(runner._turns, "run", think)  # a mind that hangs
    monkeypatch.setattr("overnight.claw.agenda.keeper.PASS_S", 0.01)

    async def watch() -> None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(runner.run)
            claw.hear("think hard")
            await thinking.wait()
            claw.clock.now += 21 * 60
            with anyio.fail_after(20):
                while not said:
                    said.extend(claw.record.text(send.text) for _, send in claw.record.unsent())
                    await anyio.lowlevel.checkpoint()
            tasks.cancel_scope.cancel()

    anyio.run(watch)
    assert said == ["⏰ stretch"]


def test_a_hung_watch_keeps_no_reminder(claw: ClawUnderTest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A watch whose command hangs is waited for by nobody."""
    claw.tell("remind me in 20 minutes to stretch")
    for _ in range(9):
        set_watch(Context(where=claw.folder), WatchInput(what="hangs", command="sleep 1000"))
    monkeypatch.setattr("overnight.claw.agenda.keeper.PASS_S", 0.01)
    runner, said = claw.runner, list[str]()

    async def watch() -> None:
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(runner.run)
            claw.clock.now += 21 * 60
            with anyio.fail_after(20):
                while not said:
                    said.extend(claw.record.text(send.text) for _, send in claw.record.unsent())
                    await anyio.lowlevel.checkpoint()
            tasks.cancel_scope.cancel()

    anyio.run(watch)
    assert said == ["⏰ stretch"]


def test_the_log_has_what_is_held(claw: ClawUnderTest) -> None:
    """What a watch says at night is in the log at once, and is marked as held until it has gone out."""
    (claw.folder / "claw.yaml").write_text(QUIET)
    at(claw, "23:00")
    set_watch(Context(where=claw.folder), WatchInput(what="the disk is low", command="true"))
    assert claw.run() == []
    [line] = log(Context(where=claw.folder), LogInput()).turns
    assert line.answer == "🔔 the disk is low (exit code 0)"
    turn = show(Context(where=claw.folder), ShowInput(turn=line.number))
    assert [each.state for each in turn.sends] == ["held"]
    at(claw, "07:00")
    assert claw.run() == ["🔔 the disk is low (exit code 0)"]
    turn = show(Context(where=claw.folder), ShowInput(turn=line.number))
    assert [each.state for each in turn.sends] == ["said"]
