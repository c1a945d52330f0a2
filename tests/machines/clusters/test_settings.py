"""`[machines.NAME]` in the user's settings: records, and mistakes with line, key and fix."""

import re
from pathlib import Path

import pytest

from overnight.config import VARIABLE, read_settings
from overnight.errors import UserError
from overnight.machines.clusters.machine import Machine, RunningScheduler, SlurmJobs, SshHosts, require_trust

FULL = """
[machines.lab]
dask = "tls://head:8786"
security = "~/.config/overnight/lab"

[machines.two]
ssh = ["gpu1", "me@gpu2", "gpu1"]
python = "/envs/train/bin/python"

[machines.hpc]
nodes = 4

[machines.hpc.slurm]
queue = "gpu"
cores = 16
memory = "64GB"
gpus = 4
walltime = "8h"
account = "x"
prologue = ["module load cuda"]
directives = ["--qos=long"]
"""


def read(tmp_path: Path, text: str) -> dict[str, Machine]:
    path = tmp_path / "settings.toml"
    path.write_text(text)
    return dict(read_settings({VARIABLE: str(path)}, tmp_path).machines)


def test_three_ways_become_records(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sizes and times have units, `~` is the user's home, each host is a node."""
    monkeypatch.setenv("HOME", "/home/me")
    machines = read(tmp_path, FULL)
    assert machines["lab"] == Machine(
        name="lab", way=RunningScheduler(address="tls://head:8786", security=Path("/home/me/.config/overnight/lab")), nodes=1
    )
    two = SshHosts(hosts=("gpu1", "me@gpu2", "gpu1"), python="/envs/train/bin/python")
    assert machines["two"] == Machine(name="two", way=two, nodes=3)
    assert machines["hpc"].nodes == 4
    assert machines["hpc"].way == SlurmJobs(
        queue="gpu",
        cores=16,
        memory_bytes=64 * 10**9,
        gpus=4,
        walltime_s=8 * 3600.0,
        account="x",
        prologue=("module load cuda",),
        directives=("--qos=long",),
    )
    assert machines["hpc"].summary == "Slurm in gpu: cores 16, memory 64 GB, GPUs 4, walltime 8 h 00 min"
    assert "gpu1, me@gpu2" in machines["two"].summary


SSH = '[machines.a]\nssh = ["h"]\npython = "/p"\n'
SLURM = '[machines.a.slurm]\ncores = 1\nmemory = "1GB"\nwalltime = "1h"\n'


@pytest.mark.parametrize(
    ("text", "line", "place", "words"),
    [
        ("[machines.a]\nnodes = 1", 1, "machines.a", "does not say how to reach its nodes; give it one of dask, ssh and slurm"),
        (f'{SSH}dask = "tls://h:1"', 1, "machines.a", "has dask and ssh; give it one of"),
        ('[machines.a]\ndask = "tls://h:1"', 1, "machines.a.security", "is missing; name the folder with ca.pem"),
        ('[machines.a]\nssh = ["h"]', 1, "machines.a.python", "is missing; name the Python with overnight"),
        (f"{SSH}\nnodes = 2", 5, "machines.a.nodes", "each host is a node; delete it"),
        (f"{SLURM}\n[machines.a]\npython = '/p'", 7, "machines.a.python", "is no key of slurm; write it below slurm"),
        (f'{SSH}shared = "trusted"', 4, "machines.a.shared", "is no key of ssh; delete it"),
        (f"{SSH}hosts = 3", 4, "machines.a.hosts", "is not a known key; delete it, or see docs/machines.md"),
        ('[machines.a]\ndask = "tcp://h:1"', 2, "machines.a.dask", "has no TLS"),
        ('[machines.a]\ndask = "head"', 2, "machines.a.dask", "must be an address such as tls://head:8786"),
        ('[machines.a]\ndask = "tls://h:99999"', 2, "machines.a.dask", "must be an address"),
        ('[machines.a]\nssh = ["-oProxyCommand=x"]\npython = "/p"', 2, "machines.a.ssh.0", "must be a host as ssh knows it"),
        ('[machines.a]\nssh = ["h"]\npython = "python3"', 3, "machines.a.python", "must be an absolute path"),
        (SLURM.replace("1GB", "much"), 3, "machines.a.slurm.memory", "must be a size such as 512MB"),
        (SLURM.replace("1h", "8 hours or so"), 4, "machines.a.slurm.walltime", "must be a duration such as"),
        (SLURM.replace("cores = 1\n", ""), 1, "machines.a.slurm.cores", "is missing"),
        (f'{SLURM}directives = ["--x=$(id)"]', 5, "machines.a.slurm.directives.0", "must be one option of sbatch"),
        (f'{SLURM}prologue = ["a\\nb"]', 5, "machines.a.slurm.prologue.0", "must be one line"),
        (f'{SLURM}queue = "a b"', 5, "machines.a.slurm.queue", "must be a word"),
        ('[machines."a/b"]\nssh = ["h"]\npython = "/p"', 1, "machines.a/b", "must begin with a letter"),
    ],
)
def test_a_mistake_names_line_key_and_fix(tmp_path: Path, text: str, line: int, place: str, words: str) -> None:
    """As the settings' other mistakes, with the page of machines."""
    with pytest.raises(UserError) as caught:
        read(tmp_path, text)
    assert str(caught.value).startswith(f"{tmp_path / 'settings.toml'}:{line}: {place}"), str(caught.value)
    assert words in re.sub(r" \(and \d+ more\)", "", str(caught.value))


def test_what_is_hidden_does_not_travel_to_a_shared_scheduler(tmp_path: Path) -> None:
    """Unless the settings say that those who share it are trusted; machines of one's own are not shared."""
    machines = read(tmp_path, FULL)
    with pytest.raises(UserError, match=r'machines.lab: whoever holds .*set `shared = "trusted"`'):
        require_trust(machines["lab"], hidden=True)
    require_trust(machines["lab"], hidden=False)
    require_trust(machines["two"], hidden=True)
    shared = read(tmp_path, FULL.replace('lab"\n', 'lab"\nshared = "trusted"\n', 1))
    require_trust(shared["lab"], hidden=True)
