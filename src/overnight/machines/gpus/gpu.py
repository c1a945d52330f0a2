"""One GPU of this machine, and what a job that gets some of them is shown."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from overnight.jail.devices import NO_DEVICES, Devices

NVIDIA, AMD = "NVIDIA", "AMD"
BUSY_BYTES = 1024**3
_CHOOSES = {NVIDIA: "CUDA_VISIBLE_DEVICES", AMD: "ROCR_VISIBLE_DEVICES"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Roots:
    """Where the kernel's view of this machine is; other folders stand in for it in tests."""

    dev: Path = Path("/dev")
    proc: Path = Path("/proc")
    sys: Path = Path("/sys")


@dataclass(frozen=True, slots=True, kw_only=True)
class Gpu:
    """One GPU."""

    maker: str  # NVIDIA or AMD
    index: int  # as the maker's own tool counts
    uuid: str  # as the variables name it; an index if the GPU has none
    model: str  # printable
    memory_bytes: int
    used_bytes: int = 0  # of it, by whatever ran when it was looked for
    shown: Devices = field(default=NO_DEVICES, repr=False)  # its nodes and those of its driver, without variables

    @property
    def busy(self) -> bool:
        """Whether something computes on it: a driver and a display take less memory."""
        return self.used_bytes > BUSY_BYTES

    @property
    def label(self) -> str:
        """What people call it."""
        return f"{self.model} (GPU {self.index})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The GPUs that may be used, and why others may not."""

    gpus: tuple[Gpu, ...] = ()
    reasons: tuple[str, ...] = ()  # what was tried, and what is left out
    hidden: int = 0  # how many the user's own variables leave out

    @property
    def nothing(self) -> str:
        """Why there is none."""
        return "; ".join(self.reasons)


def labels(gpus: Iterable[Gpu]) -> str:
    """Some GPUs in words."""
    return ", ".join(gpu.label for gpu in gpus)


def devices_of(gpus: Sequence[Gpu]) -> Devices:
    """What a job is shown that gets these GPUs, all of one maker, and no other."""
    if not gpus:
        return NO_DEVICES
    return Devices(
        nodes=tuple(dict.fromkeys(node for gpu in gpus for node in gpu.shown.nodes)),
        folders=tuple(dict.fromkeys(folder for gpu in gpus for folder in gpu.shown.folders)),
        links=tuple(dict.fromkeys(link for gpu in gpus for link in gpu.shown.links)),
        variables=((_CHOOSES[gpus[0].maker], ",".join(gpu.uuid for gpu in gpus)),),
    )
