"""The files of a change, by what they are for: tests, what tests need, code, and words or settings."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from overnight.actions.charter import TEST_GLOBS
from overnight.git.port import FileChange
from overnight.program.code_files import is_code, suffix_of
from overnight.program.scope import matches
from overnight.research.changes.canonical import canonical

# Where the customs of languages put what tests need, and tests that no runner finds by their names.
AROUND = ("**/conftest.py", "**/tests/**", "**/test/**", "**/__tests__/**", "**/spec/**", "**/testdata/**", "**/fixtures/**")
_SUPPORT = frozenset(("conftest.py", "__init__.py", "setup.py", "helpers.py", "utils.py"))
_MARKUP = frozenset((".html", ".vue", ".svelte", ".j2", ".jinja", ".tmpl", ".ejs", ".bats"))


class FileKind(StrEnum):
    """What a changed file is for."""

    TESTS = "tests"
    SUPPORT = "support"  # of tests: fixtures, data, helpers
    CODE = "code"
    OTHER = "other"  # words, settings, data


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangedFile:
    """One file of a change, before and after."""

    path: str
    kind: FileKind
    old: bytes | None  # None: it is new
    new: bytes | None  # None: it is removed
    was_executable: bool = False
    executable: bool = False

    @property
    def change(self) -> FileChange:
        """What makes the new file."""
        return FileChange(path=self.path, content=self.new, executable=self.executable)

    def having(self, content: bytes | None) -> FileChange:
        """What gives the file another content."""
        return FileChange(path=self.path, content=content, executable=self.executable)

    @property
    def old_text(self) -> str:
        """The old content as text, foreign bytes replaced; empty if there is none."""
        return (self.old or b"").decode(errors="replace")

    @property
    def new_text(self) -> str:
        """The new content as text, foreign bytes replaced; empty if there is none."""
        return (self.new or b"").decode(errors="replace")


def changed_files(
    changes: Sequence[FileChange], before: Mapping[str, bytes], executable: Mapping[str, bool], globs: Sequence[str]
) -> Sequence[ChangedFile]:
    """The files of a change by path; `before` and `executable` are of those that exist in the base."""
    return [
        ChangedFile(
            path=change.path,
            kind=kind_of(change, before.get(change.path), globs or TEST_GLOBS),
            old=before.get(change.path),
            new=change.content,
            was_executable=executable.get(change.path, False),
            executable=change.executable,
        )
        for change in sorted(changes, key=lambda change: change.path)
    ]


def kind_of(change: FileChange, old: bytes | None, globs: Sequence[str]) -> FileKind:
    """What a changed file is for; code whose comments alone differ counts as words."""
    named = matches(change.path, globs)
    if named or matches(change.path, AROUND):
        return FileKind.TESTS if _runs(change.path, change.content or old or b"", named=named) else FileKind.SUPPORT
    if not is_code(change.path) and suffix_of(change.path) not in _MARKUP and not (change.content or b"").startswith(b"#!"):
        return FileKind.OTHER
    if old is not None and change.content is not None and canonical(change.path, old) == canonical(change.path, change.content):
        return FileKind.OTHER
    return FileKind.CODE


def _runs(path: str, content: bytes, *, named: bool) -> bool:
    """Whether a file is one that a runner is given, and not what such files need."""
    name = path.rpartition("/")[2]
    if name in _SUPPORT or not (is_code(path) or name.endswith(".bats")):
        return False
    if not name.endswith(".py"):
        return named
    return b"def test" in content or b"class Test" in content or (named and name.startswith("test"))
