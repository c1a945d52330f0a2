"""What of the board a person is notified of: once, and only when nothing goes on without them."""

import json
from collections.abc import Sequence
from pathlib import Path

import anyio
import pytest
from action_events import CHECKED, begun_action, board_of

from overnight.actions.board.news import board_news
from overnight.actions.board.notifying import notifying
from overnight.actions.events import Event, Judged, Waiting, Word
from overnight.actions.record import ActionRecord
from overnight.notices.notice import Notice

MOST = 4


def news(*events: Event) -> Notice | None:
    return board_news(board_of(events), most_waiting=MOST)


def waiting(*numbers: int) -> Sequence[Event]:
    return [event for number in numbers for event in (*begun_action(number), Waiting(action=number))]


def test_a_single_result_is_news_when_nothing_else_goes_on() -> None:
    """Its title, what stands out, and what to type; the same state is the same news, another commit is not."""
    found = news(*waiting(1))
    assert found is not None and found.title == "overnight: “Action 1” waits for you"
    assert found.lines == (
        "#1 Action 1: look at no test shows the change; 1.5 k tokens",
        "Nothing else goes on: overnight review",
    )
    again = news(*waiting(1), Judged(action=1, word=Word.SEND_BACK), *begun_action(1, turn=2)[2:], Waiting(action=1))
    assert again is not None and again.key != found.key
    assert news(*waiting(1)) == found


def test_a_result_is_none_while_others_flow() -> None:
    """Or begin by themselves; what only comes after the result does not."""
    assert news(*waiting(1), *begun_action(2)) is None
    assert news(*waiting(1), begun_action(2)[0]) is None
    assert news(*waiting(1), begun_action(2, after=(1,))[0]) is not None
    assert news(*begun_action(1)) is None
    assert news() is None


def test_so_many_results_that_nothing_new_begins_are_news() -> None:
    """Even while others flow."""
    found = news(*waiting(1, 2, 3, 4), *begun_action(5))
    assert found is not None and found.title == "overnight: 4 results wait for you, nothing new begins"
    assert found.facts == {"waiting": "4", "actions": "#1, #2, #3, #4"}


def test_an_action_that_cannot_go_on_says_why() -> None:
    """In place of what stands out, with what it says in one printable line."""
    found = news(*begun_action(1), Waiting(action=1, why="checks fail:\nboom \x1b[2J"))
    assert found is not None and found.lines[0] == "#1 Action 1: checks fail: boom \\x1b[2J"


def test_the_notice_is_sent_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Over a channel of the user's settings, also by later boards over the same record."""
    got = tmp_path / "got"
    program = f"cat >> {got}; echo >> {got}"
    settings = tmp_path / "settings.toml"
    settings.write_text(f"[notify.channels.desk]\nuse = 'command'\ncommand = {json.dumps(['sh', '-c', program])}\n")
    environment = {"OVERNIGHT_SETTINGS": str(settings), "PATH": "/usr/bin:/bin"}

    async def board(record: ActionRecord) -> None:
        async with notifying(record, environment, most_waiting=MOST, look_s=0.01):
            record.append(CHECKED)

    with ActionRecord(tmp_path / "state") as record:
        record.append(*waiting(1))
        for _ in range(2):
            anyio.run(board, record)
    said = got.read_text()
    assert said.count("waits for you") == 1 and "Action 1" in said


def test_without_a_channel_nothing_is_watched(tmp_path: Path) -> None:
    """And no outbox is made."""

    async def board(record: ActionRecord) -> None:
        async with notifying(record, {"OVERNIGHT_SETTINGS": ""}, most_waiting=MOST, look_s=0.01):
            record.append(*waiting(1))

    with ActionRecord(tmp_path / "state") as record:
        anyio.run(board, record)
    assert not (tmp_path / "state" / "notices.db").exists()
