"""Starting git: its options, its errors, and a single call with an end to the waiting.

Every wait ends, because a repository may hold a pipe or a socket in place of any file, and git waits for such a file forever.

Does not cover: a `git` on PATH that is not git; a wait of git's in the kernel that no signal ends, as for a lost network disk.
"""

import os
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

from overnight.errors import RepositoryError
from overnight.files.search_path import absolute_entries
from overnight.git.deadline import Deadline
from overnight.words.foreign import printable

# That a single call may take, and that a process may leave us without a byte, s. The slowest honest one is `status` of a
# checkout of a million files that were all touched, over a network.
LONGEST_S = 600.0
FIRST_LOOK_S = 60.0  # for finding a repository and reading its configuration: milliseconds, unless something is a pipe
WORDS_SHOWN = 500  # characters of what git says when it refuses

OPTIONS = (
    "--no-pager",
    *("-c", "core.hooksPath=/dev/null"),
    *("-c", "core.fsmonitor=false"),
    *("-c", "core.attributesFile=/dev/null"),
    *("-c", "core.commitGraph=false"),  # a repository may bring one that says other parents than the commits do
    *("-c", "gc.auto=0"),
    *("-c", "maintenance.auto=false"),
)


class GitError(RepositoryError):
    """Git gave up on a request; the message is git's."""


class GitTooSlow(GitError):  # noqa: N818  # a state
    """Git was ended because it did not answer."""


def inherited(*names: str) -> dict[str, str]:
    """Those of the named variables that are set in our own environment; of PATH the absolute entries.

    Any other would be looked up in a folder of the repository, which can bring a `git` of its own.
    """
    found = {name: os.environ[name] for name in names if name in os.environ}
    if "PATH" in found:
        found["PATH"] = ":".join(absolute_entries(found["PATH"])) or os.defpath
    return found


def run(
    arguments: Sequence[str], *, folder: Path, environment: Mapping[str, str], deadline: Deadline | None = None
) -> subprocess.CompletedProcess[bytes]:
    """Run git once in a folder; the caller checks the exit code.

    Raises:
        GitTooSlow: it did not end by the deadline, by default `LONGEST_S` from now.
        RepositoryError: git is not installed.
    """
    until = deadline or Deadline.within(LONGEST_S)
    try:
        running = subprocess.Popen(
            ["git", *OPTIONS, *arguments],
            cwd=folder,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            process_group=0,
        )
    except FileNotFoundError as error:
        raise RepositoryError("git was not found on PATH", fix="install git 2.39 or newer") from error
    with running:
        try:
            stdout, stderr = _outputs(running, arguments, until)
        except BaseException:
            running.kill()
            raise
    return subprocess.CompletedProcess(arguments, running.returncode, stdout, stderr)


def _outputs(running: subprocess.Popen[bytes], arguments: Sequence[str], deadline: Deadline) -> tuple[bytes, bytes]:
    """What a process says until it ends."""
    while True:
        try:
            return running.communicate(timeout=deadline.wait_s)
        except subprocess.TimeoutExpired as error:
            if deadline.passed:
                raise too_slow(arguments, deadline.span_s) from error


def words(stderr: bytes) -> str:
    """What git said, on one line."""
    lines = [line.removeprefix("fatal: ") for line in stderr.decode("utf-8", "replace").splitlines() if line.strip()]
    return printable(" ".join(lines), WORDS_SHOWN) or "it ended without a message"


def too_slow(arguments: Sequence[str], wait_s: float) -> GitTooSlow:
    """The error for a git that was waited for that long."""
    what = f"git {arguments[0]} did not answer within {wait_s:g} s and was ended"
    return GitTooSlow(what, fix="run `git status` in the checkout, and look for a file in `.git` that is not a regular one")
