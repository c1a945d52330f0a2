"""Inbox and outbox under kills: a process that ends at any commit, send or effect loses nothing and does nothing twice."""

from pathlib import Path

import pytest
from claw_kills import check, live

SAID = [("teller", "remind me in 20 minutes to stretch"), ("mute", "mark a"), ("teller", "burn b"), ("mute", "blind c")]
STEP = 16  # all boundaries are killed at in `make test-claw`


@pytest.mark.usefixtures("claw_state")
def test_a_kill_loses_nothing_and_repeats_nothing(tmp_path: Path) -> None:
    """At boundaries over the whole day: what was written is answered, what is due comes once, what was done is done once."""
    [boundaries] = live(tmp_path, SAID, [[0]])
    assert boundaries > 100
    check(tmp_path / "0", SAID)
    kills = list(range(1, boundaries + 1, STEP))
    live(tmp_path, SAID, [[each] for each in kills])
    for each in kills:
        check(tmp_path / str(each), SAID)


@pytest.mark.usefixtures("claw_state")
def test_a_second_kill_while_it_recovers_loses_no_call(tmp_path: Path) -> None:
    """A call that was found to have had no effect is made, although the process that found it so is killed as well."""
    said = [("teller", "mark a")]
    live(tmp_path, said, [[0]])
    effect = int((tmp_path / "0" / "effect_at").read_text())
    kills = [[first, second] for first in (effect - 1, effect) for second in (1, 2, 3, 4)]
    live(tmp_path, said, kills)
    for first, second in kills:
        check(tmp_path / f"{first}-{second}", said)
