"""How a provider stands, as people are told."""

from dataclasses import dataclass
from enum import StrEnum


class ProviderStanding(StrEnum):
    """How a provider stands."""

    READY = "ready"
    SLOW = "slow"  # it answers, at less than a quarter of its usual pace
    PAUSED = "paused"  # it is busy, cannot be reached or limits the rate; tried again within a minute
    PARKED = "parked"  # its quota is used up
    BROKEN = "broken"  # until a person fixes it; tried again now and then

    @property
    def out(self) -> bool:
        """Whether it is not asked now."""
        return self in {ProviderStanding.PAUSED, ProviderStanding.PARKED, ProviderStanding.BROKEN}


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderState:
    """How a provider stands since when."""

    provider: str  # its name in the settings
    standing: ProviderStanding
    why: str = ""  # in one printable line, without keys; empty if it is ready
    since: float = 0.0  # Unix time, s
    until: float | None = None  # when it is asked again, Unix time, s; None: not known, or not out
