"""Pilots in a real Slurm: they run our jail, are replaced, given back when idle, and end with the session."""

import json
import os
import re
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cluster_work import PATIENCE_S, alive, await_end, jailed, joined, process, variables
from slurm_daemons import Slurm

from overnight.errors import UserError
from overnight.machines.clusters import slurm as pilots
from overnight.machines.clusters.cluster import open_cluster
from overnight.machines.clusters.machine import Machine, SlurmJobs

pytest_plugins = ["machine_daemons"]
TWO = pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="two pilots need two processors")


def machine(nodes: int = 1, **changed: Any) -> Machine:  # Any: fields of SlurmJobs
    small = SlurmJobs(queue="debug", cores=1, memory_bytes=5 * 10**8, gpus=0, walltime_s=1800.0, interface="lo")
    return Machine(name="hpc", way=replace(small, **changed), nodes=nodes)


def eventually(so: Callable[[], bool]) -> None:
    """Wait until it is so."""
    until = time.monotonic() + PATIENCE_S
    while not so():
        assert time.monotonic() < until
        time.sleep(0.05)


@TWO
def test_pilots_run_our_jail_and_one_that_is_cancelled_is_replaced(
    slurm: Slurm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two allocations, one of them cancelled by somebody: another comes under the same name; at the end none is left.

    Nothing of our environment travels, the prologue runs before the worker, and the end of the walltime is known.
    """
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    with open_cluster(machine(2, prologue=("export COLOUR=green",)), tmp_path / "s") as cluster, joined(cluster) as nodes:
        host = slurm.ask("sinfo", "--noheader", "--format=%n")
        assert nodes.each(jailed) == dict.fromkeys((f"{host}/1", f"{host}/2"), b"/trial\njob\n")
        found = nodes.each(variables)
        assert not any("sk-secret" in str(each) for each in found.values())
        assert {each["COLOUR"] for each in found.values()} == {"green"}
        eventually(lambda: all(0 < cluster.left_s(name) <= 1800 for name in found))

        before, cancelled = nodes.each(process), found[f"{host}/1"]["SLURM_JOB_ID"]
        slurm.ask("scancel", cancelled)
        await_end(before[f"{host}/1"])
        nodes.await_nodes(lambda names: names == set(before))
        after = nodes.each(process)
        assert after[f"{host}/2"] == before[f"{host}/2"] and after[f"{host}/1"] != before[f"{host}/1"]
        assert cancelled not in slurm.jobs() and len(slurm.jobs()) == 2
    assert slurm.jobs() == []
    eventually(lambda: not any(alive(pid) for pid in after.values()))


def test_a_pilot_that_waits_in_the_queue_is_cancelled_at_the_end(slurm: Slurm, tmp_path: Path) -> None:
    """More pilots than fit: one runs, the others wait; all end with the session."""
    cores = len(os.sched_getaffinity(0))
    with open_cluster(machine(3, cores=cores), tmp_path / "s") as cluster:
        eventually(lambda: len(slurm.jobs()) == 3)
        eventually(lambda: len(cluster.problems()) == 2)
        assert all(re.fullmatch(r"the pilot \d+ waits in the queue of Slurm: \w+", each) for each in cluster.problems())
    assert slurm.jobs() == []


HEAD = """
import json, sys
from pathlib import Path
sys.path.insert(0, {tests!r})
from cluster_work import *
from overnight.machines.clusters import slurm
from overnight.machines.clusters.cluster import open_cluster
from overnight.machines.clusters.machine import Machine, SlurmJobs
if __name__ == "__main__":
    slurm.POLL_S = 0.3
    way = SlurmJobs(queue="debug", cores={cores}, memory_bytes=5 * 10**8, gpus=0, walltime_s=1800, interface="lo")
    with open_cluster(Machine(name="hpc", way=way, nodes=2), Path({folder!r})) as cluster:
        import dataclasses
        with joined(dataclasses.replace(cluster, wanted_nodes=1)) as nodes:
            print(json.dumps(list(nodes.each(process).values())), flush=True)
            sys.stdin.read()
"""


def test_nothing_is_left_of_a_killed_head(slurm: Slurm, tmp_path: Path) -> None:
    """After a SIGKILL the scheduler ends, and with it the pilot that runs; what waits in the queue is cancelled."""
    script = HEAD.format(tests=str(Path(__file__).parent), folder=str(tmp_path / "s"), cores=len(os.sched_getaffinity(0)))
    head = subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert head.stdin and head.stdout
    workers = json.loads(head.stdout.readline())
    children = [int(pid) for pid in Path(f"/proc/{head.pid}/task/{head.pid}/children").read_text().split()]
    assert len(workers) == 1 and len(slurm.jobs()) == 2
    head.kill()
    head.wait()
    head.stdin.close()
    head.stdout.close()
    for pid in (*workers, *children):
        await_end(pid)
    eventually(lambda: slurm.jobs() == [])


def test_an_idle_pilot_is_given_back_until_there_is_work(slurm: Slurm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """One that has a job stays; without one for the time of idleness it ends, and comes back when work does."""
    monkeypatch.setattr(pilots, "IDLE_S", 0.5)
    with open_cluster(machine(), tmp_path / "s") as cluster, joined(cluster) as nodes:
        (name,), (worker,) = nodes.names().values(), nodes.each(process).values()
        cluster.in_use([name])
        eventually(lambda: cluster.left_s(name) > 0)
        looked = cluster.left_s(name)
        eventually(lambda: cluster.left_s(name) < looked - 3)  # six times as long as idleness may last
        assert alive(worker)
        cluster.in_use([])
        await_end(worker)
        eventually(lambda: slurm.jobs() == [] and cluster.left_s(name) == 0)
        assert not cluster.problems()
        monkeypatch.setattr(pilots, "IDLE_S", 600.0)
        cluster.want_all()
        nodes.await_nodes(lambda names: names == {name})


def test_pilots_that_end_at_once_are_a_problem_with_their_words(slurm: Slurm, tmp_path: Path) -> None:
    """A prologue that fails: after three no more are submitted, and the head says what they printed."""
    with open_cluster(machine(prologue=("echo there is no module cuda; exit 1",)), tmp_path / "s") as cluster:
        eventually(lambda: any("no more pilots" in problem for problem in cluster.problems()))
        (problem,) = cluster.problems()
        assert problem.startswith("no more pilots are submitted, after 3 that ended at once; the pilot ")
        assert problem.endswith("there is no module cuda")
        assert slurm.jobs() == []


def fault(tmp_path: Path, wanted: Machine) -> str:
    with pytest.raises(UserError) as caught, open_cluster(wanted, tmp_path / "s"):
        pass
    return str(caught.value)


def test_what_slurm_refuses_is_said_in_its_words(slurm: Slurm, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A queue that does not exist, an option that is none, no network of this name, no Slurm at all."""
    assert "sbatch says: sbatch: error: invalid partition specified: night; correct `slurm`" in fault(
        tmp_path, machine(queue="night")
    )
    assert "--no-such-thing" in fault(tmp_path, machine(directives=("--no-such-thing=1",)))
    assert "this machine has no network interface ib9; known here: lo" in fault(tmp_path, machine(interface="ib9"))
    assert slurm.jobs() == []
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "there is no program sbatch here; run overnight on a host that submits jobs" in fault(tmp_path, machine())


def test_a_job_script_holds_no_secret(slurm: Slurm, tmp_path: Path) -> None:
    """Only the path of the certificates, whose folder is ours alone."""
    with open_cluster(machine(), tmp_path / "s"):
        (job,) = slurm.jobs()
        script = slurm.ask("scontrol", "write", "batch_script", job, "-")
        key = tmp_path / "s" / "certificates" / "key.pem"
        assert str(key) in script and "PRIVATE" not in script
        assert not set(key.read_text().splitlines()[1:-1]) & set(script.split())
        assert key.parent.stat().st_mode & 0o777 == 0o700
