"""What works on this machine: each probe tries one thing in a real jail and says how to fix it if it does not work.

Does not cover: attacks (see the test suite); GPUs (see `machines/gpus/probe.py`); whether limits hold
for jobs with `--sandbox process`.
"""

import os
import platform
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

from overnight.errors import SandboxError
from overnight.files.search_path import absolute_entries
from overnight.jail.checkout import NO_CHECKOUT, Checkout
from overnight.jail.jail import JailExecutor, bwrap_version, find_bwrap
from overnight.jail.job import Job, JobEnding, JobResult, Limits
from overnight.jail.launch import install_command
from overnight.jail.planted import SearchFailed, find_secrets
from overnight.words.foreign import printable

OLDEST_PYTHON = (3, 11)
OLDEST_GIT = (2, 39)
_LIMITS = Limits(wall_s=20.0, memory_bytes=50 * 1000**2, disk_bytes=5 * 1000**2, processes=16, output_bytes=100_000)
_SHOWN = 200  # characters of foreign text in a detail
_SPIN_S = 0.5
_CPU_SLACK = 1.3  # a quota counts in slices, so usage may exceed it by part of one
_SHOWN_ELSEWHERE = "take the folder around that off PATH"
_DELEGATE = "start overnight with its own control groups: systemd-run --user --scope -p Delegate=yes overnight ..."


@dataclass(frozen=True, slots=True, kw_only=True)
class Probe:
    """One thing that should hold here."""

    name: str
    holds: bool
    detail: str
    fix: str = ""  # empty if it holds


async def probe(checkout: Checkout = NO_CHECKOUT) -> tuple[Probe, ...]:
    """Try everything that overnight relies on, for jobs on this checkout; takes about two seconds."""
    return tuple(found if not found.holds else replace(found, fix="") for found in await _probe_all(checkout))


async def _probe_all(checkout: Checkout) -> list[Probe]:
    probes = [_python(), _git(), _bubblewrap()]
    try:
        jail = JailExecutor(
            slots=1,
            cpus_of_slot={0: [min(os.sched_getaffinity(0))]},
            search_path=os.environ.get("PATH", os.defpath),
            checkout=checkout,
        )
    except SandboxError as error:
        probes.append(Probe(name="namespaces", holds=False, detail=str(error.args[0]), fix=error.fix))
        return [*probes, *(Probe(name=name, holds=False, detail="not tried: there is no jail") for name in _IN_JAIL)]
    who = "as a separate user" if os.geteuid() == 0 else "in a user namespace"
    probes.append(Probe(name="namespaces", holds=True, detail=f"jobs run {who}"))
    return [*probes, *[await _tried(name, jail) for name in _IN_JAIL]]


async def _tried(name: str, jail: JailExecutor) -> Probe:
    try:
        return await _IN_JAIL[name](name, jail)
    except SandboxError as error:
        return Probe(name=name, holds=False, detail=str(error.args[0]), fix=error.fix)


def _python() -> Probe:
    holds = sys.version_info >= OLDEST_PYTHON
    return Probe(
        name="python",
        holds=holds,
        detail=f"{platform.python_version()} at {sys.executable}",
        fix=_newer("python3", OLDEST_PYTHON),
    )


def _git() -> Probe:
    path = shutil.which("git", path=":".join(absolute_entries(os.environ.get("PATH", os.defpath))))
    if path is None:
        return Probe(name="git", holds=False, detail="not found on PATH", fix=install_command("git"))
    printed = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout
    found = re.search(r"(\d+)\.(\d+)[\w.]*", printed)
    holds = found is not None and (int(found[1]), int(found[2])) >= OLDEST_GIT
    return Probe(name="git", holds=holds, detail=f"{found[0] if found else 'unknown'} at {path}", fix=_newer("git", OLDEST_GIT))


def _bubblewrap() -> Probe:
    try:
        path = find_bwrap()
    except SandboxError as error:
        return Probe(name="bubblewrap", holds=False, detail=str(error.args[0]), fix=error.fix)
    return Probe(name="bubblewrap", holds=True, detail=f"{bwrap_version(path)} at {path}")


def _newer(package: str, oldest: tuple[int, int]) -> str:
    return f"{install_command(package)} (version {'.'.join(map(str, oldest))} or newer)"


async def _system_calls(name: str, jail: JailExecutor) -> Probe:
    result, output = await _run(jail, "grep Seccomp: /proc/self/status; unshare --user true")
    holds = result.exit_code != 0 and "\t2\n" in output and "Operation not permitted" in output
    return Probe(name=name, holds=holds, detail="a forbidden call is refused" if holds else f"not refused: {_line(output)}")


async def _network(name: str, jail: JailExecutor) -> Probe:
    _, output = await _run(jail, "readlink /proc/self/ns/net; tail -n +3 /proc/net/dev | cut -d: -f1")
    namespace, *interfaces = output.split()
    holds = namespace != os.readlink("/proc/self/ns/net") and interfaces == ["lo"]  # noqa: PTH115  # no path, a name
    return Probe(name=name, holds=holds, detail=f"a job has only its own {', '.join(interfaces)}" if holds else _line(output))


async def _memory(name: str, jail: JailExecutor) -> Probe:
    result, output = await _run(jail, "head -c 150000000 /dev/zero | tail -c 149999999 > /dev/null; sleep 9")
    if result.ending is not JobEnding.MEMORY:
        return Probe(name=name, holds=False, detail=f"not ended at its limit: {_line(output)}", fix=_DELEGATE)
    if "memory" not in jail.groups.controllers:
        gap = "only checked ten times a second, and memory files are not counted: no control group is available"
        return Probe(name=name, holds=False, detail=f"{result.detail}, but {gap}", fix=_DELEGATE)
    return Probe(name=name, holds=True, detail=result.detail)


async def _processes(name: str, jail: JailExecutor) -> Probe:
    _, output = await _run(jail, "for i in $(seq 40); do sleep 1 & done")
    holds = "fork" in output
    how = "by control group" if "pids" in jail.groups.controllers else "by user"
    return Probe(
        name=name, holds=holds, detail=f"limited {how}" if holds else f"40 processes of {_LIMITS.processes}", fix=_DELEGATE
    )


async def _cpus(name: str, jail: JailExecutor) -> Probe:
    result, _ = await _run(jail, "(while :; do :; done) & while :; do :; done", limits=replace(_LIMITS, wall_s=_SPIN_S))
    share = result.cpu_s / result.wall_s
    _, output = await _run(jail, "taskset -pc 0-1023 $$ > /dev/null 2>&1; grep Cpus_allowed_list: /proc/self/status")
    stays = output.split()[-1:] == [str(min(os.sched_getaffinity(0)))]
    detail = f"two busy processes got {share:.1f} processors of 1, which a job can{'not' if stays else ''} leave"
    return Probe(name=name, holds=stays and share < _CPU_SLACK, detail=detail, fix=_DELEGATE)


async def _disk(name: str, jail: JailExecutor) -> Probe:
    result, _ = await _run(jail, "for i in 1 2 3; do head -c 4000000 /dev/zero > $i; done; sleep 9")
    holds = result.ending is JobEnding.DISK
    return Probe(name=name, holds=holds, detail=result.detail if holds else "not ended at its limit")


async def _home(name: str, jail: JailExecutor) -> Probe:
    home = Path.home()
    _, output = await _run(jail, f"ls -A {shlex.quote(str(home))} 2> /dev/null")
    shown = {Path(folder).relative_to(home).parts[0] for folder in jail.reach.folders if Path(folder).is_relative_to(home)}
    holds = set(output.splitlines()) <= shown
    inside = [folder for folder in jail.reach.folders if Path(folder).is_relative_to(home)]
    detail = f"hidden except for {', '.join(inside)}" if inside else "hidden"
    return Probe(name=name, holds=holds, detail=detail if holds else f"a job sees {_line(output)}")


async def _repository(name: str, jail: JailExecutor) -> Probe:
    checkout = jail.reach.checkout
    if not checkout.toplevels:
        return Probe(name=name, holds=True, detail="not tried: this folder is in no repository")
    try:
        found = await find_secrets(jail, checkout)
    except SearchFailed as failed:
        return Probe(name=name, holds=False, detail=str(failed))
    shown = [folder for folder in jail.reach.folders if checkout.inside(folder) is not None]
    detail = f"hidden except for {', '.join(shown)}" if shown else "hidden"
    return Probe(name=name, holds=not found, detail=f"a job sees {', '.join(found)}" if found else detail, fix=_SHOWN_ELSEWHERE)


async def _interpreter(name: str, jail: JailExecutor) -> Probe:
    for python in jail.reach.pythons or ("python3",):
        result, output = await _run(jail, f"{shlex.quote(python)} -c 'import sys, json, ctypes; print(sys.version.split()[0])'")
        if result.exit_code != 0:
            fix = f"chmod -R o+rX {Path(python).parents[1]}" if os.geteuid() == 0 else ""
            return Probe(name=name, holds=False, detail=f"{python} does not run in the jail: {_line(output)}", fix=fix)
    return Probe(name=name, holds=True, detail=f"{python} {output.strip()} runs in the jail")


async def _run(jail: JailExecutor, command: str, *, limits: Limits | None = None) -> tuple[JobResult, str]:
    with TemporaryDirectory(prefix="overnight-") as place:
        folder, output = Path(place) / "job", Path(place) / "output"
        folder.mkdir()
        result = await jail.run(Job(command=command, folder=folder, output=output, limits=limits or _LIMITS))
        return result, output.read_text(errors="replace")


def _line(output: str) -> str:
    return printable(output.strip(), _SHOWN)


_IN_JAIL: dict[str, Callable[[str, JailExecutor], Awaitable[Probe]]] = {
    "system calls": _system_calls,
    "network": _network,
    "memory limit": _memory,
    "process limit": _processes,
    "cpu limit": _cpus,
    "disk limit": _disk,
    "home folder": _home,
    "repository": _repository,
    "interpreter": _interpreter,
}
