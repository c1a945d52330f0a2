"""The v2 group that jobs get their groups below: found, emptied of processes if need be, and kept from others.

A group hands controllers down only while it contains no process (the root may contain some). If nothing but our own group
is ours, as in a container or a delegated unit of systemd, its processes move to a group below it first.

Source: "No Internal Process Constraint" in the kernel's `admin-guide/cgroup-v2.rst`; systemd's `CGROUP_DELEGATION.md`.

Does not cover: controllers that the group above does not hand down; a container whose tree of groups is read-only.
"""

import os
from contextlib import suppress
from pathlib import Path

CONTROLLERS = ("memory", "pids", "cpu", "cpuset")
LEAF = "overnight-self"  # for us and what was in our group with us; not a tag, so never swept
_NEEDED = ("memory", "pids")  # without both, a group is not worth its cost
_ROUNDS = 20  # a process may fork while it is moved
_MARKS = ("user.delegate", "trusted.delegate")  # systemd's, on the groups that it leaves to others


def find_delegated(mount_point: Path, own: Path) -> tuple[Path | None, frozenset[str]]:
    """The group below which jobs can be put under controllers, and these: our own group, or the one above it."""
    for folder, may_empty in _candidates(mount_point, own):
        if _is_ours(folder):
            handed_down = hand_down(folder)
            if may_empty and not handed_down.issuperset(_NEEDED) and _empty(folder):
                handed_down = hand_down(folder)
            if handed_down.issuperset(_NEEDED):
                return folder, handed_down
    return (own if _is_ours(own) and _takes_members(own) else None), frozenset()


def hand_down(folder: Path) -> frozenset[str]:
    """The controllers of the groups below a group, after a request for the missing ones."""
    control = folder / "cgroup.subtree_control"
    # Both at once: `pids` alone would be granted to a group with processes, and then no group below it could be joined.
    if _request(control, *_NEEDED):
        for controller in CONTROLLERS:
            _request(control, controller)
    return frozenset(CONTROLLERS) & _words(control)


def _request(control: Path, *controllers: str) -> bool:
    if not _words(control).issuperset(controllers):
        with suppress(OSError):  # not delegated to us, or the group has processes
            control.write_text(" ".join(f"+{controller}" for controller in controllers))
    return _words(control).issuperset(controllers)


def _candidates(mount_point: Path, own: Path) -> list[tuple[Path, bool]]:
    """Groups in the order of preference, and whether their processes may be moved.

    A group that is there for us alone comes first: limits set on it apply to jobs, and systemd changes nothing below it.
    """
    if own == mount_point:
        return [(own, True)]
    return [(own, True), (own.parent, False)] if _is_marked(own) else [(own.parent, False), (own, True)]


def _is_ours(folder: Path) -> bool:
    """Whether we may create groups in a group and move our processes into them."""
    return os.access(folder, os.W_OK) and os.access(folder / "cgroup.procs", os.W_OK)


def _is_marked(folder: Path) -> bool:
    for mark in _MARKS:
        with suppress(OSError):
            if os.getxattr(folder, mark) == b"1":
                return True
    return False


def _takes_members(folder: Path) -> bool:
    """Whether a new group below can be joined; not if the group is one of threads."""
    kind = folder / "cgroup.type"  # the root has none
    return not kind.exists() or kind.read_text().strip() == "domain"


def _empty(folder: Path) -> bool:
    """Move the processes of a group to one below it, if that is of any use; return whether none is left."""
    if not _words(folder / "cgroup.controllers").issuperset(_NEEDED) or not _takes_members(folder):
        return False
    with suppress(OSError):
        (folder / LEAF).mkdir(exist_ok=True)
        for _ in range(_ROUNDS):
            pids = (folder / "cgroup.procs").read_text().split()
            if not pids:
                return True
            for pid in pids:
                with suppress(ProcessLookupError):
                    (folder / LEAF / "cgroup.procs").write_text(pid)
    return False


def _words(file: Path) -> frozenset[str]:
    return frozenset(file.read_text().split()) if file.exists() else frozenset()
