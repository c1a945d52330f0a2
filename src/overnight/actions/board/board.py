"""The board at work: up to so many actions at once, over any repositories, until it is asked to end.

Does not start anything new while many results wait for a person, who is the one that everything waits for then. What becomes
of one action, a fault of ours too, is recorded as its outcome and keeps no other from going on.
"""

import os
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, AsyncExitStack, suppress
from dataclasses import dataclass, field
from typing import Protocol

import anyio
from anyio.abc import TaskGroup

from overnight.actions.board.runner import ActionRunner
from overnight.actions.board.schedule import Next, Room, choose, waits_for_files
from overnight.actions.board.slot_time import SlotTime
from overnight.actions.board.wiring import open_workshop
from overnight.actions.checkouts.disk import NoRoom
from overnight.actions.checkouts.setups import SetupFailed
from overnight.actions.events import Begun, Merged, Parked, TurnCut, Waiting
from overnight.actions.record import ActionRecord
from overnight.actions.state import Action, Board, Stage
from overnight.actions.views.board_now import AtWork, BoardNow, HeldBack, write_now
from overnight.errors import OvernightError, UserError, leaf_errors
from overnight.models.port import ModelsParked
from overnight.research.loop.stop import Stop
from overnight.words.foreign import one_line

AT_ONCE = 10  # actions
MOST_WAITING = 4  # results for a person, from which nothing new begins
LOOK_S = 0.5  # between looks whether others recorded something; one takes some microseconds
SAY_S = 5.0  # between notes of what is done while something is
GRACE_S = 30.0  # for the steps under way when the board is asked to end
REASON = 400  # characters
ROOM_S = 30.0  # between looks whether there is room on the disk again
FIRST_PAUSE_S, LONGEST_PAUSE_S = 5.0, 900.0  # before a step is tried again whose fault could not be recorded; doubled each time


class Workshop(Protocol):
    """What actions are worked on with."""

    def recover(self) -> Sequence[TurnCut | Merged]:
        """What became of turns and merges that were under way when another process that ran the board ended."""
        ...

    def held(self, repo: str) -> str:
        """Why the trunk of a repository cannot be moved now, and what to type; empty if it can."""
        ...

    def scrub(self, text: str) -> str:
        """A text without the user's secrets."""
        ...

    async def begin(self, action: Action) -> Begun:
        """The base of a new action, and the rules there."""
        ...

    def runner(self, action: Action, *, goes_on: Callable[[Action], bool]) -> AbstractContextManager[ActionRunner]:
        """The runner of an action; nothing of it is left at the end."""
        ...


@dataclass(slots=True, kw_only=True)
class _AtWork:
    """An action that is being worked on."""

    since: float
    scope: anyio.CancelScope = field(default_factory=anyio.CancelScope)


@dataclass(slots=True, kw_only=True)
class BoardRunner:
    """Runs actions; there is one such process for each user, which holds the record's lock."""

    record: ActionRecord
    at_once: int = AT_ONCE
    most_waiting: int = MOST_WAITING
    sandbox: str = "jail"
    grace_s: float = GRACE_S
    clock: Callable[[], float] = time.time
    workshop: Workshop | None = None  # None: real ones, with `sandbox`
    slot_time: SlotTime = field(default_factory=SlotTime)
    now: BoardNow | None = None  # what it does
    _shop: Workshop = field(init=False)
    _began: float = field(default_factory=time.time)
    stop: Stop = field(init=False)  # while it runs
    _running: dict[int, _AtWork] = field(default_factory=dict)
    _paused: dict[int, tuple[float, str]] = field(default_factory=dict)
    _no_room: tuple[float, str] = (0.0, "")
    _faults: dict[int, int] = field(default_factory=dict)  # that could not be recorded, one after the other
    _said: tuple[object, float] = (None, 0.0)

    @property
    def idle(self) -> bool:
        """Whether nothing is worked on."""
        return not self._running

    async def run(self, *, stop: Stop | None = None, until_idle: bool = False) -> None:
        """Take actions on until asked to end, or until nothing can go on without a person."""
        self.stop = stop or Stop()
        async with AsyncExitStack() as stack:
            if self.workshop is None:
                opened = open_workshop(self.record, sandbox=self.sandbox, at_once=self.at_once)
                self._shop = await stack.enter_async_context(opened)
            else:
                self._shop = self.workshop
            if found := self._shop.recover():
                self.record.append(*found)
            await self._run(until_idle=until_idle)

    async def _run(self, *, until_idle: bool) -> None:
        async with anyio.create_task_group() as tasks:
            while not self.stop.requested:
                chosen = self._look(tasks)
                if until_idle and not self._running and not chosen.goes_on_alone:
                    return
                await self._until_news(chosen.again_at)
            await self._end()
            tasks.cancel_scope.cancel()

    def _look(self, tasks: TaskGroup) -> Next:
        """Act on what is recorded now."""
        board, now = self.record.board(), self.clock()
        for number, at_work in self._running.items():
            if number not in board.open:  # dropped by a person
                at_work.scope.cancel()
        paused = {number: pause for number, pause in self._paused.items() if number in board.open}
        self._paused = {number: pause for number, pause in paused.items() if pause[0] <= now + LONGEST_PAUSE_S}
        if self._no_room[0] > now + ROOM_S:  # the clock was set back, as for the pauses above
            self._no_room = 0.0, ""
        room = Room(
            at_once=self.at_once,
            most_waiting=self.most_waiting,
            running=self._running,
            paused=self._paused,
            no_room=self._no_room,
            held=self._held_trunks(board),
        )
        chosen = choose(board, room, now)
        for number, why in chosen.lost.items():
            self._record_or_pause(number, Waiting(action=number, why=why))
        self.slot_time.note(now, at_once=self.at_once, working=len(self._running), chosen=chosen)
        for number in chosen.start:
            self._running[number] = _AtWork(since=now)
            tasks.start_soon(self._take_on, number)
        self._say(chosen, now)
        return chosen

    async def _until_news(self, again_at: float | None) -> None:
        """Wait until an action is done with, another process recorded something, or one may go on."""
        before = self.clock()
        while not self.stop.requested:
            now = self.clock()
            if now < before or (again_at is not None and now >= again_at):
                return  # the clock may have been set back
            before = now
            if self._running and now - self._said[1] >= SAY_S:
                return
            left_s = LOOK_S if again_at is None else min(LOOK_S, again_at - now)
            if await self.stop.nap(left_s) or self.record.store.changed():
                return

    async def _end(self) -> None:
        """Let the steps under way end for a while; a second request ends them at once. What they left is kept."""
        self._say(Next(), self.clock())
        with self.stop.at_once, anyio.move_on_after(self.grace_s):
            while self._running:
                await self.stop.nap(LOOK_S)

    def _held_trunks(self, board: Board) -> Mapping[str, str]:
        """The repositories in which nothing can be merged now, and why: asked only where it was so at the last try."""
        repos = {action.request.repo for action in board.in_stage(Stage.MERGING)}
        held = {repo: self._shop.held(repo) for repo in repos if (known := board.trunks.get(repo)) and known.held}
        return {repo: why for repo, why in held.items() if why}

    async def _take_on(self, number: int) -> None:
        at_work = self._running[number]
        try:
            with at_work.scope:
                await self._work(number)
            self._faults.pop(number, None)
        except ModelsParked as parked:
            self._park(number, parked)
        except NoRoom as full:
            self._no_room = self.clock() + ROOM_S, one_line(str(full), REASON)
        except Exception as error:  # noqa: BLE001  # the outermost frame of an action: whatever it is, the others go on
            self._fail(number, error)
        finally:
            del self._running[number]
            self.stop.wake()

    async def _work(self, number: int) -> None:
        before = self.record.board().actions[number]
        if before.stage is Stage.QUEUED:
            self.record.append(await self._shop.begin(before))
        with self._shop.runner(self.record.board().actions[number], goes_on=self._goes_on) as runner:
            after = await runner.run(self.record.board().actions[number])
        if after == before and self._goes_on(after) and not self._held_trunks(self.record.board()):  # not again at once
            self._paused[number] = (self.clock() + FIRST_PAUSE_S, "nothing can be done for it now")

    def _goes_on(self, action: Action) -> bool:
        """Whether the next step of an action that is worked on may begin."""
        return not self.stop.requested and waits_for_files(action, self.record.board()) is None

    def _park(self, number: int, parked: ModelsParked) -> None:
        """Record that an action waits for a model, or for a person if only one can help."""
        why = self._said_by(parked)
        if parked.wait_s is None:
            self._record_or_pause(number, Waiting(action=number, why=why, fault=True))
        else:
            until = self.clock() + max(parked.wait_s, FIRST_PAUSE_S)
            self._record_or_pause(number, Parked(action=number, why=why, until=until))

    def _fail(self, number: int, error: BaseException) -> None:
        """Record a fault as the outcome of an action: a mistake of the user's in its words, one of ours with all we know."""
        leaf = leaf_errors(error)[0]
        log = ""
        if isinstance(leaf, UserError):
            why = self._said_by(leaf)
            log = leaf.log if isinstance(leaf, SetupFailed) else ""
        else:
            why = self._said_by(f"a fault of overnight's own: {type(leaf).__name__}: {leaf}")
            with suppress(OSError, OvernightError):
                log = self.record.keep_text(self._shop.scrub("".join(traceback.format_exception(error))))
        self._record_or_pause(number, Waiting(action=number, why=why, fault=True, log=log))

    def _said_by(self, error: object) -> str:
        """What is said of an error, on one line and without secrets."""
        return one_line(self._shop.scrub(str(error)), REASON)

    def _record_or_pause(self, number: int, event: Waiting | Parked) -> None:
        """Record what became of an action; if that cannot be done, as on a full disk, it is tried again later."""
        try:
            self.record.append(event)
        except OvernightError as error:
            failed = self._faults[number] = self._faults.get(number, 0) + 1
            pause_s = min(FIRST_PAUSE_S * 2.0 ** (failed - 1), LONGEST_PAUSE_S)
            self._paused[number] = (self.clock() + pause_s, one_line(str(error), REASON))

    def _say(self, chosen: Next, now: float) -> None:
        """Write down what the board does, if that has changed or a while has passed."""
        doing = (tuple(self._running), chosen.held, self.stop.requested)
        if doing == self._said[0] and 0 <= now - self._said[1] < SAY_S:
            return
        self._said = doing, now
        self.now = BoardNow(
            process=os.getpid(),
            since=self._began,
            at=now,
            at_once=self.at_once,
            most_waiting=self.most_waiting,
            running=[AtWork(action=number, since=each.since) for number, each in self._running.items()],
            held=[HeldBack(action=each.action, wait=each.wait, words=each.words, until=each.until) for each in chosen.held],
            slots=self.slot_time.shares(now),
            ending=self.stop.requested,
        )
        with suppress(OSError, UserError):  # a full disk ends no board
            write_now(self.record.folder, self.now)
