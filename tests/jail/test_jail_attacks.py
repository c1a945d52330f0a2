"""What must be stopped: each attack runs in the real jail, and we check from outside that it failed."""

import asyncio
import os
import platform
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import anyio
import pytest

from overnight.errors import SandboxError
from overnight.jail.cgroup import ControlGroups
from overnight.jail.jail import JailExecutor
from overnight.jail.job import Job, JobEnding, JobResult, Limits

LIMITS = Limits(wall_s=20.0, memory_bytes=100 * 1000**2, disk_bytes=10 * 1000**2, files=500, processes=32, output_bytes=100_000)
SECRET = "the-secret-that-no-job-may-see"
MACHINE = platform.machine()

needs_memory_group = pytest.mark.skipif(
    "memory" not in ControlGroups().controllers,
    reason="no control group for memory here: the doctor says that this is not covered",
)


@cache
def jail() -> JailExecutor:
    return JailExecutor(slots=2, search_path=os.environ["PATH"])


def make_job(tmp_path: Path, attack: str, *, limits: Limits = LIMITS, **more: Any) -> Job:  # Any: fields of Job
    """A job that runs a Python program, or a shell command if it is one line."""
    folder = tmp_path / f"job{more.get('slot', 0)}"
    folder.mkdir()
    if "\n" in attack:
        (folder / "attack.py").write_text(attack)
        attack = "python3 attack.py"
    return Job(command=attack, folder=folder, output=tmp_path / f"output{more.get('slot', 0)}", limits=limits, **more)


def run(tmp_path: Path, attack: str, **more: Any) -> tuple[JobResult, str]:  # Any: fields of Job
    job = make_job(tmp_path, attack, **more)
    result = asyncio.run(jail().run(job))
    return result, Path(job.output).read_text(errors="replace")


@contextmanager
def lifeline(folder: Path) -> Iterator[int]:
    """The reading end of the pipe `alive` in a folder: at end of file if no process holds it open, otherwise reading blocks."""
    os.mkfifo(folder / "alive")
    reader = os.open(folder / "alive", os.O_RDONLY | os.O_NONBLOCK)
    try:
        yield reader
    finally:
        os.close(reader)


def test_files_outside_cannot_be_read(tmp_path: Path) -> None:
    """No host file can be reached except the intended ones."""
    (tmp_path / "holdout").write_text(SECRET)
    inside = f"/proc/1/root{tmp_path}/holdout"
    result, output = run(tmp_path, f"cat {tmp_path}/holdout {inside} /etc/shadow /etc/hostname; ls -A {tmp_path} /home/* /run")
    assert result.exit_code != 0
    assert SECRET not in output
    assert output.count("No such file") + output.count("Permission denied") >= 6


def test_home_shows_nothing_but_the_installations(tmp_path: Path) -> None:
    """Only the path to what is shown exists of the home folder."""
    below = [Path(folder).relative_to(Path.home()) for folder in jail().reach.folders if folder.startswith(f"{Path.home()}/")]
    _, output = run(tmp_path, f"ls -A {Path.home()} 2> /dev/null")
    assert set(output.splitlines()) == {path.parts[0] for path in below}


def test_environments_of_processes_cannot_be_read(tmp_path: Path) -> None:
    """Neither our environment nor that of any outside process can be reached."""
    with subprocess.Popen(["/bin/sleep", "60"], env={"KEY": SECRET}) as other:
        try:
            _, output = run(tmp_path, f"cat /proc/*/environ /proc/{other.pid}/environ | tr '\\0' '\\n'")
        finally:
            other.kill()
    assert SECRET not in output
    assert {line.split("=")[0] for line in output.splitlines() if "=" in line} <= {"PATH", "HOME", "PWD"}


def test_processes_outside_cannot_be_seen(tmp_path: Path) -> None:
    """The process list is the job's own, and its first process shows no path of ours."""
    _, output = run(tmp_path, "ls /proc | grep -c '^[0-9]'; tr '\\0' ' ' < /proc/1/cmdline")
    count, line = output.splitlines()
    assert int(count) < 8
    assert str(tmp_path) not in line


def test_control_groups_are_not_there(tmp_path: Path) -> None:
    """A job sees no path and no file of a control group, so it learns no name of a run or slot, and can leave no group."""
    find = (
        "cat /proc/self/cgroup /proc/1/cgroup; cat /proc/self/mountinfo | grep cgroup; find /sys -name 'cgroup*' 2> /dev/null"
    )
    _, output = run(tmp_path, find)
    assert output
    assert [line for line in output.splitlines() if not line.endswith(":/")] == []


def test_nothing_outside_the_folder_can_be_written(tmp_path: Path) -> None:
    """Only the job's folder and the private temporary folders can be written."""
    data = tmp_path / "data"
    data.mkdir()
    attack = f"""
import os, sys
for place in ["/", "/usr/bin", "/etc", "/dev", "/proc/sys/kernel", "{data}", sys.prefix]:
    try:
        open(os.path.join(place, "written"), "w").close()
        print("wrote in", place)
    except OSError:
        pass
for file in ["/proc/sys/kernel/hostname", "/proc/sysrq-trigger", "/etc/passwd", "/proc/1/oom_score_adj"]:
    try:
        open(file, "w").write("1")
        print("wrote", file)
    except OSError:
        pass
"""
    result, output = run(tmp_path, attack, readable=(str(data),))
    assert (result.exit_code, output.replace("wrote /proc/1/oom_score_adj\n", "")) == (0, "")
    assert list(data.iterdir()) == []


def test_tcp_to_loopback_is_closed(tmp_path: Path) -> None:
    """A service on our loopback cannot be reached."""
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        port = server.getsockname()[1]
        result, output = run(tmp_path, f"\nimport socket\nsocket.create_connection(('127.0.0.1', {port}), 1)\n")
        assert (result.exit_code, "ConnectionRefusedError" in output) == (1, True)
        with pytest.raises(BlockingIOError):
            server.accept()


def test_udp_to_loopback_is_closed(tmp_path: Path) -> None:
    """A datagram to our loopback does not arrive."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        server.setblocking(False)
        port = server.getsockname()[1]
        run(tmp_path, f"\nimport socket\nsocket.socket(2, 2).sendto(b'{SECRET}', ('127.0.0.1', {port}))\n")
        with pytest.raises(BlockingIOError):
            server.recv(100)


@pytest.mark.parametrize("abstract", [True, False])
def test_unix_sockets_are_closed(tmp_path: Path, abstract: bool) -> None:
    """Our sockets cannot be reached, with or without a name in the file system."""
    name = f"\0overnight-{os.getpid()}" if abstract else str(tmp_path / "socket")
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(name)
        server.listen()
        server.setblocking(False)
        result, _ = run(tmp_path, f"\nimport socket\nsocket.socket(socket.AF_UNIX).connect({name!r})\n")
        assert result.exit_code == 1
        with pytest.raises(BlockingIOError):
            server.accept()


def test_other_socket_families_are_refused(tmp_path: Path) -> None:
    """Socket families that no network namespace contains, such as those to a virtual machine's host, cannot be opened."""
    attack = """
import errno, socket
for family in range(3, 46):
    try:
        socket.socket(family, socket.SOCK_STREAM if family == 40 else socket.SOCK_RAW)
        print("opened", family)
    except OSError as error:
        if family != 10 and error.errno != errno.EAFNOSUPPORT:
            print(family, error)
"""
    _, output = run(tmp_path, attack)
    assert [line for line in output.splitlines() if line != "opened 16"] == []


def test_fork_bomb_is_held(tmp_path: Path) -> None:
    """A job cannot have more processes than allowed, and all of them are gone afterwards."""
    attack = """
import os
alive = os.open("alive", os.O_WRONLY)
said = False
while True:
    try:
        os.fork()
        os.write(alive, b"x")
    except OSError:
        if not said:
            said = True
            print("full", flush=True)
"""
    job = make_job(tmp_path, attack, limits=replace(LIMITS, processes=20))
    with lifeline(Path(job.folder)) as alive:
        result = asyncio.run(jail().run(job, monitor=lambda output: "no more fit" if b"full" in output else ""))
        assert result.ending is JobEnding.MONITOR
        assert 2 <= len(os.read(alive, 60_000)) <= 2 * 20
        assert os.read(alive, 1) == b""


def test_refused_processes_are_remarked(tmp_path: Path) -> None:
    """The result of a job that ended by itself at the process limit names that limit."""
    result, output = run(tmp_path, "for i in $(seq 50); do sleep 5 & done; wait", limits=replace(LIMITS, processes=10))
    assert result.exit_code == 2
    assert "Cannot fork" in output
    assert result.detail in {"reached the limit of 10 processes", ""}  # rlimits do not tell


def test_memory_of_one_process_is_held(tmp_path: Path) -> None:
    """A process that takes more than the limit is killed, and the result has the numbers."""
    result, _ = run(tmp_path, "\nx = b'x' * (10**9)\nimport time\ntime.sleep(60)\n")
    assert result.ending is JobEnding.MEMORY
    assert result.detail.endswith(" of 100 MB")


def test_memory_of_many_processes_is_held(tmp_path: Path) -> None:
    """Eight processes that are each below the limit are killed because of their sum."""
    attack = """
import os, time
for _ in range(8):
    if os.fork() == 0:
        held = b"x" * (40 * 10**6)
        time.sleep(60)
time.sleep(60)
"""
    result, _ = run(tmp_path, attack)
    assert result.ending is JobEnding.MEMORY


@needs_memory_group
def test_memory_files_are_held(tmp_path: Path) -> None:
    """Memory that no process maps counts too."""
    attack = """
import os
files = [os.memfd_create(str(n)) for n in range(50)]
for file in files:
    os.write(file, bytes(5 * 10**6))
"""
    result, _ = run(tmp_path, attack)
    assert result.ending is JobEnding.MEMORY


@needs_memory_group
def test_private_file_systems_are_held(tmp_path: Path) -> None:
    """Files in the private temporary folders count as memory."""
    fill = "i=0; while :; do i=$((i+1)); head -c 9000000 /dev/zero > /dev/shm/$i || sleep 60; done"
    result, _ = run(tmp_path, fill)
    assert result.ending is JobEnding.MEMORY


def test_disk_cannot_be_filled(tmp_path: Path) -> None:
    """Many files that are each below the limit are counted together; what was written stays near the limit."""
    result, _ = run(tmp_path, "i=0; while :; do i=$((i+1)); head -c 1000000 /dev/zero > $i; done")
    assert result.ending is JobEnding.DISK
    assert result.detail.endswith("on disk of 10 MB")


def test_sparse_file_is_refused(tmp_path: Path) -> None:
    """A file larger than the limit cannot be created, with or without holes."""
    result, _ = run(tmp_path, "exec truncate -s 1T big")
    assert result.ending is JobEnding.DISK
    assert (tmp_path / "job0/big").stat().st_size == 0


def test_inodes_cannot_be_used_up(tmp_path: Path) -> None:
    """Empty files count."""
    result, _ = run(tmp_path, "\nn = 0\nwhile True:\n    n += 1\n    open(str(n), 'w').close()\n")
    assert (result.ending, result.detail) == (JobEnding.DISK, "ended with more than 500 files")


def test_endless_nesting_is_ended(tmp_path: Path) -> None:
    """A tree too deep to walk is the job's fault."""
    attack = "\nimport os, time\nfor _ in range(400):\n    os.mkdir('d')\n    os.chdir('d')\ntime.sleep(60)\n"
    result, _ = run(tmp_path, attack, limits=replace(LIMITS, disk_bytes=10**9, files=10**6))
    assert (result.ending, result.detail) == (JobEnding.DISK, "ended with folders nested deeper than 128")


def test_daemon_is_ended(tmp_path: Path) -> None:
    """A process that left its session and its parents is gone after the run."""
    attack = """
import os, time
alive = os.open("alive", os.O_WRONLY)
if os.fork() == 0:
    os.setsid()
    if os.fork() == 0:
        os.write(alive, b"x")
        time.sleep(60)
    os._exit(0)
os.wait()
"""
    job = make_job(tmp_path, attack)
    with lifeline(Path(job.folder)) as alive:
        assert asyncio.run(jail().run(job)).exit_code == 0
        os.read(alive, 100)
        assert os.read(alive, 1) == b""


def test_sibling_cannot_be_killed_or_traced(tmp_path: Path) -> None:
    """A job in another slot neither sees, signals nor traces a job."""
    victim = make_job(tmp_path, "echo > alive; read -r line < go; exit 7", slot=0)
    os.mkfifo(Path(victim.folder) / "go")
    attack = """
import ctypes, os
libc = ctypes.CDLL(None, use_errno=True)
for pid in range(2, 40000):
    if pid != os.getpid():
        if libc.ptrace(16, pid, 0, 0) == 0:
            print("traced", pid)
        if pid != os.getppid() and libc.kill(pid, 9) == 0:
            print("killed", pid)
try:
    os.kill(-1, 9)
except OSError:
    pass
"""
    attacker = make_job(tmp_path, attack, slot=1)

    async def both(started: int) -> tuple[JobResult, JobResult]:
        first = asyncio.create_task(jail().run(victim))
        seen = asyncio.ensure_future(anyio.wait_readable(started))
        await asyncio.wait((first, seen), return_when=asyncio.FIRST_COMPLETED)
        assert seen.done(), first.result()
        second = await jail().run(attacker)
        go = os.open(Path(victim.folder) / "go", os.O_RDWR)
        os.write(go, b"\n")
        result = await first
        os.close(go)
        return result, second

    with lifeline(Path(victim.folder)) as started:
        spared, _ = asyncio.run(both(started))
    assert (spared.ending, spared.exit_code) == (JobEnding.EXITED, 7)
    assert Path(attacker.output).read_text() == ""


CALLS = {  # name: (number on x86_64, on aarch64, first argument, errno)
    "io_uring_setup": (425, 425, 8, "ENOSYS"),
    "clone3": (435, 435, 0, "ENOSYS"),
    "userfaultfd": (323, 282, 0, "EPERM"),
    "unshare a user namespace": (272, 97, 0x10000000, "EPERM"),
    "clone a user namespace": (56, 220, 0x10000011, "EPERM"),
    "clone a network namespace": (56, 220, 0x40000011, "EPERM"),
    "ptrace": (101, 117, 0, "EPERM"),
    "keyctl": (250, 219, 0, "EPERM"),
    "bpf": (321, 280, 0, "EPERM"),
    "perf_event_open": (298, 241, 0, "EPERM"),
    "mount": (165, 40, 0, "EPERM"),
    "open_by_handle_at": (304, 265, 0, "EPERM"),
    "kexec_load": (246, 104, 0, "EPERM"),
    "x32 getpid": (0x40000027, None, 0, "ENOSYS"),
}


@pytest.mark.parametrize("call", CALLS)
def test_dangerous_system_calls_are_refused(tmp_path: Path, call: str) -> None:
    """The filter refuses the call itself, whatever rights the job has."""
    x86_64, aarch64, argument, error = CALLS[call]
    number = x86_64 if MACHINE == "x86_64" else aarch64
    if number is None:
        pytest.skip("this machine has no such call")
    _, output = run(
        tmp_path,
        f"""
import ctypes, errno
libc = ctypes.CDLL(None, use_errno=True)
print(libc.syscall(ctypes.c_long({number}), ctypes.c_long({argument}), 0, 0, 0, 0), errno.errorcode.get(ctypes.get_errno()))
""",
    )
    assert output == f"-1 {error}\n"


SET_ID = """
import ctypes, errno, os, platform, socket, stat
from ctypes import c_char_p, c_int, c_long, c_uint
libc, here = ctypes.CDLL(None, use_errno=True), -100
x86 = platform.machine() == "x86_64"
def call(number, *arguments):
    ctypes.set_errno(0)
    return libc.syscall(c_long(number), *arguments), errno.errorcode.get(ctypes.get_errno(), "")
os.umask(0)
open("file", "w").close()
file, create, tmpfile = os.open("file", os.O_RDWR), os.O_CREAT | os.O_WRONLY, 0o20200000 | os.O_WRONLY
how = (ctypes.c_uint64 * 3)(create, 0o4755, 0)
for bits in (0o4755, 0o2755, 0o6755):
    mode = c_uint(bits)
    tries = {
        "fchmod": (91 if x86 else 52, c_int(file), mode),
        "fchmodat": (268 if x86 else 53, c_int(here), b"file", mode),
        "fchmodat2": (452, c_int(here), b"file", mode, c_int(0)),
        "openat": (257 if x86 else 56, c_int(here), b"a", c_int(create), mode),
        "tmpfile": (257 if x86 else 56, c_int(here), b".", c_int(tmpfile), mode),
        "openat2": (437, c_int(here), b"b", ctypes.byref(how), c_long(24)),
        "mknodat": (259 if x86 else 33, c_int(here), b"c", c_uint(stat.S_IFREG | bits), c_int(0)),
    }
    if x86:
        tries |= {
            "chmod": (90, b"file", mode),
            "open": (2, b"d", c_int(create), mode),
            "creat": (85, b"e", mode),
            "mknod": (133, b"f", c_uint(stat.S_IFREG | bits), c_int(0)),
        }
    for name, (number, *arguments) in tries.items():
        print(name, *call(number, *arguments))
    os.mkdir(f"folder{bits}", bits)
os.mkdir("setgid")
print("found", [e.name for e in os.scandir(".") if e.stat().st_mode & 0o6000])
"""


def test_no_file_gets_the_rights_of_its_owner(tmp_path: Path) -> None:
    """No call makes a set-user-id or set-group-id file: outside the jail it would be a program with our rights."""
    result, output = run(tmp_path, SET_ID)
    *tries, found = output.splitlines()
    assert result.exit_code == 0 and found == "found []", output
    assert {line.split(maxsplit=1)[1] for line in tries if "openat2" not in line} == {"-1 EPERM"}, output
    assert {line.split(maxsplit=1)[1] for line in tries if "openat2" in line} == {"-1 ENOSYS"}, output
    assert not [path for path in (tmp_path / "job0").rglob("*") if path.stat().st_mode & 0o6000]


def test_modes_without_these_bits_are_free(tmp_path: Path) -> None:
    """Tools that copy, unpack and install files with their modes work as ever."""
    tools = (
        "set -e; mkdir -m 1777 a; install -m 755 /bin/true a/true; chmod 640 a/true; chmod u+x,g-w,+t a; cp -a a b; "
        "tar cf a.tar a; mkdir c; tar xpf a.tar -C c; python3 -c \"import shutil; shutil.copytree('a', 'd')\"; "
        "mktemp -d here.XXXX; python3 -m venv --without-pip v; v/bin/python -c 'print(6 * 7)'"
    )
    result, output = run(tmp_path, tools)
    assert result.exit_code == 0 and output.endswith("42\n"), output


def test_no_user_namespace_inside(tmp_path: Path) -> None:
    """A job cannot become root in its own namespace."""
    result, output = run(tmp_path, "unshare --user --map-root-user id -u")
    assert result.exit_code != 0
    assert output.strip() != "0"


def test_no_rights_are_left(tmp_path: Path) -> None:
    """A job has no capability, can gain none, and is a user that owns nothing on the host."""
    _, output = run(tmp_path, "grep -E '^(Cap|NoNewPrivs|Seccomp:|Groups|Uid)' /proc/self/status")
    status = dict(line.split(":\t", 1) for line in output.splitlines())
    assert {status[name] for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb")} == {"0" * 16}
    assert (status["NoNewPrivs"], status["Seccomp"]) == ("1", "2")
    if os.geteuid() == 0:
        assert status["Uid"].split()[0] == "1900000000"
        assert status["Groups"].strip() == ""


def test_frozen_file_cannot_be_changed_through_links(tmp_path: Path) -> None:
    """Neither a hard nor a symbolic link leads to writing a file that the job may read."""
    frozen = tmp_path / "frozen"
    frozen.mkdir()
    evaluator = frozen / "score.py"
    evaluator.write_text("real")
    evaluator.chmod(0o666)
    attack = f"""
import os
os.symlink("{evaluator}", "soft")
attempts = [
    lambda: os.link("{evaluator}", "hard"),
    lambda: open("soft", "w"),
    lambda: os.rename("{evaluator}", "mine"),
    lambda: os.chmod("soft", 0),
]
for attempt in attempts:
    try:
        attempt()
        print("done")
    except OSError:
        pass
"""
    result, output = run(tmp_path, attack, readable=(str(frozen),))
    assert (result.exit_code, output) == (0, "")
    assert (evaluator.read_text(), evaluator.stat().st_nlink) == ("real", 1)


def test_link_to_the_outside_leads_nowhere(tmp_path: Path) -> None:
    """A link out of the folder that was there from the start is not followed to the host."""
    (tmp_path / "holdout").write_text(SECRET)
    job = make_job(tmp_path, "cat link; cat ../../../../../..${PWD}/link")
    (Path(job.folder) / "link").symlink_to(tmp_path / "holdout")
    result = asyncio.run(jail().run(job))
    assert result.exit_code == 1
    assert SECRET not in Path(job.output).read_text()


def test_no_descriptor_is_inherited(tmp_path: Path) -> None:
    """A job has its three standard streams and no other descriptor of ours, even if marked inheritable."""
    (tmp_path / "holdout").write_text(SECRET)
    with (tmp_path / "holdout").open() as file:
        os.set_inheritable(file.fileno(), True)
        _, output = run(tmp_path, "for d in /proc/self/fd/*; do timeout 1 head -c 99 <$d; done < /dev/null; ls /proc/self/fd")
    numbers = [line for line in output.splitlines() if line.isdigit()]
    assert numbers == ["0", "1", "2", "3"], output  # 3 is the folder that `ls` reads, last: `head <1` takes what is in the pipe
    assert SECRET not in output


def test_spin_is_ended(tmp_path: Path) -> None:
    """A job that never ends is ended at its wall limit, and the result has the numbers."""
    result, _ = run(tmp_path, "trap '' TERM INT HUP; while :; do :; done", limits=replace(LIMITS, wall_s=1.0))
    assert result.ending is JobEnding.WALL
    assert result.detail.endswith(" s of 1 s")
    assert result.cpu_s > 0.02  # of a second, which it shares with whatever else runs


def test_endless_output_is_cut(tmp_path: Path) -> None:
    """A job that prints without end, from many processes, is ended; the file stays at the limit."""
    result, output = run(tmp_path, "for i in 1 2 3 4; do yes & done; wait")
    assert result.ending is JobEnding.OUTPUT
    assert len(output) == LIMITS.output_bytes


def test_machine_failure_cannot_be_forged(tmp_path: Path) -> None:
    """A job that imitates bwrap, and signals the first process of its namespace, still has only an exit code."""
    attack = "echo 'bwrap: Creating new namespace failed' >&2; kill -9 1; kill -9 -1; echo x > /proc/1/fd/2; exit 1"
    result, _ = run(tmp_path, attack)
    assert (result.ending, result.exit_code) == (JobEnding.EXITED, 1)


def test_environment_cannot_carry_options(tmp_path: Path) -> None:
    """A NUL character in a value does not become an option of bwrap."""
    with pytest.raises(SandboxError, match="NUL"):
        run(tmp_path, "true", environment={"A": "x\0--bind\0/\0/host"})


@pytest.mark.parametrize("path", ["/", "/proc", "/run", "/var", "/dev/shm", "/sys/fs/cgroup", "relative"])
def test_host_cannot_be_opened_as_readable(tmp_path: Path, path: str) -> None:
    """Paths that lead to other processes, devices and sockets are refused, even in a program that the user wrote."""
    with pytest.raises(SandboxError, match="may not read"):
        run(tmp_path, "true", readable=(path,))
