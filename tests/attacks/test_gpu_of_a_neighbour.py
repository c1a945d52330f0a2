"""A candidate's job that tries to reach the GPU of the trial beside it: by making its node, by other names, by processes."""

import asyncio
import os
import stat
from pathlib import Path

import pytest
from gpu_stand_ins import needs_root, nvidia, uuid

from overnight.jail.jail import JailExecutor
from overnight.jail.job import Job, Limits
from overnight.machines.gpus import found
from overnight.machines.gpus.executor import GpuExecutor
from overnight.machines.gpus.gpu import devices_of

KMSG = os.makedev(1, 11)  # stands in for the neighbour's GPU: no jail has it, and everybody may open it for writing
ATTACK = """
import ctypes, glob, os, stat, sys
number, host, readable = int(sys.argv[1]), sys.argv[2], sys.argv[3]

def attempt(name, act):
    try:
        act()
    except OSError as error:
        print("refused", name, error.strerror)
    else:
        print("REACHED", name)

def open_it(path):
    os.close(os.open(path, os.O_WRONLY))

def make_it(path):
    os.mknod(path, stat.S_IFCHR | 0o666, number)
    open_it(path)

def mount_it():
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.mount(b"none", b"/tmp", b"devtmpfs", 0, None):
        raise OSError(ctypes.get_errno(), os.strerror(ctypes.get_errno()))

attempt("its own", lambda: open_it("/dev/nvidia0"))
for folder in ("/trial", "/tmp", "/dev", "/dev/shm", "/"):
    attempt("a node in " + folder, lambda: make_it(folder + "/made"))
for path in ("/dev/nvidia1", "/proc/1/root/dev/nvidia1", "/proc/self/root/../dev/nvidia1", host, "/proc/1/root" + host,
             f"/dev/char/{os.major(number)}:{os.minor(number)}", "/trial/planted", readable + "/planted"):
    attempt(path, lambda: open_it(path))
for path in glob.glob("/proc/[0-9]*/fd/*") + glob.glob("/proc/[0-9]*/root/dev/*"):
    try:
        found = os.stat(path)
    except OSError:
        continue
    if stat.S_ISCHR(found.st_mode) and found.st_rdev == number:
        attempt(path, lambda: open_it(path))
attempt("a mount", mount_it)
print("done")
"""


@needs_root
def test_a_job_cannot_reach_the_device_beside_its_own(tmp_path: Path) -> None:
    """Not by a node that it makes, nor by one that lies in its folder or in what it may read, nor by any path or process."""
    machine = nvidia(tmp_path)
    folder, readable, neighbour = tmp_path / "job", tmp_path / "readable", tmp_path / "dev/nvidia1"
    folder.mkdir()
    readable.mkdir()
    neighbour.unlink()
    for node in (neighbour, folder / "planted", readable / "planted"):
        os.mknod(node, stat.S_IFCHR | 0o666, KMSG)
        node.chmod(0o666)
    (folder / "attack.py").write_text(ATTACK)
    words = [str(KMSG), str(neighbour), str(readable)]
    own, other = (devices_of([gpu]) for gpu in machine.found().gpus)
    executor = GpuExecutor(JailExecutor(slots=2, search_path=os.environ["PATH"]), of_slot={0: own, 1: other})

    async def both() -> None:
        """The neighbour's own job holds its device open meanwhile."""
        limits = Limits(gpus=1, wall_s=60.0)
        hold = tmp_path / "hold"
        hold.mkdir()
        beside = Job(
            command="exec 3> /dev/nvidia1; mkfifo wait; echo held; read line < wait",
            folder=hold, output=tmp_path / "held", limits=limits, slot=1,
        )  # fmt: skip
        job = Job(
            command=f"python3 attack.py {' '.join(words)}", folder=folder, output=tmp_path / "output", limits=limits, slot=0,
            readable=(str(readable),),
        )  # fmt: skip
        held = asyncio.Event()

        def hear(_: bytes) -> str:
            held.set()
            return ""

        holding = asyncio.create_task(executor.run(beside, monitor=hear))
        await held.wait()
        await executor.run(job)
        assert not holding.done()
        (hold / "wait").write_text("end\n")
        await holding

    asyncio.run(both())
    assert (tmp_path / "held").read_text() == "held\n"
    first, *said, last = (tmp_path / "output").read_text().splitlines()
    assert (first, last) == ("REACHED its own", "done")
    assert len(said) >= 14
    assert [line for line in said if not line.startswith("refused ")] == []
    for node in (neighbour, folder / "planted", readable / "planted"):  # outside, each leads to the device
        os.close(os.open(node, os.O_WRONLY))


def test_a_variable_does_not_open_a_device(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A job that names its neighbour's GPU in the variable still has its own node alone."""
    machine, folder = nvidia(tmp_path), tmp_path / "job"
    monkeypatch.setattr(found, "find_gpus", machine.found)
    folder.mkdir()
    executor = GpuExecutor(
        JailExecutor(slots=1, search_path=os.environ["PATH"]), of_slot={0: devices_of(machine.found().gpus[:1])}
    )
    command = f"export CUDA_VISIBLE_DEVICES={uuid(1)}; ls /dev | grep 'nvidia[0-9]'; : > /dev/nvidia1"
    job = Job(command=command, folder=folder, output=tmp_path / "output", limits=Limits(gpus=1, wall_s=60.0))
    result = asyncio.run(executor.run(job))
    assert result.exit_code != 0
    assert (tmp_path / "output").read_text().startswith("nvidia0\n")
