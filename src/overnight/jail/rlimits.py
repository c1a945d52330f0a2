"""The resource limits that are set on a process itself.

Does not cover: sums over processes; see control groups (`cgroup.py`) and polling (`watch.py`).
"""

import resource
from collections.abc import Mapping

from overnight.jail.job import Limits

OPEN_FILES = 4096  # per process: data loaders and build tools stay below a thousand


def rlimits(limits: Limits) -> Mapping[int, int]:
    """The limits to set on a job's first process, which all others inherit."""
    return {resource.RLIMIT_FSIZE: limits.disk_bytes, resource.RLIMIT_CORE: 0, resource.RLIMIT_NOFILE: OPEN_FILES}
