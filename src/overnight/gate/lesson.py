"""What the trials of one experiment may tell the gate about later ones."""

from enum import StrEnum


class Lesson(StrEnum):
    """How far what was measured of a proposal is believed beyond it."""

    ALL = "all"  # how trials vary, and where the head is
    SPREAD = "spread"  # how trials vary: its trials of the head are for itself alone
    NOTHING = "nothing"  # its author is a stranger, who could bend what others are judged by
