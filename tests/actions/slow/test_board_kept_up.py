"""The board in the background: started once, and with `overnight up --board` started again after a kill."""

import os
import signal
from pathlib import Path

import pytest
from board_drills import Drill, wait_for
from targets import overnight, run_here

from overnight.actions.board.service import board_process, start_board, stop_board
from overnight.actions.record import actions_folder
from overnight.actions.state import Stage
from overnight.errors import UserError
from overnight.jobs.entries import read_registry
from overnight.jobs.records import loops_folder


def test_a_board_that_is_kept_up_is_started_again_after_a_kill(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The supervisor starts it, and starts it again; `overnight down` ends it."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    drill = Drill(tmp_path, record=actions_folder())
    try:
        overnight(tmp_path, "up", "--board", check=0)
        wait_for(lambda: board_process() is not None)
        first = board_process()
        assert first is not None and "actions" in run_here(Path("/"), "ps").stdout
        number = drill.ask()
        drill.come_to(Stage.WAITING, numbers=(number,))
        os.kill(first, signal.SIGKILL)
        wait_for(lambda: board_process() not in {None, first})
        drill.accept(number)
        drill.come_to(Stage.MERGED, numbers=(number,))
        overnight(tmp_path, "down", "actions", check=0)
        assert board_process() is None
    finally:
        overnight(tmp_path, "down")
        wait_for(lambda: (held := read_registry(loops_folder()).supervisor) is None or not held.runs)


def test_a_board_in_the_background_is_started_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Who starts it again gets the one there is; it ends when it is asked to."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    first = start_board()
    assert (start_board(), board_process()) == (first, first)
    assert stop_board() == first
    wait_for(lambda: board_process() is None)
    assert stop_board() is None


def test_a_board_that_cannot_start_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The error has what it said, and where the rest is."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("OVERNIGHT_SETTINGS", str(tmp_path / "missing.toml"))
    with pytest.raises(UserError, match=r"the board did not start: .*missing\.toml: there is no such file"):
        start_board()
