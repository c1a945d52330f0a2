"""What a campaign's program says about an edit of one of its commits: whether it is in scope, and how much code it adds."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from overnight.git.port import FileChange, History
from overnight.program.judge.new_files import new_judges
from overnight.research.changes.code_size import SizeChange, size_change
from overnight.research.changes.scope import QUOTED, check_scope
from overnight.research.loop.committed import committed_text
from overnight.research.loop.journal import Journal
from overnight.words.foreign import printable

# What is wrong with changes, a line each, beyond what the program says; given with the files before them, by path.
ScopeRule = Callable[[Sequence[FileChange], Mapping[str, bytes]], Sequence[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Scope:
    """Reads what stands before an edit, and judges the edit by it."""

    journal: Journal
    history: History
    more: ScopeRule | None = None

    def violations(self, changes: Sequence[FileChange], base: str) -> Sequence[str]:
        """Why changes of a commit are out of scope; empty if they are not."""
        program, executable = self.journal.state.program, self._executable(base)
        before = self.before(changes, base)
        wrong = check_scope(changes, before=before, executable=executable, program=program)
        return wrong or self._new_judges(changes, base) or (self.more(changes, before) if self.more else ())

    def _new_judges(self, changes: Sequence[FileChange], base: str) -> Sequence[str]:
        """The new files among changes that would judge the proposal, each with the reason."""
        paths = self.history.paths(base)
        known = frozenset(paths)
        added = {
            change.path: change.content.decode(errors="replace")
            for change in changes
            if change.content is not None and change.path not in known
        }
        if not added:
            return ()
        found = new_judges(self.journal.state.program, paths, committed_text(self.history, base), added)
        return [f"`{printable(path, QUOTED)}` {why}" for path, why in found.items()]

    def differs(self, changes: Sequence[FileChange], base: str) -> bool:
        """Whether anything of a commit is another after them."""
        before, executable = self.before(changes, base), self._executable(base)
        return any(
            before.get(change.path) != change.content or executable.get(change.path, False) != change.executable
            for change in changes
        )

    def before(self, changes: Sequence[FileChange], base: str) -> Mapping[str, bytes]:
        """The contents of the changed files that exist in the commit."""
        known = {file.path for file in self.history.files(base)}
        return self.history.read_files(base, [change.path for change in changes if change.path in known])

    def size(self, changes: Sequence[FileChange], base: str) -> SizeChange:
        """How much code they add and remove, counted only if the program asks: reading code takes time."""
        if not self.journal.state.program.gate.keep_simpler:
            return SizeChange(added=0, removed=0)
        return size_change(changes, self.before(changes, base))

    def _executable(self, base: str) -> Mapping[str, bool]:
        """Whether each file of the commit is executable."""
        return {file.path: file.executable for file in self.history.files(base)}
