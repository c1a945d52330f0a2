"""What jobs see of the GPUs: exactly their own, in the jail and by variables without one."""

import asyncio
import os
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from pathlib import Path
from uuid import uuid4

import pytest
from gpu_stand_ins import A100, CONTROLS, StandIns, amd, nvidia, script_smi, uuid

from overnight.errors import SandboxError
from overnight.jail.devices import Devices
from overnight.jail.jail import JailExecutor
from overnight.jail.job import Job, JobResult, Limits
from overnight.jail.port import Executor
from overnight.jail.process import ProcessExecutor
from overnight.machines.gpus import found as room
from overnight.machines.gpus.claims import Wanted, claimed_gpus
from overnight.machines.gpus.executor import GpuExecutor
from overnight.machines.gpus.gpu import Found, devices_of

LIST = "cd /dev && ls -d nvidia* kfd dri/* 2>/dev/null; env | grep VISIBLE_DEVICES | sort"
USUAL = "full null ptmx pts random shm stderr stdin stdout tty urandom zero fd core console"


@cache
def jail() -> Executor:
    return JailExecutor(slots=3, search_path=os.environ["PATH"])


@cache
def process() -> Executor:
    return ProcessExecutor(slots=3, search_path=os.environ["PATH"])


def run(
    tmp_path: Path, executor: Executor, command: str, *, gpus: int, slot: int = 0, of_slot: Mapping[int, Devices] | None = None
) -> tuple[JobResult, list[str]]:
    """A job's end, and the lines that it printed."""
    folder = tmp_path / uuid4().hex
    folder.mkdir()
    output = folder.with_suffix(".log")
    job = Job(command=command, folder=folder, output=output, limits=Limits(gpus=gpus, wall_s=60.0), slot=slot)
    result = asyncio.run(GpuExecutor(executor, of_slot=of_slot).run(job))
    return result, output.read_text(errors="replace").splitlines()


def slots(machine: StandIns) -> dict[int, Devices]:
    """A GPU for each slot."""
    return {slot: devices_of([gpu]) for slot, gpu in enumerate(machine.found().gpus)}


def test_a_jailed_job_sees_exactly_its_device(tmp_path: Path) -> None:
    """Its node, the driver's and no other; it can open them; one without GPUs sees none."""
    of_slot = slots(nvidia(tmp_path))
    for slot in (0, 1):
        _, lines = run(tmp_path, jail(), LIST, gpus=1, slot=slot, of_slot=of_slot)
        assert lines == [*sorted((f"nvidia{slot}", *CONTROLS)), f"CUDA_VISIBLE_DEVICES={uuid(slot)}"]
        result, lines = run(
            tmp_path, jail(), f": <> /dev/nvidia{slot} && : <> /dev/nvidiactl", gpus=1, slot=slot, of_slot=of_slot
        )
        assert (result.exit_code, lines) == (0, [])
        assert run(tmp_path, jail(), LIST, gpus=0, slot=slot, of_slot=of_slot)[1] == []


def test_the_devices_of_every_jail_are_the_usual_ones(tmp_path: Path) -> None:
    """Nothing of the host's own /dev is there."""
    _, lines = run(tmp_path, jail(), "ls /dev", gpus=0)
    assert {*lines} <= {*USUAL.split()}


def test_a_job_with_several_sees_those(tmp_path: Path) -> None:
    """Both nodes and both UUIDs."""
    machine = nvidia(tmp_path, (A100,) * 3)
    both = {0: devices_of(machine.found().gpus[1:])}
    _, lines = run(tmp_path, jail(), LIST, gpus=2, of_slot=both)
    assert lines == [*sorted(("nvidia1", "nvidia2", *CONTROLS)), f"CUDA_VISIBLE_DEVICES={uuid(1)},{uuid(2)}"]


def test_a_jailed_job_sees_what_rocm_reads(tmp_path: Path) -> None:
    """Of /sys, the list of GPUs and the folder of its own by its device number; not what other processes use."""
    of_slot = slots(amd(tmp_path))
    look = (
        "cat /sys/class/kfd/kfd/topology/nodes/*/name; ls /sys/class/kfd/kfd /sys/dev/char /sys/devices/pci0000:00; "
        "test -d /sys/dev/char/226:129/device/drm && : <> /dev/dri/renderD129 && : <> /dev/kfd && echo opened"
    )
    _, lines = run(tmp_path, jail(), f"{LIST}; {look}", gpus=1, slot=1, of_slot=of_slot)
    assert lines[:3] == ["dri/renderD129", "kfd", "ROCR_VISIBLE_DEVICES=1"]
    assert [line for line in lines[3:] if line] == [
        "a processor", "gfx90a", "gfx90a",
        "/sys/class/kfd/kfd:", "topology",
        "/sys/dev/char:", "226:129",
        "/sys/devices/pci0000:00:", "0000:02:00.0",
        "opened",
    ]  # fmt: skip


def test_without_a_jail_variables_choose(tmp_path: Path) -> None:
    """All GPUs are hidden from a job that has none."""
    of_slot = slots(nvidia(tmp_path))
    show = "env | grep VISIBLE_DEVICES | sort"
    assert run(tmp_path, process(), show, gpus=1, slot=1, of_slot=of_slot)[1] == [f"CUDA_VISIBLE_DEVICES={uuid(1)}"]
    hidden = [f"{name}_VISIBLE_DEVICES=-1" for name in ("CUDA", "HIP", "ROCR")]
    assert run(tmp_path, process(), show, gpus=0, slot=1, of_slot=of_slot)[1] == hidden


def test_a_job_on_a_slot_without_devices_claims_free_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """While it runs; if others hold them, that is no fault of the job."""
    found = nvidia(tmp_path).found()
    fresh = Found(gpus=tuple(replace(gpu, uuid=uuid4().hex) for gpu in found.gpus))  # that no other test claims
    monkeypatch.setattr(room, "find_gpus", lambda: fresh)
    with claimed_gpus(fresh, Wanted(each=1, most=1)):
        assert "nvidia1" in run(tmp_path, jail(), LIST, gpus=1)[1]
        with claimed_gpus(fresh, Wanted(each=1, most=1)), pytest.raises(SandboxError, match="other campaigns hold"):
            run(tmp_path, jail(), "true", gpus=1)
    assert "nvidia0" in run(tmp_path, jail(), LIST, gpus=1)[1]


def test_a_job_that_fails_because_its_gpu_is_gone_has_no_verdict(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The machine's fault is an error with what the driver says; with the GPU there, it is the job's own fault."""
    machine = nvidia(tmp_path)
    monkeypatch.setattr(room, "find_gpus", machine.found)
    of_slot = slots(machine)
    assert run(tmp_path, jail(), "exit 3", gpus=1, slot=1, of_slot=of_slot)[0].exit_code == 3
    script_smi(tmp_path, "echo 'Unable to determine the device handle for GPU0000:02:00.0: Unknown Error'; exit 15")
    assert run(tmp_path, jail(), "true", gpus=1, slot=1, of_slot=of_slot)[0].exit_code == 0
    with pytest.raises(SandboxError, match=rf"not there any more: {uuid(1)}, nvidia-smi failed .*Unable to determine"):
        run(tmp_path, jail(), "exit 3", gpus=1, slot=1, of_slot=of_slot)
    assert run(tmp_path, jail(), "exit 3", gpus=0, slot=1, of_slot=of_slot)[0].exit_code == 3
