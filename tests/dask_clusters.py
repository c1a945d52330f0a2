"""A real Dask scheduler and real workers on the loopback, with TLS, each in a process of its own."""

import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import trustme

if TYPE_CHECKING:
    from distributed.security import Security

PATIENCE_S = 60.0
_SCHEDULER = """
import asyncio, sys
import dask
from overnight.machines.nodes.settings import SETTINGS
dask.config.set(SETTINGS)
from distributed import Scheduler
from distributed.security import Security

async def main(ca, cert, key):
    security = Security(tls_ca_file=ca, tls_scheduler_cert=cert, tls_scheduler_key=key, require_encryption=True)
    async with Scheduler(host="127.0.0.1", port=0, protocol="tls", security=security, dashboard=False) as scheduler:
        print(scheduler.address, flush=True)
        await scheduler.finished()

asyncio.run(main(*sys.argv[1:]))
"""


@dataclass
class Cluster:
    """A scheduler, and workers by name; `folder` has certificates, logs and the nodes' folders."""

    folder: Path
    address: str = ""
    processes: dict[str, "subprocess.Popen[bytes]"] = field(default_factory=dict)

    @property
    def tls(self) -> tuple[str, str, str]:
        """Paths of the authority's certificate, our certificate and its key."""
        return str(self.folder / "ca.pem"), str(self.folder / "cert.pem"), str(self.folder / "key.pem")

    @property
    def security(self) -> "Security":
        from distributed.security import Security

        ca, cert, key = self.tls
        return Security(tls_ca_file=ca, tls_client_cert=cert, tls_client_key=key, require_encryption=True)

    def start_worker(
        self,
        name: str,
        *,
        folder: Path | None = None,
        source: str = "",
        module: str = "overnight.machines.nodes.worker",
        options: Sequence[str] = (),
    ) -> None:
        """Start a worker; it is there when the scheduler has it. `source` goes before the package on Python's path."""
        ca, cert, key = self.tls
        tls = ["--tls-ca-file", ca, "--tls-cert", cert, "--tls-key", key]
        usual = ["--no-nanny", "--no-dashboard", "--nthreads", "1", "--memory-limit", "0", "--death-timeout", "60"]
        place = ["--local-directory", str(folder or self.folder / "disk")]
        command = [sys.executable, "-m", module, self.address, "--name", name, *tls, *usual, *place, *options]
        self._start(name, command, source=source)

    def start_process(self, name: str, command: Sequence[str]) -> None:
        """Start a program that says when it is ready, in a line."""
        self._said(name, self._start(name, command))

    def kill(self, name: str, number: int = signal.SIGKILL) -> None:
        """Send a signal to a process, and wait for its end if it kills."""
        self.processes[name].send_signal(number)
        if number == signal.SIGKILL:
            with self.processes.pop(name):
                pass

    def log(self, name: str) -> str:
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def _start(self, name: str, command: Sequence[str], *, source: str = "") -> "subprocess.Popen[bytes]":
        environment = {**os.environ, **({"PYTHONPATH": source} if source else {})}
        with (self.folder / f"{name}.log").open("wb") as log:
            process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=log, env=environment, start_new_session=True
            )
        self.processes[name] = process
        return process

    def start_scheduler(self) -> None:
        process = self._start("scheduler", [sys.executable, "-c", _SCHEDULER, *self.tls])
        self.address = self._said("scheduler", process)

    def _said(self, name: str, process: "subprocess.Popen[bytes]") -> str:
        assert process.stdout
        assert select.select([process.stdout], [], [], PATIENCE_S)[0], self.log(name)
        line = process.stdout.readline().decode().strip()
        assert line, self.log(name)
        return line

    def close(self) -> None:
        for process in self.processes.values():
            with suppress(ProcessLookupError):
                process.send_signal(signal.SIGCONT)
            process.kill()
            with process:
                pass


@contextmanager
def cluster(folder: Path, workers: Sequence[str] = ("n1",)) -> Iterator[Cluster]:
    """A scheduler with workers of these names."""
    (folder / "disk").mkdir()
    authority = trustme.CA()
    issued = authority.issue_cert("127.0.0.1", "localhost")
    authority.cert_pem.write_to_path(folder / "ca.pem")
    issued.cert_chain_pems[0].write_to_path(folder / "cert.pem")
    issued.private_key_pem.write_to_path(folder / "key.pem")
    found = Cluster(folder)
    try:
        found.start_scheduler()
        for name in workers:
            found.start_worker(name)
        yield found
    finally:
        found.close()


def until(holds: Callable[[], object], within_s: float = PATIENCE_S) -> None:
    """Wait until something holds."""
    end = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < end, "it never held"
        time.sleep(0.05)
