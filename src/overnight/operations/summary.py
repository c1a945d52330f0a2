"""A line of a system for the first look at this machine: its operation `SYSTEM summary` returns some."""

from collections.abc import Sequence
from dataclasses import dataclass

LAST_WORD = "summary"  # of the operation's name, by which `home` finds it


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemLine:
    """How one part of a system is."""

    system: str
    name: str
    state: str  # in a few words
    waits: bool  # for a person
    address: str  # of its page
    command: str  # that shows more


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """All of one system."""

    lines: Sequence[SystemLine]
