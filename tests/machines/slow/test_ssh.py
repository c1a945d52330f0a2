"""Workers over a real sshd: they run our jail, end with their connection, and what is wrong with a host is named."""

import json
import os
import signal
import subprocess
import sys
import venv
from collections.abc import Callable
from pathlib import Path

import pytest
from cluster_work import PYTHON, alive, await_end, jailed, joined, process, variables
from ssh_daemon import SshDaemon, ssh_daemon

import overnight
from overnight.errors import UserError
from overnight.machines.clusters import ssh
from overnight.machines.clusters.cluster import open_cluster
from overnight.machines.clusters.machine import Machine, SshHosts

pytest_plugins = ["machine_daemons"]
SOURCE = Path(overnight.__file__).parents[1]


def machine(*hosts: str, python: str = PYTHON) -> Machine:
    return Machine(name="two", way=SshHosts(hosts=hosts, python=python), nodes=len(hosts))


def test_each_host_has_a_worker_that_runs_our_jail(sshd: SshDaemon, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three workers on two hosts, with names for people; at the end all are gone, and with them the session's key.

    Nothing of our environment travels, and no certificate stands in a command line.
    """
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret")
    with open_cluster(machine("gpu1", "root@gpu2", "gpu1"), tmp_path / "s") as cluster, joined(cluster) as nodes:
        assert cluster.address.startswith("tls://127.0.0.1:")
        assert nodes.each(jailed) == dict.fromkeys(("gpu1", "gpu2", "gpu1/2"), b"/trial\njob\n")
        workers = set(nodes.each(process).values())
        assert not any("sk-secret" in str(found) for found in nodes.each(variables).values())
        lines = b"".join(Path(f"/proc/{pid}/cmdline").read_bytes() for pid in workers)
        assert b"PRIVATE" not in lines and b"BEGIN" not in lines
        folders = {_folder(pid) for pid in workers}
        assert all(folder.stat().st_mode & 0o777 == 0o700 for folder in folders)
    assert not any(alive(pid) for pid in workers)
    assert not (tmp_path / "s" / "certificates" / "key.pem").exists()
    assert not any(folder.exists() for folder in folders)


HEAD = """
import json, os, sys
from pathlib import Path
sys.path.insert(0, {tests!r})
from cluster_work import *
from overnight.machines.clusters.cluster import open_cluster
from overnight.machines.clusters.machine import Machine, SshHosts
if __name__ == "__main__":
    machine = Machine(name="two", way=SshHosts(hosts=("gpu1", "gpu2"), python={python!r}), nodes=2)
    with open_cluster(machine, Path({folder!r})) as cluster, joined(cluster) as nodes:
        print(json.dumps(list(nodes.each(process).values())), flush=True)
        sys.stdin.read()
"""


def test_nothing_is_left_of_a_killed_head(sshd: SshDaemon, tmp_path: Path) -> None:
    """After a SIGKILL the scheduler, the connections and the workers end, and the nodes keep no certificate."""
    script = HEAD.format(tests=str(Path(__file__).parent), python=PYTHON, folder=str(tmp_path / "s"))
    head = subprocess.Popen([sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert head.stdin and head.stdout
    workers = json.loads(head.stdout.readline())
    children = [int(pid) for pid in Path(f"/proc/{head.pid}/task/{head.pid}/children").read_text().split()]
    folders = {_folder(pid) for pid in workers}
    assert len(workers) == 2 and len(children) == 3 and all(folder.exists() for folder in folders)
    head.kill()
    head.wait()
    head.stdin.close()
    head.stdout.close()
    for pid in (*workers, *children, *sshd.sessions()):
        await_end(pid)
    assert not any(folder.exists() for folder in folders)


def _folder(worker: int) -> Path:
    """Where a worker has its certificates."""
    words = Path(f"/proc/{worker}/cmdline").read_text().split("\0")
    return Path(words[words.index("--tls-key") + 1]).parent


def test_a_worker_ends_with_its_connection_and_the_host_comes_back(
    sshd: SshDaemon, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One connection of two is cut: its worker ends, the other goes on, and the host is connected to again."""
    monkeypatch.setattr(ssh, "AGAIN_S", 0.0)
    with open_cluster(machine("gpu1", "gpu2"), tmp_path / "s") as cluster, joined(cluster) as nodes:
        before = nodes.each(process)
        os.kill(_session_of(before["gpu1"]), signal.SIGKILL)
        await_end(before["gpu1"])
        nodes.await_nodes(lambda names: names == {"gpu1", "gpu2"} and nodes.each(process)["gpu1"] != before["gpu1"])
        assert nodes.each(process)["gpu2"] == before["gpu2"]


def _session_of(worker: int) -> int:
    """The process of sshd that serves the connection of a worker."""
    pid = worker
    while "sshd" not in Path(f"/proc/{pid}/comm").read_text():
        pid = int(Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[1])
    return pid


def test_a_worker_that_ends_by_itself_is_a_problem_with_its_words(sshd: SshDaemon, tmp_path: Path) -> None:
    """The head says which node is missing, and what its worker printed last."""
    with open_cluster(machine("gpu1", "gpu2"), tmp_path / "s") as cluster, joined(cluster) as nodes:
        os.kill(nodes.each(process)["gpu1"], signal.SIGTERM)
        nodes.await_nodes(lambda names: names == {"gpu2"} and bool(cluster.problems()))
        (problem,) = cluster.problems()
        assert problem.startswith("gpu1: its worker ended: ") and problem.endswith("End worker")


def test_a_host_that_fails_is_left_out_with_a_note(sshd: SshDaemon, tmp_path: Path) -> None:
    """The others are used."""
    with open_cluster(machine("gpu1", "nowhere.invalid"), tmp_path / "s") as cluster, joined(cluster) as nodes:
        assert set(nodes.names().values()) == {"gpu1"}
        (note,) = cluster.notes
        assert note.startswith("nowhere.invalid: there is no such host; write it as in `ssh nowhere.invalid`")
        assert note.endswith("it is left out")


def fault(tmp_path: Path, *hosts: str, python: str = PYTHON) -> UserError:
    """Why no cluster could be opened."""
    with (
        pytest.raises(UserError) as caught,
        open_cluster(machine(*hosts, python=python), tmp_path / "s"),
    ):
        pass
    return caught.value


def test_all_hosts_that_fail_are_named(sshd: SshDaemon, tmp_path: Path) -> None:
    """Where none works, the first is the error and the others are its notes."""
    error = fault(tmp_path, "a.invalid", "b.invalid")
    assert str(error).startswith("a.invalid: there is no such host")
    assert [note.partition(":")[0] for note in error.notes] == ["b.invalid"]


def _unknown_key(daemon: SshDaemon) -> None:
    (daemon.folder / "known").write_text("")


def _other_key(daemon: SshDaemon) -> None:
    (daemon.folder / "known").write_text(f"[127.0.0.1]:{daemon.port} {(daemon.folder / 'user.pub').read_text()}")


def _refused_key(daemon: SshDaemon) -> None:
    (daemon.folder / "authorized").write_text("")


def _silent_port(daemon: SshDaemon) -> None:
    daemon.configure(f"Host gpu1\n Port {_nobodys_port()}\n")


def _nobodys_port() -> int:
    from overnight.machines.clusters.ssh_node import free_port

    return free_port()


def _accepting(daemon: SshDaemon) -> None:
    _unknown_key(daemon)
    daemon.configure("Host *\n StrictHostKeyChecking accept-new\n")


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (_unknown_key, "its host key is not known here; run `ssh gpu1` once by hand"),
        (_accepting, "its host key is not known here; run `ssh gpu1` once by hand"),
        (_other_key, "its host key is another than before; find out why"),
        (_refused_key, "it refuses your key; `ssh -o BatchMode=yes gpu1 true` must work"),
        (_silent_port, "it cannot be reached; `ssh gpu1` must work"),
    ],
)
def test_what_ssh_refuses_is_said_with_its_fix(
    sshd: SshDaemon, tmp_path: Path, spoil: Callable[[SshDaemon], None], words: str
) -> None:
    """A host key that is not known, or is another, is never accepted, whatever the user's own configuration says."""
    spoil(sshd)
    assert f"gpu1: {words}" in str(fault(tmp_path, "gpu1"))


def test_a_host_that_forwards_no_port_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, sshd: SshDaemon) -> None:
    """The worker could not reach the scheduler."""
    with ssh_daemon(tmp_path / "strict", "AllowTcpForwarding no") as strict:
        monkeypatch.setenv("PATH", str(strict.programs), prepend=":")
        assert "gpu1: it forbids the forwarding of ports; set `AllowTcpForwarding yes`" in str(fault(tmp_path, "gpu1"))


def test_there_is_no_ssh(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Said before anything is tried."""
    monkeypatch.setenv("PATH", str(tmp_path))
    assert "there is no program ssh; install it" in str(fault(tmp_path, "gpu1"))


def python_with(folder: Path, path: str) -> str:
    """A Python with other packages: those in this folder come first."""
    folder.mkdir()
    script = folder / "python"
    script.write_text(f'#!/bin/sh\nPYTHONPATH={path} exec {sys.executable} "$@"\n')
    script.chmod(0o755)
    return str(script)


def test_what_the_far_python_lacks_is_said_with_its_fix(sshd: SshDaemon, tmp_path: Path) -> None:
    """No such program, none of overnight in it, nothing to work with, an old and another version."""
    assert "gpu1: there is no program /no/python; name the Python" in str(fault(tmp_path, "gpu1", python="/no/python"))
    assert "gpu1: there is no program /etc/passwd; name the Python" in str(fault(tmp_path, "gpu1", python="/etc/passwd"))

    venv.create(tmp_path / "bare", with_pip=False, symlinks=True)
    bare = str(tmp_path / "bare/bin/python")
    install = f"-m pip install 'overnight[machines]=={overnight.__version__}'"
    assert f"gpu1: {bare} has no overnight; install it there: {bare} {install}" in str(fault(tmp_path, "gpu1", python=bare))

    (tmp_path / "bare/lib/python3.11/site-packages/source.pth").write_text(f"{SOURCE}\n")
    assert f"gpu1: {bare} has no distributed; install the same there" in str(fault(tmp_path, "gpu1", python=bare))

    (tmp_path / "older/overnight").mkdir(parents=True)
    (tmp_path / "older/overnight/__init__.py").write_text("")
    older = python_with(tmp_path / "a", str(tmp_path / "older"))
    assert "has another version of overnight; install the same" in str(fault(tmp_path, "gpu1", python=older))

    (tmp_path / "other/overnight").mkdir(parents=True)
    (tmp_path / "other/overnight/__init__.py").write_text(
        f'__version__ = "9.9"\n__path__ = [*__path__, "{SOURCE / "overnight"}"]\n'
    )
    other = python_with(tmp_path / "b", str(tmp_path / "other"))
    words = f"gpu1: it has overnight 9.9, and this is {overnight.__version__}; install the same there"
    assert words in str(fault(tmp_path, "gpu1", python=other))


def test_a_login_may_print_before_we_do(sshd: SshDaemon, tmp_path: Path) -> None:
    """As a `.bashrc` that greets; what is printed is not taken for an answer."""
    greeting = tmp_path / "python"
    greeting.write_text(f'#!/bin/sh\necho Welcome; echo \'{{"x": 1}}\'; exec {sys.executable} "$@"\n')
    greeting.chmod(0o755)
    with open_cluster(machine("gpu1", python=str(greeting)), tmp_path / "s") as cluster, joined(cluster) as nodes:
        assert set(nodes.names().values()) == {"gpu1"}
