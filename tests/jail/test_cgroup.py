"""Control groups: found, created, read and removed; plain files stand in for a v2 tree if the machine has none."""

import asyncio
import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest
from group_trees import make_v2, mount_line

from overnight.jail.cgroup import ControlGroup, ControlGroups
from overnight.jail.cgroup_tree import Parents, find_parents, sweep
from overnight.jail.job import Limits
from overnight.jail.owner import owner_tag

LIMITS = Limits(memory_bytes=10**6, processes=5, cpus=2)


def test_group_above_ours_is_used(tmp_path: Path) -> None:
    """In a login session, groups are created next to our own, which cannot hand controllers down."""
    slice_ = make_v2(tmp_path, "user/app.slice", handed_down="cpu cpuset memory pids")
    make_v2(tmp_path, "user/app.slice/term.scope", handed_down="")
    parents = find_parents("0::/user/app.slice/term.scope\n", mount_line(tmp_path))
    assert parents == Parents(v1={}, v2=slice_, v2_controllers=frozenset({"cpu", "cpuset", "memory", "pids"}))


def test_group_that_is_not_ours_is_left_alone(tmp_path: Path) -> None:
    """If nothing is delegated there are no groups, and nothing is written."""
    (tmp_path / "session.scope").mkdir()
    assert find_parents("0::/session.scope\n", mount_line(tmp_path)) == Parents(v1={})
    assert list((tmp_path / "session.scope").iterdir()) == []


def test_container_mount_starts_below_the_root(tmp_path: Path) -> None:
    """A path of our group starts at the root of the tree, of which the mount may show only a part."""
    (tmp_path / "inner").mkdir()
    mounts = mount_line(tmp_path, "cgroup", root="/docker/abc", options="rw,memory")
    parents = find_parents("4:memory:/docker/abc/inner\n", mounts)
    assert parents == Parents(v1={"memory": tmp_path / "inner"})


def test_v2_group_is_limited(tmp_path: Path) -> None:
    """Limits are written as the kernel reads them in v2."""
    parent = make_v2(tmp_path, "app", handed_down="")
    parents = Parents(v1={}, v2=parent, v2_controllers=frozenset({"cpu", "memory", "pids"}))
    group = ControlGroup(parents, LIMITS, quota=True)
    (folder,) = (path for path in parent.iterdir() if path.is_dir())
    assert {path.name: path.read_text() for path in folder.iterdir()} == {
        "memory.max": "1000000",
        "pids.max": "7",
        "cpu.max": "200000 100000",
    }
    assert group.joins == (str(folder / "cgroup.procs"),)
    assert group.limited == {"memory", "pids", "cpu"}


def test_group_holds_a_job_to_its_processors(tmp_path: Path) -> None:
    """In v1 it also needs the memory nodes of its parent group; without processors it is not created."""
    v2, v1 = make_v2(tmp_path, "app", handed_down=""), tmp_path / "cpuset"
    v1.mkdir()
    (v1 / "cpuset.mems").write_text("0-1\n")
    for parents in (Parents(v1={}, v2=v2, v2_controllers=frozenset({"cpuset"})), Parents(v1={"cpuset": v1})):
        group = ControlGroup(parents, LIMITS, quota=False, cpus=[3, 5])
        folder = Path(group.joins[0]).parent
        assert (folder / "cpuset.cpus").read_text() == "3,5"
        assert group.limited == {"cpuset"}
    assert (folder / "cpuset.mems").read_text() == "0-1\n"
    assert not ControlGroup(Parents(v1={"cpuset": v1}), LIMITS, quota=False).joins


def test_group_above_without_processors_is_passed_over(tmp_path: Path) -> None:
    """A group without processors to give pins no job, and stops none."""
    group = ControlGroup(Parents(v1={"cpuset": tmp_path}), LIMITS, quota=False, cpus=[1])
    assert (group.limited, group.joins, list(tmp_path.iterdir())) == (frozenset(), (), [])


def test_v2_use_is_read(tmp_path: Path) -> None:
    """Peaks and counts are read from the files of v2."""
    parent = make_v2(tmp_path, "app", handed_down="")
    group = ControlGroup(Parents(v1={}, v2=parent, v2_controllers=frozenset({"memory", "pids"})), LIMITS, quota=True)
    (folder,) = (path for path in parent.iterdir() if path.is_dir())
    (folder / "memory.peak").write_text("123\n")
    (folder / "memory.events").write_text("low 0\noom 3\noom_kill 2\n")
    (folder / "pids.events").write_text("max 4\n")
    (folder / "cpu.stat").write_text("usage_usec 1500000\nuser_usec 1\n")
    used = group.usage()
    assert (used.peak_memory_bytes, used.oom_kills, used.refused_forks, used.cpu_s) == (123, 2, 4, 1.5)
    assert group.limited == {"memory", "pids"}


def test_controllers_of_one_mount_share_a_group(tmp_path: Path) -> None:
    """v1 controllers that are mounted together share one folder."""
    parents = find_parents("2:cpu,cpuacct:/\n", mount_line(tmp_path, "cgroup", options="rw,cpu,cpuacct"))
    group = ControlGroup(parents, LIMITS, quota=True)
    assert len(group.joins) == 1
    assert (tmp_path / Path(group.joins[0]).parent.name / "cpu.cfs_quota_us").read_text() == "200000"


def test_without_groups_nothing_is_counted() -> None:
    """Without a group, no number is invented."""
    group = ControlGroup(Parents(v1={}), LIMITS, quota=True)
    used = group.usage()
    assert (used.peak_memory_bytes, used.cpu_s, group.joins, group.limited) == (None, None, (), frozenset())
    assert not group.kill()


@pytest.fixture
def groups() -> ControlGroups:
    found = ControlGroups()
    if not found.parents.v1 and not found.parents.v2:
        pytest.skip("no control group may be made here")
    return found


def start_in(group: ControlGroup) -> "subprocess.Popen[bytes]":
    """A process that has joined a group and stays there."""
    script = 'for f in "$@"; do echo 0 > $f; done; echo in; exec sleep 60'
    process = subprocess.Popen(["/bin/sh", "-c", script, "sh", *group.joins], stdout=subprocess.PIPE)
    assert process.stdout
    assert process.stdout.readline() == b"in\n"
    process.stdout.close()
    return process


def test_real_group_comes_and_goes(groups: ControlGroups) -> None:
    """The kernel accepts our limits, and nothing is left at the end, not even a process that is still running."""

    async def use() -> tuple[list[Path], int]:
        async with groups.group(replace(LIMITS, memory_bytes=10**8), None) as group:
            folders = [Path(file).parent for file in group.joins]
            process = start_in(group)
        return folders, process.wait()

    folders, code = asyncio.run(use())
    assert code == -9
    assert [folder for folder in folders if folder.exists()] == []


def test_stale_groups_are_swept(groups: ControlGroups) -> None:
    """A new start removes the groups of a dead run and ends the processes left in them; others stay."""
    name, space, pid, start = owner_tag().split("-")
    parent = groups.parents.v2 or next(iter(groups.parents.v1.values()))
    stale = parent / f"{name}-{space}-{pid}-{int(start) + 1}-0"
    fresh = parent / f"{name}-{space}-{pid}-{start}-999999"
    stale.mkdir()
    fresh.mkdir()
    process = subprocess.Popen(["/bin/sleep", "60"])
    (stale / "cgroup.procs").write_text(str(process.pid))
    sweep(groups.parents)
    assert process.wait() == -9
    assert not stale.exists()
    assert fresh.exists()
    fresh.rmdir()
    assert os.getpid() == int(pid)
