"""Where control groups are created, v1 or v2, and the removal of those that killed runs left behind.

Does not cover: a tree that is not delegated to us (systemd: `Delegate=`); groups of runs in other pid namespaces, which are
left alone because their pids mean nothing here.
"""

import itertools
import os
import signal
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from overnight.files.folders import closing_descriptor
from overnight.jail.cgroup_v2 import CONTROLLERS, find_delegated, hand_down
from overnight.jail.owner import owner_is_dead, owner_tag

READ_BYTES = 65_536
_COUNTER = itertools.count()


@dataclass(frozen=True, slots=True, kw_only=True)
class Parents:
    """Existing groups that may contain new ones, by controller; v2 can end and count processes even without controllers."""

    v1: Mapping[str, Path]
    v2: Path | None = None
    v2_controllers: frozenset[str] = frozenset()


def find_parents(membership: str, mounts: str) -> Parents:
    """The groups in which we may create groups, from the texts of `/proc/self/cgroup` and `/proc/self/mountinfo`."""
    ours = {
        name: path for _, names, path in (line.split(":", 2) for line in membership.splitlines()) for name in names.split(",")
    }
    v1: dict[str, Path] = {}
    v2, v2_controllers = None, frozenset[str]()
    for root, mount_point, kind, options in _cgroup_mounts(mounts):
        if kind == "cgroup2":
            v2, v2_controllers = find_delegated(mount_point, _below(mount_point, root, ours.get("", "/")))
            continue
        for controller in {*CONTROLLERS, "cpuacct"} & set(options):
            folder = _below(mount_point, root, ours.get(controller, "/"))
            if os.access(folder, os.W_OK):
                v1[controller] = folder
    return Parents(v1=v1, v2=v2, v2_controllers=v2_controllers)


def new_name() -> str:
    """A name for a group that identifies its owner, so that a dead owner can be recognized."""
    return f"{owner_tag()}-{next(_COUNTER)}"


def make_own(parents: Parents) -> Parents:
    """The same with a v2 group of this process in between, for its end to remove.

    Others change what the group above hands down: `systemctl daemon-reload` takes away what no unit asks for. The kernel
    refuses that while a group below hands it down in turn.
    """
    if parents.v2 is None or not parents.v2_controllers:
        return parents
    own = parents.v2 / new_name()
    try:
        own.mkdir()
    except OSError:  # too many groups, or too deep
        return parents
    return replace(parents, v2=own, v2_controllers=hand_down(own))


def sweep(parents: Parents) -> None:
    """Remove the groups that killed runs left behind, with the processes that are still in them."""
    for parent in {*parents.v1.values(), *([parents.v2] if parents.v2 else [])}:
        # An earlier run may have been in a group next to ours: another login session, another service.
        for folder in [*parent.glob("overnight-*"), *parent.parent.glob("*/overnight-*")]:
            if owner_is_dead(folder.name.rpartition("-")[0]):
                _remove_stale(folder)


def _remove_stale(folder: Path) -> None:
    for _ in range(50):
        with suppress(OSError):
            for group in [*folder.glob("overnight-*"), folder]:  # v2 has a group for the run, with those of its jobs in it
                kill_all(group)
                group.rmdir()
        if not folder.exists():
            return
        time.sleep(0.002)  # a killed process takes a moment to disappear; the next start tries again


def kill_all(folder: Path) -> None:
    """Kill every process in a group."""
    try:
        write(folder / "cgroup.kill", "1", 0)
    except OSError:  # v1, or before Linux 5.14
        with suppress(OSError):
            for pid in read(folder / "cgroup.procs").split():
                with suppress(ProcessLookupError, PermissionError):
                    os.kill(int(pid), signal.SIGKILL)


def read(path: Path) -> str:
    """The content of a file of the kernel's."""
    with closing_descriptor(os.open(path, os.O_RDONLY | os.O_CLOEXEC)) as file:
        return b"".join(iter(lambda: os.read(file, READ_BYTES), b"")).decode()


def write(path: Path, text: str, flags: int = os.O_CREAT | os.O_TRUNC) -> None:
    """Write to a file of the kernel's. A job has a dozen of them, and a file object costs more than the write."""
    with closing_descriptor(os.open(path, os.O_WRONLY | os.O_CLOEXEC | flags)) as file:
        os.write(file, text.encode())


def _cgroup_mounts(mounts: str) -> list[tuple[str, Path, str, list[str]]]:
    """For each mounted tree of groups: its root inside the tree, mount point, kind and options."""
    found = []
    for line in mounts.splitlines():
        left, _, right = line.partition(" - ")
        before, after = left.split(), right.split()
        if after and after[0] in {"cgroup", "cgroup2"}:
            found.append((before[3], Path(before[4]), after[0], after[-1].split(",")))
    return found


def _below(mount_point: Path, root: str, path: str) -> Path:
    """A group's folder; in a container the mount may start below the tree's root."""
    return mount_point / path.removeprefix(root if root != "/" else "").lstrip("/")
