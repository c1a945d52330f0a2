"""Git on a repository as data: single calls, and processes that answer as long as we run.

Neither the system's, the user's nor the repository's configuration is read (`own_config.py`), and nothing that a repository
names is run: no hooks, monitors, filters, drivers or helpers, no fetch of missing objects. Only finding a repository reads its
configuration and the user's (`repository.py`), with a command that runs nothing.
"""

import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

from overnight.git.deadline import Deadline
from overnight.git.own_config import common_dir, own_common_dir
from overnight.git.pipe import GitDied, Pipe
from overnight.git.process import GitError, inherited, run, words

NAME, EMAIL = "overnight", "overnight@localhost"
# Moves a ref itself, with a message for its log: one that stands for another, such as a branch, is replaced; that one stays.
UPDATE_REF = ("update-ref", "--no-deref", "-m")
DIED_BY_ITSELF = 128  # git's exit code when it gives up with a message

Answer = TypeVar("Answer")


def environment(git_dir: Path, *, plain: bool = False) -> dict[str, str]:
    """The whole environment of our git processes; with `plain`, no attribute says how files are compared."""
    return {
        **inherited("PATH", "HOME", "TMPDIR"),  # HOME: for the user's own list of ignored files
        "LC_ALL": "C",
        "GIT_DIR": str(git_dir),
        "GIT_COMMON_DIR": str(own_common_dir(git_dir, plain=plain)),
        "GIT_OBJECT_DIRECTORY": str(common_dir(git_dir) / "objects"),
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": "/dev/null",
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_NO_REPLACE_OBJECTS": "1",
        "GIT_NO_LAZY_FETCH": "1",  # git 2.44 and later
        "GIT_ALLOW_PROTOCOL": "none",  # the same for git before that
        "GIT_OPTIONAL_LOCKS": "0",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_AUTHOR_NAME": NAME,
        "GIT_AUTHOR_EMAIL": EMAIL,
        "GIT_COMMITTER_NAME": NAME,
        "GIT_COMMITTER_EMAIL": EMAIL,
    }


def call(git_dir: Path, *arguments: str, deadline: Deadline | None = None) -> subprocess.CompletedProcess[bytes]:
    """Run git once; the caller checks the exit code.

    Raises:
        GitTooSlow: it did not end by the deadline.
    """
    return run(arguments, folder=git_dir, environment=environment(git_dir), deadline=deadline)


def require(git_dir: Path, *arguments: str) -> bytes:
    """Run git once and return what it prints.

    Raises:
        GitError: its exit code is not 0.
    """
    done = call(git_dir, *arguments)
    if done.returncode:
        raise GitError(f"git {arguments[0]}: {words(done.stderr)}")
    return done.stdout


def start(
    git_dir: Path, *arguments: str, inherit: tuple[int, ...] = (), deadline: Deadline | None = None, plain: bool = False
) -> Pipe:
    """Start a git process that the caller talks to and closes."""
    surroundings = environment(git_dir, plain=plain)
    return Pipe(arguments, folder=git_dir, environment=surroundings, inherit=inherit, deadline=deadline)


class Batch:
    """A git command that answers many requests; it starts at the first and ends with `close` or with our own process.

    Safe to use from several threads: one exchange at a time.
    """

    def __init__(self, git_dir: Path, *arguments: str, inherit: tuple[int, ...] = ()) -> None:
        self._git_dir = git_dir
        self._arguments = arguments
        self._inherit = inherit  # descriptors that the process may open as /dev/fd/N
        self._pipe: Pipe | None = None
        self._lock = threading.Lock()

    def ask(self, exchange: Callable[[Pipe], Answer]) -> Answer:
        """Run one exchange of request and answer; retry once on a new process if this one was killed.

        Raises:
            GitError: git gave up on the request, or was killed twice.
        """
        with self._lock:
            try:
                return self._try(exchange)
            except GitDied:
                code, said = self._end(at_once=False)
            if code != DIED_BY_ITSELF:
                try:
                    return self._try(exchange)
                except GitDied:
                    code, said = self._end(at_once=False)
        raise GitError(f"git {self._arguments[0]}: {words(said)} (exit code {code})")

    def close(self) -> None:
        """End the process; a later request starts another."""
        with self._lock:
            self._end(at_once=False)

    def _try(self, exchange: Callable[[Pipe], Answer]) -> Answer:
        if self._pipe is None:
            self._pipe = start(self._git_dir, *self._arguments, inherit=self._inherit)
        try:
            return exchange(self._pipe)
        except GitDied:
            raise
        except BaseException:
            self._end(at_once=True)  # the rest of a half-read answer would be taken for the next one
            raise

    def _end(self, *, at_once: bool) -> tuple[int, bytes]:
        pipe, self._pipe = self._pipe, None
        return pipe.close(at_once=at_once) if pipe else (0, b"")
