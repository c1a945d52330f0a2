"""What a command is given in a further turn: it remembers nothing, so the brief and what was said since go before the prompt.

Does not cover: a brief that is too long for the command, which is up to the caller.
"""

from collections import deque

from overnight.words.foreign import cut_middle, printable_lines

TURNS = 4  # newest ones that are shown; the files are the memory of all others
SHOWN = 2_000  # characters of a prompt or an answer, so that a recap stays below the length of a usual brief


class Recap:
    """The turns of one session so far, in a bounded form."""

    def __init__(self) -> None:
        self._brief: str | None = None
        self._turns: deque[str] = deque(maxlen=TURNS)
        self._count = 0

    def before(self, prompt: str) -> str:
        """The prompt as the command gets it: as it is in the first turn, behind brief and recap in a further one."""
        if self._brief is None:
            return prompt
        older = self._count - len(self._turns)
        note = [f"({older} earlier turns are left out here.)"] if older else []
        return "\n\n".join([self._brief.rstrip("\n"), "---", *note, *self._turns, "---", prompt])

    def add(self, prompt: str, answer: str) -> None:
        """Take in a turn, by the prompt that it was asked for."""
        asked = "" if self._brief is None else f"You were asked:\n\n{_quoted(prompt)}\n\n"
        self._turns.append(f"{asked}You answered:\n\n{_quoted(answer)}")
        self._count += 1
        if self._brief is None:
            self._brief = prompt


def _quoted(text: str) -> str:
    shown = printable_lines(cut_middle(text.strip(), SHOWN), 2 * SHOWN) or "(nothing)"
    return "\n".join(f"> {line}" for line in shown.split("\n"))
