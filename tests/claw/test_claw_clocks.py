"""Clocks that jump: twice a year by law in several zones, and at any time by a mistake; no schedule is lost or comes twice."""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from claws import ClawUnderTest

from overnight.claw.agenda.clock import Agenda
from overnight.claw.agenda.rule import read_rule
from overnight.claw.channels.pairing import latest, open_pairing
from overnight.claw.events import Answered, Fired, Parked, ScheduleKind, ScheduleSet, ScheduleState
from overnight.claw.record.record import Person
from overnight.ledger.sealed import seal
from overnight.operations.principal import Address, Kind, Origin

HOUR, DAY = 3600, 24 * 3600
STEP_S = 300
CHANGES = [  # a zone, and a day on which its clocks change
    ("Europe/Berlin", "2027-03-28"),
    ("Europe/Berlin", "2027-10-31"),
    ("America/New_York", "2027-03-14"),
    ("America/New_York", "2027-11-07"),
    ("Australia/Lord_Howe", "2027-04-04"),  # by half an hour
    ("Australia/Lord_Howe", "2027-10-03"),
    ("America/Havana", "2027-03-14"),  # at midnight
    ("America/Havana", "2027-11-07"),
]


def put(claw: ClawUnderTest, when: str, zone: str) -> int:
    """Set a reminder; its number."""
    now, text = int(claw.clock.now), seal(when)
    rule = read_rule(when, zone, now)
    new = ScheduleSet(
        when=when,
        zone=zone,
        written=now,
        what=ScheduleKind.REMIND,
        text=text.ref,
        to=Address("terminal", "owner"),
        person="owner",
        role=Kind.OWNER,
        origin=Origin.OWNER,
        next=rule.next_after(now),
    )
    return claw.record.append(new, texts=[text])


def runs(claw: ClawUnderTest, number: int) -> Sequence[Fired]:
    """The runs of a schedule, oldest first."""
    found = [entry.event for entry in claw.record.newest_of(["fired"], 5000)]
    return [event for event in reversed(found) if isinstance(event, Fired) and event.schedule == number]


def pass_by(claw: ClawUnderTest, agenda: Agenda, seconds: int) -> None:
    """Let time go by, with a look every few minutes."""
    for _ in range(seconds // STEP_S):
        claw.clock.now += STEP_S
        agenda.fire()


@pytest.mark.parametrize(("zone", "day"), CHANGES)
def test_each_day_has_its_run_when_clocks_change(claw: ClawUnderTest, zone: str, day: str) -> None:
    """What goes by clocks comes once each day, at a skipped and at a doubled time too; an interval is of elapsed time."""
    here = ZoneInfo(zone)
    begin = datetime.fromisoformat(day).replace(tzinfo=here) - timedelta(hours=18)
    claw.clock.now = begin.timestamp()
    daily = [
        put(claw, f"every day at {time}", zone) for time in ("0:00", "0:30", "1:30", "1:45", "2:00", "2:30", "3:00", "23:45")
    ]
    often = put(claw, "every 15 minutes", zone)
    pass_by(claw, Agenda(claw.record, lambda: zone), 3 * DAY)
    inner = [(begin + timedelta(hours=18) + timedelta(days=ahead)).date() for ahead in (0, 1)]
    for number in daily:
        days = Counter(datetime.fromtimestamp(each.due, here).date() for each in runs(claw, number))
        assert {each: days[each] for each in inner} == dict.fromkeys(inner, 1), claw.record.schedule(number)
        assert set(days.values()) == {1} and not any(each.missed for each in runs(claw, number))
    dues = [each.due for each in runs(claw, often)]
    assert {later - due for due, later in pairwise(dues)} == {900} and len(dues) == 3 * DAY // 900


@pytest.mark.parametrize(
    "jumps", [(DAY,), (-HOUR,), (-HOUR + 1, HOUR - 1), (DAY, -DAY), (-DAY, DAY), (30 * DAY, -31 * DAY, DAY)]
)
def test_a_clock_that_jumps_loses_and_doubles_no_schedule(claw: ClawUnderTest, jumps: Sequence[int]) -> None:
    """An hour back repeats no run; a day ahead has one run for all it skipped, said as missed; each goes on from there."""
    claw.clock.now = datetime(2027, 6, 1, 12, tzinfo=ZoneInfo("UTC")).timestamp()
    numbers = [
        put(claw, when, "UTC") for when in ("every 15 minutes", "every day at 13:00", "every weekday at 8", "every hour")
    ]
    agenda = Agenda(claw.record, lambda: "UTC")
    pass_by(claw, agenda, 2 * DAY)
    for jump in jumps:
        before = {number: len(runs(claw, number)) for number in numbers}
        claw.clock.now += jump
        agenda.fire()
        for number in numbers:
            new = runs(claw, number)[before[number] :]
            assert len(new) <= (jump > 0), "one run for all that was skipped, and none on the way back"
        often = runs(claw, numbers[0])[before[numbers[0]] :]
        assert not often or (often[0].missed > 90) == (jump >= DAY)
        assert bool(often) or jump < DAY
        pass_by(claw, agenda, HOUR)
    pass_by(claw, agenda, HOUR)  # that a step back by an hour may take
    before = {number: len(runs(claw, number)) for number in numbers}
    pass_by(claw, agenda, 4 * DAY)
    after = [len(runs(claw, number)) - before[number] for number in numbers]
    assert after[0] == 4 * 96 and after[1] == 4 and after[2] >= 2 and after[3] == 96
    keys = Counter((each.schedule, each.run) for number in numbers for each in runs(claw, number))
    assert set(keys.values()) == {1}
    assert all(plan.state is ScheduleState.LIVE for plan in claw.record.schedules())


def test_a_parked_turn_does_not_wait_for_a_clock_that_was_wrong(claw: ClawUnderTest) -> None:
    """It was put aside by a clock that was a day ahead: it is tried at once, and not a day later."""
    claw.hear("think about it")
    cause = claw.record.next_cause()
    assert cause is not None
    claw.clock.now += DAY
    claw.record.append(Parked(turn=cause.seq, until=claw.clock.now + 60, why="busy"))
    assert claw.record.next_cause() is None
    claw.clock.now -= DAY
    found = claw.record.next_cause()
    assert found is not None and found.seq == cause.seq
    claw.record.append(Answered(turn=cause.seq))
    assert claw.record.next_cause() is None


def test_a_pairing_code_holds_no_longer_if_the_clock_is_set_back(claw: ClawUnderTest) -> None:
    """Ten minutes from when it was made, and no time before that."""
    open_pairing(claw.record, Person(name="owner", role=Kind.OWNER))
    found = latest(claw.record)
    assert found is not None and found.is_open(claw.clock.now + 500)
    assert not found.is_open(claw.clock.now - HOUR) and not found.is_open(claw.clock.now + 601)
