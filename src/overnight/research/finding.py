"""The result of checking one thing."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was checked."""

    what: str
    holds: bool | None  # None: it cannot be checked from here
    detail: str
