"""Inbox and outbox under kills: a process that ends at any commit, send or effect loses nothing and does nothing twice."""

from pathlib import Path

import pytest
from claw_kills import check, live

SAID = [("teller", "remind me in 20 minutes to stretch"), ("mute", "mark a"), ("teller", "burn b"), ("mute", "blind c")]
STEP = 16  # all boundaries are killed at in `make test-claw`


@pytest.mark.usefixtures("claw_state")
def test_a_kill_loses_nothing_and_repeats_nothing(tmp_path: Path) -> None:
    """At boundaries over the whole day: what was written is answered, what is due comes once, what was done is done once."""
    [boundaries] = live(tmp_path, SAID, [0])
    assert boundaries > 100
    check(tmp_path / "0", SAID)
    kills = list(range(1, boundaries + 1, STEP))
    live(tmp_path, SAID, kills)
    for each in kills:
        check(tmp_path / str(each), SAID)
