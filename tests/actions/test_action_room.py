"""A full share of the disk holds actions back, visibly, and loses nothing of them."""

from pathlib import Path

import anyio
from fake_workshop import FakeWorkshop

from overnight.actions.board.board import ROOM_S, BoardRunner
from overnight.actions.board.schedule import Wait
from overnight.actions.charter import Request
from overnight.actions.checkouts.disk import NoRoom
from overnight.actions.events import Begun
from overnight.actions.record import ActionRecord
from overnight.actions.state import Action, Stage


def test_actions_wait_for_room_on_the_disk_and_go_on_by_themselves(tmp_path: Path) -> None:
    """None of them needs a person for it: the board says why nothing begins, and looks again later."""
    now, full = [1000.0], [True]

    def begins(action: Action) -> Begun:
        if full:
            raise NoRoom("actions use 30 GB of their 30 GB of disk")
        return Begun(action=action.number, base="base", rules="")

    with ActionRecord(tmp_path / "state") as record:
        numbers = [record.ask(Request(repo="/r", title="t", text="t")) for _ in range(3)]
        shop = FakeWorkshop(record, begins=begins)
        board = BoardRunner(record=record, workshop=shop, clock=lambda: now[0], at_once=1)
        anyio.run(lambda: board.run(until_idle=True))
        assert board.now is not None
        held = [(each.action, each.wait, each.until) for each in board.now.held]
        assert held == [(number, Wait.DISK, now[0] + ROOM_S) for number in numbers]
        assert "30 GB" in board.now.held[0].words and shop.most == 0
        full.clear()
        anyio.run(lambda: board.run(until_idle=True))
        assert all(record.board().actions[number].stage is Stage.QUEUED for number in numbers)
        now[0] += ROOM_S
        anyio.run(lambda: board.run(until_idle=True))
        assert all(record.board().actions[number].stage is Stage.WAITING for number in numbers)
