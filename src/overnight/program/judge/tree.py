"""The committed files as commands name them: relative to a folder, to the script that names them, or to the top."""

import re
from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from overnight.program.scope import matches

Read = Callable[[str], str | None]  # the text of a committed file; None if it is not text, or too long to read

MOST_CHARACTERS = 1_000_000  # that are read of a file
MOST_READ = 8_000_000  # characters of all files, a file counted each time
MOST_VARIABLES = 200  # of one text
MOST_SEARCHES = 50  # for words with a star and for tests, each among all files
MOST_GLOBBED = 200  # files that one word with a star stands for
MOST_EXPANDED = 4096  # characters of a word after its variables are replaced

_UNKNOWN = re.compile(r"\$(?:\(\)|\{[^{}]*\}|\w+|.)[^/$]*")  # at the start of a path, its folder
_VARIABLE = re.compile(r"\$(?:\{(\w+|@)(?:\[@\])?(?::?-([^{}$]*))?\}|(\w+|@|\*))")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a text is read: the folder it runs in, that of its file, and the values of its variables."""

    folder: str = ""  # "" is the top
    home: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)
    arguments: Sequence[str] = ()

    def entered(self, folder: str) -> "Place":
        """The place after `cd`."""
        return replace(self, folder=folder)

    def assigned(self, name: str, value: str) -> "Place":
        """The place after `name=value`."""
        if len(self.variables) >= MOST_VARIABLES:
            return self
        return replace(self, variables={**self.variables, name: value[:MOST_EXPANDED]})

    def expanded(self, words: Sequence[str]) -> list[str]:
        """Words with the variables replaced whose values are known."""
        expanded: list[str] = []
        for word in words:
            if word in {"$@", "$*", "${@}", "${*}"}:
                expanded += self.arguments
            elif (known := _VARIABLE.sub(self._value, word)[:MOST_EXPANDED]) != word and _VARIABLE.fullmatch(word):
                expanded += known.split()
            else:
                expanded.append(known)
        return expanded

    def _value(self, hit: re.Match[str]) -> str:
        name = hit[1] or hit[3]
        if name.isdigit() and name != "0":
            return self.arguments[int(name[:4]) - 1] if int(name[:4]) <= len(self.arguments) else hit[0]
        return self.variables.get(name) or hit[2] or hit[0]


@dataclass(slots=True, kw_only=True)
class Tree:
    """What is committed."""

    files: Collection[str]
    folders: Collection[str]
    read: Read
    _characters: int = 0
    _searches: dict[Hashable, Sequence[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, paths: Sequence[str], read: Read) -> "Tree":
        """A tree of these files."""
        folders = {""}
        for path in paths:
            while (path := folder_of(path)) not in folders:
                folders.add(path)
        return cls(files=frozenset(paths), folders=folders, read=read)

    def text(self, path: str) -> str:
        """The text of a file, as far as it is read; empty if it is not text, or if enough was read already."""
        if self._characters > MOST_READ:
            return ""
        text = (self.read(path) or "")[:MOST_CHARACTERS]
        self._characters += len(text)
        return "" if "\0" in text else text

    def named(self, word: str, place: Place) -> Sequence[str]:
        """The files that a word names; several if it has a star, none if it names no committed file."""
        for path in _candidates(word, place):
            if path in self.files:
                return [path]
            if "*" in path and (found := self._globbed(path)):
                return found
        return []

    def _globbed(self, glob: str) -> Sequence[str]:
        return self.once(glob, lambda path: matches(path, [glob]))[:MOST_GLOBBED]

    def once(self, search: Hashable, fits: Callable[[str], bool]) -> Sequence[str]:
        """The files that fit, sorted; each search is made once, and after `MOST_SEARCHES` others find nothing."""
        if search not in self._searches and len(self._searches) < MOST_SEARCHES:
            self._searches[search] = sorted(filter(fits, self.files))
        return self._searches.get(search, [])

    def folder(self, word: str, place: Place) -> str | None:
        """The folder that a word names; None if there is none."""
        return next((path for path in _candidates(word, place) if path in self.folders), None)


def folder_of(path: str) -> str:
    """The folder that a path lies in; "" is the top."""
    return path.rpartition("/")[0]


def joined(folder: str, word: str) -> str | None:
    """The path of a word relative to a folder; None if it leaves the tree."""
    names: list[str] = folder.split("/") if folder else []
    for name in word.split("/"):
        if name == ".." and not names:
            return None
        if name == "..":
            names.pop()
        elif name not in {"", "."}:
            names.append(name)
    return "/".join(names)


def _candidates(word: str, place: Place) -> Sequence[str]:
    """The paths that a word may stand for, the likeliest first."""
    if len(word) > MOST_EXPANDED or not word or word.startswith(("/", "~")):
        return ()
    folders = (place.folder, place.home, "")
    if unknown := _UNKNOWN.match(word):
        word, folders = word[unknown.end() :].lstrip("/") or ".", (place.home, place.folder, "")
    paths = [] if "$" in word else [joined(folder, word) for folder in dict.fromkeys(folders)]
    return [path for path in paths if path is not None]
