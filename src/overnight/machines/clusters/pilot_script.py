"""The script of a Slurm job that is a pilot: dask-jobqueue knows how Slurm wants it."""

import sys
from shlex import quote

from overnight.machines.clusters.certificates import Certificates
from overnight.machines.clusters.machine import SlurmJobs
from overnight.machines.clusters.worker_command import DEATH_TIMEOUT_S, MODULE, worker_options

SHEBANG = "#!/bin/bash -l"  # a login: `module` is known there
NODE_NAME = '"${SLURMD_NODENAME}/%d"'  # as the shell of the node fills it in


def pilot_script(way: SlurmJobs, lane: int, job: str, certificates: Certificates, scheduler: str) -> str:
    """What `sbatch` gets for the pilot of a lane; all jobs of a session have the same name."""
    from dask_jobqueue.slurm import SLURMJob

    options = [quote(option) for option in worker_options(certificates.folder)]
    directives = ["--requeue", "--open-mode=append"]
    directives += [f"{flag} {quote(str(certificates.folder / 'pilot-%j.log'))}" for flag in ("-o", "-e")]
    directives += [f"--gres=gpu:{way.gpus}"] if way.gpus else []
    pilot = SLURMJob(
        scheduler=scheduler,
        name=NODE_NAME % lane,
        queue=way.queue or None,
        account=way.account or None,
        cores=way.cores,
        processes=1,
        memory=f"{way.memory_bytes}B",
        walltime=_walltime(way.walltime_s),
        interface=way.interface or None,
        nanny=False,
        death_timeout=DEATH_TIMEOUT_S,
        local_directory='"${TMPDIR:-/tmp}"',  # where results wait that no head has taken yet
        worker_command=MODULE,
        worker_extra_args=options,
        job_extra_directives=[*directives, *way.directives],
        job_script_prologue=list(way.prologue),
        shebang=SHEBANG,
        # In the shell's place: a worker that does not end when it is asked to is then killed by Slurm as the job itself.
        python=f"exec {quote(way.python or sys.executable)} -P",
        job_name=job,
    )
    return str(pilot.job_script())


def _walltime(seconds: float) -> str:
    """As Slurm writes it: days-hours:minutes:seconds, rounded up to a minute."""
    minutes = -(-int(seconds) // 60)
    return f"{minutes // 1440}-{minutes // 60 % 24:02}:{minutes % 60:02}:00"
