"""The repository that jobs work on, of which they see their own folder and no more.

Does not cover: other clones of it, which look like any other folder; a checkout that git does not list, such as the first one
of a repository with `--separate-git-dir`, seen from a linked one.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from overnight.errors import SandboxError


def real_path(path: str | Path) -> Path:
    """The path without links, also if they form a loop, and with one slash at the start."""
    return Path("/" + os.path.realpath(path).lstrip("/"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkout:
    """The checkouts of a repository and what belongs to them, by real paths: no jail shows any of it, whatever is named.

    What lies in a checkout, is not committed and is named by PATH or `readable` is shown alone: an environment, some data.
    """

    toplevels: Sequence[Path] = ()  # of all checkouts, ours first; empty: jobs work on no repository
    private: Sequence[Path] = ()  # never shown, not even in part: git's folders and ours
    is_committed: Callable[[str], bool] = lambda _: False  # whether a commit that is checked out has a path, or one below it

    @property
    def hidden(self) -> tuple[str, ...]:
        """All of its folders."""
        return tuple(map(str, (*self.toplevels, *self.private)))

    def inside(self, path: str) -> str | None:
        """The path relative to the top of its checkout, `.` for the top itself; None if it is in none."""
        real = real_path(path)
        around = self._around(real)
        return str(real.relative_to(around)) if around and around in self.toplevels else None

    def refuses(self, path: str) -> bool:
        """Whether a path is a checkout itself, or private."""
        real = real_path(path)
        return real in self.toplevels or self._around(real) in self.private

    def check_environment(self, prefix: str, executable: str) -> None:
        """Check that an interpreter's folder can be shown without a part of the repository.

        Raises:
            SandboxError: it is the repository, or it holds files that are committed.
        """
        inside = self.inside(prefix)
        if self.refuses(prefix) or (inside is not None and self.is_committed(inside)):
            raise SandboxError(
                f"{executable} is installed in {prefix}, which holds the repository's own files: jobs must not read those",
                fix="make an environment in a folder of its own: python3 -m venv .venv && . .venv/bin/activate",
            )

    def _around(self, real: Path) -> Path | None:
        """The innermost of its folders around a path: a checkout can lie in another one, or in git's folder."""
        folders = (folder for folder in (*self.toplevels, *self.private) if real.is_relative_to(folder))
        return max(folders, key=lambda folder: len(folder.parts), default=None)


NO_CHECKOUT = Checkout()
