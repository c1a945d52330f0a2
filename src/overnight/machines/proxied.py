"""Jobs that may reach some hosts: an executor that gives each of them a proxy of its own, as a door of its jail.

A job without such hosts runs as before. The proxy lives in this process, from the job's start to its end.

Does not cover: an executor without a jail, which has no door to close.
"""

import resource
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from overnight.jail.job import Job, JobResult
from overnight.jail.port import Door, Executor, Link, OutputMonitor

if TYPE_CHECKING:
    from overnight.egress.connection import Connection
    from overnight.egress.dial import Dialer

MOST_AT_ONCE, LEAST_AT_ONCE = 32, 2
PORT = 3128  # on the job's own loopback; the usual one of proxies
NOT_PROXIED = "localhost,127.0.0.1,::1"  # the job's own services, and the gateway of models
Reached = Callable[[Job, "Sequence[Connection]"], None]


class ProxiedExecutor:
    """The port `Executor` around a jail."""

    def __init__(
        self,
        inner: Executor,
        *,
        reached: Reached | None = None,
        dialer: "Callable[[], Dialer] | None" = None,
        jobs: int = 1,
    ) -> None:
        """`reached` gets what a job reached and was refused, if anything, before its run returns.

        `dialer` makes what connects a job's proxy; by default with the resolver of this machine, to public addresses alone.
        `jobs`: how many may run at once, and share the files that this process may open.
        """
        self.inner = inner
        self.name = inner.name
        self._reached = reached
        self._dialer = dialer or system_dialer
        self._jobs = jobs

    def folder_of(self, folder: Path) -> str:
        """Where a job finds its own folder."""
        return self.inner.folder_of(folder)

    async def run(self, job: Job, link: Link | None = None, monitor: OutputMonitor | None = None) -> JobResult:
        """Run the job to its end, with a proxy if it may reach hosts."""
        if not job.limits.hosts:
            return await self.inner.run(job, link, monitor)
        from overnight.egress.allowance import Allowance
        from overnight.egress.hosts import read_rule
        from overnight.egress.proxy import Proxy

        limits = job.limits
        allowance = Allowance(
            hosts=tuple(map(read_rule, limits.hosts)), bytes_up=limits.sent_bytes, bytes_down=limits.received_bytes
        )
        link = link or Link()
        taken = {door.port for door in link.doors}
        port = next(port for port in range(PORT, PORT + len(taken) + 1) if port not in taken)
        proxy = Proxy(allowance, self._dialer(), at_once=_at_once(self._jobs))
        linked = replace(link, doors=(*link.doors, Door(port=port, listen=proxy.listen)))
        proxied = replace(job, environment={**proxy_variables(port), **job.environment})
        try:
            async with proxy:
                return await self.inner.run(proxied, linked, monitor)
        finally:
            if self._reached and (connections := proxy.connections):
                self._reached(job, connections)


def proxy_variables(port: int) -> dict[str, str]:
    """What leads the programs of a job to its proxy; nothing of the user's own settings of a proxy is in it."""
    url = f"http://127.0.0.1:{port}"
    names = {"HTTP_PROXY": url, "HTTPS_PROXY": url, "ALL_PROXY": url, "NO_PROXY": NOT_PROXIED}
    return {**names, **{name.lower(): value for name, value in names.items()}, "NODE_USE_ENV_PROXY": "1"}


def _at_once(jobs: int) -> int:
    """How many connections a job has at a time, of two files each: those of all jobs take a quarter of our files."""
    files, _ = resource.getrlimit(resource.RLIMIT_NOFILE)
    return max(LEAST_AT_ONCE, min(MOST_AT_ONCE, files // (4 * 2 * jobs)))


def system_dialer() -> "Dialer":
    """What connects to public addresses alone, with the resolver of this machine."""
    from overnight.egress.dial import Dialer
    from overnight.egress.resolver import SystemResolver

    return Dialer(SystemResolver())
