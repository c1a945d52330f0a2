"""`[machines.NAME]` of the user's settings as records: which nodes there are, and how their workers are started."""

from dataclasses import dataclass
from pathlib import Path

from overnight.errors import UserError
from overnight.words.foreign import printable
from overnight.words.quantities import duration, size_text

EXTRA = "overnight[machines]"


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningScheduler:
    """A Dask scheduler that somebody else started, with its workers."""

    address: str  # tls://host:port; tcp:// on loopback alone
    security: Path | None = None  # a folder with ca.pem, cert.pem and key.pem
    trusted: bool = False  # whoever else holds such a certificate may see what trials see

    @property
    def summary(self) -> str:
        """In one line."""
        return f"the scheduler {printable(self.address, 200)}" + ", shared with people who are trusted" * self.trusted


@dataclass(frozen=True, slots=True, kw_only=True)
class SshHosts:
    """Hosts that the user's own `ssh` reaches without a question."""

    hosts: tuple[str, ...]  # as ssh knows them; one that is listed twice has two workers
    python: str  # an absolute path on each host

    @property
    def summary(self) -> str:
        """In one line."""
        return f"ssh to {printable(', '.join(self.hosts), 200)}, with {printable(self.python, 200)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class SlurmJobs:
    """Allocations of a Slurm cluster, which we submit from one of its hosts; each is a pilot for many trials."""

    queue: str  # Slurm's partition; empty: its default
    cores: int
    memory_bytes: int
    gpus: int
    walltime_s: float
    account: str = ""
    prologue: tuple[str, ...] = ()  # lines of shell, run before the worker
    interface: str = ""  # of the network that nodes and head reach each other by; empty: that of the default route
    directives: tuple[str, ...] = ()  # further options of sbatch, such as --qos=long
    python: str = ""  # an absolute path on each node; empty: ours

    @property
    def summary(self) -> str:
        """In one line."""
        queue = f" in {printable(self.queue, 80)}" if self.queue else ""
        gpus = f", GPUs {self.gpus}" if self.gpus else ""
        size = f"cores {self.cores}, memory {size_text(self.memory_bytes)}{gpus}, walltime {duration(self.walltime_s)}"
        return f"Slurm{queue}: {size}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Machine:
    """One name of `machines` in the settings."""

    name: str
    way: RunningScheduler | SshHosts | SlurmJobs
    nodes: int  # that are wanted

    @property
    def summary(self) -> str:
        """In one line, for people."""
        return self.way.summary


def require_trust(machine: Machine, *, hidden: bool) -> None:
    """Check that what a program hides may travel to a machine.

    Raises:
        UserError: its scheduler may be shared with people who are not trusted, and the program has `hidden` files.
    """
    if hidden and isinstance(machine.way, RunningScheduler) and not machine.way.trusted:
        raise UserError(
            f"machines.{machine.name}: whoever holds a certificate of this scheduler can read what trials read, and the "
            "program has `hidden` files",
            fix='set `shared = "trusted"` below it in the settings if you trust all of them, or run on machines of your own',
        )
