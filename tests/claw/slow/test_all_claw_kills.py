"""A claw's day killed at every boundary, and a long one at 200 random moments."""

from pathlib import Path

import pytest
from claw_kills import check, live, live_at_random

DAY = [
    ("teller", "remind me in 20 minutes to stretch"),
    ("mute", "mark a"),
    ("teller", "burn b"),
    ("mute", "blind c"),
    ("mute", "note that tea is in the jar"),
    ("teller", "mark d e"),
]
KILLS = 200
BATCH = [
    ("teller", "mark a"),
    ("mute", "remind me in 20 minutes to stretch "),
    ("teller", "burn b"),
    ("mute", "blind c"),
    ("teller", "note that tea is in jar "),
    ("mute", "mark d"),
]


@pytest.mark.usefixtures("claw_state")
def test_a_kill_at_every_boundary(tmp_path: Path) -> None:
    """Before and after each commit, send, acknowledgement and effect of a whole day."""
    [boundaries] = live(tmp_path, DAY, [[0]])
    kills = list(range(1, boundaries + 1))
    live(tmp_path, DAY, [[each] for each in kills])
    for each in kills:
        check(tmp_path / str(each), DAY)


@pytest.mark.usefixtures("claw_state")
def test_two_kills_at_every_boundary(tmp_path: Path) -> None:
    """Of a call that is approved: the second process is killed in its first steps, which go on with what the first one left."""
    said = [("teller", "burn b")]
    [boundaries] = live(tmp_path, said, [[0]])
    kills = [[first, second] for first in range(1, boundaries + 1) for second in range(1, 7)]
    live(tmp_path, said, kills)
    for first, second in kills:
        check(tmp_path / f"{first}-{second}", said)


@pytest.mark.usefixtures("claw_state")
def test_200_kills_at_random_moments_of_a_busy_day(tmp_path: Path) -> None:
    """Nothing is lost, nothing done twice."""
    said = live_at_random(tmp_path / "day", BATCH, KILLS)
    assert len(said) > len(BATCH)
    check(tmp_path / "day", said)
