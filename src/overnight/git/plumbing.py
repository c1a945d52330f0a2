"""Git as child processes in a clean environment: single calls, and processes that answer as long as we run.

Neither the system's nor the user's configuration is read, and nothing that a repository names is run: no hooks, monitors or
filters, no fetch of missing objects. Does not cover: a `git` on PATH that is not git.
"""

import os
import subprocess
import tempfile
import threading
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import IO, TypeVar

from overnight.errors import RepositoryError
from overnight.words.foreign import printable

NAME, EMAIL = "overnight", "overnight@localhost"
WORDS_SHOWN = 500  # characters of what git says when it refuses
CLOSE_TIMEOUT_S = 5.0  # a batch process ends within milliseconds of its input
DIED_BY_ITSELF = 128  # git's exit code when it gives up with a message

OPTIONS = (
    "--no-pager",
    *("-c", "core.hooksPath=/dev/null"),
    *("-c", "core.fsmonitor=false"),
    *("-c", "core.attributesFile=/dev/null"),
    *("-c", "gc.auto=0"),
    *("-c", "maintenance.auto=false"),
)

Answer = TypeVar("Answer")


class GitError(RepositoryError):
    """Git gave up on a request; the message is git's."""


class _Died(Exception):  # noqa: N818  # becomes a retry or an error
    """A batch process ended in the middle of an exchange."""


def environment(git_dir: Path) -> dict[str, str]:
    """The whole environment of our git processes."""
    return {
        **inherited("PATH", "HOME", "TMPDIR"),  # HOME: for `~` in paths of the repository's own configuration
        "LC_ALL": "C",
        "GIT_DIR": str(git_dir),
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


def inherited(*names: str) -> dict[str, str]:
    """Those of the named variables that are set in our own environment."""
    return {name: os.environ[name] for name in names if name in os.environ}


def call(git_dir: Path, *arguments: str) -> subprocess.CompletedProcess[bytes]:
    """Run git once; the caller checks the exit code."""
    return run(arguments, folder=git_dir, environment=environment(git_dir))


def require(git_dir: Path, *arguments: str) -> bytes:
    """Run git once and return what it prints.

    Raises:
        GitError: its exit code is not 0.
    """
    done = call(git_dir, *arguments)
    if done.returncode:
        raise GitError(f"git {arguments[0]}: {words(done.stderr)}")
    return done.stdout


def run(arguments: tuple[str, ...], *, folder: Path, environment: Mapping[str, str]) -> subprocess.CompletedProcess[bytes]:
    """Run git in a folder.

    Raises:
        RepositoryError: git is not installed.
    """
    try:
        return subprocess.run(
            ["git", *OPTIONS, *arguments],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            process_group=0,
            check=False,
        )
    except FileNotFoundError as error:
        raise RepositoryError("git was not found on PATH", fix="install git 2.39 or newer") from error


def words(stderr: bytes) -> str:
    """What git said, on one line."""
    lines = [line.removeprefix("fatal: ") for line in stderr.decode("utf-8", "replace").splitlines() if line.strip()]
    return printable(" ".join(lines), WORDS_SHOWN) or "it ended without a message"


class Pipe:
    """One running batch process, as used by an exchange."""

    def __init__(self, git_dir: Path, arguments: tuple[str, ...], inherit: tuple[int, ...]) -> None:
        self._stderr = tempfile.TemporaryFile()  # noqa: SIM115  # lives as long as the process
        self._process = subprocess.Popen(
            ["git", *OPTIONS, *arguments],
            cwd=git_dir,
            env=environment(git_dir),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._stderr,
            pass_fds=inherit,
            process_group=0,  # a Ctrl-C in the terminal is for us to handle
        )
        self._requests = _given(self._process.stdin)
        self._answers = _given(self._process.stdout)

    def say(self, request: bytes) -> None:
        """Send a request."""
        try:
            self._requests.write(request)
            self._requests.flush()
        except BrokenPipeError as error:
            raise _Died from error

    def line(self) -> bytes:
        """One line of the answer, without its end."""
        line = self._answers.readline()
        if not line.endswith(b"\n"):
            raise _Died
        return line[:-1]

    def take(self, size: int) -> bytes:
        """Exactly `size` bytes of the answer."""
        content = self._answers.read(size)
        if len(content) < size:
            raise _Died
        return content

    def close(self, *, at_once: bool) -> tuple[int, bytes]:
        """End the process; return its exit code and its stderr."""
        if at_once:
            self._process.kill()
        with suppress(BrokenPipeError):  # it did not read all of a request
            self._requests.close()
        try:
            code = self._process.wait(CLOSE_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            code = self._process.wait()
        self._answers.close()
        with self._stderr as file:
            file.seek(0)
            return code, file.read()


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
            except _Died:
                code, said = self._end(at_once=False)
            if code != DIED_BY_ITSELF:
                try:
                    return self._try(exchange)
                except _Died:
                    code, said = self._end(at_once=False)
        raise GitError(f"git {self._arguments[0]}: {words(said)} (exit code {code})")

    def close(self) -> None:
        """End the process; a later request starts another."""
        with self._lock:
            self._end(at_once=False)

    def _try(self, exchange: Callable[[Pipe], Answer]) -> Answer:
        if self._pipe is None:
            self._pipe = Pipe(self._git_dir, self._arguments, self._inherit)
        try:
            return exchange(self._pipe)
        except _Died:
            raise
        except BaseException:
            self._end(at_once=True)  # the rest of a half-read answer would be taken for the next one
            raise

    def _end(self, *, at_once: bool) -> tuple[int, bytes]:
        pipe, self._pipe = self._pipe, None
        return pipe.close(at_once=at_once) if pipe else (0, b"")


def _given(stream: IO[bytes] | None) -> IO[bytes]:
    if stream is None:
        raise AssertionError("asked for as a pipe")
    return stream
