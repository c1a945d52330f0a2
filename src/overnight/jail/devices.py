"""Devices that a job sees beside those of every jail, such as its GPUs: nodes, what drivers read of `/sys`, and variables."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Devices:
    """What one job is shown, and nothing else of its kind; without a jail, the variables alone."""

    nodes: tuple[tuple[str, str], ...] = ()  # each on the host, and where the job finds it below /dev
    folders: tuple[tuple[str, str], ...] = ()  # of /sys, read-only: on the host, and in the jail
    links: tuple[tuple[str, str], ...] = ()  # of /sys: where one is in the jail, and what it leads to
    variables: tuple[tuple[str, str], ...] = ()  # by which programs choose among the devices


NO_DEVICES = Devices()
# An invalid index hides every GPU, for CUDA as for ROCm. A jail needs no such variable: it has no node.
HIDDEN = Devices(variables=tuple((f"{name}_VISIBLE_DEVICES", "-1") for name in ("CUDA", "ROCR", "HIP")))
