"""What a founder's word over the hub answers."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Moderated:
    """What was done."""

    what: str  # in a line
