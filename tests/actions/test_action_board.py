"""The board over scripted steps: how many at once, what waits for what, and that one action keeps no other from going on."""

from collections.abc import Awaitable, Callable, Iterator
from contextlib import suppress
from pathlib import Path

import anyio
import pytest
from fake_workshop import SECRET, FakeTrunk, FakeWorkshop, ask, well

from overnight.actions.board.board import BoardRunner
from overnight.actions.board.schedule import Room, Wait, choose
from overnight.actions.charter import ActionBudget, Request, Role, Rules
from overnight.actions.checkouts.setups import SetupFailed
from overnight.actions.events import Begun, Event, Judged, Planned, TurnEnded, Waiting, Word
from overnight.actions.findings import Plan, TurnOutcome
from overnight.actions.port import Order
from overnight.actions.record import ARTIFACTS, ActionRecord
from overnight.actions.state import Action, Board, Stage
from overnight.actions.views.board_now import read_now
from overnight.errors import RepositoryError, UserError
from overnight.models.port import ModelsParked
from overnight.models.usage import Usage
from overnight.research.ending import Ending, EndReason
from overnight.research.loop.stop import Stop
from overnight.testing.waiting import until

STOP = Ending(reason=EndReason.INTERRUPT, detail="stopped by a test")


@pytest.fixture
def record(tmp_path: Path) -> Iterator[ActionRecord]:
    with ActionRecord(tmp_path / "actions") as opened:
        yield opened


def stage(record: ActionRecord, number: int) -> Stage:
    return record.board().actions[number].stage


def run(board: BoardRunner) -> None:
    anyio.run(lambda: board.run(until_idle=True))


async def never(order: Order) -> TurnOutcome:
    """A turn that does not end."""
    await anyio.sleep_forever()
    raise AssertionError


def raises(error: Exception) -> Callable[[Order], Awaitable[TurnOutcome]]:
    """A turn that raises."""

    async def turn(order: Order) -> TurnOutcome:
        raise error

    return turn


def test_so_many_actions_are_worked_on_at_once(record: ActionRecord) -> None:
    """Never more than the limit; each has a slot of its own, and all come to a result."""
    ask(record, 7)
    shop = FakeWorkshop(record)
    run(BoardRunner(record=record, workshop=shop, at_once=3, most_waiting=100))
    assert shop.most == 3
    assert {stage(record, number) for number in range(1, 8)} == {Stage.WAITING}


def test_nothing_new_begins_while_results_wait_for_a_person(record: ActionRecord) -> None:
    """With so many results to be judged the rest stays queued; a word lets the next one begin."""
    ask(record, 6)
    board = BoardRunner(record=record, workshop=FakeWorkshop(record), at_once=1, most_waiting=4)
    run(board)
    assert [stage(record, number) for number in (4, 5, 6)] == [Stage.WAITING, Stage.QUEUED, Stage.QUEUED]
    held = choose(record.board(), Room(at_once=1, most_waiting=4), 0.0).held
    assert [each.wait for each in held] == [Wait.PERSON, Wait.PERSON]
    record.append(Judged(action=1, word=Word.DROP))
    run(board)
    assert [stage(record, number) for number in (1, 5, 6)] == [Stage.DROPPED, Stage.WAITING, Stage.QUEUED]


def test_an_action_begins_once_those_before_it_are_merged(record: ActionRecord) -> None:
    """It waits for them; if one is dropped, a person decides, and may have it begin without."""
    [first] = ask(record)
    [second] = ask(record, after=(first,))
    [third] = ask(record, after=(second,))
    board = BoardRunner(record=record, workshop=FakeWorkshop(record))
    run(board)
    assert [stage(record, n) for n in (first, second)] == [Stage.WAITING, Stage.QUEUED]
    record.append(Judged(action=first, word=Word.ACCEPT, commit=record.board().actions[first].commit))
    run(board)
    assert [stage(record, n) for n in (first, second, third)] == [Stage.MERGED, Stage.WAITING, Stage.QUEUED]
    record.append(Judged(action=second, word=Word.DROP))
    run(board)
    lost = record.board().actions[third]
    assert (lost.stage, lost.waiting) == (Stage.WAITING, "it comes after action 2, which will not be merged")
    record.append(Judged(action=third, word=Word.SEND_BACK))
    run(board)
    assert (stage(record, third), record.board().actions[third].waiting) == (Stage.WAITING, "")


@pytest.mark.parametrize(
    ("error", "why"),
    [
        (ZeroDivisionError("by a bug"), "a fault of overnight's own: ZeroDivisionError: by a bug"),
        (UserError("no such agent", fix="install it"), "no such agent; install it"),
        (ModelsParked("the key is refused"), "the key is refused"),
        (ModelsParked("the budget is too small", spent=True), "the budget is too small"),
        (ExceptionGroup("two", [OSError("disk")]), "a fault of overnight's own: OSError: disk"),
    ],
)
def test_whatever_one_action_raises_is_its_outcome_and_stops_no_other(record: ActionRecord, error: Exception, why: str) -> None:
    """The fault is recorded with its reason; the others come to their results; sent back, it is tried again."""
    ask(record, 3)
    shop = FakeWorkshop(record, turns={(2, Role.CODER): raises(error)})
    board = BoardRunner(record=record, workshop=shop)
    run(board)
    failed = record.board().actions[2]
    assert (failed.stage, failed.waiting, failed.fault) == (Stage.WAITING, why, True)
    assert (failed.left, failed.open_turn) == ("c2-1", None), "what its agent left is lost"
    assert [record.board().actions[number].waiting for number in (1, 3)] == ["", ""]
    if "own" in why:
        log = record.artifacts.read(failed.fault_log)
        assert log is not None and b"Traceback" in log
    del shop.turns[2, Role.CODER]
    record.append(Judged(action=2, word=Word.SEND_BACK))
    run(board)
    assert record.board().actions[2].waiting == ""


@pytest.mark.parametrize("error", [ValueError(SECRET), UserError(f"no {SECRET}"), ModelsParked(SECRET)])
def test_what_is_said_of_a_fault_has_no_secrets(record: ActionRecord, error: Exception) -> None:
    """Neither its reason, nor that of the turn that it cut off, nor all that we know of it."""
    [one] = ask(record)
    run(BoardRunner(record=record, workshop=FakeWorkshop(record, turns={(one, Role.CODER): raises(error)})))
    events = list(record.store.events_of(one))
    assert "(hidden)" in repr(events) and SECRET not in repr(events)
    kept = [path.read_text() for path in (record.folder / ARTIFACTS).rglob("*") if path.is_file()]
    assert len(kept) == isinstance(error, ValueError) and SECRET not in "".join(kept)


def test_all_that_a_failed_setup_printed_can_be_read(record: ActionRecord) -> None:
    """Its reason is one line, and often not the one that a person needs."""
    [number] = ask(record)
    log = record.keep_text("Collecting nothing\nERROR: no package")
    shop = FakeWorkshop(record, turns={(1, Role.CODER): raises(SetupFailed("`setup` failed", log=log))})
    run(BoardRunner(record=record, workshop=shop))
    failed = record.board().actions[number]
    assert (failed.waiting, failed.fault_log) == ("`setup` failed", log)


def test_an_action_that_cannot_begin_is_its_outcome(record: ActionRecord) -> None:
    """A repository that is gone is said; sent back, the action begins anew."""

    def gone(action: Action) -> Begun:
        raise RepositoryError("it is gone", fix="move it back")

    [number] = ask(record)
    shop = FakeWorkshop(record, begins=gone)
    run(BoardRunner(record=record, workshop=shop))
    assert record.board().actions[number].waiting == "it is gone; move it back"
    record.append(Judged(action=number, word=Word.SEND_BACK))
    run(BoardRunner(record=record, workshop=FakeWorkshop(record)))
    assert record.board().actions[number].waiting == ""


class Clock:
    """A clock that a test sets."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_an_action_without_a_model_is_parked_and_goes_on_by_itself(record: ActionRecord) -> None:
    """It waits until the provider said so, in no slot; the others go on; then its turn begins again from what was left."""
    ask(record, 2)
    shop = FakeWorkshop(record, turns={(1, Role.CODER): raises(ModelsParked("quota spent", wait_s=3600.0))})
    clock = Clock()
    board = BoardRunner(record=record, workshop=shop, clock=clock, at_once=1)

    async def story() -> None:
        async with anyio.create_task_group() as tasks:
            stop = Stop()
            tasks.start_soon(lambda: board.run(stop=stop))
            await until(lambda: bool(record.board().actions[1].parked))
            parked = record.board().actions[1]
            assert (parked.stage, parked.parked, parked.parked_until) == (Stage.CODING, "quota spent", 4600.0)
            await until(lambda: board.now is not None and bool(board.now.held) and not board.now.running)
            assert board.now is not None and [each.wait for each in board.now.held] == [Wait.MODELS, Wait.MODELS]
            del shop.turns[1, Role.CODER]
            clock.now = 4600.0
            stop.wake()
            await until(lambda: stage(record, 1) is stage(record, 2) is Stage.WAITING)
            stop.request(STOP)
            stop.wake()

    anyio.run(story)
    assert record.board().actions[1].turns == 3


def test_a_stop_lets_a_step_end_and_begins_no_further_one(record: ActionRecord) -> None:
    """The turn under way ends and is recorded; nothing after it begins."""
    [number] = ask(record)
    shop = FakeWorkshop(record)
    board = BoardRunner(record=record, workshop=shop)

    async def story() -> None:
        goes = anyio.Event()

        async def slow(order: Order) -> TurnOutcome:
            await goes.wait()
            return await well(order)

        shop.turns[number, Role.CODER] = slow
        async with anyio.create_task_group() as tasks:
            stop = Stop()
            tasks.start_soon(lambda: board.run(stop=stop))
            await until(lambda: record.board().actions[number].open_turn is Role.CODER)
            stop.interrupt(STOP)
            stop.wake()
            await until(lambda: board.now is not None and board.now.ending)
            goes.set()

    anyio.run(story)
    assert (stage(record, number), record.board().actions[number].commit) == (Stage.CHECKING, "c1-1")


@pytest.mark.parametrize("again", [True, False])
def test_a_second_stop_or_the_end_of_its_time_cuts_a_turn_off_and_keeps_its_work(record: ActionRecord, again: bool) -> None:
    """What the agent left is a commit, from which the next session goes on."""
    [number] = ask(record)
    shop = FakeWorkshop(record, turns={(number, Role.CODER): never}, used=Usage(calls=2, input_tokens=900))
    board = BoardRunner(record=record, workshop=shop, grace_s=1000.0 if again else 0.0)

    async def story() -> None:
        async with anyio.create_task_group() as tasks:
            stop = Stop()
            tasks.start_soon(lambda: board.run(stop=stop))
            await until(lambda: record.board().actions[number].open_turn is Role.CODER)
            stop.interrupt(STOP)
            if again:
                stop.interrupt(STOP)
            stop.wake()

    anyio.run(story)
    cut = record.board().actions[number]
    assert (cut.stage, cut.open_turn, cut.left) == (Stage.CODING, None, "c1-1")
    assert cut.usage.tokens == 900, "what it used is not counted"


def test_a_dropped_action_is_not_worked_on_any_more(record: ActionRecord) -> None:
    """A person's word, recorded by another process, ends its turn; the others go on."""
    ask(record, 2)
    board = BoardRunner(record=record, workshop=FakeWorkshop(record, turns={(1, Role.CODER): never}))

    async def story() -> None:
        async with anyio.create_task_group() as tasks:
            stop = Stop()
            tasks.start_soon(lambda: board.run(stop=stop))
            await until(lambda: record.board().actions[1].open_turn is Role.CODER and stage(record, 2) is Stage.WAITING)
            with ActionRecord(record.folder) as other:
                other.append(Judged(action=1, word=Word.DROP, text="not wanted"))
            await until(lambda: board.idle)
            stop.request(STOP)
            stop.wake()

    anyio.run(story)
    assert (stage(record, 1), record.board().actions[1].open_turn) == (Stage.DROPPED, None)


def test_a_fault_that_cannot_be_recorded_is_tried_again_after_a_pause(
    record: ActionRecord, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As on a full disk: no busy loop, and once it can be recorded it goes on."""
    [number] = ask(record)
    clock, append = Clock(), record.append
    board = BoardRunner(record=record, workshop=FakeWorkshop(record), clock=clock)

    def full(*_: object) -> None:
        raise UserError("the disk is full")

    async def story() -> None:
        async with anyio.create_task_group() as tasks:
            stop = Stop()
            monkeypatch.setattr(record, "append", full)
            tasks.start_soon(lambda: board.run(stop=stop))
            await until(lambda: board.now is not None and bool(board.now.held) and not board.now.running)
            assert board.now is not None
            assert [(each.wait, each.words) for each in board.now.held] == [(Wait.FAULT, "the disk is full")]
            monkeypatch.setattr(record, "append", append)
            clock.now += 5.0
            stop.wake()
            await until(lambda: stage(record, number) is Stage.WAITING)
            stop.request(STOP)
            stop.wake()

    anyio.run(story)


def test_a_clock_that_is_set_back_holds_nothing_back(record: ActionRecord, monkeypatch: pytest.MonkeyPatch) -> None:
    """A pause of some seconds does not become one of many minutes."""
    [number] = ask(record)
    clock, append = Clock(), record.append
    board = BoardRunner(record=record, workshop=FakeWorkshop(record), clock=clock)

    def full(*_: object) -> None:
        raise UserError("the disk is full")

    async def story() -> None:
        async with anyio.create_task_group() as tasks:
            stop = Stop()
            monkeypatch.setattr(record, "append", full)
            tasks.start_soon(lambda: board.run(stop=stop))
            await until(lambda: board.now is not None and bool(board.now.held) and not board.now.running)
            monkeypatch.setattr(record, "append", append)
            clock.now -= 999.0
            await until(lambda: stage(record, number) is Stage.WAITING)
            stop.request(STOP)
            stop.wake()

    anyio.run(story)


def test_a_spent_budget_goes_to_a_person_with_what_there_is(record: ActionRecord) -> None:
    """No turn begins beyond it; a person's word gives the action its budget anew."""
    [number] = ask(record)
    shop = FakeWorkshop(record, rules=Rules(budget=ActionBudget(turns=1)))
    board = BoardRunner(record=record, workshop=shop)
    run(board)
    action = record.board().actions[number]
    assert action.waiting == "its budget is used up: 1 turn of agents; its newest commit was not reviewed"
    record.append(Judged(action=number, word=Word.SEND_BACK, text="go on"))
    run(board)
    assert record.board().actions[number].turns == 2


def test_actions_that_change_the_same_files_are_coded_one_after_the_other(record: ActionRecord) -> None:
    """By their plans: the later one waits until the earlier has its result; one that changes other files does not."""
    for number, files in enumerate((["src/a.py"], ["src"], ["docs/b.md"]), 1):
        request = Request(repo="/r", title="t", text="x", plan=True)
        assert record.ask(request) == number
        record.append(Begun(action=number, base="base", rules=""))
        record.append(Planned(action=number, plan=Plan(steps=("s",), files=files), outcome=TurnOutcome(text="")))
    chosen = choose(record.board(), Room(at_once=10, most_waiting=4), 0.0)
    assert chosen.start == (1, 3)
    assert [(each.action, each.wait) for each in chosen.held] == [(2, Wait.FILES)]
    run(BoardRunner(record=record, workshop=FakeWorkshop(record)))
    assert {stage(record, number) for number in (1, 2, 3)} == {Stage.WAITING}


def planned(plan: Plan) -> Callable[[Order], Awaitable[TurnOutcome]]:
    """A planner's turn with this plan."""

    async def turn(order: Order) -> TurnOutcome:
        return TurnOutcome(text="a plan", plan=plan)

    return turn


def test_a_split_task_is_done_by_its_parts_one_after_the_other(record: ActionRecord) -> None:
    """They share its budget; what comes after the whole waits for all of them."""
    [whole] = ask(record, plan=True, budget=ActionBudget(tokens=1000))
    [later] = ask(record, after=(whole,))
    shop = FakeWorkshop(record, turns={(whole, Role.PLANNER): planned(Plan(split=("first\nmore", "second")))})
    board = BoardRunner(record=record, workshop=shop)
    run(board)
    split = record.board().actions[whole]
    assert (split.stage, list(split.split_into)) == (Stage.SPLIT, [3, 4])
    first, second = (record.board().actions[number] for number in split.split_into)
    assert (first.request.title, first.by, list(second.request.after)) == ("first", "action 1", [3])
    assert first.request.budget is not None and first.request.budget.tokens == 500
    assert [stage(record, number) for number in (3, 4, later)] == [Stage.WAITING, Stage.QUEUED, Stage.QUEUED]
    for number in split.split_into:
        assert stage(record, later) is Stage.QUEUED
        record.append(Judged(action=number, word=Word.ACCEPT, commit=record.board().actions[number].commit))
        run(board)
    assert [stage(record, number) for number in (3, 4, later)] == [Stage.MERGED, Stage.MERGED, Stage.WAITING]


def test_a_dropped_task_is_not_split(record: ActionRecord) -> None:
    """Its word came first: none of the parts is asked for, and what its planner used counts."""
    [one] = ask(record, plan=True)

    async def plans(order: Order) -> TurnOutcome:
        record.append(Judged(action=one, word=Word.DROP))
        return TurnOutcome(text="", plan=Plan(split=("a", "b")), usage=Usage(calls=1, input_tokens=7))

    run(BoardRunner(record=record, workshop=FakeWorkshop(record, turns={(one, Role.PLANNER): plans})))
    assert record.board().newest == one and stage(record, one) is Stage.DROPPED
    assert record.board().actions[one].usage.tokens == 7


def test_a_researcher_is_asked_where_the_plan_asks(record: ActionRecord) -> None:
    """Its note is kept, and nothing that it edits."""
    [number] = ask(record, plan=True)
    plan = Plan(steps=("do it",), research="how?")
    run(BoardRunner(record=record, workshop=FakeWorkshop(record, turns={(number, Role.PLANNER): planned(plan)})))
    action = record.board().actions[number]
    assert (action.note, action.commit, action.turns) == ("researcher did it", "c1-3", 4)


def test_nobody_waits_for_an_action_that_cannot_be_merged(record: ActionRecord) -> None:
    """While the user has the branch checked out, an action that changes the same files goes on; then the merge does."""
    said = TurnOutcome(text="")
    for number in (1, 2):
        record.ask(Request(repo="/r", title="t", text="x", plan=True))
        record.append(Begun(action=number, base="base", rules=""))
        record.append(Planned(action=number, plan=Plan(steps=("s",), files=("a",)), outcome=said))
    record.append(TurnEnded(action=1, turn=1, role=Role.CODER, outcome=said, commit="c"), Waiting(action=1))
    record.append(Judged(action=1, word=Word.ACCEPT, commit="c"))
    assert choose(record.board(), Room(at_once=9, most_waiting=4), 0.0).start == (1,)
    shop = FakeWorkshop(record)
    shop.trunk.holds = "overnight/main is checked out in /r"
    run(BoardRunner(record=record, workshop=shop))
    assert (stage(record, 1), stage(record, 2)) == (Stage.MERGING, Stage.WAITING)
    assert record.board().trunks["/r"].held == shop.trunk.holds
    shop.trunk.holds = ""
    run(BoardRunner(record=record, workshop=shop))
    assert stage(record, 1) is Stage.MERGED


def test_one_result_of_a_repository_is_merged_at_a_time(record: ActionRecord) -> None:
    """The first to be accepted is merged first; the others wait for it."""
    ask(record, 3)
    shop = FakeWorkshop(record)
    board = BoardRunner(record=record, workshop=shop)
    run(board)
    for number in (3, 1, 2):
        record.append(Judged(action=number, word=Word.ACCEPT, commit=record.board().actions[number].commit))
    chosen = choose(record.board(), Room(at_once=10, most_waiting=4), 0.0)
    assert chosen.start == (3,)
    assert [each.wait for each in chosen.held] == [Wait.MERGE, Wait.MERGE]
    run(board)
    assert shop.trunk.merges == [3, 1, 2]


def test_checkouts_of_one_repository_have_one_queue(record: ActionRecord) -> None:
    """What was asked for in a linked worktree is not merged beside a result of the main one, nor coded on the same files."""
    plan = Plan(steps=("s",), files=("a",))
    for number, repo in enumerate(("/r", "/linked", "/other"), 1):
        common = "/other/.git" if repo == "/other" else "/r/.git"
        record.ask(Request(repo=repo, title="t", text="x", plan=True, common_dir=common))
        record.append(Begun(action=number, base="base", rules=""))
        record.append(Planned(action=number, plan=plan, outcome=TurnOutcome(text="")))
    room = Room(at_once=10, most_waiting=4)
    chosen = choose(record.board(), room, 0.0)
    assert (chosen.start, [(each.action, each.wait) for each in chosen.held]) == ((1, 3), [(2, Wait.FILES)])
    run(BoardRunner(record=record, workshop=FakeWorkshop(record)))
    for number in (2, 1, 3):
        record.append(Judged(action=number, word=Word.ACCEPT, commit=record.board().actions[number].commit))
    chosen = choose(record.board(), room, 0.0)
    assert (chosen.start, [(each.action, each.wait) for each in chosen.held]) == ((2, 3), [(1, Wait.MERGE)])


def test_what_the_board_does_is_written_down_for_others(record: ActionRecord) -> None:
    """True only while its process holds the record; it says what runs, what is held back, and where the slots' time went."""
    ask(record, 5)
    board = BoardRunner(record=record, workshop=FakeWorkshop(record), at_once=1, most_waiting=4)
    with record.store.lock():
        run(board)
        now = read_now(record.folder)
    assert now is not None and (now.running, now.at_once) == ([], 1)
    assert [(each.action, each.wait) for each in now.held] == [(5, Wait.PERSON)]
    assert sum(now.slots.values()) == pytest.approx(1.0)
    assert read_now(record.folder) is None


class Killed(BaseException):
    """The process ends here."""


class Mortal(ActionRecord):
    """A record whose process is killed at an append: before it is written, or right after."""

    lives = 0  # appends that are left
    after = False

    def append(self, *events: Event) -> Board:
        if self.lives == 0 and not self.after:
            raise Killed
        board = super().append(*events)
        if self.lives == 0:
            raise Killed
        self.lives -= 1
        return board


@pytest.mark.parametrize("after", [False, True])
def test_a_kill_before_or_after_any_event_repeats_no_turn_that_had_ended(tmp_path: Path, after: bool) -> None:
    """The action is planned, coded, checked, reviewed and merged once, wherever the process ended in between."""
    for lives in range(10):
        trunk = FakeTrunk()
        with Mortal(tmp_path / f"{lives}") as record:
            number = record.ask(Request(repo="/r", title="t", text="x", plan=True))
            record.lives, record.after = lives, after
            shop = FakeWorkshop(record)
            shop.trunk = trunk
            with suppress(BaseExceptionGroup, Killed):
                run(BoardRunner(record=record, workshop=shop))
                ActionRecord.append(
                    record, Judged(action=number, word=Word.ACCEPT, commit=record.board().actions[number].commit)
                )
                run(BoardRunner(record=record, workshop=shop))
        with ActionRecord(tmp_path / f"{lives}") as record:
            ended = [entry.event for entry in record.store.events() if isinstance(entry.event, TurnEnded)]
            shop = FakeWorkshop(record)
            shop.trunk = trunk
            run(BoardRunner(record=record, workshop=shop))
            if (action := record.board().actions[number]).stage is Stage.WAITING:
                record.append(Judged(action=number, word=Word.ACCEPT, commit=action.commit))
                run(BoardRunner(record=record, workshop=shop))
            events = [entry.event for entry in record.store.events()]
        turns = [event for event in events if isinstance(event, TurnEnded)]
        assert turns[: len(ended)] == ended and len(turns) == 1
        assert [event.kind for event in events if event.kind in {"planned", "reviewed", "merged"}] == [
            "planned",
            "reviewed",
            "merged",
        ]
        assert trunk.merges == [number]
