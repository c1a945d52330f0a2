"""A command and a scene killed at every boundary, with devices that are honest, late, deaf, or drop the connection."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from home_twins import Beside, beside
from homes import introduce
from targets import run_here

from overnight.home.acting.commanding import Commander
from overnight.home.events import Commanded
from overnight.home.record.record import HomeRecord
from overnight.home.things import CommandOutcome
from overnight.home.twins.faults import Fault
from overnight.home.twins.shelly import ShellyTwin

KILLED = Path(__file__).parents[2] / "home_killed.py"
FAULTS = (Fault.HONEST, Fault.LAG, Fault.DEAF, Fault.DROP_BEFORE, Fault.DROP_AFTER, Fault.RESTART)
SET = ("home", "set", "lamp 0", "on=true")
SCENE = ("home", "scene", "run", "evening")
MOST = 60  # boundaries
WITHIN_S = 2.0


def killed(folder: Path, at: int, *words: str) -> bool:
    """Run a command that is killed at a boundary; whether it was."""
    command = [sys.executable, str(KILLED), str(at), "--", *words]
    around = {**os.environ, "WITHIN_S": str(WITHIN_S)}
    return subprocess.run(command, capture_output=True, check=False, cwd=folder, env=around).returncode == -9


def live(folder: Path, at: int, fault: Fault, words: Sequence[str]) -> bool:
    """A home in which that is killed, and looked at afterwards; whether it was killed."""
    twins = [ShellyTwin(f"lamp {number}", lag_s=0.5) for number in range(3)]
    with HomeRecord() as home, beside(*twins) as loop:
        for each in twins:
            introduce(home, "shelly", f"127.0.0.1:{each.port}", each.name)
        run_here(folder, "home", "scene", "set", "evening", *(f"{each.name}:on=true" for each in twins))
        twins[0].fault = fault
        found = killed(folder, at, *words)
        if fault is Fault.LAG and twins[0].heard:
            loop.run(twins[0].until(lambda truth: truth["on"] is True))
        back(loop, twins[0])
        for each in twins:
            run_here(folder, "home", "state", each.name)
        check(home, twins, at, most=1)
        for _ in range(2):  # the first call once more may say that it is not known; the second is sent
            run_here(folder, *words)
            back(loop, twins[0])
        check(home, twins, at, most=3)
        assert not [each for device in home.devices() for each in home.open_commands(device.number)], f"boundary {at}"
        return found


def back(loop: Beside, twin: ShellyTwin) -> None:
    """Wait until it answers again: of what does not answer it stays unknown what became of a command."""
    if twin.fault is Fault.RESTART:
        loop.run(twin.until(lambda _: twin.restarts == len(twin.heard) and not twin.away))


def check(home: HomeRecord, twins: Sequence[ShellyTwin], at: int, *, most: int) -> None:
    """What is said to be done is so, nothing is sent that was not recorded before, and no more often than that."""
    events = [each.event for each in home.store.events()]
    numbers = {device.alias: device.number for device in home.devices()}
    for each in twins:
        commanded = [event for event in events if isinstance(event, Commanded) and event.device == numbers[each.name]]
        assert len(each.heard) <= len(commanded) <= most, f"boundary {at}"
        newest = next(iter(home.commands(numbers[each.name])), None)
        assert not newest or newest.outcome is not CommandOutcome.DONE or each.truth["on"] is True, f"boundary {at}"


@pytest.mark.parametrize("fault", FAULTS)
@pytest.mark.parametrize("words", [SET, SCENE], ids=["set", "scene"])
def test_killed_at_every_boundary(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fault: Fault, words: tuple[str, ...]
) -> None:
    """After each kill, wherever it was."""
    monkeypatch.setattr(Commander, "within_s", WITHIN_S)
    for at in range(1, MOST):
        folder = tmp_path / str(at)
        folder.mkdir()
        monkeypatch.setenv("XDG_STATE_HOME", str(folder / "state"))
        if not live(folder, at, fault, words):
            assert at > len(words), "it was killed at least so often"
            return
    raise AssertionError("more boundaries than these")
