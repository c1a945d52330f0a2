"""The terminal of a talk with the claw: lines that are read beside messages that come meanwhile."""

import asyncio
import json
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import asdict

import click

from overnight.claw.views.spoken import Spoken, SpokenKind
from overnight.words.foreign import printable_lines

LONGEST = 20_000  # characters of a message
PROMPT = "> "
_CLEAR = "\r\033[K"  # the line, for a message that comes while somebody types


class Screen:
    """Where messages are printed and lines are read."""

    def __init__(self, *, as_json: bool, asks: bool) -> None:
        """`asks`: a person sits at a terminal; else lines come from a pipe."""
        self.as_json, self.asks = as_json, asks
        self._reading = False

    @contextmanager
    def kept(self) -> Iterator[None]:
        """Leave the terminal as it was: who ends the talk while a line is read has it without echo else."""
        if not self.asks:
            yield
            return
        import termios

        before = termios.tcgetattr(sys.stdin)
        try:
            yield
        finally:
            termios.tcsetattr(sys.stdin, termios.TCSADRAIN, before)

    def say(self, text: str) -> None:
        """Print what is no message; on a pipe, beside the answers."""
        if self.asks:
            self._print(text)
        else:
            click.echo(text, err=True)

    def show(self, spoken: Spoken) -> None:
        """Print a message, or in JSON what it is and all there is to know about it."""
        if self.as_json:
            self._print(json.dumps(asdict(spoken), ensure_ascii=False))
        elif spoken.kind is SpokenKind.MESSAGE:
            self._print(spoken.text)

    def _print(self, text: str) -> None:
        text = text if self.as_json else printable_lines(text, LONGEST)
        if not (self.asks and self._reading):
            click.echo(text)
            return
        import readline

        sys.stdout.write(f"{_CLEAR}{text}\n{PROMPT}{readline.get_line_buffer()}")
        sys.stdout.flush()

    def read(self, lines: asyncio.Queue[str | None], history: Sequence[str]) -> None:
        """Read lines in a thread until they end, which is the last thing in the queue."""
        loop = asyncio.get_running_loop()

        def put(line: str | None) -> None:
            with suppress(RuntimeError):  # the talk is over
                loop.call_soon_threadsafe(lines.put_nowait, line)

        threading.Thread(target=self._read_all, args=(put, history), daemon=True, name="lines").start()

    def _read_all(self, put: Callable[[str | None], None], history: Sequence[str]) -> None:
        if self.asks:
            import readline

            for before in history:
                readline.add_history(before)
        while (line := self._line()) is not None:
            put(line)
        put(None)

    def _line(self) -> str | None:
        if not self.asks:
            return sys.stdin.readline() or None
        self._reading = True
        try:
            return input(PROMPT)
        except EOFError:
            return None
        finally:
            self._reading = False
