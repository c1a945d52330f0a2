"""The program at a terminal of its own, which a test reads and types at."""

import os
import pty
import select
import sys

LONGEST_S = 60.0


class Terminal:
    """A command of `overnight` at a terminal of its own."""

    def __init__(self, *arguments: str) -> None:
        self.process, self._file = pty.fork()
        if self.process == 0:
            os.execv(sys.executable, [sys.executable, "-m", "overnight", *arguments])
        self.seen = ""

    def until(self, text: str) -> str:
        """What is printed until a text; what was read so far does not count again."""
        while text not in self.seen:
            assert self._read(), f"it ended before {text!r}: {self.seen}"
        before, self.seen = self.seen.split(text, 1)
        return before

    def type(self, text: str) -> None:
        """Type something."""
        os.write(self._file, text.encode())

    def interrupt(self, said: str) -> None:
        """Press Ctrl-C until it is answered: Python sees one only later that comes just before it begins to read."""
        self.type("\x03")
        while said not in self.seen:
            if select.select([self._file], [], [], 2.0)[0]:
                assert self._read(), f"it ended: {self.seen}"
            else:
                self.type("\x03")

    def end(self) -> int:
        """Wait for its end; the exit code."""
        while self._read():
            pass
        os.close(self._file)
        return os.waitstatus_to_exitcode(os.waitpid(self.process, 0)[1])

    def _read(self) -> bool:
        ready, _, _ = select.select([self._file], [], [], LONGEST_S)
        assert ready, f"nothing came: {self.seen}"
        try:
            data = os.read(self._file, 4096)
        except OSError:
            return False
        self.seen += data.decode(errors="replace")
        return bool(data)
