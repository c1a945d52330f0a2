"""A command whose process is killed is unknown until it was read back, and is not repeated."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
from home_twins import beside
from homes import home, introduce  # noqa: F401
from targets import run_here

from overnight.home.acting.commanding import Commander
from overnight.home.record.record import HomeRecord
from overnight.home.things import CommandOutcome
from overnight.home.twins.faults import Fault
from overnight.home.twins.shelly import ShellyTwin

HERE = Path(__file__).parents[1]
READ, COMMANDED, SENT, SETTLED = 2, 4, 6, 8  # boundaries after which it is killed: see `home_killed.py`


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is waited for longer than a second."""
    monkeypatch.setattr(Commander, "within_s", 1.0)


def killed(folder: Path, at: int, *words: str) -> subprocess.CompletedProcess[str]:
    """Run a command that is killed at a boundary."""
    command = [sys.executable, str(HERE / "home_killed.py"), str(at), "--", *words]
    return subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder, env={**os.environ, "WITHIN_S": "5"})


def outcomes(home: HomeRecord) -> Sequence[CommandOutcome | None]:  # noqa: F811
    """What became of each command, the oldest first."""
    return [each.outcome for each in reversed(home.commands())]


def test_the_boundaries_are_those(home: HomeRecord, tmp_path: Path) -> None:  # noqa: F811
    """The numbers above are right: a look, the command, its sending, its end."""
    twin = ShellyTwin("lamp")
    with beside(twin):
        introduce(home, "shelly", f"127.0.0.1:{twin.port}", "lamp")
        done = killed(tmp_path, 0, "home", "set", "lamp", "on=true")
    assert done.returncode == 0 and "read back" in done.stdout, done.stderr
    assert "boundaries 10" in done.stderr, done.stderr
    kinds = [each.event.kind for each in home.store.events()]
    assert kinds == ["device_seen", "device_confirmed", "read", "commanded", "read", "settled"]


@pytest.mark.parametrize(("at", "sent"), [(COMMANDED, False), (SENT, True)])
def test_what_was_cut_off_is_read_back_and_not_repeated(home: HomeRecord, tmp_path: Path, at: int, sent: bool) -> None:  # noqa: F811
    """Before and after it was sent, a command stands open; the same command again finds out first what became of it."""
    twin = ShellyTwin("lamp")
    with beside(twin):
        introduce(home, "shelly", f"127.0.0.1:{twin.port}", "lamp")
        assert killed(tmp_path, at, "home", "set", "lamp", "on=true").returncode == -9
        assert outcomes(home) == [None]
        assert "not known whether #" in run_here(tmp_path, "home", "devices").stdout
        again = run_here(tmp_path, "home", "set", "lamp", "on=true")
        assert again.returncode == 2 and len(twin.heard) == sent
        if sent:
            assert "took effect before its process ended" in again.stderr
            assert outcomes(home) == [CommandOutcome.DONE]
        else:
            assert "may have taken effect" in again.stderr
            assert outcomes(home) == [None]
        run_here(tmp_path, "home", "set", "lamp", "on=true")
        assert outcomes(home)[-1] is CommandOutcome.DONE and None not in outcomes(home)
    assert len(twin.heard) == sent + 1


def test_one_that_had_not_begun_is_begun(home: HomeRecord, tmp_path: Path) -> None:  # noqa: F811
    """Killed after its first look, it left nothing to find out."""
    twin = ShellyTwin("lamp")
    with beside(twin):
        introduce(home, "shelly", f"127.0.0.1:{twin.port}", "lamp")
        run_here(tmp_path, "home", "set", "lamp", "on=true")  # the same, done long before
        twin.truth["on"] = False
        assert killed(tmp_path, READ, "home", "set", "lamp", "on=true").returncode == -9
        done = run_here(tmp_path, "home", "set", "lamp", "on=true")
    assert done.returncode == 0 and "read back" in done.stdout
    assert outcomes(home) == [CommandOutcome.DONE] * 2 and len(twin.heard) == 2


def test_another_command_waits_until_the_first_shows(home: HomeRecord, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:  # noqa: F811
    """A lamp that does it late: the next command is not sent before, or the late one would overtake it."""
    monkeypatch.setattr(Commander, "within_s", 5.0)
    twin = ShellyTwin("lamp", lag_s=1.5)
    with beside(twin):
        introduce(home, "shelly", f"127.0.0.1:{twin.port}", "lamp")
        twin.fault = Fault.LAG
        assert killed(tmp_path, SENT, "home", "set", "lamp", "on=true").returncode == -9
        twin.fault = Fault.HONEST
        run_here(tmp_path, "home", "set", "lamp", "on=false")
        assert outcomes(home) == [CommandOutcome.DONE, CommandOutcome.DONE]
    assert twin.truth["on"] is False and len(twin.heard) == 2


def test_a_killed_scene_says_what_was_not_begun(home: HomeRecord, tmp_path: Path) -> None:  # noqa: F811
    """Its devices are read back; what was set is taken back with the rest of its run."""
    twins = [ShellyTwin(f"lamp {number}") for number in range(2)]
    with beside(*twins):
        for each in twins:
            introduce(home, "shelly", f"127.0.0.1:{each.port}", each.name)
        run_here(tmp_path, "home", "scene", "set", "light", "lamp 0:on=true", "lamp 1:on=true")
        assert killed(tmp_path, 12, "home", "scene", "run", "light").returncode == -9
        assert "may have taken effect" in run_here(tmp_path, "home", "scene", "run", "light").stderr
        sent = [len(each.heard) for each in twins]
        assert run_here(tmp_path, "home", "undo").returncode == 0
        assert [each.truth["on"] for each in twins] == [False, False]
        assert max(sent) <= 1 and None not in outcomes(home)
