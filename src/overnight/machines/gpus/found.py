"""The GPUs of this machine that overnight may use: those of NVIDIA if there are any, else those of AMD."""

import os
from collections.abc import Mapping, Sequence

from overnight.errors import UserError
from overnight.machines.gpus.gpu import Found, Gpu, Roots, labels
from overnight.words.foreign import printable

_NAMED = 100  # characters of a user's variable
_LEAST = 8  # characters of a UUID that may stand for it


def has_gpu(roots: Roots | None = None) -> bool:
    """Whether this machine has a GPU, as far as device nodes show it; nothing is started."""
    dev = (roots or Roots()).dev
    return any(path.exists() for name in ("nvidia[0-9]*", "kfd") for path in dev.glob(name))


def find_gpus(environment: Mapping[str, str] | None = None, roots: Roots | None = None) -> Found:
    """Look for GPUs; takes a second or more where `nvidia-smi` is installed.

    The user's own `CUDA_VISIBLE_DEVICES`, and for AMD `ROCR_VISIBLE_DEVICES` and `HIP_VISIBLE_DEVICES`, narrow what is found.

    Raises:
        UserError: one of these variables names a GPU that is not there.
    """
    from overnight.machines.gpus.nvidia import find_nvidia
    from overnight.machines.gpus.rocm import find_rocm

    environment, roots = os.environ if environment is None else environment, roots or Roots()
    looked = find_nvidia(environment.get("PATH", os.defpath), environment, roots)
    if looked.gpus:
        return _allowed(looked, environment, "CUDA_VISIBLE_DEVICES")
    other = find_rocm(roots)
    if other.gpus:
        return _allowed_amd(other, environment)
    return Found(reasons=(*looked.reasons, *other.reasons))


def _allowed_amd(found: Found, environment: Mapping[str, str]) -> Found:
    """What ROCm's variables leave: the first chooses by index or UUID, the second counts what the first left."""
    name = "HIP_VISIBLE_DEVICES" if "HIP_VISIBLE_DEVICES" in environment else "CUDA_VISIBLE_DEVICES"  # HIP reads both
    return _allowed(_allowed(found, environment, "ROCR_VISIBLE_DEVICES"), environment, name, by_place=True)


def _allowed(found: Found, environment: Mapping[str, str], name: str, *, by_place: bool = False) -> Found:
    """Those that a variable of the user leaves.

    Raises:
        UserError: it names one that is not there.
    """
    gpus, reasons = found.gpus, found.reasons
    if name not in environment or not gpus:
        return found
    words = [word.strip() for word in environment[name].split(",")]
    chosen: dict[Gpu, None] = {}
    for word in words:
        if not word or word.startswith("-") or word == "NoDevFiles":  # no more from here on, as for CUDA
            break
        known = dict(enumerate(gpus)) if by_place else {gpu.index: gpu for gpu in gpus}
        one = known.get(int(word)) if word.isdecimal() else _by_uuid(word, gpus)
        if one is None:
            what = f"{name} names `{printable(word, _NAMED)}`, which is no GPU of this machine that can be used"
            why = f"; {'; '.join(reasons)}" if reasons else ""
            raise UserError(f"{what}: {labels(gpus)}{why}", fix=f"unset {name}, or set it to some of {_numbers(known)}")
        chosen[one] = None
    left = len(gpus) - len(chosen)
    reasons = (*reasons, *([f"{name} leaves out {left} of {len(gpus)}"] if left else []))
    return Found(gpus=tuple(chosen), reasons=reasons, hidden=found.hidden + left)


def _by_uuid(word: str, gpus: Sequence[Gpu]) -> Gpu | None:
    """The one GPU whose UUID begins so."""
    found = [gpu for gpu in gpus if gpu.uuid.startswith(word)] if len(word) >= _LEAST else []
    return found[0] if len(found) == 1 else None


def _numbers(known: Mapping[int, Gpu]) -> str:
    return ",".join(map(str, known))
