"""Which new files and folders of a workspace are by-products: logs, caches, results, checkpoints and notes.

They are left where they are, unread, whatever they are: a link or a pipe among them is no problem of the proposal.

Does not cover: files that the commit has, which a researcher may change only as `editable` says.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from itertools import takewhile
from typing import Protocol

from overnight.files.folders import NAME_SHOWN
from overnight.program.program import Program
from overnight.program.scope import collide, matches, reaches
from overnight.research.experiment import ByProducts
from overnight.words.foreign import printable

NAMED = 5  # of each kind


class LeavesOut(Protocol):
    """Decides which new files of a folder are not taken."""

    @property
    def count(self) -> int:
        """How many were left out so far."""
        ...

    @property
    def left_out(self) -> ByProducts:
        """What was left out."""
        ...

    def leaves_out(self, path: str, *, is_folder: bool) -> bool:
        """Whether a new file, or a folder with all that is in it, is left out."""
        ...


@dataclass(kw_only=True)
class Sieve:
    """Decides about the new files and folders of one workspace, and remembers the by-products among them."""

    program: Program
    ignores: Callable[[str], bool]  # whether git ignores a path; that of a folder ends with a slash
    count: int = 0
    _ignored: list[str] = field(default_factory=list)
    _others: list[str] = field(default_factory=list)

    def leaves_out(self, path: str, *, is_folder: bool) -> bool:
        """Whether a new file, or a folder with all that is in it, is a by-product."""
        covers = reaches if is_folder else matches
        name = f"{path}/" if is_folder else path
        ignored, covered = self.ignores(name), covers(path, self.program.editable)
        if ignored and covered:
            ignored = not covers(path, self._wanted_anyway)
        again = not is_folder and self._is_made_again(path)
        if covered and not (ignored or again):
            return False
        self.count += 1
        if again:
            return True  # its researcher tried its change on it, as it may: that is not worth a word
        names = self._ignored if ignored else self._others
        if len(names) < NAMED:
            names.append(printable(name, NAME_SHOWN))
        return True

    @cached_property
    def _wanted_anyway(self) -> tuple[str, ...]:
        """The globs of `editable` that name something in spite of git's rules: a file or a folder that git ignores itself."""
        anchors = {glob: "/".join(takewhile(_is_plain, glob.rstrip("/").split("/"))) for glob in self.program.editable}
        return tuple(
            glob for glob, anchor in anchors.items() if anchor and (self.ignores(anchor) or self.ignores(f"{anchor}/"))
        )

    @property
    def left_out(self) -> ByProducts:
        """What was left out."""
        return ByProducts(count=self.count, ignored=tuple(sorted(self._ignored)), others=tuple(sorted(self._others)))

    def _is_made_again(self, path: str) -> bool:
        """Whether each trial makes this file anew before the candidate runs."""
        return any(collide(path, name) for name in self.program.inputs)


def _is_plain(name: str) -> bool:
    return not any(sign in name for sign in "*?[")
