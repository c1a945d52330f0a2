"""Control groups v2: where jobs get theirs, on plain files, and on a real tree if its controllers are ours to hand down."""

import errno
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from group_trees import make_v2, mount_line

from overnight.jail.cgroup import ControlGroup, ControlGroups
from overnight.jail.cgroup_tree import Parents, find_parents, make_own, sweep
from overnight.jail.cgroup_v2 import LEAF, hand_down
from overnight.jail.job import Limits
from overnight.jail.owner import owner_tag
from overnight.jail.watch import MemoryWatch

NEEDED = {"memory", "pids"}
LIMITS = Limits(memory_bytes=10**6)


def test_controllers_are_requested_together(tmp_path: Path) -> None:
    """Never `pids` without `memory`: the kernel would grant that alone, and no process could join a group below."""
    own = make_v2(tmp_path, "app", handed_down="")
    assert find_parents("0::/app\n", mount_line(tmp_path)) == Parents(v1={}, v2=own)
    assert (own / "cgroup.subtree_control").read_text() == "+memory +pids"


def test_group_of_threads_is_passed_over(tmp_path: Path) -> None:
    """The groups below it cannot be joined, so jobs run without one."""
    (make_v2(tmp_path, "app", handed_down="cpu pids") / "cgroup.type").write_text("domain threaded\n")
    assert find_parents("0::/app\n", mount_line(tmp_path)) == Parents(v1={})


def test_peak_is_seen_by_looking_if_the_kernel_keeps_none(tmp_path: Path) -> None:
    """Before Linux 5.19 a v2 group has no `memory.peak`: the highest of what was seen is the peak."""
    parent = make_v2(tmp_path, "app", handed_down="")
    group = ControlGroup(Parents(v1={}, v2=parent, v2_controllers=frozenset({"memory"})), LIMITS, quota=False)
    (folder,) = (path for path in parent.iterdir() if path.is_dir())
    (folder / "memory.events").write_text("oom_kill 0\n")
    watch = MemoryWatch(group, os.getpid(), LIMITS)
    for current in (3000, 7000, 2000):
        (folder / "memory.current").write_text(f"{current}\n")
        assert watch.check() is None
    assert watch.peak_bytes == 7000


@pytest.fixture
def groups() -> ControlGroups:
    """Our place for groups, which is removed with this object."""
    return ControlGroups()


@pytest.fixture
def real(groups: ControlGroups) -> Path:
    """A real v2 group below which groups may be created, with or without controllers."""
    if groups.parents.v2 is None:
        pytest.skip("no v2 group may be made here")
    return groups.parents.v2


@pytest.fixture
def unit(groups: ControlGroups, real: Path) -> Iterator[Path]:
    """A real v2 group marked as delegated, as systemd does, below one that hands controllers down."""
    if not groups.parents.v2_controllers.issuperset(NEEDED):
        pytest.skip("no v2 controllers to hand down here: v1 has them, or they are not delegated to us")
    unit = real / "unit"
    unit.mkdir()
    try:
        os.setxattr(unit, "user.delegate", b"1")
        yield unit
    finally:
        for folder in sorted(unit.glob("**/"), reverse=True):
            folder.rmdir()


def test_real_group_of_threads_is_passed_over(real: Path) -> None:
    """The kernel's own word for such a group is understood."""
    group, below = real / "threads", real / "threads/below"
    group.mkdir()
    try:
        below.mkdir()
        (below / "cgroup.type").write_text("threaded")
        assert find_parents("0::/\n", mount_line(group)).v2 is None
    finally:
        with suppress(FileNotFoundError):
            below.rmdir()
        group.rmdir()


def test_run_that_was_killed_is_swept_with_its_jobs(real: Path) -> None:
    """The group of a dead run goes, with those of its jobs and the processes in them."""
    name, space, pid, start = owner_tag().split("-")
    tag = f"{name}-{space}-{pid}-{int(start) + 1}"
    stale, job = real / f"{tag}-0", real / f"{tag}-0/{tag}-1"
    job.mkdir(parents=True)
    process = subprocess.Popen(["/bin/sleep", "60"])
    (job / "cgroup.procs").write_text(str(process.pid))
    sweep(Parents(v1={}, v2=real))
    assert process.wait() == -9
    assert not stale.exists()


def test_controllers_cannot_be_taken_from_running_jobs(unit: Path) -> None:
    """Whoever manages the group above (systemd, at `daemon-reload`) cannot lift a limit of our jobs."""
    own = make_own(Parents(v1={}, v2=unit, v2_controllers=hand_down(unit)))
    assert own.v2 and own.v2_controllers >= NEEDED
    for controller in own.v2_controllers:
        with pytest.raises(OSError) as refused:
            (unit / "cgroup.subtree_control").write_text(f"-{controller}")
        assert refused.value.errno == errno.EBUSY


RUN = """
import asyncio, json, os, sys
from pathlib import Path
from overnight.jail.jail import JailExecutor
from overnight.jail.job import Job, Limits
jail = JailExecutor(slots=1, search_path="/usr/bin:/bin")
bomb = "head -c 60000000 /dev/zero | tail -c 59999999 | sleep 300"
limits = Limits(memory_bytes=20 * 1000**2)
job = Job(command=bomb, folder=Path(sys.argv[1]), output=Path(os.devnull), limits=limits)
ending = asyncio.run(jail.run(job)).ending.value
own = Path("/proc/self/cgroup").read_text().strip().rpartition("/")[2]
print(json.dumps([ending, sorted(jail.groups.controllers), own, str(jail.groups.parents.v2)]))
"""
IN_CONTAINER = """umount /sys/fs/cgroup 2> /dev/null; mount -t cgroup2 none /sys/fs/cgroup && exec "$@" """


@pytest.mark.parametrize("container", [False, True])
def test_a_group_of_our_own_is_enough(tmp_path: Path, unit: Path, container: bool) -> None:
    """In a delegated unit, or a container, we are in the only group that is ours: jobs are limited all the same."""
    (tmp_path / "job").mkdir()
    command = [sys.executable, "-c", RUN, str(tmp_path / "job")]
    if container:
        if os.geteuid() != 0:
            pytest.skip("needs root to be in a container of its own")
        command = [shutil.which("unshare") or "unshare", "--cgroup", "--mount", "/bin/sh", "-c", IN_CONTAINER, "sh", *command]
    join = ["/bin/sh", "-c", 'echo 0 > "$0" && "$@"; exit $?', str(unit / "cgroup.procs"), *command]  # the shell stays in it
    ran = subprocess.run(join, capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    ending, controllers, own, parent = json.loads(ran.stdout)
    assert (ending, own) == ("memory", LEAF)
    assert set(controllers) >= NEEDED
    assert not (unit / Path(parent).name).exists(), "left behind at the end"
