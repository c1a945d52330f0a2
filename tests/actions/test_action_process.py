"""The process of the board: one for each user, seen by others, ended in good order or killed at any moment."""

import os
import signal
from pathlib import Path

import anyio
import pytest
from board_drills import Drill, kill, wait_for
from fake_workshop import FakeWorkshop, ask
from targets import git

from overnight.actions.board.board import BoardRunner
from overnight.actions.board.service import board_process, call_board, stop_board
from overnight.actions.board.working import Session, has_work, work
from overnight.actions.events import Judged, TurnEnded, Word
from overnight.actions.record import ActionRecord
from overnight.actions.state import Stage
from overnight.actions.views.board_now import read_now
from overnight.errors import LedgerBusy
from overnight.jobs.entries import read_registry
from overnight.jobs.records import loops_folder


@pytest.fixture(autouse=True)
def _own_state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))


def test_a_killed_board_goes_on_with_the_step_that_was_under_way(tmp_path: Path) -> None:
    """The coder's finished turn is not done again; the review that was cut off is; the result is merged once."""
    drill = Drill(tmp_path)
    drill.ask()
    drill.hold("reviewing")
    with drill.board() as board:
        wait_for(lambda: drill.is_at("reviewing"))
        kill(board)
    coded = drill.action(1)
    assert (coded.stage, coded.open_turn) == (Stage.REVIEWING, "reviewer")
    drill.go("reviewing")
    with drill.board() as board:
        drill.come_to(Stage.WAITING)
        reviewed = drill.action(1)
        assert (reviewed.commit, reviewed.waiting, reviewed.turns) == (coded.commit, "", 3)
        with drill.record() as record:
            record.append(Judged(action=1, word=Word.ACCEPT, commit=reviewed.commit))
            turns = [entry.event for entry in record.store.events() if isinstance(entry.event, TurnEnded)]
        assert len(turns) == 1
        assert call_board(tmp_path / "actions")
        drill.come_to(Stage.MERGED)
        board.send_signal(signal.SIGTERM)
        assert board.wait() == 0
    assert git(drill.repo, "show", "overnight/main:text.txt") == "one\ntwo"
    assert drill.users() == drill.before


def test_there_is_one_board_and_others_see_what_it_does(tmp_path: Path) -> None:
    """A second one is refused; the first is in the registry, from which it can be ended in good order."""
    drill, folder = Drill(tmp_path), tmp_path / "actions"
    assert board_process(folder) is None and stop_board(folder) is None
    drill.ask()
    drill.hold("coding")
    with drill.board() as board:
        wait_for(lambda: drill.is_at("coding"))
        assert board_process(folder) == board.pid
        now = read_now(folder)
        assert now is not None and [each.action for each in now.running] == [1]
        [entry] = read_registry(loops_folder()).entries
        assert entry.loop.name == "actions" and entry.runs
        with drill.board() as second:
            assert second.wait() != 0
        assert stop_board(folder) == board.pid
        assert board.stdout is not None and "ending" in board.stdout.readline()
        drill.go("coding")
        assert board.wait() == 0
    assert drill.action(1).stage is Stage.CHECKING, "the step under way was not ended"


def test_a_second_signal_ends_it_at_once_and_keeps_the_work(tmp_path: Path) -> None:
    """What the coder left is a commit; the next board's coder goes on from it."""
    drill = Drill(tmp_path)
    drill.ask()
    drill.hold("coding")
    with drill.board() as board:
        wait_for(lambda: drill.is_at("coding"))
        for said in ("ending when", "ending at once"):
            board.send_signal(signal.SIGINT)
            assert board.stdout is not None and said in board.stdout.readline()
        assert board.wait() == 0
    cut = drill.action(1)
    assert (cut.stage, cut.open_turn) == (Stage.CODING, None)
    assert git(drill.repo, "show", f"{cut.left}:begun.txt") == "begun"
    drill.go("coding")
    with drill.board():
        drill.come_to(Stage.WAITING)
    assert git(drill.repo, "show", f"{drill.action(1).commit}:begun.txt") == "begun"


def test_a_board_without_work_ends_by_itself(tmp_path: Path) -> None:
    """Started in the background, it ends once nothing can go on; what waits for a person does not keep it."""
    with ActionRecord(tmp_path / "actions") as record:
        ask(record, 2)
        board = BoardRunner(record=record, workshop=FakeWorkshop(record))
        anyio.run(work, board, Session(say=print, idle_s=0.01))
        assert [action.stage for action in record.board().actions.values()] == [Stage.WAITING] * 2
        assert board_process(tmp_path / "actions") is None


def test_what_cannot_begin_without_a_person_is_no_work(tmp_path: Path) -> None:
    """Behind as many results as may wait, or after one of them; whoever judges one starts the board again."""
    with ActionRecord(tmp_path / "actions") as record:
        first, second, third = ask(record, 3)
        board = BoardRunner(record=record, workshop=FakeWorkshop(record), at_once=1, most_waiting=2)
        assert has_work(board)
        anyio.run(lambda: board.run(until_idle=True))
        assert record.board().actions[third].stage is Stage.QUEUED and not has_work(board)
        record.append(Judged(action=first, word=Word.DROP))
        assert has_work(board)
        record.append(Judged(action=third, word=Word.DROP))
        ask(record, after=(second,))
        assert not has_work(board)


def test_what_is_asked_for_while_a_board_ends_is_not_forgotten(tmp_path: Path) -> None:
    """Who asked saw a board that still ran, and started none: so it looks once more after it let go."""
    with ActionRecord(tmp_path / "actions") as record:

        class Ending(BoardRunner):
            async def _end(self) -> None:
                if not record.board().newest:
                    ask(record)
                await super()._end()

        board = Ending(record=record, workshop=FakeWorkshop(record))
        anyio.run(work, board, Session(say=print, idle_s=0.01))
        assert record.board().actions[1].stage is Stage.WAITING


def test_a_second_board_is_refused_with_the_process_of_the_first(tmp_path: Path) -> None:
    """The error says which process runs it, and what to type."""
    with (
        ActionRecord(tmp_path / "actions") as record,
        ActionRecord(tmp_path / "actions") as other,
        other.store.lock(),
        pytest.raises(LedgerBusy, match=f"process {os.getpid()} runs the board already; `overnight board`"),
    ):
        anyio.run(work, BoardRunner(record=record, workshop=FakeWorkshop(record)), Session(say=print))
