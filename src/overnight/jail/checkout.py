"""The repository that jobs work on, of which they see their own folder and no more.

Does not cover: other clones of it, which look like any other folder.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from overnight.errors import SandboxError

_MARKS = ("pyvenv.cfg", "conda-meta")  # what only the top of a Python environment has


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkout:
    """A checkout and what belongs to it, with real paths: no jail shows any of it, whatever PATH and `readable` name.

    What lies in the checkout, is not committed and is named by them is shown alone: an environment, a folder of data.
    """

    toplevel: Path | None = None  # None: jobs work on no repository
    private: tuple[Path, ...] = ()  # never shown, not even in part: git's folders, ours, further checkouts
    is_committed: Callable[[str], bool] = lambda _: False  # whether the commit has this path, or something below it

    @property
    def hidden(self) -> tuple[str, ...]:
        """All of its folders."""
        return tuple(str(path) for path in (self.toplevel, *self.private) if path)

    def inside(self, path: str) -> str | None:
        """The path relative to the top of the checkout, `.` for the top itself; None if it leads elsewhere."""
        real = Path(path).resolve()
        return str(real.relative_to(self.toplevel)) if self.toplevel and real.is_relative_to(self.toplevel) else None

    def refuses(self, path: str) -> bool:
        """Whether a path is the checkout itself, or private."""
        real = Path(path).resolve()
        return real == self.toplevel or any(real.is_relative_to(private) for private in self.private)

    def check_environment(self, prefix: str, executable: str) -> None:
        """Check that an interpreter's folder can be shown without a part of the repository.

        Raises:
            SandboxError: it is the repository, or it holds files that are committed.
        """
        inside = self.inside(prefix)
        alone = any((Path(prefix) / mark).exists() for mark in _MARKS)
        if self.refuses(prefix) or (inside is not None and not alone and self.is_committed(inside)):
            raise SandboxError(
                f"{executable} is installed in {prefix}, which holds the repository's own files: jobs must not read those",
                fix="make an environment in a folder of its own: python3 -m venv .venv && . .venv/bin/activate",
            )


NO_CHECKOUT = Checkout()
