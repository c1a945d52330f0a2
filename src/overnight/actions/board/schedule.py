"""Which actions are taken on next, and what the others wait for. Pure."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from overnight.actions.state import FLOWING, Action, Board, Stage

TOUCHING = frozenset((Stage.CODING, Stage.CHECKING, Stage.REVIEWING, Stage.READY, Stage.MERGING))  # has edits, or makes them
TRUNK_S = 5.0  # between looks whether a branch that was checked out still is


class Wait(StrEnum):
    """What an action, or an idle slot, waits for."""

    ROOM = "a slot"
    PERSON = "a person"  # results wait, so nothing new begins
    MODELS = "a model"
    AFTER = "other actions"  # that it comes after
    FILES = "the same files"  # which an earlier action is changing
    MERGE = "another merge"
    TRUNK = "the branch overnight/main"  # which is checked out, or in the way
    DISK = "room on the disk"  # for the folder of its next step
    FAULT = "another try"  # of ours, after a fault
    NOTHING = "nothing to do"


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """An action that could not be taken on now."""

    action: int
    wait: Wait
    words: str  # one line
    until: float | None = None  # Unix time, s, when it goes on by itself; None: not known


@dataclass(frozen=True, slots=True, kw_only=True)
class Next:
    """What to do now."""

    start: Sequence[int] = ()
    held: Sequence[Held] = ()
    lost: Mapping[int, str] = field(default_factory=dict)  # that can never begin, and why

    @property
    def again_at(self) -> float | None:
        """When the next one goes on by itself."""
        return min((held.until for held in self.held if held.until is not None), default=None)

    @property
    def goes_on_alone(self) -> bool:
        """Whether something goes on later without a person."""
        return any(held.until is not None and held.wait not in {Wait.TRUNK, Wait.DISK} for held in self.held)


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """How much may be done at once, and what is being done."""

    at_once: int
    most_waiting: int  # results for a person, from which nothing new begins
    running: Collection[int] = ()
    paused: Mapping[int, tuple[float, str]] = field(default_factory=dict)  # until when, and why: after faults of ours
    no_room: tuple[float, str] = (0.0, "")  # until when nothing is taken on for lack of disk, and why
    held: Mapping[str, str] = field(default_factory=dict)  # repositories in which nothing can be merged, and why


def choose(board: Board, room: Room, now: float) -> Next:
    """The actions to take on, oldest first: what was begun is ended before anything new begins."""
    choice = _Choice(board, room, now)
    mergings = sorted(board.in_stage(Stage.MERGING), key=lambda action: action.changed_at)
    for action in (*mergings, *board.in_stage(*FLOWING - {Stage.MERGING})):
        if action.number not in room.running:
            choice.go_on(action)
    for action in board.in_stage(Stage.QUEUED):
        if action.number not in room.running:
            choice.begin(action)
    return Next(start=tuple(choice.start), held=tuple(choice.held), lost=choice.lost)


def could_begin(board: Board) -> bool:
    """Whether anything that is queued comes after nothing that is still to be merged."""
    return any(all(map(board.standing, each.request.after)) for each in board.in_stage(Stage.QUEUED))


def waits_for_files(action: Action, board: Board) -> Action | None:
    """The earlier action that is changing files which this one will change, by its plan; None if it may begin to code.

    Once the earlier one waits for a person, or for a model, the later one goes on: a conflict costs one short turn, while
    a person may be asleep.
    """
    if action.stage is not Stage.CODING or action.commit or action.plan is None:
        return None
    for other in board.open.values():
        if other.number >= action.number or other.request.queue != action.request.queue or other.parked:
            continue
        if other.stage is Stage.MERGING and (trunk := board.trunks.get(other.request.repo)) and trunk.held:
            continue  # nobody knows for how long
        if other.stage in TOUCHING and other.plan and overlap(action.plan.files, other.plan.files):
            return other
    return None


def overlap(some: Sequence[str], others: Sequence[str]) -> bool:
    """Whether two lists of paths have a file in common, or a folder of one a file of the other."""
    ours, theirs = ([path.strip("/") for path in paths] for paths in (some, others))
    return any(a == b or a.startswith(f"{b}/") or b.startswith(f"{a}/") for a in ours for b in theirs)


class _Choice:
    def __init__(self, board: Board, room: Room, now: float) -> None:
        self._board, self._room, self._now = board, room, now
        self._left = room.at_once - len(room.running)
        self._merging = {board.actions[number].request.queue for number in room.running if self._merges(number)}
        self._full = len(board.in_stage(Stage.WAITING)) >= room.most_waiting
        self.start: list[int] = []
        self.held: list[Held] = []
        self.lost: dict[int, str] = {}

    def _merges(self, number: int) -> bool:
        action = self._board.actions.get(number)
        return action is not None and action.stage is Stage.MERGING

    def go_on(self, action: Action) -> None:
        if self._sleeps(action):
            return
        if action.stage is Stage.MERGING and (why := self._room.held.get(action.request.repo)):
            self._hold(action, Wait.TRUNK, why, self._now + TRUNK_S)
        elif action.stage is Stage.MERGING and action.request.queue in self._merging:
            self._hold(action, Wait.MERGE, "another result of this repository is being merged")
        elif other := waits_for_files(action, self._board):
            self._hold(action, Wait.FILES, f"action {other.number} is changing files that it will change")
        elif self._take(action) and action.stage is Stage.MERGING:
            self._merging.add(action.request.queue)

    def begin(self, action: Action) -> None:
        standings = {number: self._board.standing(number) for number in action.request.after}
        lost = [number for number, standing in standings.items() if standing is None]
        open_ones = [number for number, standing in standings.items() if standing is False]
        if self._sleeps(action):
            return
        if lost:
            self.lost[action.number] = f"it comes after action {lost[0]}, which will not be merged"
        elif open_ones:
            self._hold(action, Wait.AFTER, f"it comes after {', '.join(f'action {number}' for number in open_ones)}")
        elif self._full:
            self._hold(action, Wait.PERSON, f"until you judge a result: {self._room.most_waiting} or more wait for you")
        elif self._left <= (parked := sum(held.wait is Wait.MODELS for held in self.held)) and parked:
            self._hold(action, Wait.MODELS, "actions that have begun wait for a model")
        else:
            self._take(action)

    def _sleeps(self, action: Action) -> bool:
        """Whether it goes on by itself at a later time, and is held back until then."""
        until, why = self._room.paused.get(action.number, (0.0, ""))
        if until > self._now:
            self._hold(action, Wait.FAULT, why, until)
        elif action.parked_until > self._now:
            self._hold(action, Wait.MODELS, action.parked, action.parked_until)
        return max(until, action.parked_until) > self._now

    def _take(self, action: Action) -> bool:
        until, why = self._room.no_room
        if until > self._now:
            self._hold(action, Wait.DISK, why, until)
            return False
        if self._left <= 0:
            self._hold(action, Wait.ROOM, f"{self._room.at_once} actions at once")
            return False
        self._left -= 1
        self.start.append(action.number)
        return True

    def _hold(self, action: Action, wait: Wait, words: str, until: float | None = None) -> None:
        self.held.append(Held(action=action.number, wait=wait, words=words, until=until))
