"""The processes that our code starts, as Python's audit events name them: for tests that count them, instead of the time."""

import os
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

from overnight.git.process import OPTIONS


@dataclass(frozen=True, slots=True)
class Started:
    """A process that was started."""

    argv: Sequence[str]
    environment: Mapping[str, str]

    @property
    def command(self) -> str:
        """Git's subcommand."""
        words = list(self.argv[1 + len(OPTIONS) :])
        return next(word for word in words if not word.startswith("--"))


_listeners: list[list[Started]] = []


def _hear(event: str, arguments: tuple[object, ...]) -> None:
    if event == "subprocess.Popen" and _listeners:
        _, argv, _, environment = arguments
        assert isinstance(argv, list) and isinstance(environment, dict), "a process with our whole environment"
        _listeners[-1].append(Started([os.fsdecode(word) for word in argv], environment))


sys.addaudithook(_hear)


@contextmanager
def processes() -> Iterator[list[Started]]:
    """All processes that Python starts meanwhile."""
    _listeners.append([])
    try:
        yield _listeners[-1]
    finally:
        _listeners.pop()
