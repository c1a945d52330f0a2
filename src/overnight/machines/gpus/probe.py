"""Whether jobs can use the GPUs of this machine: each is shown to a job of its own, which looks which ones there are."""

import os
import shlex
from collections.abc import Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from overnight.errors import SandboxError, UserError
from overnight.jail.checkout import NO_CHECKOUT, Checkout
from overnight.jail.doctor import Probe
from overnight.jail.jail import JailExecutor
from overnight.jail.job import Job, Limits
from overnight.machines.gpus.found import find_gpus, has_gpu
from overnight.machines.gpus.gpu import Found, Gpu, Roots, devices_of
from overnight.words.foreign import one_line, printable
from overnight.words.quantities import size_text

NAME = "gpus"
_LIMITS = Limits(wall_s=60.0, output_bytes=100_000)  # a driver may take seconds to wake a GPU
_SHOWN = 300  # characters of foreign text
_OPEN = "let every user open it: `chmod o+rw`; to last, by udev, or by NVreg_DeviceFileMode=0666 of NVIDIA's driver"


async def probe_gpus(checkout: Checkout = NO_CHECKOUT, roots: Roots | None = None) -> Probe:
    """Look for GPUs, and show each to a job; holds too if there is none."""
    try:
        found = find_gpus(roots=roots)
    except UserError as error:
        return Probe(name=NAME, holds=False, detail=str(error.args[0]), fix=error.fix)
    if not found.gpus:
        return Probe(name=NAME, holds=found.hidden > 0 or not has_gpu(roots), detail=f"none can be used: {found.nothing}")
    try:
        jail = JailExecutor(slots=1, search_path=os.environ.get("PATH", os.defpath), checkout=checkout)
        wrong = [line for gpu in found.gpus if (line := await _wrong(gpu, found.gpus, jail))]
    except SandboxError as error:
        return Probe(name=NAME, holds=False, detail=str(error.args[0]), fix=error.fix)
    if wrong:
        return Probe(name=NAME, holds=False, detail="; ".join(wrong), fix=_OPEN if "cannot open" in wrong[0] else "")
    return Probe(name=NAME, holds=True, detail=f"{_listed(found)}; a job sees exactly its own")


def _listed(found: Found) -> str:
    return "; ".join((*map(_described, found.gpus), *found.reasons))


def _described(gpu: Gpu) -> str:
    memory = f", {size_text(gpu.memory_bytes)}" if gpu.memory_bytes else ""
    return f"{gpu.label}{memory}{f', of which {size_text(gpu.used_bytes)} are in use' if gpu.busy else ''}"


async def _wrong(gpu: Gpu, every: Sequence[Gpu], jail: JailExecutor) -> str:
    """What is wrong with how a job sees one GPU; empty if it sees this one, can open it, and sees no other."""
    devices = devices_of([gpu])
    own = [inside for _, inside in devices.nodes]
    others = sorted({inside for one in every for _, inside in one.shown.nodes} - set(own))
    lines = [f"(: <> {node}) 2> /dev/null || echo cannot open {node}" for node in map(shlex.quote, own)]
    lines += [f"test ! -e {node} || echo sees {node} too" for node in map(shlex.quote, others)]
    with TemporaryDirectory(prefix="overnight-") as place:
        folder, output = Path(place) / "job", Path(place) / "output"
        folder.mkdir()
        command = "; ".join([*lines, "echo looked"])
        await jail.run(Job(command=command, folder=folder, output=output, limits=_LIMITS, devices=devices))
        *said, last = output.read_text(errors="replace").splitlines() or [""]
    if last != "looked":
        said.append(last or "the job did not end")
    return f"a job with {gpu.label}: {one_line(printable('; '.join(said), _SHOWN), _SHOWN)}" if said else ""
