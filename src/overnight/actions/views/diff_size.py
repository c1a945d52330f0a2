"""The size of a unified diff by part of a repository: code, tests, docs, settings. Pure."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from overnight.program.code_files import is_code, suffix_of
from overnight.program.scope import matches

TEST_GLOBS = ("tests", "test", "**/tests", "**/test", "**/__tests__", "**/test_*", "**/*_test.*", "**/*.test.*", "**/*.spec.*")
_DOCS = frozenset((".adoc", ".md", ".rst", ".txt"))
_FOLDERS = ("doc", "docs")
_SETTINGS = frozenset((".cfg", ".conf", ".env", ".ini", ".json", ".lock", ".properties", ".toml", ".xml", ".yaml", ".yml"))
_NAMED = frozenset(("Dockerfile", "Makefile", "Jenkinsfile", "Procfile"))
_HUNK = re.compile(r"@@ -\d+(?:,(\d+))? \+\d+(?:,(\d+))? @@")
_ESCAPE = re.compile(r"\\([0-7]{3}|.)")
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}


class Part(StrEnum):
    """What a file is to its repository."""

    CODE = "code"
    TESTS = "tests"
    DOCS = "docs"
    SETTINGS = "settings"  # also lock files, CI and the like
    OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True)
class FileSize:
    """What a diff does to one file."""

    path: str
    added: int  # lines
    removed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PartSize:
    """What a diff does to one part."""

    part: Part
    files: int
    added: int  # lines
    removed: int


def part_of(path: str, test_globs: Sequence[str] = ()) -> Part:
    """What a file is to its repository, by its path; `test_globs` are those of `actions.md`."""
    folders, name = path.split("/")[:-1], path.rpartition("/")[2]
    if matches(path, test_globs or TEST_GLOBS):
        return Part.TESTS
    if suffix_of(path) in _DOCS or (folders and folders[0] in _FOLDERS and not is_code(path)):
        return Part.DOCS
    if is_code(path):
        return Part.CODE
    if suffix_of(path) in _SETTINGS or name in _NAMED or name.startswith("."):
        return Part.SETTINGS
    return Part.OTHER


def part_sizes(diff: str, test_globs: Sequence[str] = ()) -> Sequence[PartSize]:
    """The size of a diff by part; parts that it does not touch are left out."""
    by_part: dict[Part, list[FileSize]] = {}
    for each in file_sizes(diff):
        by_part.setdefault(part_of(each.path, test_globs), []).append(each)
    return [
        PartSize(part=part, files=len(found), added=sum(f.added for f in found), removed=sum(f.removed for f in found))
        for part in Part
        if (found := by_part.get(part))
    ]


def file_sizes(diff: str) -> Iterator[FileSize]:
    """Each file of a diff as git writes it; a line of a hunk is never taken for the head of a file."""
    path, added, removed, left_old, left_new = "", 0, 0, 0, 0
    for line in diff.split("\n"):
        if left_old > 0 or left_new > 0:
            sign = line[:1]
            added, removed = added + (sign == "+"), removed + (sign == "-")
            left_old -= sign in {"-", " ", ""}
            left_new -= sign in {"+", " ", ""}
        elif line.startswith("diff --git "):
            if path:
                yield FileSize(path=path, added=added, removed=removed)
            path, added, removed = _named_in(line), 0, 0
        elif found := _HUNK.match(line):
            left_old, left_new = (int(count) if count is not None else 1 for count in found.groups())
        elif line.startswith(("--- ", "+++ ")) and (named := _path(line[4:])) != "/dev/null":
            path = named.partition("/")[2]
    if path:
        yield FileSize(path=path, added=added, removed=removed)


def _named_in(line: str) -> str:
    """The path in the first line of a file's part; of a binary file there is no better one."""
    both = line.removeprefix("diff --git ")
    if both.startswith('"'):
        return _path(both[: both.find('" ') + 1] or both).partition("/")[2]
    return both[2 : (len(both) - 1) // 2]  # `a/PATH b/PATH`, twice the same


def _path(text: str) -> str:
    """A path as git writes it, quoted if it is odd."""
    text = text.rstrip("\t")
    if not (text.startswith('"') and text.endswith('"')):
        return text

    def plain(found: re.Match[str]) -> str:
        return chr(int(found[1], 8)) if found[1].isdigit() else _ESCAPED.get(found[1], found[1])

    return _ESCAPE.sub(plain, text[1:-1]).encode("latin-1", "replace").decode("utf-8", "replace")
