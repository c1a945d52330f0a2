"""NVIDIA's GPUs, by what `nvidia-smi` prints and which device nodes there are.

Does not cover: MIG devices, the parts of a GPU: a GPU that is split into them is left out.
"""

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from overnight.files.search_path import absolute_entries
from overnight.jail.devices import Devices
from overnight.machines.gpus.gpu import NVIDIA, Found, Gpu, Roots
from overnight.words.foreign import printable

TOOL = "nvidia-smi"
LONGEST_S = 60.0  # a driver without persistence mode wakes every GPU first: seconds for each
ENDING_S = 1.0  # after a SIGKILL
_PASSED_ON = ("LD_LIBRARY_PATH",)  # in some containers the driver's library is found by it alone
_FIELDS = "index,uuid,pci.bus_id,memory.total,memory.used,mig.mode.current,name"
_NO_GPU_CODE = 6  # of nvidia-smi: no devices were found
_MIB = 1024**2
_SHOWN = 200  # characters of what nvidia-smi says
_OTHERS = 3  # lines that are about no GPU
_BUS = re.compile(r"([0-9a-f]{1,8}):([0-9a-f]{2}:[0-9a-f]{2}\.[0-7])")
_NAME = 80  # characters of a GPU's name
_NEEDED, _OPTIONAL = ("nvidiactl", "nvidia-uvm"), ("nvidia-uvm-tools", "nvidia-modeset")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Row:
    index: int
    uuid: str
    bus: str  # as the kernel writes it
    memory_bytes: int
    used_bytes: int
    split: bool  # into MIG devices
    name: str


def find_nvidia(search_path: str, environment: Mapping[str, str], roots: Roots) -> Found:
    """The GPUs of NVIDIA that jobs can be given; takes as long as `nvidia-smi` does."""
    tool = shutil.which(TOOL, path=":".join(absolute_entries(search_path)))
    if tool is None:
        return Found(reasons=(f"{TOOL} is not on PATH",))
    try:
        lines = [line for line in _ask(tool, search_path, environment).splitlines() if line.strip()]
    except _NoAnswer as none:
        return Found(reasons=(str(none),))
    read = [(line, _row(line)) for line in lines]
    rows = [row for _, row in read if row]
    other = [printable(line, _SHOWN) for line, row in read if row is None][:_OTHERS]  # warnings, or a GPU that is lost
    if not rows:
        return Found(reasons=(f"{TOOL} lists no GPU", *(f"it says: {line}" for line in other)))
    if missing := [f"/dev/{name}" for name in _NEEDED if not (roots.dev / name).exists()]:
        reason = f"{TOOL} lists {len(rows)}, but there is no {' and no '.join(missing)}, which CUDA needs"
        return Found(reasons=(f"{reason}: run `nvidia-modprobe -u -c=0`, or any CUDA program once",))
    minors = dict(_minors(rows, roots))
    gpus = [_gpu(row, minors[row.index], roots) for row in rows if row.index in minors and not row.split]
    reasons = [f"GPU {row.index} is split into MIG devices, which cannot be used" for row in rows if row.split]
    reasons += [f"{TOOL} also says: {line}" for line in other]
    reasons += [f"the device node of GPU {row.index} is not in /dev" for row in rows if row.index not in minors]
    return Found(gpus=tuple(gpus), reasons=tuple(reasons))


class _NoAnswer(Exception):  # noqa: N818  # a state
    """The tool did not list GPUs; the message says why."""


def _ask(tool: str, search_path: str, environment: Mapping[str, str]) -> str:
    """What nvidia-smi prints.

    Raises:
        _NoAnswer: it does not start, does not end in time, or fails.
    """
    passed_on = {name: environment[name] for name in _PASSED_ON if name in environment}
    argv = [tool, f"--query-gpu={_FIELDS}", "--format=csv,noheader,nounits"]
    try:
        running = subprocess.Popen(
            argv,
            env={"PATH": search_path, "LC_ALL": "C", **passed_on},
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
    except OSError as error:
        raise _NoAnswer(f"{TOOL} cannot be started: {error}") from error
    try:
        output, _ = running.communicate(timeout=LONGEST_S)
    except subprocess.TimeoutExpired as error:
        raise _NoAnswer(f"{TOOL} did not answer within {LONGEST_S:g} s: the driver may hang, restart the machine") from error
    finally:
        _end(running)
    text = output.decode(errors="replace")
    if running.returncode == _NO_GPU_CODE:
        return ""
    if running.returncode:
        said = printable(" ".join(text.split()), _SHOWN) or "nothing"
        raise _NoAnswer(f"{TOOL} failed with exit code {running.returncode} and said: {said}")
    return text


def _end(running: subprocess.Popen[bytes]) -> None:
    """Kill it with what it started; a process that the driver does not release is not waited for."""
    with suppress(ProcessLookupError):
        os.killpg(running.pid, signal.SIGKILL)
    if running.stdout:
        running.stdout.close()
    with suppress(subprocess.TimeoutExpired):
        running.wait(timeout=ENDING_S)


def _row(line: str) -> _Row | None:
    """A GPU that a line of `nvidia-smi` is about; None if it is not about one that answers."""
    index, uuid, bus, memory, used, mig, name = (line.split(", ", 6) + [""] * 7)[:7]
    at = _BUS.fullmatch(bus.lower())
    if not index.isdecimal() or not uuid.startswith("GPU-") or not at or not name:
        return None
    return _Row(
        index=int(index),
        uuid=printable(uuid, _NAME),
        bus=f"{int(at[1], 16):04x}:{at[2]}",
        memory_bytes=int(memory) * _MIB if memory.isdecimal() else 0,  # one that shares the machine's has none of its own
        used_bytes=int(used) * _MIB if used.isdecimal() else 0,
        split=mig.strip() == "Enabled",
        name=printable(name.strip(), _NAME),
    )


def _minors(rows: Sequence[_Row], roots: Roots) -> Iterator[tuple[int, int]]:
    """The number of each GPU's node by its index; without /proc those are the same, if every GPU has such a node."""
    nodes = {int(path.name[6:]) for path in roots.dev.glob("nvidia[0-9]*") if path.name[6:].isdecimal()}
    known = {row.index: _minor(row, roots) for row in rows}
    alike = all(minor is None for minor in known.values()) and nodes == {row.index for row in rows}
    for index, minor in known.items():
        number = index if alike else minor
        if number in nodes:
            yield index, number


def _minor(row: _Row, roots: Roots) -> int | None:
    with suppress(OSError):
        for line in (roots.proc / "driver/nvidia/gpus" / row.bus / "information").read_text(errors="replace").splitlines():
            name, _, value = line.partition(":")
            if name == "Device Minor" and value.strip().isdecimal():
                return int(value)
    return None


def _gpu(row: _Row, minor: int, roots: Roots) -> Gpu:
    names = [f"nvidia{minor}", *_NEEDED, *(name for name in _OPTIONAL if (roots.dev / name).exists())]
    shown = Devices(nodes=tuple((str(roots.dev / name), f"/dev/{name}") for name in names))
    return Gpu(
        maker=NVIDIA,
        index=row.index,
        uuid=row.uuid,
        model=row.name,
        memory_bytes=row.memory_bytes,
        used_bytes=row.used_bytes,
        shown=shown,
    )
