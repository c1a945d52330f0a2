"""The one sentence in which an agent explains its edit, found in all that it printed."""

from overnight.words.foreign import printable

MARK = "HYPOTHESIS:"
LONGEST = 300  # characters


def find_hypothesis(said: str) -> str:
    """The last marked line that says something, else the last line; empty if nothing was said."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    marked = [line.removeprefix(MARK).strip() for line in lines if line.startswith(MARK)]
    return printable(next((text for text in reversed(marked) if text), lines[-1] if lines else ""), LONGEST)


def last_line(said: str) -> str:
    """The last line that is not blank, for a message; empty if there is none."""
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return printable(lines[-1], LONGEST) if lines else ""
