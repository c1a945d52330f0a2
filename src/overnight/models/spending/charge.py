"""What is known of a call before it, and what it came to."""

from dataclasses import dataclass

from overnight.models.usage import Usage


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedCall:
    """A call that is about to be made."""

    role: str
    model: str  # asked for
    providers: str  # that may answer it, by name


@dataclass(frozen=True, slots=True, kw_only=True)
class Charge:
    """What a call used, and of whom."""

    role: str
    provider: str
    model: str  # the provider's name of it
    usage: Usage
    unsettled: bool = False  # its process ended before it did: all that it might have used
