"""What a node is: versions, processors, memory, disk and clock, for the record and for `overnight doctor`."""

import os
import platform
import sys
import time
from pathlib import Path

from overnight import __version__
from overnight.machines.cores import cpu_model
from overnight.machines.gpus.facts import gpu_facts
from overnight.machines.nodes.message import Message


class NodeFacts(Message):
    """A node's fingerprint."""

    version: str  # of overnight
    python: str
    executable: str  # the Python that runs the node
    host: str
    kernel: str
    cpu: str  # model
    cores: int  # that our process may use
    gpus: str  # models and driver; empty: there is none
    memory_bytes: int
    free_bytes: int  # on the disk of the jobs' folders
    folder: str  # where those are
    unix_s: float  # its clock


def look_around(folder: Path) -> NodeFacts:
    """The facts of this machine, for jobs in folders below this one."""
    free = os.statvfs(folder)
    return NodeFacts(
        version=__version__,
        python=platform.python_version(),
        executable=sys.executable,
        host=platform.node(),
        kernel=f"{platform.system()} {platform.release()}",
        cpu=cpu_model(),
        cores=len(os.sched_getaffinity(0)),
        gpus=gpu_facts(),
        memory_bytes=os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"),
        free_bytes=free.f_bavail * free.f_frsize,
        folder=str(folder),
        unix_s=time.time(),
    )
