"""Starts a job's first process, holds it back until it is limited, and waits for its end.

The process we start is a shell that dies with us, waits for our signal, joins its control groups and only then becomes bwrap
or the job. The last shell before the job, the same one if there is no bwrap, reports on a separate channel that the job
begins. Without that report a failure is the machine's, and never looks like an exit code of the job.

Does not cover: a thread that ends before the job does (the job dies with the thread that started it, so run the event loop
in a thread that stays); the job's descendants (see `cgroup.py` and bwrap's pid namespace).
"""

import os
import resource
import shutil
import signal
import subprocess
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cache

import anyio

from overnight.errors import SandboxError
from overnight.jail.owner import owner_tag
from overnight.jail.processes import children
from overnight.jail.tie import Tie
from overnight.words.foreign import printable

SYSTEM_PATH = "/usr/bin:/bin:/usr/sbin:/sbin"  # where the jail's tools are looked up, never the user's PATH
SHELL = "/bin/sh"
_BEGUN = b"begun\n"
_GO = b"go\n"
# read takes no byte past the end of the line, so the rest of standard input goes to the job.
_WAIT_AND_JOIN = 'read -r word || exit; while [ "$1" != -- ]; do echo 0 >"$1" || exit; shift; done; shift; '
_GO_ON = 'exec "$@"'
# If nobody reads the report any more, the job does not begin.
_BEGIN = f'echo {_BEGUN.decode().strip()} >&2 || exit; exec "$@" 2>&1'
_BEGINNING = [SHELL, "-c", _BEGIN, "sh"]
_HOST = '"$@"; exit $?'
_COMPLAINT_BYTES = 2000
_COMPLAINT_SHOWN = 300  # characters
_SHELL_SIGNAL_BASE = 128  # sh and bwrap turn death by signal n into the exit code 128 + n


@cache
def find_tool(name: str, package: str) -> str:
    """The absolute path of a system tool.

    Raises:
        SandboxError: it is not installed.
    """
    if found := shutil.which(name, path=SYSTEM_PATH):
        return found
    raise SandboxError(f"{name} is not installed", fix=install_command(package))


def install_command(package: str) -> str:
    """The command that installs a package here."""
    manager = next((m for m in ("apt-get", "dnf", "zypper", "pacman", "apk") if shutil.which(m, path=SYSTEM_PATH)), "apt-get")
    verb = {"pacman": "-S", "apk": "add"}.get(manager, "install")
    return f"{'' if os.geteuid() == 0 else 'sudo '}{manager} {verb} {package}"


def job_argv(command: str, tie: Sequence[str] = ()) -> list[str]:
    """The end of every argument vector: reports that the job begins, then becomes, through `tie`, the shell that runs it."""
    return [*_BEGINNING, *tie, SHELL, "-c", command]


def init_argv(argv: Sequence[str]) -> list[str]:
    """The first process of a pid namespace: runs a program, adopts orphans meanwhile, and exits with the program's code."""
    return [SHELL, "-c", _HOST, owner_tag(), *argv]


@dataclass(frozen=True, slots=True, kw_only=True)
class Launch:
    """What to start, and under which limits."""

    argv: Sequence[str]  # ends with `job_argv`
    folder: str
    environment: Mapping[str, str]
    joins: Sequence[str] = ()  # control group files, see `cgroup.py`
    rlimits: Mapping[int, int] = field(default_factory=dict)
    cpus: Sequence[int] | None = None
    descriptors: Sequence[int] = ()  # passed on under the same numbers; we close our copies
    stdin: bytes = b""
    tie: Tie = field(default_factory=Tie)  # its descriptors are passed on too


@dataclass(frozen=True, slots=True, kw_only=True)
class Exit:
    """How the first process ended."""

    code: int  # negative: a signal
    cpu_s: float  # including all descendants that were waited for


class Child:
    """The first process of a job, and our ends of its pipes."""

    def __init__(self, launch: Launch) -> None:
        """Start it; it waits for `release`.

        Raises:
            SandboxError: it cannot be started.
        """
        stdin, self._stdin = os.pipe()
        self.output, output = os.pipe()
        self._channel, channel = os.pipe()
        self._ours = {self._stdin, self.output, self._channel}
        then, argv = _GO_ON, list(launch.argv)
        if argv[: len(_BEGINNING)] == _BEGINNING:  # nothing is between the two shells, so one does
            then, argv = _BEGIN, argv[len(_BEGINNING) :]
        try:
            self._process = subprocess.Popen(
                [
                    *(find_tool("setpriv", "util-linux"), "--pdeathsig", "KILL", "--"),
                    *(SHELL, "-c", _WAIT_AND_JOIN + then, "sh", *launch.joins, "--"),
                    *argv,
                ],
                env=launch.environment,
                cwd=launch.folder,
                stdin=stdin,
                stdout=output,
                stderr=channel,
                pass_fds=(*launch.descriptors, *launch.tie.descriptors),
                start_new_session=True,
            )
        except (OSError, ValueError) as error:  # ValueError: a NUL character in the command
            self._close(*self._ours)
            raise SandboxError(f"a job cannot be started: {error}") from error
        finally:
            for theirs in (stdin, output, channel):
                os.close(theirs)
        for ours in self._ours:
            os.set_blocking(ours, False)
        self.pid = self._process.pid
        self._pidfd = os.pidfd_open(self.pid)
        self._ours.add(self._pidfd)
        self._unsent = memoryview(b"")

    def release(self, launch: Launch) -> None:
        """Limit it and let it run.

        Raises:
            SandboxError: a limit cannot be set.
        """
        try:
            for kind, most in launch.rlimits.items():
                _, hard = resource.prlimit(self.pid, kind)
                lowered = most if hard == resource.RLIM_INFINITY else min(most, hard)
                resource.prlimit(self.pid, kind, (lowered, lowered))
            if launch.cpus is not None:
                os.sched_setaffinity(self.pid, launch.cpus)
        except OSError as error:
            raise SandboxError(f"a job cannot be limited: {error}") from error
        self._unsent = memoryview(_GO + launch.stdin)
        self._send()

    async def feed(self) -> None:
        """Send what did not fit into standard input at once."""
        while self._unsent:
            await anyio.wait_writable(self._stdin)
            self._send()

    async def exited(self) -> None:
        """Return when the process has ended; it is not yet waited for, so its pid is not reused."""
        await anyio.wait_readable(self._pidfd)

    def kill_init(self) -> None:
        """Kill the first process of the jail, and with it all others there; if there is none yet, kill bwrap itself."""
        for init in children(self.pid):
            with suppress(ProcessLookupError):
                descriptor = os.pidfd_open(init)
                try:
                    if init in children(self.pid):  # the pid is still that of bwrap's child
                        signal.pidfd_send_signal(descriptor, signal.SIGKILL)
                        return
                finally:
                    os.close(descriptor)
        self.kill_process_group()

    def kill_process_group(self) -> None:
        """Kill every process that has not left the process group in which the job began."""
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)

    def complaint(self) -> str | None:
        """Why the job did not begin; None if it did. Call it after the end."""
        with suppress(BlockingIOError):
            text = os.read(self._channel, _COMPLAINT_BYTES)
            return None if _BEGUN in text else printable(text.decode(errors="replace").strip(), _COMPLAINT_SHOWN)
        return ""

    def reap(self) -> Exit:
        """Wait for the ended process; its pid is free from now on."""
        _, status, used = os.wait4(self.pid, 0)
        code = os.waitstatus_to_exitcode(status)
        self._process.returncode = code  # otherwise Popen waits for it again
        return Exit(code=_signal_or_code(code), cpu_s=used.ru_utime + used.ru_stime)

    def close(self) -> None:
        """Close our ends of its pipes."""
        self._close(*self._ours)

    def _send(self) -> None:
        try:
            self._unsent = self._unsent[os.write(self._stdin, self._unsent) :]
        except BlockingIOError:
            return
        except BrokenPipeError:  # it closed its standard input, or is gone
            self._unsent = memoryview(b"")
        if not self._unsent:
            self._close(self._stdin)

    def _close(self, *descriptors: int) -> None:
        for descriptor in descriptors:
            self._ours.remove(descriptor)
            os.close(descriptor)


def _signal_or_code(code: int) -> int:
    name = code - _SHELL_SIGNAL_BASE
    return -name if name > 0 and name in signal.valid_signals() else code
