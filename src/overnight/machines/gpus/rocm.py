"""AMD's GPUs, by what their driver says below `/sys/class/kfd`; no tool is needed.

Does not cover: whether ROCm works with no more of `/sys` than what is shown: it was tried with stand-ins alone.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path

from overnight.jail.devices import Devices
from overnight.machines.gpus.gpu import AMD, Found, Gpu, Roots
from overnight.words.foreign import printable

_KFD = "devices/virtual/kfd/kfd"
_RENDER_NODES = 226  # major number
_OWN_MEMORY = ("1", "2")  # heap types of a GPU's memory: HSA_MEM_HEAP_TYPE_FB_PUBLIC and FB_PRIVATE
_NAME = 80  # characters of a GPU's name


def find_rocm(roots: Roots) -> Found:
    """The GPUs of AMD that jobs can be given."""
    nodes = roots.sys / "class/kfd/kfd/topology/nodes"
    found = [
        (folder, facts) for folder in _in_order(nodes) if (facts := _facts(folder / "properties")).get("simd_count", "0") != "0"
    ]
    if not found:
        return Found(reasons=("there is no GPU of AMD in /sys/class/kfd",))
    if not (roots.dev / "kfd").exists():
        return Found(reasons=(f"AMD's driver lists {len(found)}, but there is no /dev/kfd",))
    gpus = [_gpu(index, folder, facts, roots) for index, (folder, facts) in enumerate(found)]
    usable = [gpu for gpu in gpus if gpu.shown.nodes]
    missing = [f"the render node of GPU {gpu.index} is not in /dev/dri" for gpu in gpus if not gpu.shown.nodes]
    return Found(gpus=tuple(usable), reasons=tuple(missing))


def _in_order(nodes: Path) -> list[Path]:
    try:
        return sorted((path for path in nodes.iterdir() if path.name.isdecimal()), key=lambda path: int(path.name))
    except OSError:
        return []


def _facts(path: Path) -> Mapping[str, str]:
    """A file of `name value` lines; empty if it cannot be read, as for a GPU that our control group denies us."""
    try:
        lines = path.read_text(errors="replace").splitlines()
    except OSError:
        return {}
    return {name: value for name, _, value in (line.partition(" ") for line in lines)}


def _gpu(index: int, folder: Path, facts: Mapping[str, str], roots: Roots) -> Gpu:
    try:
        name = (folder / "name").read_text(errors="replace").strip()
    except OSError:
        name = ""
    unique, minor = facts.get("unique_id", "0"), facts.get("drm_render_minor", "")
    return Gpu(
        maker=AMD,
        index=index,
        uuid=f"GPU-{int(unique):016x}" if unique.isdecimal() and unique != "0" else str(index),
        model=printable(f"AMD {name or facts.get('gfx_target_version', '')}".strip(), _NAME),
        memory_bytes=sum(_memory_bytes(folder)),
        used_bytes=_used_bytes(minor, roots),
        shown=_shown(minor, roots),
    )


def _memory_bytes(folder: Path) -> Iterator[int]:
    for path in folder.glob("mem_banks/*/properties"):
        bank = _facts(path)
        if bank.get("heap_type") in _OWN_MEMORY and (size := bank.get("size_in_bytes", "")).isdecimal():
            yield int(size)


def _used_bytes(minor: str, roots: Roots) -> int:
    try:
        return int((roots.sys / f"dev/char/{_RENDER_NODES}:{minor}/device/mem_info_vram_used").read_text())
    except (OSError, ValueError):
        return 0


def _shown(minor: str, roots: Roots) -> Devices:
    """The nodes of a GPU, and of `/sys` the list of GPUs and the GPU's own folder, which its libraries read."""
    render = roots.dev / "dri" / f"renderD{minor}"
    if not minor.isdecimal() or not render.exists():
        return Devices()
    top = roots.sys.resolve()
    topology = (roots.sys / "class/kfd/kfd").resolve() / "topology"
    folders, links = [(str(topology), f"/sys/{_KFD}/topology")], [("/sys/class/kfd/kfd", f"/sys/{_KFD}")]
    char = f"dev/char/{_RENDER_NODES}:{minor}"
    own = (top / char).resolve()
    if own.is_dir() and own.parent.name == "drm" and own.is_relative_to(top):
        pci = own.parent.parent
        folders.append((str(pci), f"/sys/{pci.relative_to(top)}"))
        links.append((f"/sys/{char}", f"/sys/{own.relative_to(top)}"))
    return Devices(
        nodes=((str(roots.dev / "kfd"), "/dev/kfd"), (str(render), f"/dev/dri/{render.name}")),
        folders=tuple(folders),
        links=tuple(links),
    )
