"""The probes of `overnight doctor`."""

from pathlib import Path

import anyio
import pytest

from overnight.jail import doctor, launch
from overnight.jail.cgroup import ControlGroups
from overnight.jail.job import Limits

NAMES = [
    "python",
    "git",
    "bubblewrap",
    "namespaces",
    "system calls",
    "network",
    "memory limit",
    "process limit",
    "cpu limit",
    "disk limit",
    "home folder",
    "repository",
    "interpreter",
]


def test_all_holds_on_a_machine_that_runs_the_tests() -> None:
    """Everything is tried, in a stable order, and holds; without control groups the memory limit alone does not."""
    probes = anyio.run(doctor.probe)
    assert [probe.name for probe in probes] == NAMES
    gaps = set() if "memory" in ControlGroups().controllers else {"memory limit"}
    assert {probe.name for probe in probes if not probe.holds} == gaps, probes


def test_missing_jail_is_said_with_its_fix(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Without bubblewrap no probe that needs it holds, and the fix is one command."""
    launch.find_tool.cache_clear()
    monkeypatch.setattr(launch, "SYSTEM_PATH", str(tmp_path))
    probes = {probe.name: probe for probe in anyio.run(doctor.probe)}
    assert list(probes) == NAMES
    assert {name for name, probe in probes.items() if probe.holds} == {"python", "git"}
    assert probes["bubblewrap"].fix.endswith("apt-get install bubblewrap")


@pytest.mark.parametrize(
    ("name", "limits"),
    [
        ("memory limit", Limits(wall_s=0.5, memory_bytes=10**9)),
        ("disk limit", Limits(wall_s=0.5, disk_bytes=10**9)),
        ("process limit", Limits(wall_s=0.5, processes=256)),
    ],
)
def test_limit_that_does_not_bite_is_seen(monkeypatch: pytest.MonkeyPatch, name: str, limits: Limits) -> None:
    """A probe checks what happened: if a job exceeds its limit, the probe does not hold."""
    monkeypatch.setattr(doctor, "_LIMITS", limits)
    monkeypatch.setattr(doctor, "_IN_JAIL", {name: doctor._IN_JAIL[name]})
    assert not anyio.run(doctor.probe)[-1].holds
