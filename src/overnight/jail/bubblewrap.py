"""The arguments of bubblewrap: what a job can see and what it may not do.

Does not cover: limits (`cgroup.py`, `launch.py`, `watch.py`); with `network: host` the job reaches everything that this
machine reaches, including loopback services and abstract sockets; the control nodes of a GPU's driver are the same for all
its GPUs; the page cache and the CPU caches are shared with the host, as in any container.
"""

import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from overnight.jail.checkout import Checkout
from overnight.jail.devices import Devices
from overnight.jail.job import FOLDER, Job
from overnight.jail.reach import SYSTEM, Reach, check_readable, is_within
from overnight.jail.showing import showing

_OURS = str(Path(__file__).resolve().parents[1])  # the bundled labs hold what candidates must not see
HOME = "/tmp"  # noqa: S108  # the jail's own; it ends with the jail
HOST_NAME = "job"
FIRST_UID = 1_900_000_000  # of slot 0 if we are root: a range that no distribution or container tool assigns
INNER_UID = 1000  # inside a user namespace; outside it is our own uid
_ETC = ("/etc/ld.so.cache", "/etc/alternatives")  # needed to find and link the system's programs
_ETC_TLS = ("/etc/ssl", "/etc/pki", "/etc/ca-certificates")
_ETC_NETWORK = (*_ETC_TLS, "/etc/resolv.conf", "/etc/nsswitch.conf", "/etc/services")
MOST_LINKS = 500  # at the top of a folder; bubblewrap takes 9,000 words
_NO_LINKS = ("/proc", "/dev", "/sys", "/etc", FOLDER)  # where none can be made
_NOT_LINKED = (".git", ".overnight")  # what no jail shows of a checkout, under no name


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """The user that a job runs as: its own user if we are root, otherwise ours in a user namespace."""

    uid: int
    dropped: bool  # setpriv drops root; False in a user namespace

    @property
    def files(self) -> dict[str, str]:
        """The few files of `/etc` that name this user."""
        return {
            "/etc/passwd": f"job:x:{self.uid}:{self.uid}:job:{HOME}:/bin/sh\n",
            "/etc/group": f"job:x:{self.uid}:\n",
            "/etc/hosts": f"127.0.0.1 localhost {HOST_NAME}\n::1 localhost\n",
        }


def identify(slot: int) -> Identity:
    """The user that the jobs of a slot run as."""
    if os.geteuid() == 0:
        return Identity(uid=FIRST_UID + slot, dropped=True)
    return Identity(uid=INNER_UID, dropped=False)


def build_arguments(job: Job, reach: Reach, identity: Identity, *, filter_fd: int, file_fds: Mapping[str, int]) -> list[str]:
    """The options of bwrap for a job; `file_fds` are descriptors with the content of files below `/etc`."""
    return [
        *_namespaces(job, identity),
        *_capabilities(identity),
        *("--die-with-parent", "--as-pid-1", "--new-session", "--seccomp", str(filter_fd)),
        *_system(),
        *_private(job),
        *_etc(job, file_fds),
        *_shown(job, reach),
        *_devices(job.devices),
        *("--bind", str(job.folder), FOLDER, "--chdir", FOLDER),
        *("--remount-ro", "/dev", "--remount-ro", "/"),
        *_environment(job, reach),
    ]


def _namespaces(job: Job, identity: Identity) -> list[str]:
    arguments = ["--unshare-ipc", "--unshare-pid", "--unshare-uts", "--unshare-cgroup-try", "--hostname", HOST_NAME]
    if job.limits.network != "host":
        arguments.append("--unshare-net")
    if not identity.dropped:
        arguments += ["--unshare-user", "--disable-userns", "--uid", str(identity.uid), "--gid", str(identity.uid)]
    return arguments


def _capabilities(identity: Identity) -> list[str]:
    """None; if we are root, the three that setpriv needs to drop all capabilities, including its own."""
    kept = ("CAP_SETUID", "CAP_SETGID", "CAP_SETPCAP") if identity.dropped else ()
    return ["--cap-drop", "ALL", *(word for name in kept for word in ("--cap-add", name))]


@cache  # the same for every job on this machine
def _system() -> list[str]:
    arguments = []
    for path in SYSTEM:
        if Path(path).is_symlink():
            arguments += ["--symlink", str(Path(path).readlink()), path]
        elif Path(path).is_dir():
            arguments += ["--ro-bind", path, path]
    return arguments


def _private(job: Job) -> list[str]:
    size = str(min(job.limits.disk_bytes, job.limits.memory_bytes))
    return [
        *("--proc", "/proc", "--dev", "/dev"),
        *("--perms", "1777", "--size", size, "--tmpfs", "/tmp"),  # noqa: S108  # a mount point inside
        *("--perms", "1777", "--size", str(job.limits.memory_bytes), "--tmpfs", "/dev/shm"),  # noqa: S108
    ]


def _etc(job: Job, file_fds: Mapping[str, int]) -> list[str]:
    shown = _ETC + (_ETC_NETWORK if job.limits.network == "host" else _ETC_TLS if job.limits.hosts else ())
    return [
        *("--perms", "0755", "--dir", "/etc"),
        *(word for path in shown for word in ("--ro-bind-try", path, path)),
        *(word for path, fd in file_fds.items() for word in ("--perms", "0444", "--file", str(fd), path)),
    ]


def _shown(job: Job, reach: Reach) -> Sequence[str]:
    readable = (check_readable(path, reach.checkout) for path in job.readable)
    there = (folder for folder in (*reach.checkout.hidden, _OURS) if Path(folder).is_dir())  # a worktree may be gone by now
    return showing((*reach.folders, *readable), tuple(there), _stand_ins(job, reach.checkout))


def _stand_ins(job: Job, checkout: Checkout) -> tuple[tuple[str, str], ...]:
    """Links by which a path below the checkout leads to the same file of the job's own folder.

    An environment in which the repository is installed in editable mode, a build file with absolute paths, or a link out of
    `node_modules` finds the tree under trial, as in the user's shell it finds the checkout.
    """
    top = next(iter(checkout.toplevels), None)
    if top is None or is_within(str(top), _NO_LINKS) or any(is_within(place, (str(top),)) for place in (*SYSTEM, HOME)):
        return ()
    with os.scandir(job.folder) as entries:
        names = sorted(entry.name for entry in entries if entry.name not in _NOT_LINKED)
    return tuple((f"{top}/{name}", f"{FOLDER}/{name}") for name in names[:MOST_LINKS])


def _devices(devices: Devices) -> list[str]:
    """Every other mount is without devices: a node that a job makes or is shown elsewhere cannot be opened."""
    places = [*(inside for _, inside in (*devices.nodes, *devices.folders)), *(place for place, _ in devices.links)]
    above = {str(folder) for place in places for folder in Path(place).parents} - {"/", "/dev"}
    return [
        *(word for folder in sorted(above) for word in ("--perms", "0755", "--dir", folder)),  # else only root could enter it
        *(word for host, inside in devices.nodes for word in ("--dev-bind", host, inside)),
        *(word for host, inside in devices.folders for word in ("--ro-bind", host, inside)),
        *(word for place, target in devices.links for word in ("--symlink", target, place)),
    ]


def _environment(job: Job, reach: Reach) -> list[str]:
    variables = {"PATH": reach.search_path, "HOME": HOME, **job.environment, **dict(job.devices.variables)}
    return [word for name, value in variables.items() for word in ("--setenv", name, value)]
