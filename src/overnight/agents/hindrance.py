"""What keeps an agent from working, as against one that works and comes to nothing."""

from enum import StrEnum

NOT_RUN = frozenset({126, 127})  # exit codes of a shell whose program cannot be run, or is not there


class Hindrance(StrEnum):
    """What kept an agent from working."""

    MODELS = "models"  # a provider refuses its requests, or breaks its answers off
    MISSING = "missing"  # its program is not there, or cannot be run
    PROGRAM = "program"  # its program fails or hangs
