"""What the kernel says of this machine's GPUs and their driver, read from files: for a record of what trials depend on."""

import re
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress

from overnight.machines.gpus.gpu import Roots
from overnight.words.foreign import printable

_VERSION = re.compile(r"\d+\.\d+(?:\.\d+)?")
_SHOWN = 300  # characters


def gpu_facts(roots: Roots | None = None) -> str:
    """Models and driver in words, such as `2 NVIDIA A100, driver 570.124.06`; empty if there is none."""
    at = roots or Roots()
    models = Counter(sorted((*_nvidia(at), *_amd(at))))
    driver = ""
    with suppress(OSError):
        found = _VERSION.search((at.proc / "driver/nvidia/version").read_text(errors="replace"))
        driver = f"driver {found[0]}" if found else ""
    words = [*(f"{count} {model}" for model, count in models.items()), *([driver] if driver else [])]
    return printable(", ".join(words), _SHOWN) if models else ""


def _nvidia(roots: Roots) -> Iterator[str]:
    for path in (roots.proc / "driver/nvidia/gpus").glob("*/information"):
        with suppress(OSError):
            lines = path.read_text(errors="replace").splitlines()
            yield from (line.partition(":")[2].strip() for line in lines if line.startswith("Model:"))


def _amd(roots: Roots) -> Iterator[str]:
    for node in (roots.sys / "class/kfd/kfd/topology/nodes").glob("*"):
        with suppress(OSError):
            if "simd_count 0\n" not in (node / "properties").read_text(errors="replace"):  # else it is a processor
                yield f"AMD {(node / 'name').read_text(errors='replace').strip()}"
