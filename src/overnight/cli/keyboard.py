"""Single keys from a terminal: what is typed ahead is kept, nothing is echoed, and the terminal is left as it was."""

import os
import select
import sys
import termios
import tty
from collections.abc import Iterator
from contextlib import contextmanager

LONGEST_KEY = 16  # bytes of one key, such as an arrow
REST_S = 0.05  # that the rest of an arrow takes after its first byte
ESCAPE = b"\x1b"


class Keyboard:
    """The keys of standard input while its context lasts; Ctrl-C interrupts as ever."""

    def __init__(self) -> None:
        self._input = sys.stdin.fileno()
        self._before = termios.tcgetattr(self._input)
        self._left = b""

    def __enter__(self) -> "Keyboard":
        tty.setcbreak(self._input, termios.TCSADRAIN)
        return self

    def __exit__(self, *_: object) -> None:
        termios.tcsetattr(self._input, termios.TCSADRAIN, self._before)

    def key(self) -> str:
        """The next key; empty if the terminal is gone."""
        if not self._left:
            self._left = os.read(self._input, LONGEST_KEY)
        if self._left == ESCAPE and select.select([self._input], [], [], REST_S)[0]:
            self._left += os.read(self._input, LONGEST_KEY)
        size = 3 if self._left.startswith(ESCAPE + b"[") else len(_first(self._left))
        key, self._left = self._left[:size], self._left[size:]
        return key.decode("utf-8", "replace")

    @contextmanager
    def lines(self) -> Iterator[None]:
        """Whole lines, echoed, while this context lasts: for a question, an editor or a pager."""
        self.__exit__()
        try:
            yield
        finally:
            self.__enter__()


def _first(content: bytes) -> bytes:
    """The bytes of the first character."""
    size = 1
    while size < len(content) and content[size] & 0xC0 == 0x80:  # noqa: PLR2004  # goes on in UTF-8
        size += 1
    return content[:size]
