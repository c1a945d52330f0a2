"""Stand-ins for GPUs: device nodes that act as /dev/null, a scripted `nvidia-smi`, and the files of AMD's driver."""

import os
import stat
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest

from overnight.machines.gpus.found import find_gpus
from overnight.machines.gpus.gpu import Found, Roots

A100, T4 = "NVIDIA A100-SXM4-40GB", "Tesla T4"
CONTROLS = ("nvidiactl", "nvidia-uvm", "nvidia-uvm-tools", "nvidia-modeset")
PCI = "devices/pci0000:00/0000:{number:02x}:00.0"

needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can make device nodes")


@dataclass(frozen=True, slots=True, kw_only=True)
class StandIns:
    """A machine with stand-ins."""

    roots: Roots
    environment: dict[str, str]

    def found(self, **more: str) -> Found:
        """What is found, with some more variables."""
        return find_gpus({**self.environment, **more}, self.roots)


def uuid(index: int) -> str:
    """That of a stand-in."""
    return f"GPU-{index:08x}-0000-0000-0000-000000000000"


def listing(models: Sequence[str], split: Collection[int] = (), used: Mapping[int, int] | None = None) -> str:
    """What `nvidia-smi` prints of GPUs."""
    return "".join(
        f"{index}, {uuid(index)}, 00000000:{index + 1:02X}:00.0, 40960, {(used or {}).get(index, 4)}, "
        f"{'Enabled' if index in split else '[N/A]'}, {model}\n"
        for index, model in enumerate(models)
    )


def make_device(path: Path) -> None:
    """A device that acts as /dev/null; without root a link to it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    if os.geteuid() == 0:
        os.mknod(path, stat.S_IFCHR | 0o666, os.makedev(1, 3))
        path.chmod(0o666)
    else:
        path.symlink_to("/dev/null")


def script_smi(folder: Path, body: str) -> None:
    """A `nvidia-smi` that is a shell script."""
    script = folder / "bin" / "nvidia-smi"
    script.parent.mkdir(parents=True, exist_ok=True)
    script.write_text(f"#!/bin/sh\n{body}\n")
    script.chmod(0o755)


def nvidia(
    folder: Path,
    models: Sequence[str] = (A100, A100),
    *,
    minors: Sequence[int] | None = None,
    split: Collection[int] = (),
    controls: Sequence[str] = CONTROLS,
    used: Mapping[int, int] | None = None,
) -> StandIns:
    """A machine with NVIDIA's GPUs.

    `minors`: the numbers of their nodes as /proc has them, None: there is no such file; `used`: MiB of some.
    """
    folder.chmod(0o755)
    roots = Roots(dev=folder / "dev", proc=folder / "proc", sys=folder / "sys")
    for number in range(len(models)) if minors is None else minors:
        make_device(roots.dev / f"nvidia{number}")
    for name in controls:
        make_device(roots.dev / name)
    for index, minor in enumerate(minors or ()):
        information = roots.proc / f"driver/nvidia/gpus/0000:{index + 1:02x}:00.0/information"
        information.parent.mkdir(parents=True)
        information.write_text(f"Model: \t\t {models[index]}\nGPU UUID: \t GPU-????????\nDevice Minor: \t {minor}\n")
    (roots.proc / "driver/nvidia").mkdir(parents=True, exist_ok=True)
    version = "NVRM version: NVIDIA UNIX x86_64 Kernel Module  570.124.06  Wed Feb 26 01:59:24 UTC 2025\nGCC version: 12.2.0\n"
    (roots.proc / "driver/nvidia/version").write_text(version)
    script_smi(folder, f"cat <<'END'\n{listing(models, split, used)}END")
    return StandIns(roots=roots, environment={"PATH": f"{folder}/bin:/usr/bin:/bin"})


def amd(folder: Path, *, unique: Sequence[int] = (0xABC, 0)) -> StandIns:
    """A machine with AMD's GPUs, after its processor; `unique`: what their driver calls each."""
    folder.chmod(0o755)
    roots = Roots(dev=folder / "dev", proc=folder / "proc", sys=folder / "sys")
    kfd = roots.sys / "devices/virtual/kfd/kfd"
    for number, properties in enumerate(["simd_count 0\n", *map(_properties, range(len(unique)), unique)]):
        node = kfd / "topology/nodes" / str(number)
        (node / "mem_banks/0").mkdir(parents=True)
        (node / "properties").write_text(properties)
        (node / "name").write_text("gfx90a\n" if number else "a processor\n")
        (node / "mem_banks/0/properties").write_text("heap_type 1\nsize_in_bytes 64000000000\n")
    (kfd / "proc").mkdir()  # what other processes use
    (roots.sys / "class/kfd").mkdir(parents=True)
    (roots.sys / "class/kfd/kfd").symlink_to("../../devices/virtual/kfd/kfd")
    (roots.sys / "dev/char").mkdir(parents=True)
    make_device(roots.dev / "kfd")
    for number in range(len(unique)):
        render = f"renderD{128 + number}"
        make_device(roots.dev / "dri" / render)
        pci = PCI.format(number=number + 1)
        (roots.sys / pci / "drm" / render).mkdir(parents=True)
        (roots.sys / pci / "drm" / render / "device").symlink_to("../..")
        (roots.sys / f"dev/char/226:{128 + number}").symlink_to(f"../../{pci}/drm/{render}")
    return StandIns(roots=roots, environment={"PATH": "/usr/bin:/bin"})


def _properties(index: int, unique: int) -> str:
    return f"simd_count 440\ndrm_render_minor {128 + index}\nunique_id {unique}\ngfx_target_version 90010\n"
