"""The schedule over any board: an action is taken on or held back with a reason, and none is locked out."""

from examples import scaled
from hypothesis import given, settings
from hypothesis import strategies as st
from test_action_state import board_of, events

from overnight.actions.board.schedule import Room, Wait, choose, overlap
from overnight.actions.board.slot_time import WORKING, SlotTime, idle_slots
from overnight.actions.events import Event
from overnight.actions.state import FLOWING, Stage

NOW = 5.0  # before what is parked in `events` goes on


@settings(max_examples=scaled(200))
@given(st.lists(events, max_size=40), st.integers(1, 3), st.integers(1, 3))
def test_each_action_is_taken_on_or_held_back_with_a_reason(happened: list[Event], at_once: int, most_waiting: int) -> None:
    """Never more than there is room for; nobody waits for a slot, a file or a merge while nothing is taken on."""
    board = board_of(*happened)
    trunks = {repo: trunk.held for repo, trunk in board.trunks.items() if trunk.held}
    chosen = choose(board, Room(at_once=at_once, most_waiting=most_waiting, held=trunks), NOW)
    assert len(chosen.start) == len(set(chosen.start)) <= at_once
    held = {each.action: each for each in chosen.held}
    could = {action.number for action in board.in_stage(Stage.QUEUED, *FLOWING)}
    assert could == {*chosen.start, *held, *chosen.lost}
    assert all(each.words for each in held.values()) and all(chosen.lost.values())
    if {each.wait for each in held.values()} & {Wait.ROOM, Wait.FILES, Wait.MERGE}:
        assert chosen.start, "actions wait for each other"
    for number in chosen.start:
        action = board.actions[number]
        assert action.parked_until <= NOW
        if action.stage is Stage.QUEUED:
            assert all(board.actions[before].merged for before in action.request.after)
            assert len(board.in_stage(Stage.WAITING)) < most_waiting
    merging = [board.actions[number].request.repo for number in chosen.start if board.actions[number].stage is Stage.MERGING]
    assert len(merging) == len(set(merging))


@given(st.lists(events, max_size=30), st.integers(1, 4))
def test_idle_slots_say_what_they_wait_for(happened: list[Event], at_once: int) -> None:
    """Each slot is at work or waits for something: the shares add up to all of the time."""
    chosen = choose(board_of(*happened), Room(at_once=at_once, most_waiting=2), NOW)
    idle = at_once - len(chosen.start)
    assert sum(idle_slots(idle, chosen).values()) == idle
    slots = SlotTime()
    slots.note(0.0, at_once=at_once, working=0, chosen=chosen)
    shares = slots.shares(100.0)
    assert abs(sum(shares.values()) - 1.0) < 1e-9
    assert shares.get(WORKING, 0.0) == len(chosen.start) / at_once


def test_paths_overlap_by_file_or_folder() -> None:
    """A file is in its folders; names that only begin alike are others."""
    assert overlap(["src/a.py"], ["src/a.py"]) and overlap(["src"], ["src/a.py"]) and overlap(["src/"], ["src/a.py"])
    assert not overlap(["src/a.py"], ["src/ab.py"]) and not overlap(["src"], ["srcs/a.py"]) and not overlap([], ["a"])
