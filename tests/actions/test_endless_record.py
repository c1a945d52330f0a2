"""A record of many actions: what it costs to look at does not grow with those that have ended."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from targets import make_repo, overnight

from overnight.actions import fold as folding
from overnight.actions.charter import Request, Role
from overnight.actions.events import Asked, Begun, Event, Judged, Merged, Planned, TurnBegun, Word
from overnight.actions.findings import Plan, TurnOutcome
from overnight.actions.fold import KEPT_ENDED, fold, fold_all
from overnight.actions.record import SNAPSHOT_EVERY, ActionRecord
from overnight.actions.snapshot import dump_board, load_board
from overnight.actions.state import ENDED, Board, Stage
from overnight.ledger.port import Recorded

FEW = 3
ACTIONS = 3 * KEPT_ENDED + SNAPSHOT_EVERY // 10


def asked(number: int, after: tuple[int, ...] = ()) -> Asked:
    """An action."""
    return Asked(action=number, request=Request(repo="/r", title=f"title {number}", text="text", after=after))


def ending(number: int, way: int) -> Event:
    """One of the three ways in which an action ends; a split one is done by the two before it."""
    if way == 0:
        return Merged(action=number, commit="c", parent="p")
    if way == 1:
        return Judged(action=number, word=Word.DROP, text="no")
    return Planned(action=number, plan=Plan(split=("a", "b")), outcome=TurnOutcome(text=""), into=(number + 1, number + 2))


def entries(*events: Event) -> list[Recorded[Event]]:
    """Events as the ledger has them."""
    return [Recorded(seq=seq, at=float(seq), event=event, digest="") for seq, event in enumerate(events, 1)]


def again(board: Board) -> Board:
    """A board as a snapshot has it: with lists where the fold makes tuples."""
    return load_board(dump_board(board))


def test_a_fresh_look_has_what_a_fold_of_all_has(tmp_path: Path) -> None:
    """From a snapshot and what came since; few of the events are read again."""
    with ActionRecord(tmp_path) as record:
        for number in range(1, ACTIONS + 1):
            record.append(
                asked(number), Begun(action=number, base="b", rules=""), TurnBegun(action=number, turn=1, role=Role.CODER)
            )
            if number % 4:
                record.append(ending(number, number % 2))
        folded = fold_all(Board(), record.store.events())
        kept = record.store.snapshot()
        assert kept is not None and folded.seq - kept[0] < SNAPSHOT_EVERY
        with ActionRecord(tmp_path) as fresh:
            assert again(fresh.board()) == again(folded) == again(record.board())
    assert len(folded.actions) == KEPT_ENDED + ACTIONS // 4 and folded.newest == ACTIONS
    assert all(folded.standing(number) is True for number in range(1, ACTIONS + 1) if number % 2 == 0 and number % 4)
    assert folded.standing(1) is folded.standing(ACTIONS + 1) is None and folded.standing(4) is False


def test_a_snapshot_of_another_version_is_not_read(tmp_path: Path) -> None:
    """The events are folded again."""
    with ActionRecord(tmp_path) as record:
        record.append(asked(1))
        for wrong in (b"", b"0 other\n{}", dump_board(record.board())[:-2]):
            record.store.save_snapshot(wrong, seq=1)
            with ActionRecord(tmp_path) as fresh:
                assert fresh.board() == record.board()


def test_an_old_action_is_read_by_its_number(tmp_path: Path) -> None:
    """Though the board holds it no more; the next one has a number of its own."""
    with ActionRecord(tmp_path) as record:
        for number in range(1, KEPT_ENDED + 3):
            record.append(asked(number), ending(number, 0))
        assert 1 not in record.board().actions
        old = record.action(1)
        assert old is not None and (old.stage, old.request.title) == (Stage.MERGED, "title 1")
        assert record.action(999) is None
        assert record.ask(Request(repo="/r", title="t", text="t")) == KEPT_ENDED + 3


def test_what_ended_long_ago_is_listed_when_it_is_asked_for(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """On the board as many as are asked for; each is shown by its number, and can be what another one comes after."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    rules = "---\nroles: [{role: coder, use: command, command: 'true'}]\n---\n"
    repo = make_repo(tmp_path / "r", "", files={"actions.md": rules})
    with ActionRecord() as record:
        for number in range(1, KEPT_ENDED + 6):
            record.append(asked(number), ending(number, 0))
    board = json.loads(overnight(repo, "board", "--json", "--ended", str(KEPT_ENDED + 3), check=0).stdout)
    assert [line["number"] for line in board["ended"]] == list(range(KEPT_ENDED + 5, 2, -1))
    assert board["total"] == KEPT_ENDED + 5
    assert json.loads(overnight(repo, "result", "1", "--json", check=0).stdout)["title"] == "title 1"
    overnight(repo, "do", "More of it", "--after", "1", "--later", check=0)


def test_what_an_action_comes_after_is_not_forgotten() -> None:
    """Nor is one that was split as long as its parts go on: what comes after it begins when they are merged."""
    many = [each for number in range(10, 10 + 2 * KEPT_ENDED) for each in (asked(number), ending(number, 1))]
    split = [asked(2), asked(3), asked(4), ending(2, 2)]
    board = fold_all(Board(), entries(asked(1), ending(1, 1), *split, asked(5, after=(1, 2)), *many))
    assert {1, 2, 3, 4, 5} <= board.actions.keys()
    assert board.standing(1) is None and board.standing(2) is False
    done = fold_all(board, entries(*split, ending(3, 0), ending(4, 0))[-2:])
    assert done.standing(2) is True


@given(st.lists(st.tuples(st.integers(1, 12), st.integers(0, 4)), max_size=60))
def test_whatever_happens_the_board_holds_all_that_go_on(steps: list[tuple[int, int]]) -> None:
    """And few of those that have ended; what was merged stays so; a snapshot is the board; one by one is as all at once."""
    events: list[Event] = []
    for number, way in steps:
        begun = TurnBegun(action=number, turn=1, role=Role.CODER)
        events.append(asked(number) if way == 3 else begun if way == 4 else ending(number, way))
    events = [each for at, each in enumerate(events) if not isinstance(each, Asked) or each not in events[:at]]
    board, stages, merged = Board(), dict[int, Stage](), set[int]()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(folding, "KEPT_ENDED", FEW)
        for entry in entries(*events):
            board = fold(board, entry)
            stages |= {number: action.stage for number, action in board.actions.items()}
            merged |= {number for number, stage in stages.items() if stage is Stage.MERGED}
        assert again(fold_all(Board(), entries(*events))).open == again(board).open
    assert {number for number, stage in stages.items() if stage not in ENDED} == board.open.keys()
    assert sum(action.stage in ENDED for action in board.actions.values()) <= FEW + len(
        [each for each in board.actions.values() if each.stage is Stage.SPLIT]
    )
    assert all(board.standing(number) for number in merged)
    kept = again(board)
    assert kept == again(kept) and kept.open.keys() == board.open.keys() and kept.merged == board.merged
