"""The jail: each job has its own namespaces, minimal read-only root, system call filter and control group.

If we are root, a job runs as its own user, which is only a number; otherwise as our user in a user namespace. The chain of
processes is: bwrap, which dies with us; a shell, the first process of the pid namespace, which dies with bwrap and whose end
makes the kernel kill all others there; the job. So bwrap does not end before every process of the job is gone.

Does not cover: a kernel exploit; side channels between jobs that share a processor; the contents of the job's folder and of
`readable` (the job can read all of it); limits for which no control group is available (`probe` in `doctor.py` reports them).
"""

import os
import re
import shlex
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

from overnight.errors import SandboxError
from overnight.files.folders import write_all
from overnight.jail.bubblewrap import Identity, build_arguments, identify
from overnight.jail.cgroup import ControlGroup, ControlGroups
from overnight.jail.checkout import NO_CHECKOUT, Checkout
from overnight.jail.job import FOLDER, Job, JobResult, Limits
from overnight.jail.launch import Child, Launch, find_tool, init_argv, install_command, job_argv
from overnight.jail.owner import sweep_processes
from overnight.jail.port import Link, OutputMonitor
from overnight.jail.reach import find_reach
from overnight.jail.rlimits import rlimits
from overnight.jail.seccomp import build_filter
from overnight.jail.supervise import supervise
from overnight.jail.tie import Tie, system_python, tied
from overnight.jail.work_folder import hand_over
from overnight.words.foreign import printable

_OLDEST = (0, 8)  # bubblewrap: --size and --disable-userns
_PROOF_TIMEOUT_S = 20.0
_DROP = ("--clear-groups", "--inh-caps=-all", "--bounding-set=-all")
# Switches by which some systems deny us user namespaces: the name, the value that denies, and the command that allows them.
_SWITCHES = (
    ("kernel/unprivileged_userns_clone", "0", "sudo sysctl -w kernel.unprivileged_userns_clone=1"),
    ("kernel/apparmor_restrict_unprivileged_userns", "1", "sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0"),
    ("user/max_user_namespaces", "0", "sudo sysctl -w user.max_user_namespaces=15000"),
)


class JailExecutor:
    """The port `Executor`, in bubblewrap."""

    name = "jail"

    def __init__(
        self,
        *,
        slots: int,
        cpus_of_slot: Mapping[int, Sequence[int]] | None = None,
        search_path: str,
        checkout: Checkout = NO_CHECKOUT,
        environment: str = "",
    ) -> None:
        """Make sure that the jail works, and remove what a killed run left.

        Args:
            slots: the slots of jobs are 0 to `slots` - 1.
            cpus_of_slot: the processors that the jobs of a slot are pinned to.
            search_path: the user's PATH; jobs see what it finds, see `reach.py`.
            checkout: the repository that jobs work on, and so must not see.
            environment: a folder of programs and packages that come before those of PATH.

        Raises:
            SandboxError: the jail does not work here; the error says how to fix it.
        """
        self._slots = slots
        self._cpus_of_slot = cpus_of_slot or {}
        self._bwrap = find_bwrap()
        self._machine = os.uname().machine
        self.reach = find_reach(search_path, Path.home(), checkout, environment=environment)
        self._python = next(iter(self.reach.pythons), None) or system_python()
        self._prove()
        sweep_processes(self._bwrap)
        self.groups = ControlGroups(confined=True)

    def folder_of(self, folder: Path) -> str:  # noqa: ARG002  # the same for every job
        """Where a job finds its own folder."""
        return FOLDER

    async def run(self, job: Job, link: Link | None = None, monitor: OutputMonitor | None = None) -> JobResult:
        """Run the job to its end; whatever it does, none of its processes is left behind."""
        if not 0 <= job.slot < self._slots:
            raise ValueError(f"slot {job.slot} of {self._slots}")
        identity = identify(job.slot)
        contents = hand_over(Path(job.folder), identity.uid if identity.dropped else None)
        cpus = self._cpus_of_slot.get(job.slot)
        own_network = job.limits.network != "host"
        with tied(link, self._python, own_network=own_network) as tie:
            async with self.groups.group(job.limits, cpus, forget=job.forget) as group:
                with self._launch(job, identity, group, cpus, tie) as launch:
                    return await supervise(job, launch, group, contents, Child.kill_init, monitor=monitor)

    @contextmanager
    def _launch(
        self, job: Job, identity: Identity, group: ControlGroup | None, cpus: Sequence[int] | None, tie: Tie
    ) -> Iterator[Launch]:
        """How a job is started; its descriptors are closed at the end."""
        with ExitStack() as descriptors:
            files = {path: _in_memory(descriptors, text.encode()) for path, text in identity.files.items()}
            held = group is not None and "cpuset" in group.limited
            filter_fd = _in_memory(descriptors, build_filter(self._machine, pinned=cpus is not None and not held))
            options = build_arguments(job, self.reach, identity, filter_fd=filter_fd, file_fds=files)
            words = "".join(f"{word}\0" for word in options)
            if words.count("\0") != len(options):  # the rest of a word would be a new option
                raise SandboxError("a job's folder, environment or readable path contains a NUL character")
            options_fd = _in_memory(descriptors, os.fsencode(words))
            inner = [*_confine(job, identity, group), *job_argv(job.command, tie.argv)]
            yield Launch(
                # By descriptor, so that neither `ps` outside nor /proc/1 inside shows the environment or our paths.
                argv=[self._bwrap, "--args", str(options_fd), "--", *init_argv(inner)],
                folder="/",
                environment={},  # bwrap's own would be readable inside, at /proc/1/environ
                joins=group.joins if group else (),
                rlimits=rlimits(job.limits),
                cpus=cpus,
                descriptors=(options_fd, filter_fd, *files.values()),
                stdin=job.stdin,
                tie=tie,
            )

    def _prove(self) -> None:
        """Run a first command in the jail.

        Raises:
            SandboxError: the command does not run, runs as the wrong user, or cannot run the user's Python.
        """
        tests = (f"test -r {path} -a -x {path} || echo {path}" for path in map(shlex.quote, self.reach.pythons))
        with TemporaryDirectory(prefix="overnight-") as folder:
            job = Job(command="; ".join(["id -u", *tests]), folder=Path(folder), output=Path(os.devnull), limits=Limits())
            identity = identify(job.slot)
            with self._launch(job, identity, None, None, Tie()) as launch:
                tried = _try(launch)
        uid, *unreadable = tried.stdout.decode(errors="replace").splitlines() or [""]
        if uid != str(identity.uid):
            said = printable((tried.stderr + tried.stdout).decode(errors="replace").strip(), 300)
            raise SandboxError(f"bubblewrap cannot create a jail here: {said}", fix=_fix_namespaces())
        if unreadable:
            fix = f"let other users read it: chmod -R o+rX {Path(unreadable[0]).parents[1]}"
            raise SandboxError(f"jobs run as a separate user, who cannot run {unreadable[0]}", fix=fix)


def _try(launch: Launch) -> subprocess.CompletedProcess[bytes]:
    """Run a launch without limits and wait for it.

    Raises:
        SandboxError: it cannot be started or does not end.
    """
    try:
        return subprocess.run(
            launch.argv,
            env={},
            pass_fds=launch.descriptors,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            timeout=_PROOF_TIMEOUT_S,
            process_group=0,  # a Ctrl-C in the terminal is for us to handle
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise SandboxError(f"bubblewrap cannot create a jail here: {error}") from error


def find_bwrap() -> str:
    """The absolute path of bubblewrap.

    Raises:
        SandboxError: it is missing or too old.
    """
    path = find_tool("bwrap", "bubblewrap")
    version = bwrap_version(path)
    if tuple(int(part) for part in version.split(".")[:2]) < _OLDEST:
        wanted = ".".join(map(str, _OLDEST))
        raise SandboxError(f"bubblewrap {version} is too old: {wanted} or newer is needed", fix=install_command("bubblewrap"))
    return path


def bwrap_version(path: str) -> str:
    """The version of an installed bubblewrap, such as `0.8.0`."""
    command = [path, "--version"]
    printed = subprocess.run(command, env={}, process_group=0, capture_output=True, text=True, check=False).stdout
    found = re.search(r"\d+\.\d+(\.\d+)?", printed)
    return found[0] if found else "0.0"


def _confine(job: Job, identity: Identity, group: ControlGroup | None) -> list[str]:
    """What runs inside before the job: it drops root, and limits processes if no control group does."""
    words = []
    if identity.dropped:
        words = [find_tool("setpriv", "util-linux"), "--reuid", str(identity.uid), "--regid", str(identity.uid), *_DROP, "--"]
    if group and "pids" not in group.limited:
        words += [find_tool("prlimit", "util-linux"), f"--nproc={job.limits.processes}", "--"]
    return words


def _in_memory(stack: ExitStack, content: bytes) -> int:
    """A descriptor from which `content` can be read once."""
    descriptor = os.memfd_create("overnight")
    stack.callback(os.close, descriptor)
    write_all(descriptor, content)
    os.lseek(descriptor, 0, os.SEEK_SET)
    return descriptor


def _fix_namespaces() -> str:
    for name, closed, command in _SWITCHES:
        path = Path("/proc/sys") / name
        if path.exists() and path.read_text().strip() == closed:
            return command
    return "in a container, allow it to create namespaces (docker run --privileged)"
