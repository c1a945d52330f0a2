"""What the doctor says of GPUs."""

from dataclasses import replace
from pathlib import Path

import anyio
import pytest
from gpu_stand_ins import A100, StandIns, needs_root, nvidia, script_smi

from overnight.jail.doctor import Probe
from overnight.jail.jail import JailExecutor
from overnight.machines.gpus.gpu import devices_of
from overnight.machines.gpus.probe import probe_gpus


def probed(machine: StandIns, monkeypatch: pytest.MonkeyPatch) -> Probe:
    """What is said on a machine with stand-ins."""
    monkeypatch.setenv("PATH", machine.environment["PATH"])
    return anyio.run(lambda: probe_gpus(roots=machine.roots))


def test_gpus_are_listed_and_shown_to_a_job_each(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With what is left out."""
    found = probed(nvidia(tmp_path, (A100,) * 3, split={1}, used={2: 12000}), monkeypatch)
    assert (found.holds, found.fix) == (True, "")
    split = "GPU 1 is split into MIG devices, which cannot be used"
    listed = f"{A100} (GPU 0), 42.9 GB; {A100} (GPU 2), 42.9 GB, of which 12.6 GB are in use; {split}"
    assert found.detail == f"{listed}; a job sees exactly its own"


def test_a_machine_without_gpus_is_well(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What was tried is said; the same tool that fails is a fault where there are device nodes."""
    machine = nvidia(tmp_path, ())
    script_smi(tmp_path, "echo no driver; exit 9")
    found = probed(machine, monkeypatch)
    assert found.holds and "none can be used: nvidia-smi failed with exit code 9 and said: no driver; " in found.detail
    (tmp_path / "dev/nvidia0").symlink_to("/dev/null")
    assert not probed(machine, monkeypatch).holds


def test_gpus_that_the_user_hides_are_no_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Their own variable says so."""
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "")
    found = probed(nvidia(tmp_path), monkeypatch)
    assert found.holds and found.detail == "none can be used: CUDA_VISIBLE_DEVICES leaves out 2 of 2"


def test_a_wrong_variable_is_the_users_to_fix(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As for a session."""
    monkeypatch.setenv("CUDA_VISIBLE_DEVICES", "4")
    found = probed(nvidia(tmp_path), monkeypatch)
    assert (
        not found.holds and "names `4`" in found.detail and found.fix == "unset CUDA_VISIBLE_DEVICES, or set it to some of 0,1"
    )


@needs_root
def test_a_node_that_jobs_cannot_open_is_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Jobs run as users of their own."""
    machine = nvidia(tmp_path)
    (tmp_path / "dev/nvidia1").chmod(0o600)
    found = probed(machine, monkeypatch)
    assert not found.holds and f"a job with {A100} (GPU 1): " in found.detail and "cannot open /dev/nvidia1" in found.detail
    assert f"{A100} (GPU 0)" not in found.detail and "chmod o+rw" in found.fix


def test_a_neighbours_node_that_a_job_sees_is_a_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A jail that showed every GPU to every job would be found out."""
    machine = nvidia(tmp_path)
    every = devices_of(machine.found().gpus)
    real = JailExecutor.run
    monkeypatch.setattr(JailExecutor, "run", lambda self, job: real(self, replace(job, devices=every)))
    found = probed(machine, monkeypatch)
    assert not found.holds and "sees /dev/nvidia1 too" in found.detail and "sees /dev/nvidia0 too" in found.detail
