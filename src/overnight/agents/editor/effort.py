"""What the edits of one answer may take: a hostile answer, or a hostile file, must not hold up the campaign around it.

Lines are counted and not seconds, so that the same answer always has the same outcome.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from overnight.agents.editor.edit import DoesNotApply

MOST_LINES = 4_000_000  # a second or two
LINE = 32  # characters that count as a line
MOST_COMPARED = 20_000  # for the hints of one answer


@dataclass(slots=True)
class Effort:
    """What is left for one answer."""

    lines: int = MOST_LINES  # that are looked at, each time counted
    compared: int = MOST_COMPARED  # lines that are compared for a hint, character by character

    def spend(self, lines: int) -> None:
        """Take so many lines.

        Raises:
            DoesNotApply: they are more than are left.
        """
        self.lines -= lines
        if self.lines < 0:
            raise DoesNotApply("it takes too long to find its lines: make a smaller edit, of lines that are rare in the file")

    def look(self, *texts: Sequence[str]) -> None:
        """Take all lines of some texts, long ones several times.

        Raises:
            DoesNotApply: they are more than are left.
        """
        self.spend(sum(len(lines) + sum(map(len, lines)) // LINE for lines in texts))

    def compares(self, lines: int) -> bool:
        """Whether so many lines may be compared, which takes them."""
        if lines > self.compared:
            return False
        self.compared -= lines
        return True
