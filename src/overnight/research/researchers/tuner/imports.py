"""Which Python files a program's commands can reach by imports, as far as text shows.

Names are compared by their parts, so a file counts as reached rather once too often. Does not cover: imports by computed names.
"""

import re
from collections.abc import Collection, Iterable, Mapping
from pathlib import PurePosixPath

_IMPORT = re.compile(rb"^[ \t]*(?:from[ \t]+([.\w]+)[ \t]+import\b([^\n]*)|import[ \t]+([^\n]+))", re.MULTILINE)
_CONTINUED = re.compile(rb"^[ \t]*from[ \t]+[.\w]+[ \t]+import[ \t]*\(([^)]{0,2000})\)", re.MULTILINE)
_WORD = re.compile(r"\w+")


def reached(contents: Mapping[str, bytes], commands: Iterable[str]) -> Collection[str]:
    """The paths that the commands name or that what they name imports; all paths if they name no Python file.

    Args:
        contents: Python files by path.
        commands: as in the program.
    """
    words = {word for command in commands for word in re.split(r"[\s;&|<>()\"'=]+", command)}
    entries = [path for path in contents if path in words or path.removesuffix(".py").replace("/", ".") in words]
    entries += [path for path in contents if path.endswith("/__main__.py") and path[:-12].replace("/", ".") in words]
    if not entries:
        return contents.keys()
    by_name: dict[str, list[str]] = {}
    for path in contents:
        by_name.setdefault(_module(path), []).append(path)
    found, waiting = set(entries), entries
    while waiting:
        for name in _imported(contents[waiting.pop()]):
            new = [path for path in by_name.get(name, ()) if path not in found]
            found.update(new)
            waiting += new
    return found


def _module(path: str) -> str:
    """The last part of a module's name."""
    file = PurePosixPath(path)
    return file.parent.name if file.stem in {"__init__", "__main__"} else file.stem


def _imported(content: bytes) -> set[str]:
    texts = [text for match in _IMPORT.finditer(content) for text in match.groups() if text]
    texts += [match[1] for match in _CONTINUED.finditer(content)]
    return {word for text in texts for word in _WORD.findall(text.decode(errors="replace"))}
