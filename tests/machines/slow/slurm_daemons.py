"""A real Slurm on loopback: munged, slurmctld and slurmd of the test, beside those of the system if there are any."""

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path

SBIN = "/usr/sbin:/usr/bin:/sbin:/bin"
DAEMONS = ("munged", "slurmctld", "slurmd")
PATIENCE_S = 60.0
WHY_NOT = next((f"there is no {name}" for name in DAEMONS if shutil.which(name, path=SBIN) is None), "") or (
    "" if os.getuid() == 0 else "slurmd needs root"
)
CONFIGURATION = """\
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={ports[0]}
SlurmdPort={ports[1]}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_Core_Memory
SlurmUser=root
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
MailProg=/bin/true
ReturnToService=2
KillWait=5
SchedulerParameters=sched_interval=1,batch_sched_delay=0
JobAcctGatherType=jobacct_gather/none
AccountingStorageType=accounting_storage/none
NodeName={host} NodeAddr=127.0.0.1 CPUs={cpus} RealMemory=2000 State=UNKNOWN
PartitionName=debug Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slurm:
    """Where its configuration is."""

    folder: Path

    @property
    def configuration(self) -> Path:
        """What SLURM_CONF names."""
        return self.folder / "slurm.conf"

    def ask(self, *argv: str) -> str:
        """What a command of Slurm prints."""
        environment = {"PATH": SBIN, "SLURM_CONF": str(self.configuration)}
        return subprocess.run(argv, env=environment, check=True, capture_output=True, text=True).stdout.strip()

    def jobs(self) -> Sequence[str]:
        """The ids of the jobs that wait or run."""
        return self.ask("squeue", "--noheader", "--format=%i", "--states=PENDING,RUNNING").split()


@contextmanager
def slurm(folder: Path) -> Iterator[Slurm]:
    """Its daemons until the context ends; one node, this machine."""
    for name in ("state", "spool"):
        (folder / name).mkdir(parents=True)
    folder.chmod(0o755)
    (folder / "munge.key").write_bytes(os.urandom(1024))
    (folder / "munge.key").chmod(0o600)
    host = socket.gethostname().partition(".")[0]
    found = Slurm(folder=folder)
    found.configuration.write_text(
        CONFIGURATION.format(host=host, folder=folder, ports=_free_ports(), cpus=len(os.sched_getaffinity(0)))
    )
    munge = [f"--{name}-file={folder / f'munge.{name}'}" for name in ("key", "pid", "log", "seed")]
    with ExitStack() as running:
        _start(running, folder, "munged", "-F", "--force", f"--socket={folder}/munge.socket", *munge)
        _wait((folder / "munge.socket").exists)
        _start(running, folder, "slurmctld", "-D", "-i", "-f", str(found.configuration))
        _start(running, folder, "slurmd", "-D", "-f", str(found.configuration))
        _wait(lambda: _idle(found))
        yield found


def _idle(found: Slurm) -> bool:
    try:
        return found.ask("sinfo", "--noheader", "--format=%T") == "idle"
    except subprocess.CalledProcessError:  # slurmctld does not answer yet
        return False


def _start(running: ExitStack, folder: Path, *argv: str) -> None:
    log = running.enter_context((folder / f"{argv[0]}.log").open("wb"))
    process = subprocess.Popen(argv, env={"PATH": SBIN}, stdout=log, stderr=log, start_new_session=True)

    def end() -> None:
        process.terminate()
        process.wait()

    running.callback(end)


def _wait(so: Callable[[], bool]) -> None:
    until = time.monotonic() + PATIENCE_S
    while not so():
        assert time.monotonic() < until, "a daemon does not answer"
        time.sleep(0.05)


def _free_ports() -> Sequence[int]:
    with socket.socket() as first, socket.socket() as second:
        for asked in (first, second):
            asked.bind(("127.0.0.1", 0))
        return [asked.getsockname()[1] for asked in (first, second)]
