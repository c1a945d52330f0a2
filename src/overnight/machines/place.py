"""Where a trial ran: the part of a machine that it had to itself."""

from dataclasses import dataclass

LOCAL = "local"


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """A slot of a node, with its devices; trials are compared only within a speed class."""

    node: str = LOCAL  # name of the machine
    slot: int
    devices: tuple[str, ...] = ()  # names of the accelerators that only this slot sees
    speed_class: str = ""  # of nodes that measure alike; empty: there is only one
