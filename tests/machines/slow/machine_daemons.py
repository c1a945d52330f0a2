"""Real daemons of a test, on loopback: sshd and Slurm."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import slurm_daemons
import ssh_daemon

from overnight.machines.clusters import slurm as pilots


@pytest.fixture
def sshd(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ssh_daemon.SshDaemon]:
    """An sshd, and an `ssh` on PATH that knows it as gpu1 and gpu2."""
    if ssh_daemon.WHY_NOT:
        pytest.skip(ssh_daemon.WHY_NOT)
    with ssh_daemon.ssh_daemon(tmp_path / "sshd") as daemon:
        monkeypatch.setenv("PATH", str(daemon.programs), prepend=":")
        yield daemon


@pytest.fixture(scope="module")
def slurm_of_module(tmp_path_factory: pytest.TempPathFactory) -> Iterator[slurm_daemons.Slurm]:
    """A Slurm with this machine as its node."""
    if slurm_daemons.WHY_NOT:
        pytest.skip(slurm_daemons.WHY_NOT)
    with slurm_daemons.slurm(tmp_path_factory.mktemp("slurm")) as daemons:
        yield daemons


@pytest.fixture
def slurm(slurm_of_module: slurm_daemons.Slurm, monkeypatch: pytest.MonkeyPatch) -> slurm_daemons.Slurm:
    """A Slurm that our commands ask, at short intervals."""
    monkeypatch.setenv("SLURM_CONF", str(slurm_of_module.configuration))
    monkeypatch.setattr(pilots, "POLL_S", 0.3)
    return slurm_of_module


@pytest.fixture(autouse=True)
def _no_settings_of_dask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Dask keeps its own in a folder of the test."""
    monkeypatch.setenv("DASK_CONFIG", str(tmp_path / "dask"))
