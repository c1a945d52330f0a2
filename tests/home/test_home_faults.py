"""Commands to twins with every fault: none is called done that was not, and each that was read is. The whole: `bench/home`."""

import asyncio
from pathlib import Path

import pytest
from commands import TRIPS, count, make_twins, measure, readable

from overnight.home.acting.commanding import Commander
from overnight.home.things import CommandOutcome
from overnight.home.twins.faults import Fault
from overnight.home.twins.shelly import ShellyTwin


def test_no_fault_makes_a_command_done_that_was_not(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Switches, lamps and shades over HTTP that acknowledge, lag, drop, restart, refuse, fall back and talk nonsense."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setattr(Commander, "within_s", 1.0)
    made = [each for each in make_twins(0.2) if isinstance(each[0], ShellyTwin)]
    for twin, _, _ in made:
        twin.lag_s = 0.2
    judged = asyncio.run(measure(tmp_path / "home", made, commands=2 * len(made), at_once=25, seed=7))
    assert {each.fault for each in judged} == {*ShellyTwin.faults, TRIPS}
    found = count(judged)
    assert not found.false and not found.twice, [
        each for each in judged if each.outcome is CommandOutcome.DONE and not each.real
    ]
    known = count(readable(judged))
    assert known.real and known.known == known.real, [
        each for each in judged if each.real and each.outcome is not CommandOutcome.DONE
    ]
    for fault in (Fault.DEAF, Fault.DROP_BEFORE, Fault.REFUSE):
        assert not [each for each in judged if each.fault == fault and each.outcome is CommandOutcome.DONE]
