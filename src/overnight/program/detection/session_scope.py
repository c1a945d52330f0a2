"""The files in scope of a session's text, found among those that are committed; what is not found is said, with the reason."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from glob import escape

from overnight.program.detection.session_text import Mention, mentions
from overnight.program.judge.narrowing import narrowed
from overnight.program.program import PROGRAM
from overnight.program.scope import matches
from overnight.words.fields import MAX_ITEMS
from overnight.words.foreign import printable
from overnight.words.quantities import counted, listed

LEFT_OUT = "left out of `editable`"
MAX_NAMES = 300  # in a text
MAX_BRACED = 64  # names that braces stand for
NAMED, NAME = 12, 80  # names in a note, and characters of one

_BRACES = re.compile(r"\{([^{}]*,[^{}]*)\}")
_BETWEEN = re.compile(r"(?:,\s*|\s+)(?![^{]*\})")
_PLACE = re.compile(r"(?::\d+(?:[-\u2013:]\d+)?|#L\d+(?:-L?\d+)?|::.*)$")
_WILD = re.compile(r"[*?\[]")
_A_FILE = re.compile(
    r".*(?:/|\.(?:py|js|jsx|ts|tsx|rs|go|c|cc|cpp|cu|h|hpp|java|rb|sh|jl|toml|ya?ml|json|ini|cfg|sql|zig|swift|kt))"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SessionScope:
    """Globs of files that may change, and what the user should know about how they were read."""

    editable: Sequence[str]
    notes: Sequence[str]


def session_scope(text: str, files: Iterable[str], place: str) -> SessionScope:
    """What a text says may change, as globs that each match a committed file; `place` is for the notes."""
    reader = _Reader(_Tree(files))
    names = ((name, mention) for mention in mentions(text) for name in _names(mention.text))
    for count, (name, mention) in enumerate(names):
        if count == MAX_NAMES:
            reader.left_out["further names"] = f"more than {MAX_NAMES}"
            break
        reader.read(name, mention)
    editable = reader.editable()
    notes = [f"{place}: {note}" for note in reader.notes]
    if reader.left_out:
        named = (f"`{printable(name, NAME)}` ({why})" for name, why in reader.left_out.items())
        notes.append(f"{place}: {LEFT_OUT}: {listed(named, NAMED)}")
    return SessionScope(editable=editable[:MAX_ITEMS], notes=notes)


class _Tree:
    """The committed files, by path, by folder and by last name."""

    def __init__(self, files: Iterable[str]) -> None:
        self.files = sorted(path for path in files if path.isprintable())
        self._known = set(self.files)
        self._folders = {path[:end] for path in self.files for end in range(len(path)) if path[end] == "/"}
        self._ends: dict[str, list[str]] = {}
        for path in (*self.files, *(f"{folder}/" for folder in sorted(self._folders))):
            self._ends.setdefault(path.rstrip("/").rpartition("/")[2], []).append(path)

    def find(self, name: str) -> str:
        """The glob for a path from the top: a file, a folder with a slash, or a pattern that matches something; else empty."""
        plain = name.rstrip("/")
        if name in self._known or plain in self._folders:
            return name if name in self._known else f"{plain}/"
        if _WILD.search(name) and any(matches(path, [name]) for path in self.files):
            return name
        return ""

    def as_glob(self, found: str) -> str:
        """What was found as the program writes it: `[id].js` is a name, not a pattern."""
        return escape(found) if found in self._known or found.rstrip("/") in self._folders else found

    def ending(self, name: str) -> list[str]:
        """All files and folders whose path ends with this one."""
        plain = name.strip("/")
        found = self._ends.get(plain.rpartition("/")[2], [])
        return [path for path in found if path.rstrip("/").endswith(f"/{plain}") and path.endswith("/") >= name.endswith("/")]

    def covered(self, glob: str) -> set[str]:
        """The files that a found glob covers."""
        if glob in self._known:
            return {glob}
        if glob.rstrip("/") in self._folders:
            return {path for path in self.files if path.startswith(glob)}
        return {path for path in self.files if matches(path, [glob])}


@dataclass(slots=True)
class _Reader:
    tree: _Tree
    found: dict[str, None] = field(default_factory=dict)  # globs, in order
    off: dict[str, None] = field(default_factory=dict)
    opened: set[str] = field(default_factory=set)  # folders that stand above names
    used: set[str] = field(default_factory=set)  # folders that names were found to be relative to
    left_out: dict[str, str] = field(default_factory=dict)  # names as written, and why
    notes: list[str] = field(default_factory=list)

    def read(self, name: str, mention: Mention) -> None:
        glob, why = self._resolve(name, mention)
        if not glob:
            if mention.may_change and (mention.ticked or _A_FILE.fullmatch(name)):
                self.left_out[name] = why
        elif not mention.may_change:
            self.off[glob] = None
        elif matches(PROGRAM, [glob]):
            self.left_out[name] = f"it covers {PROGRAM}"
        else:
            self.found[glob] = None
            if mention.opens:
                self.opened.add(glob)

    def _resolve(self, name: str, mention: Mention) -> tuple[str, str]:
        """The glob for a name, else why there is none."""
        if ".." in name.split("/"):
            return "", "outside the repository"
        plain, inside = self.tree.find(name), self._inside(name, mention.folders, mention)
        if "/" not in name.rstrip("/"):
            plain, inside = inside, plain
        if glob := plain or inside or self._inside(name, mention.beside, mention):
            return glob, ""
        ending = self.tree.ending(name) if mention.ticked else []
        if len(ending) > 1:
            return "", f"which of {listed((printable(path, NAME) for path in ending), 3)}"
        return (ending[0], "") if ending else ("", "no committed file")

    def _inside(self, name: str, folders: Sequence[str], mention: Mention) -> str:
        for folder in filter(None, map(self._folder, folders)):
            if glob := self.tree.find(f"{folder}{name}"):
                if mention.may_change:
                    self.used.add(folder)
                return glob
        return ""

    def _folder(self, written: str) -> str:
        name = next(_names(written), "")
        found = self.tree.find(name) or next(iter(self.tree.ending(name)), "") if name else ""
        return found if found.endswith("/") else ""

    def editable(self) -> list[str]:
        """The globs; a folder that was only named as the place of others is none, and what is off limits is left out."""
        globs: dict[str, None] = {}
        off = {glob: self.tree.covered(glob) for glob in list(self.off)[:MAX_ITEMS]}
        for glob in list(self.found)[: 2 * MAX_ITEMS]:
            if glob in self.opened & self.used:
                self.notes.append(f"`{printable(glob, NAME)}` is read as the folder of names beside or below it")
                continue
            covered = self.tree.covered(glob) if off else set()
            inner = {path: files & covered for path, files in off.items() if files & covered}
            if not inner:
                globs[self.tree.as_glob(glob)] = None
                continue
            globs |= dict.fromkeys(narrowed([self.tree.as_glob(glob)], set().union(*inner.values()), self.tree.files))
            names = listed((f"`{printable(path, NAME)}`" for path in inner), 3)
            self.notes.append(f"`{printable(glob, NAME)}` is proposed without {names}, off limits there")
        for glob in list(globs)[MAX_ITEMS:]:
            self.left_out[glob] = f"more than {counted(MAX_ITEMS, 'glob')}"
        return list(globs)


def _names(text: str) -> Iterator[str]:
    """The paths that a text in backticks stands for: several in one, braces, a line number behind it."""
    parts = _BETWEEN.split(text.strip())
    for part in parts:
        for name in _expanded(part):
            plain = _PLACE.sub("", name.strip("\"'")).removeprefix("./").lstrip("/")
            if plain and plain != "." and not plain.startswith("-"):
                yield plain


def _expanded(text: str) -> list[str]:
    names = [text]
    while len(names) < MAX_BRACED and (hit := _BRACES.search(names[0])):
        names = [name[: hit.start()] + part.strip() + name[hit.end() :] for name in names for part in hit[1].split(",")]
    return names[:MAX_BRACED]
