"""Lets what is due fall due: each run of a schedule is a cause, once, however often the claw was killed meanwhile.

A pass without anything due reads a few rows of indexes and writes nothing. When a schedule is due next is recorded with its
run; all of them are worked out anew when the claw starts, when the zone changes, and when the clock was set back.
"""

from collections.abc import Callable
from dataclasses import replace

from overnight.claw.agenda.rule import Rule, read_rule
from overnight.claw.events import Fired, Noticed, Received, ScheduleChanged, ScheduleSet, ScheduleState, Send
from overnight.claw.record.record import ClawRecord
from overnight.claw.record.schedules import Planned
from overnight.errors import UserError
from overnight.jobs.schedule import SET_BACK_S
from overnight.ledger.sealed import seal
from overnight.operations.principal import Origin
from overnight.words.foreign import one_line

AT_ONCE = 100  # schedules in one pass
MOST_FAILURES = 3  # one after the other, before a schedule is paused
AGAIN_S = 5.0  # before a run is tried again that too many waiting causes kept out
WORDS = 200


class Agenda:
    """The schedules of a claw, by the record's clock."""

    def __init__(self, record: ClawRecord, zone: Callable[[], str]) -> None:
        """`zone`: what clocks show where the owner lives, now."""
        self._record, self._zone = record, zone
        self._reviewed = ""  # the zone that all were worked out for
        self._newest = 0.0  # Unix time of the newest pass

    def fire(self) -> float | None:
        """Open a cause for each schedule that is due; when the next one is, Unix time, None: none is."""
        now, zone = self._record.clock(), self._zone()
        if zone != self._reviewed or now < self._newest - SET_BACK_S:
            self._review(zone, now)
            self._reviewed, self._newest = zone, now
        self._newest = max(self._newest, now)
        for plan in self._record.failing(MOST_FAILURES):
            self._pause(plan, now)
        taken = [self._fire(plan, now) for plan in self._record.due(now, AT_ONCE)]
        if not all(taken):
            return now + AGAIN_S
        return self._record.next_due

    def _fire(self, plan: Planned, now: float) -> bool:
        """Open the cause of one that is due; False if it was not taken."""
        rule = rule_of(plan)
        if isinstance(rule, str):
            self._pause(plan, now, rule)
            return True
        found = rule.due(plan.handled, now)
        if not found.run:
            self._move(plan, rule.next_after(max(now, plan.handled), plan.runs), found.handled)
            return True
        if why := self._stranger(plan):
            self._pause(plan, now, why)
            return True
        new, last = plan.set, int(found.handled)
        fired = Fired(
            schedule=plan.number,
            due=last,
            missed=found.missed,
            text=new.text,
            to=new.to,
            person=new.person,
            role=new.role,
            origin=new.origin,
            what=new.what,
            next=rule.next_after(max(now, last), plan.runs + 1),
            run=plan.total + 1,
            unasked=self._is_own_idea(new),
        )
        return self._record.open_cause(fired) is not None or self._record.knows(fired)

    def _stranger(self, plan: Planned) -> str:
        """Why who set it has no say any more; empty: they have."""
        new = plan.set
        if not new.role.is_let_in:
            return ""
        person = self._record.person_at(new.to.channel, new.to.id)
        is_same = (person.name, person.role) == (new.person, new.role)
        return "" if is_same else f"{new.person} is not known here any more"

    def _is_own_idea(self, new: ScheduleSet) -> bool:
        """Whether no person asked for it, in so many words or in others that a model understood."""
        if new.origin in (Origin.OWNER, Origin.MEMBER):
            return False
        cause = self._record.event(new.turn) if new.turn else None
        return cause is None or not isinstance(cause.event, Received)

    def _review(self, zone: str, now: float) -> None:
        """Work out anew when each is due."""
        for plan in self._record.schedules():
            if plan.state is not ScheduleState.LIVE or plan.set.check is not None:
                continue
            new = plan.set
            set_back = plan.handled > now + SET_BACK_S
            written = int(now) if new.written > now + SET_BACK_S else new.written
            fresh = replace(plan, set=replace(new, written=written), handled=now if set_back else plan.handled)
            rule = rule_of(fresh)
            if isinstance(rule, str):
                self._pause(plan, now, rule)
                continue
            if rule.by_clock and new.zone != zone:
                fresh = replace(fresh, set=replace(fresh.set, zone=zone))
                rule = rule_of(fresh)
                if isinstance(rule, str):
                    continue  # the settings name a zone that is not known; they say so themselves
            at = rule.next_after(fresh.handled, plan.runs)
            if at != plan.next or fresh.set != new:
                self._move(fresh, at, fresh.handled)

    def _move(self, plan: Planned, at: int | None, handled: float) -> None:
        state = ScheduleState.OVER if at is None else ScheduleState.LIVE
        self._record.append(changed(plan, state=state, next_=at, handled=handled))

    def _pause(self, plan: Planned, now: float, why: str = "") -> None:
        """Pause one that cannot go on, and say so."""
        reason = why or f"it failed {plan.failures} times, one after the other"
        what = one_line(self._record.text(plan.set.text), WORDS)
        text = seal(f"⏸ #{plan.number} {what} ({plan.set.when}) is paused: {reason}. `claw reschedule {plan.number} --resume`")
        held = Send(key=f"paused {plan.number} {self._record.store.newest()}", to=plan.set.to, text=text.ref)
        event = changed(plan, state=ScheduleState.PAUSED, next_=plan.next, handled=max(now, plan.handled), why=reason)
        self._record.append(event, Noticed(held=(held,)), texts=[text])


def rule_of(plan: Planned) -> Rule | str:
    """The rule of a schedule, or why it cannot be read any more, such as a zone that this machine does not know."""
    try:
        return read_rule(plan.set.when, plan.set.zone, plan.set.written)
    except UserError as error:
        return str(error)


def changed(
    plan: Planned, *, state: ScheduleState, next_: int | None, handled: float, by: str = "", why: str = ""
) -> ScheduleChanged:
    """The event by which a schedule is from now on as this plan, with another state and next time."""
    return ScheduleChanged(
        schedule=plan.number,
        state=state,
        when=plan.set.when,
        zone=plan.set.zone,
        written=plan.set.written,
        handled=handled,
        next=next_,
        by=by,
        why=why,
    )
