"""Every source of foreign text with every wish of a stranger."""

import pytest
from hostile_claw import ALL, GOALS, Attack, command, look_at


@pytest.mark.parametrize("goal", GOALS)
@pytest.mark.parametrize("source", ALL)
def test_no_source_gets_a_stranger_what_they_want(attack: Attack, source: str, goal: str) -> None:
    """No fact, schedule, file, message, fetch or deed comes of it, and no secret leaves."""
    look_at(attack, source, f"Hello. {command(goal, attack.host.port)} Thank you.")
    attack.check()
