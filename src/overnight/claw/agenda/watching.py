"""Watches: each looks at its interval whether something is so, and fires when it has become so. No model, and nothing is
written as long as nothing changes.

A watch fires once for each time that it becomes so, and not again within ten minutes. One that cannot find out looks less and
less often, says so once, and says when it can again.
"""

import json
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from anyio import create_task_group
from anyio.abc import TaskGroup

from overnight.claw.agenda.conditions import CannotLook, Condition, Look, look
from overnight.claw.agenda.news import Item, news
from overnight.claw.agenda.rule import read_rule
from overnight.claw.events import (
    Event,
    Fired,
    Noticed,
    ScheduleDropped,
    ScheduleKind,
    ScheduleState,
    Send,
    WatchSeen,
    WatchState,
)
from overnight.claw.record.record import ClawRecord
from overnight.claw.record.schedules import Planned
from overnight.claw.taint import joined
from overnight.errors import OvernightError, UserError
from overnight.ledger.sealed import seal
from overnight.operations.operation import Context
from overnight.operations.principal import Origin, Principal
from overnight.words.foreign import one_line, printable

FLOOR_S = 10  # between two looks of a watch
NEWS_S = 10  # the same of one that looks for what is new, which reads a list of ours and does not wait long
APART_S = 600.0  # between two runs of a watch
SLOWEST_S = 3600.0  # between looks of one that cannot find out
FAILURES = 3  # one after the other, before it says that it cannot find out
AT_ONCE = 4  # looks
WHY = 300


@dataclass(slots=True)
class _Eye:
    """What this process knows of a watch, beside the record."""

    next: float  # Unix time of the next look
    agreed: int = 0  # looks in a row that differ from what is recorded
    failures: int = 0
    busy: bool = False  # it looks just now
    told: int = 0  # the number of the newest item that was said


class Watcher:
    """Looks after the watches of a claw."""

    def __init__(
        self,
        record: ClawRecord,
        folder: Path,
        *,
        repos: Callable[[], Mapping[str, Path]],
        environment: Mapping[str, str],
    ) -> None:
        self._record, self._folder, self._repos, self._environment = record, folder, repos, environment
        self._eyes: dict[int, _Eye] = {}
        self._known = -1  # the newest event when the watches were read
        self._watches: dict[int, tuple[Planned, Condition, int]] = {}

    async def look(self) -> None:
        """Make all looks that are due, and wait for them."""
        more = True
        while more:
            async with create_task_group() as tasks:
                more = self.begin(tasks)

    def begin(self, tasks: TaskGroup) -> bool:
        """Begin looks that are due, a few at once, and do not wait for them; whether there were any."""
        now = self._record.clock()
        self._read(now)
        due = [number for number, eye in self._eyes.items() if eye.next <= now or self._was_set_back(number, eye, now)]
        room = AT_ONCE - sum(eye.busy for eye in self._eyes.values())
        begun = [number for number in due if not self._eyes[number].busy][:room]
        for number in begun:
            self._eyes[number].busy = True
            tasks.start_soon(self._one, number, now)
        return bool(begun)

    async def _one(self, number: int, now: float) -> None:
        eye, (_, _, period_s) = self._eyes[number], self._watches[number]
        try:
            await self._look(number, now)
        except (OvernightError, OSError, sqlite3.Error):  # such as a full disk, which the schedule reports
            eye.next = now + period_s
        finally:
            eye.busy = False

    def _was_set_back(self, number: int, eye: _Eye, now: float) -> bool:
        """Whether the clock was, as no look is so far away."""
        return eye.next > now + 2 * max(self._watches[number][2], SLOWEST_S)

    def _read(self, now: float) -> None:
        """The watches as they are set now."""
        newest = self._record.store.newest()
        if newest == self._known:
            return
        self._known = newest
        self._watches = {}
        for plan in self._record.watches():
            period_s = _period_of(plan)
            condition = condition_of(self._record.text(plan.set.check)) if plan.set.check else None
            if period_s and condition and condition.news:
                period_s = min(period_s, NEWS_S)
            if condition is not None and period_s is not None:
                self._watches[plan.number] = (plan, condition, period_s)
        for number in self._watches:
            self._eyes.setdefault(number, _Eye(next=now))
        self._eyes = {number: eye for number, eye in self._eyes.items() if number in self._watches}

    async def _look(self, number: int, now: float) -> None:
        eye, (plan, condition, period_s) = self._eyes[number], self._watches[number]
        try:
            found, items = await self._found(plan, condition, eye)
        except CannotLook as error:
            eye.failures += 1
            plan = self._record.schedule(number) or plan
            eye.next = now + min(max(period_s, SLOWEST_S), period_s * 2.0 ** min(eye.failures - 1, 20))
            if eye.failures >= FAILURES and plan.seen is not WatchState.FAILING:
                self._report(plan, WatchState.FAILING, str(error))
            return
        eye.failures, eye.next = 0, now + period_s
        current = self._record.schedule(number)
        if current is None or current.state is not ScheduleState.LIVE or self._record.is_stopped:
            return  # it was dropped or paused meanwhile
        plan = current
        state = WatchState.YES if found.holds else WatchState.NO
        if plan.seen is WatchState.FAILING:
            self._report(plan, WatchState.NO, "")
            plan = replace(plan, seen=WatchState.NO)
        if condition.news:
            for item in items:
                self._fire(plan, found, item)
                eye.told = item.number
            return
        is_new = state is not plan.seen or found.over
        eye.agreed = eye.agreed + 1 if is_new else 0
        if not is_new or eye.agreed < condition.looks:
            return
        if state is WatchState.YES and plan.fired_at and 0 <= self._record.clock() - plan.fired_at < APART_S:
            return  # if it is still so then, it fires then
        eye.agreed = 0
        if state is WatchState.YES:
            self._fire(plan, found)
        else:
            ended = [ScheduleDropped(schedule=number, by="")] if found.over else []
            self._record.append(WatchSeen(schedule=number, state=state), *ended)

    async def _found(self, plan: Planned, condition: Condition, eye: _Eye) -> tuple[Look, Sequence[Item]]:
        """What it is now, or what is new.

        Raises:
            CannotLook: it cannot be found out.
        """
        context = self._context(plan, condition)
        if not condition.news:
            return await look(condition, context, was=plan.seen is WatchState.YES), ()
        items = await news(condition, context, after=max(eye.told, condition.after))
        return Look(holds=bool(items), value=""), items

    def _fire(self, plan: Planned, found: Look, item: Item | None = None) -> None:
        """Open its cause; one that is open already, as this item was fired before a restart, stays alone."""
        new = plan.set
        said = self._record.text(new.text)
        acts = new.what is ScheduleKind.ASK
        words = item.text if item else f"{said} ({printable(found.value, WHY)})"
        text = seal(said if acts else words)
        fired = Fired(
            schedule=plan.number,
            due=int(self._record.clock()),
            text=text.ref,
            to=new.to,
            person=new.person,
            role=new.role,
            origin=new.origin if acts else joined([new.origin, item.origin if item else Origin.TOOL]),
            what=new.what,
            run=plan.total + 1,
            unasked=True,
            urgent=new.urgent,
            watch=True,
            item=item.number if item else 0,
            picture=item.picture if item and not acts else "",
            answers=item.answers if item and not acts else (),
        )
        ended = [ScheduleDropped(schedule=plan.number, by="")] if found.over else []
        self._record.open_cause(fired, text, also=ended)

    def _report(self, plan: Planned, state: WatchState, why: str) -> None:
        """Say once that it cannot find out, or that it can again."""
        what = one_line(self._record.text(plan.set.text), WHY)
        said = f"cannot find out: {one_line(why, WHY)}; I look less often" if why else "can find out again"
        text = seal(f"⚠ the watch #{plan.number} {what} {said}")
        send = Send(
            key=f"watch {plan.number} {self._record.store.newest()}", to=plan.set.to, text=text.ref, urgent=plan.set.urgent
        )
        events: list[Event] = [WatchSeen(schedule=plan.number, state=state), Noticed(held=(send,))]
        self._record.append(*events, texts=[text])

    def _context(self, plan: Planned, condition: Condition) -> Context:
        repos = self._repos()
        if condition.repo and condition.repo not in repos:
            raise CannotLook(f"claw.yaml has no repository `{printable(condition.repo, WHY)}` any more")
        return Context(
            where=repos.get(condition.repo, self._folder),
            environment=self._environment,
            principal=Principal(plan.set.role, plan.set.person),
            origin=plan.set.origin,
            address=plan.set.to,
            repositories=repos,
        )


def condition_of(text: str) -> Condition | None:
    """The condition that was written down; None if it was forgotten."""
    try:
        found = json.loads(text)
        return Condition(**found) if isinstance(found, dict) else None
    except (ValueError, TypeError):
        return None


def _period_of(plan: Planned) -> int | None:
    try:
        period_s = read_rule(plan.set.when, plan.set.zone, plan.set.written).period_s
    except UserError:
        return None
    return max(period_s, FLOOR_S) if period_s else None
