"""`check --on` and `doctor --on`: do the machines measure alike, and can each be used?"""

from dataclasses import replace
from pathlib import Path

import anyio
import pytest
from fake_machines import FakeMachines, installed
from targets import make_repo

from overnight.errors import UserError
from overnight.git.repository import open_repository
from overnight.jail.job import Job, JobResult
from overnight.jail.port import Link, OutputMonitor
from overnight.research.setup.alike import SEEDS, measure_machines
from overnight.research.setup.machine_probes import probe_machines
from overnight.research.views.check import MachineMeasure
from overnight.research.wiring import SessionRequest

PROGRAM = """---
metric: {name: loss, direction: minimize}
measure: python train.py
editable: [train.py]
limits: {wall: 20s, memory: 500MB}
researchers: [{role: tuner, use: tuner}]
---
"""
TRAIN = """
import os, random
random.seed(os.environ["OVERNIGHT_SEED"])
print(f"METRIC loss={5 + random.gauss(0, 1) + random.SystemRandom().gauss(0, NOISE) + float(os.environ.get('HERE', 0))}")
"""


class Otherwise(FakeMachines):
    """Machines of which `odd` adds something to what it measures."""

    more = 0.5

    async def run(self, job: Job, link: Link | None = None, monitor: OutputMonitor | None = None) -> JobResult:
        """With a variable that tells the trial where it runs."""
        here = {"HERE": f"{self.more}"} if self._here.get(job.slot) == "odd" else {}
        return await super().run(replace(job, environment={**job.environment, **here}), link, monitor)


def measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, fake: FakeMachines, noise: float) -> dict[str, MachineMeasure]:
    """What each machine measures."""
    repo = make_repo(tmp_path / "r", PROGRAM, files={"train.py": TRAIN.replace("NOISE", f"{noise}")})
    installed(fake, monkeypatch)
    found = anyio.run(measure_machines, open_repository(repo), SessionRequest(on="fake"), [])
    return {machine.node: machine for machine in found}


def test_equal_machines_are_alike(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each slot runs a trial with each seed; all have the same seeds, so their luck is the same."""
    fake = FakeMachines(names=("a", "b"), slots=2)
    found = measured(tmp_path, monkeypatch, fake, 0.0)
    assert {job.id for _, job in fake.ran} == set(fake.acknowledged), "no result is kept there"
    assert [machine.trials for machine in found.values()] == [2 * SEEDS, 2 * SEEDS]
    assert all(machine.alike and machine.apart == 0.0 and machine.mean is not None for machine in found.values())


@pytest.mark.parametrize(("noise", "more"), [(0.0, 1e-6), (0.05, 0.5)])
def test_a_machine_that_measures_otherwise_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, noise: float, more: float
) -> None:
    """By as little as the noise of one seed lets see: without any, by the last digit."""
    fake = Otherwise(names=("a", "b", "odd"))
    fake.more = more
    found = measured(tmp_path, monkeypatch, fake, noise)
    assert found["odd"].alike is False and found["odd"].apart == pytest.approx(more, abs=max(4 * noise, 1e-9))


def test_one_machine_has_nobody_to_be_compared_with(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also one whose kind differs is not measured, and it says so."""
    fake = FakeMachines(names=("a", "odd"), classes=("x", "y"), slots=1)
    found = measured(tmp_path, monkeypatch, fake, 0.0)
    assert (found["a"].alike, found["a"].trials) == (None, SEEDS)
    assert "trials are compared on x" in found["odd"].left_out and found["odd"].trials == 0


def test_each_machine_says_what_it_is(monkeypatch: pytest.MonkeyPatch) -> None:
    """One is refused, one has a trouble, two are of other kinds: each with its fix."""
    full = UserError("10 MB are free", fix="free some")
    fake = FakeMachines(names=("a", "b"), classes=("x", "y"), refused=("old",), troubles={"b": full})
    installed(fake, monkeypatch)
    found = {probe.name: probe for probe in probe_machines("fake")}
    assert [found[name].holds for name in ("a", "b", "old", "one kind")] == [True, False, False, False]
    assert found["a"].detail == "1 slot, host a" and found["b"].fix == "free some" and "0.0.1" in found["old"].detail
    assert found["a: its jail"].holds and not found["b: jail"].holds
    assert found["one kind"].detail == "x: a; y: b"


def test_a_name_that_the_settings_lack_is_an_error(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """It names those that there are."""
    monkeypatch.setenv("OVERNIGHT_SETTINGS", str(tmp_path / "none.toml"))
    (tmp_path / "none.toml").write_text("")
    (probe,) = probe_machines("lab")
    assert not probe.holds and "no machines `lab`" in probe.detail and "docs/machines.md" in probe.fix
