"""What `distributed` is set to wherever it is used: on the head, in the scheduler and in workers."""

from collections.abc import Mapping

# A network that is away for a minute ends no connection, and a worker outlives it. Nothing is ever run a second time by Dask.
SETTINGS: Mapping[str, object] = {
    "distributed.comm.timeouts.tcp": "180s",
    "distributed.comm.timeouts.connect": "15s",
    "distributed.comm.retry.count": 0,
    "distributed.scheduler.allowed-failures": 0,
    "distributed.scheduler.work-stealing": False,
    "distributed.scheduler.worker-ttl": "5 minutes",
    "distributed.worker.profile.enabled": False,
    "distributed.worker.daemon": False,
    "distributed.admin.tick.limit": "30s",
    "distributed.logging": {"distributed": "error"},
}
