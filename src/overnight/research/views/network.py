"""What jobs reached over the network and what they were refused, in words."""

from collections.abc import Mapping, Sequence

from overnight.egress.connection import HostUse
from overnight.words.foreign import printable
from overnight.words.quantities import counted, size_text

HOSTS = 8  # that are named; the others are in `--json`
NAME = 80  # characters
REASON = 200  # characters
OTHERS = "others"  # what is not counted by its host


def network_lines(network: Mapping[str, HostUse]) -> Sequence[str]:
    """A line for each host, those that got the most first."""
    uses = sorted(network.items(), key=lambda each: (-each[1].bytes_up, -each[1].bytes_down, -each[1].refused, each[0]))
    lines = [f"{printable(host, NAME) or OTHERS}: {_use(use)}" for host, use in uses[:HOSTS]]
    return [*lines, f"and {counted(len(uses) - HOSTS, 'further host')}"] if len(uses) > HOSTS else lines


def _use(use: HostUse) -> str:
    reached = f"{counted(use.reached, 'connection')}, {size_text(use.bytes_up)} sent, {size_text(use.bytes_down)} received"
    parts = (
        reached if use.reached else "",
        f"refused {counted(use.refused, 'time')}" if use.refused else "",
        f"failed {counted(use.failed, 'time')}" if use.failed else "",
    )
    said = "; ".join(part for part in parts if part)
    return f"{said} ({printable(use.reason, REASON)})" if use.reason else said
