"""One run of one command: what an executor is asked to run and what it measured."""

import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import PurePath

from overnight.jail.devices import NO_DEVICES, Devices

FOLDER = "/trial"  # where a jailed job finds its folder; a host folder is unlikely to have this name


class JobEnding(StrEnum):
    """Why a job ended."""

    EXITED = "exited"  # by itself, with an exit code or by a signal of its own
    WALL = "wall"  # ended by us at the wall-clock limit
    MEMORY = "memory"
    DISK = "disk"
    OUTPUT = "output"
    MONITOR = "monitor"  # ended by us because of what it printed
    CANCELLED = "cancelled"  # ended by us because the caller stops immediately


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What one job may use."""

    wall_s: float = 300.0
    memory_bytes: int = 4 * 1000**3
    cpus: int = 1
    gpus: int = 0
    disk_bytes: int = 1000**3
    files: int = 100_000
    processes: int = 256
    output_bytes: int = 16 * 1000**2  # of captured stdout and stderr together; a job that prints more is ended
    network: str = "none"  # "none" or "host"
    hosts: tuple[str, ...] = ()  # without a network of the machine's: what a proxy at one of its doors lets it reach
    sent_bytes: int = 10 * 1000**2  # to those hosts, by the whole job; what it sends out may be your data
    received_bytes: int = 2 * 1000**3  # from them
    allow_exit: tuple[int, ...] = (0,)


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """A shell command in a work folder.

    `folder` is a host folder that belongs to this job alone. It becomes the job's current folder, writable, and stays after
    the job so that its artifacts can be read; its creator deletes it. Nothing else on the host is writable.
    """

    command: str  # run by `sh -c`
    folder: PurePath
    output: PurePath  # host file that receives stdout and stderr, cut at `limits.output_bytes`; outside `folder`
    limits: Limits
    environment: Mapping[str, str] = field(default_factory=dict)  # the whole environment: nothing is inherited
    readable: tuple[str, ...] = ()  # further absolute host paths, read-only at the same path
    stdin: bytes = b""
    slot: int = 0  # the slot that runs it: concurrent jobs never share one
    devices: Devices = NO_DEVICES  # what it sees beside the devices of every job
    forget: bool = False  # drop what it brought into the page cache, from which another job could tell what it read
    role: str = ""  # of the agent whose job it is, for the record of what it reached; empty: the program's own
    number: int = 0  # for the same: of the agent's task, else of what is measured; 0: none
    id: str = ""  # the same when it is asked for again, and then a node returns the result it has kept; empty: none is kept


def with_variables(command: str, variables: Iterable[tuple[str, str]]) -> str:
    """A shell command that has these variables in its environment, and only it: not what puts it into the jail.

    Some variables, such as `LD_PRELOAD`, would have a file of the job's folder run in there, before all rights are dropped.
    """
    return "".join(f"export {name}={shlex.quote(value)}; " for name, value in variables) + command


def plain_environment(limits: Limits) -> dict[str, str]:
    """The environment of a job that is no agent's, beside PATH and HOME, which the jail sets."""
    threads = str(limits.cpus)
    return {
        "LANG": "C.UTF-8",
        "PYTHONHASHSEED": "0",  # the order of a set must not affect what is measured, or whether a test passes
        "PYTHONDONTWRITEBYTECODE": "1",
        "OMP_NUM_THREADS": threads,
        "OPENBLAS_NUM_THREADS": threads,
        "MKL_NUM_THREADS": threads,
    }


@dataclass(frozen=True, slots=True, kw_only=True)
class JobResult:
    """How a job went, measured from outside it."""

    ending: JobEnding
    exit_code: int | None  # negative: the signal that ended it; None when we ended it
    wall_s: float
    cpu_s: float  # user and system, of all its processes
    peak_memory_bytes: int  # of all its processes together if a cgroup is available, otherwise of the largest
    output_bytes: int  # printed in total, including what was cut
    detail: str = ""  # for people: "killed at 4.0 GB of 4 GB"
