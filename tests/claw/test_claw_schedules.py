"""Schedules: each is due once, whatever clocks and kills do, and can be listed, moved, paused and dropped."""

from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from claws import ClawUnderTest, make_test_claw

from overnight.claw.agenda.clock import Agenda
from overnight.claw.agenda.rule import read_rule
from overnight.claw.events import Event, Fired, Paired, ScheduleKind, ScheduleSet, ScheduleState
from overnight.claw.operations._claw import WhichClaw
from overnight.claw.operations.claw_remind import RemindInput
from overnight.claw.operations.claw_remind import run as remind
from overnight.claw.operations.claw_reschedule import RescheduleInput
from overnight.claw.operations.claw_reschedule import run as reschedule
from overnight.claw.operations.claw_schedule import ScheduleLine
from overnight.claw.operations.claw_schedule import run as list_schedules
from overnight.claw.operations.claw_unschedule import UnscheduleInput
from overnight.claw.operations.claw_unschedule import run as unschedule
from overnight.claw.operations.claw_why import WhyInput
from overnight.claw.operations.claw_why import run as why
from overnight.claw.record.record import ClawRecord
from overnight.errors import UserError
from overnight.ledger.sealed import SealedText, seal
from overnight.operations.operation import Context
from overnight.operations.principal import Address, Kind, Origin, Principal

DAY = 86400
BERLIN = "Europe/Berlin"
HERE = Address("terminal", "owner")


def set_schedule(claw: ClawUnderTest, when: str, what: str = "stretch", *, act: bool = False) -> int:
    """Set one as the owner in the terminal, by the machine's clock."""
    return remind(Context(where=claw.folder), RemindInput(when=when, what=what, act=act)).number


def made(claw: ClawUnderTest, when: str, zone: str, to: Address, role: Kind) -> tuple[ScheduleSet, SealedText]:
    """One by the clock of the test, with its text."""
    now, text = int(claw.clock.now), seal("stretch")
    new = ScheduleSet(
        when=when,
        zone=zone,
        written=now,
        what=ScheduleKind.REMIND,
        text=text.ref,
        to=to,
        person="owner" if role is Kind.OWNER else "Ann",
        role=role,
        origin=Origin.OWNER if role is Kind.OWNER else Origin.MEMBER,
        next=read_rule(when, zone, now).next_after(now),
    )
    return new, text


def put(claw: ClawUnderTest, when: str, *, zone: str = "UTC", to: Address = HERE, role: Kind = Kind.OWNER) -> int:
    """Set it; its number."""
    new, text = made(claw, when, zone, to, role)
    return claw.record.append(new, texts=[text])


def at(claw: ClawUnderTest, text: str, zone: str = BERLIN) -> None:
    """Move the clock to what clocks show in a zone."""
    claw.clock.now = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone)).timestamp()


def lines(claw: ClawUnderTest) -> list[ScheduleLine]:
    """What is listed."""
    return list(list_schedules(Context(where=claw.folder), WhichClaw()).schedules)


def fired(claw: ClawUnderTest) -> list[Fired]:
    """All runs, oldest first."""
    found = [entry.event for entry in claw.record.newest_of(["fired"], 1000)]
    return [event for event in reversed(found) if isinstance(event, Fired)]


def test_a_repeated_one_comes_each_time(claw: ClawUnderTest) -> None:
    """One that repeats is said at each of its times, and never in between."""
    set_schedule(claw, "every 15 minutes")
    said: list[str] = []
    for _ in range(70):  # the first is counted from the machine's time, a moment later than the test's
        claw.clock.now += 60
        said += claw.run()
    assert said == ["⏰ stretch"] * 4


def test_what_was_missed_is_said_once(claw: ClawUnderTest) -> None:
    """After a week in which the machine was off, a daily schedule runs once, and says how often it did not."""
    set_schedule(claw, "every day at 8")
    claw.clock.now += 7 * DAY
    [said] = claw.run()
    assert said.startswith("⏰ stretch\n(late: I was off, and missed 7 runs, the newest due ")
    assert claw.run() == []


@pytest.mark.parametrize(("day", "first"), [("2027-03-28", "02:30"), ("2027-10-31", "02:30")])
def test_it_comes_once_on_days_on_which_clocks_change(claw: ClawUnderTest, day: str, first: str) -> None:
    """A time that a change of clocks skips, or shows twice, comes once on that day; so does the next day's."""
    at(claw, f"{day} 00:00")
    put(claw, f"every day at {first}", zone=BERLIN)
    (claw.folder / "claw.yaml").write_text(f"zone: {BERLIN}\n")
    said: list[str] = []
    for _ in range(2 * 24 * 6):
        claw.clock.now += 600
        said += claw.run()
    days = [datetime.fromtimestamp(each.due, ZoneInfo(BERLIN)).day for each in fired(claw)]
    assert said == ["⏰ stretch"] * 2
    assert days == [datetime.fromisoformat(day).day, 29 if day.endswith("28") else 1]


@pytest.mark.parametrize("back_s", [3600, DAY])
def test_a_clock_that_goes_back_silences_nothing(claw: ClawUnderTest, back_s: int) -> None:
    """After a step back of an hour nothing is said twice; after one of a day the schedule goes on from then."""
    put(claw, "every 15 minutes")
    agenda = Agenda(claw.record, lambda: "UTC")
    for _ in range(60):
        claw.clock.now += 60
        agenda.fire()
    assert len(fired(claw)) == 4
    claw.clock.now -= back_s
    for _ in range(75):
        claw.clock.now += 60
        agenda.fire()
    added = fired(claw)[4:]
    assert len(added) == (1 if back_s == 3600 else 4)  # the clock was read a minute after the step
    assert all(each.missed == 0 for each in added)


def test_a_clock_that_goes_back_while_it_is_off_silences_nothing(claw: ClawUnderTest) -> None:
    """A start finds out that what was done lies in the future, and goes on from now."""
    put(claw, "every day at 8")
    claw.clock.now += DAY
    claw.run()
    claw.clock.now -= 30 * DAY
    claw.run()
    claw.clock.now += DAY
    assert len(claw.run()) == 1


def test_it_ends_with_its_date_or_count(claw: ClawUnderTest) -> None:
    """A schedule that has an end is due no more after it, and is not listed."""
    at(claw, "2027-01-01 00:00", "UTC")
    put(claw, "every day at 8 until 2027-01-03")
    put(claw, "every hour, 5 times")
    for _ in range(6 * 24):
        claw.clock.now += 3600
        claw.run()
    assert [each.schedule for each in fired(claw)].count(1) == 3
    assert len(fired(claw)) == 3 + 5
    assert lines(claw) == []


def test_a_late_start_after_its_last_day_says_the_last_run(claw: ClawUnderTest) -> None:
    """One that ended while the machine was off runs once more, and says that it is late."""
    at(claw, "2027-01-01 00:00", "UTC")
    put(claw, "every day at 8 until 2027-01-03")
    at(claw, "2027-01-09 12:00", "UTC")
    [said] = claw.run()
    assert "missed 3 runs, the newest due Sun 2027-01-03 08:00" in said
    assert lines(claw) == []


def test_a_single_one_that_is_late_says_so(claw: ClawUnderTest) -> None:
    """A reminder that was due while the machine was off comes, with the time at which it was due."""
    set_schedule(claw, "in 20 minutes")
    claw.clock.now += DAY
    [said] = claw.run()
    assert said.startswith("⏰ stretch\n(late: it was due ")


def test_the_zone_of_the_settings_moves_what_goes_by_clocks(claw: ClawUnderTest) -> None:
    """With another zone in claw.yaml, `every day at 8` is at 8 there, at once and without a restart; a single time stays."""
    at(claw, "2027-01-01 00:00", "UTC")
    daily, single = put(claw, "every day at 8"), put(claw, "at 10:00")
    agenda = Agenda(claw.record, lambda: "UTC")
    agenda.fire()
    moved = Agenda(claw.record, lambda: "America/New_York")
    moved.fire()
    found = {plan.number: plan.next for plan in claw.record.schedules()}
    assert found[daily] == datetime(2027, 1, 1, 8, tzinfo=ZoneInfo("America/New_York")).timestamp()
    assert found[single] == datetime(2027, 1, 1, 10, tzinfo=ZoneInfo("UTC")).timestamp()


def test_a_zone_that_is_written_while_it_runs_counts(claw: ClawUnderTest) -> None:
    """The settings are read again when they change; with a mistake they stay as they were."""
    runner = claw.runner
    (claw.folder / "claw.yaml").write_text("zone: Nowhere/Atall\n")
    assert runner.timekeeper.doing() == "listens; nothing is due"
    (claw.folder / "claw.yaml").write_text("zone: Asia/Tokyo\n")
    put(claw, "at 10:00")
    assert runner.timekeeper.doing().startswith("listens; next due ")


def test_moving_pausing_and_dropping(claw: ClawUnderTest) -> None:
    """What is paused does not come and is not missed; what is moved comes at its new times; what is dropped is gone."""
    context, number = Context(where=claw.folder), set_schedule(claw, "every day at 8")
    paused = reschedule(context, RescheduleInput(number=number, pause=True))
    assert (paused.state, paused.next_words) == (ScheduleState.PAUSED, "paused")
    claw.clock.now += 3 * DAY
    assert claw.run() == []
    assert reschedule(context, RescheduleInput(number=number, resume=True)).state is ScheduleState.LIVE
    moved = reschedule(context, RescheduleInput(number=number, when="every day at 9"))
    assert moved.when == "every day at 9"
    unschedule(context, UnscheduleInput(numbers=(number,)))
    assert lines(claw) == []
    claw.clock.now += 9 * DAY
    assert claw.run() == []
    with pytest.raises(UserError, match="there is no schedule #1"):
        unschedule(context, UnscheduleInput(numbers=(number,)))


def test_a_member_changes_only_their_own(claw: ClawUnderTest) -> None:
    """The owner's schedules are not there for a member who wants to drop one."""
    number = set_schedule(claw, "every day at 8")
    ann = Context(where=claw.folder, principal=Principal(Kind.MEMBER, "Ann"), origin=Origin.MEMBER)
    with pytest.raises(UserError, match="there is no schedule"):
        unschedule(ann, UnscheduleInput(numbers=(number,)))


def test_who_is_not_known_any_more_has_no_say(claw: ClawUnderTest) -> None:
    """A schedule of somebody who was unpaired does not run: it is paused, and that is said."""
    where = Address("telegram", "7")
    claw.record.append(Paired(address=where, person="Ann", role=Kind.MEMBER))
    number = put(claw, "every hour", to=where, role=Kind.MEMBER)
    claw.record.append(Paired(address=where, person="Bob", role=Kind.MEMBER))
    claw.clock.now += 3600
    claw.run()
    plan = claw.record.schedule(number)
    assert plan is not None
    assert (plan.state, plan.why, fired(claw)) == (ScheduleState.PAUSED, "Ann is not known here any more", [])


def test_one_that_fails_is_told_and_paused_after_three_times(claw: ClawUnderTest) -> None:
    """Words that the claw cannot act on are answered each time, and after the third time not tried again."""
    number = set_schedule(claw, "every hour", "fly to the moon", act=True)
    said: list[str] = []
    for _ in range(6):
        claw.clock.now += 3600
        said += claw.run()
    assert [each.startswith(f"⏰ #{number} fly to the moon\n") for each in said] == [True, True, True, False]
    assert said[3].startswith(f"⏸ #{number} fly to the moon (every hour) is paused: it failed 3 times, one after the other")


def test_one_that_is_acted_on_follows_the_words_of_who_set_it(claw: ClawUnderTest) -> None:
    """A sentence that is due is understood as if it was said then, with the origin of who said it."""
    set_schedule(claw, "in 1 hour", "note that tea is in the jar", act=True)
    claw.clock.now += 3610  # what sets it goes by the clock of this machine
    [said] = claw.run()
    assert "tea is in the jar" in said
    [(_, fact)] = claw.record.facts()
    assert fact.origin is Origin.OWNER


def test_why_names_who_set_it_and_when(claw: ClawUnderTest) -> None:
    """`claw why` goes from what was said to the schedule, and to the message that set it."""
    claw.tell("remind me in 20 minutes to stretch")
    claw.clock.now += 21 * 60
    claw.run()
    reasons = why(Context(where=claw.folder), WhyInput()).reasons
    assert "the schedule #" in reasons[0]
    assert "owner set #" in reasons[1]
    assert reasons[2].endswith("owner wrote over terminal: remind me in 20 minutes to stretch")


def test_many_cost_nothing_while_none_is_due(claw: ClawUnderTest) -> None:
    """With 1,000 schedules, an idle pass reads no schedule, and 24 idle hours write nothing."""
    at(claw, "2027-01-01 00:00", "UTC")
    many = [made(claw, "2028-01-01 00:00", "UTC", HERE, Kind.OWNER) for _ in range(1000)]
    claw.record.append(*(new for new, _ in many), texts=[text for _, text in many])
    agenda = Agenda(claw.record, lambda: "UTC")
    agenda.fire()
    asked: list[str] = []
    with claw.record.store.reading() as db:
        before = (claw.record.store.newest(), db.total_changes)
        db.set_trace_callback(asked.append)
        for _ in range(24 * 60):
            claw.clock.now += 60
            agenda.fire()
        db.set_trace_callback(None)
        assert (claw.record.store.newest(), db.total_changes) == before
        plans = {row[3] for each in set(asked) if "now" not in each for row in db.execute(f"EXPLAIN QUERY PLAN {each}")}
    assert not [each for each in plans if each.startswith("SCAN")]


@pytest.mark.parametrize("cut", range(3))
def test_a_kill_loses_and_doubles_none(claw_state: Path, cut: int) -> None:
    """However far it came before it ended, the next process says what was due, once."""
    claw = make_test_claw()
    put(claw, "every hour")
    claw.clock.now += 3600
    agenda = Agenda(claw.record, lambda: "UTC")
    if cut:
        agenda.fire()
    if cut > 1:
        claw.run()
    claw.record.store.close()
    claw.record = ClawRecord(claw.folder, clock=claw.clock)
    with claw.record:
        said = claw.run()
        assert len(fired(claw)) == 1
        assert said == ([] if cut > 1 else ["⏰ stretch"])
        assert claw_state.is_dir()


def test_tables_made_anew_are_the_same(claw: ClawUnderTest) -> None:
    """What is due is derived from the events alone."""
    put(claw, "every hour")
    set_schedule(claw, "every day at 8", act=True)
    claw.clock.now += 3 * DAY
    claw.run()
    with claw.record.store.reading() as db:
        before = db.execute("SELECT * FROM schedules ORDER BY seq").fetchall()
        claw.record.store.reindex()
        assert db.execute("SELECT * FROM schedules ORDER BY seq").fetchall() == before


@pytest.mark.parametrize(
    ("said", "means"),
    [
        ("in half an hour", "2027-01-06 12:30"),
        ("in an hour", "2027-01-06 13:00"),
        ("in 2 weeks", "2027-01-20 12:00"),
        ("in 5 min", "2027-01-06 12:05"),
        ("tomorrow at 9", "2027-01-07 09:00"),
        ("tomorrow", "2027-01-07 09:00"),
        ("tonight", "2027-01-06 20:00"),
        ("on friday at noon", "2027-01-08 12:00"),
        ("on wednesday at 8", "2027-01-13 08:00"),
        ("at 22:00", "2027-01-06 22:00"),
        ("every morning", "2027-01-07 08:00"),
        ("every weekday at 8 until 2027-01-08", "2027-01-07 08:00"),
        ("every hour, 3 times", "2027-01-06 13:00"),
    ],
)
def test_what_people_say(said: str, means: str) -> None:
    """Words relative to now mean what a person would take them for, on a Wednesday at noon."""
    zone = ZoneInfo(BERLIN)
    now = datetime(2027, 1, 6, 12, tzinfo=zone).timestamp()
    first = read_rule(said, BERLIN, now).next_after(now)
    assert first is not None
    assert f"{datetime.fromtimestamp(first, zone):%Y-%m-%d %H:%M}" == means


@pytest.mark.parametrize(
    "said", ["every day at 8 until 2026-12-24", "every hour, 0 times", "whenever", "today at 8", "tomorrow at 25"]
)
def test_what_never_comes_is_refused(said: str) -> None:
    """A schedule that is not understood, or has passed, is a mistake at once."""
    now = datetime(2027, 1, 6, 12, tzinfo=ZoneInfo(BERLIN)).timestamp()
    with pytest.raises(UserError):
        read_rule(said, BERLIN, now)


def test_too_many_waiting_causes_lose_no_run(claw: ClawUnderTest, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that cannot be taken now is taken later, and its schedule does not move on meanwhile."""
    put(claw, "every hour")
    claw.clock.now += 3600
    agenda = Agenda(claw.record, lambda: "UTC")
    taken: Event | None = None
    monkeypatch.setattr("overnight.claw.record.record.MOST_WAITING", 0)
    agenda.fire()
    assert fired(claw) == []
    monkeypatch.undo()
    agenda.fire()
    [taken] = fired(claw)
    assert taken.missed == 0
