"""The command that starts the worker of a node."""

from collections.abc import Sequence
from pathlib import Path

from overnight.machines.clusters.certificates import CA, CERTIFICATE, KEY

MODULE = "distributed.cli.dask_worker"
DEATH_TIMEOUT_S = 60  # without a scheduler


def worker_options(certificates: Path) -> Sequence[str]:
    """How every worker is started: one process, no nanny that would start it again, no page for browsers."""
    return (
        *("--tls-ca-file", str(certificates / CA), "--tls-cert", str(certificates / CERTIFICATE)),
        *("--tls-key", str(certificates / KEY), "--no-nanny", "--no-dashboard", "--dashboard-address", "127.0.0.1:0"),
        *("--nthreads", "1", "--memory-limit", "0", "--death-timeout", str(DEATH_TIMEOUT_S)),
    )
