"""Pure: whether a Python script opens files by paths that begin in its own folder, not at the top."""

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence

from overnight.program.detection.command import Files
from overnight.program.judge.tree import folder_of

MOST_MODULES = 30  # of the repository that a script imports
MOST_PATHS = 200  # of a text that may be paths
LARGEST = 100_000  # characters of a text

_IMPORT = re.compile(
    r"^[ \t]*(?:from[ \t]+(\.{0,2}[\w.]{0,100})[ \t]+import\b[ \t]*([\w, \t]{0,200})|import[ \t]+([\w.]{1,100}))", re.M
)
# A path in quotation marks, up to what is put into it; or the first of those that are joined.
_PATH = re.compile(r"""["'](?:\./)?([\w-][\w.-]{0,60}(?:/[\w.-]{1,60}){0,8}/?)(?=["'{%<])""")
_BY_FILE = re.compile(r"__file__|\bchdir\(")  # finds its folder by itself


def reads_beside(path: str, files: Files) -> bool:
    """Whether a script, or a module that it imports, names data by a path that is committed in its folder, not at the top."""
    folder = f"{folder_of(path)}/"
    texts = [text for module in (path, *_modules(path, files)) if (text := files.get(module)) and len(text) <= LARGEST]
    if any(_BY_FILE.search(text) for text in texts):
        return False
    named = {named for text in texts for named in _paths(text)}
    everything = sorted(files)
    beside = [each.removeprefix(folder) for each in everything if each.startswith(folder) and not each.endswith(".py")]
    return any(_is_named(one, beside) and not _is_named(one, everything) for one in named)


def _paths(text: str) -> Iterator[str]:
    """What may be paths in a text: each with a folder, or with an ending."""
    for _, hit in zip(range(MOST_PATHS), _PATH.finditer(text), strict=False):
        joined = text[max(0, hit.start() - 5) : hit.start()].endswith(("join(", "Path("))
        if "/" in hit[1] or "." in hit[1] or joined:
            yield f"{hit[1]}/" if joined and "." not in hit[1] and not hit[1].endswith("/") else hit[1]


def _is_named(path: str, files: Sequence[str]) -> bool:
    """Whether a path is one of these sorted files, or the beginning of one of them."""
    at = bisect_left(files, path)
    return at < len(files) and (files[at] == path or ("/" in path and files[at].startswith(path)))


def _modules(path: str, files: Files) -> list[str]:
    """The files of the repository that a script imports, and that those import."""
    found: list[str] = []
    left = [path]
    while left and len(found) < MOST_MODULES:
        each = left.pop()
        new = [module for module in imported(each, files) if module not in found and module != path]
        found += new
        left += new
    return found[:MOST_MODULES]


def imported(path: str, files: Files) -> Iterator[str]:
    """The files of the repository that a Python file imports, beside it or from the top."""
    folder = folder_of(path)
    for hit in _IMPORT.finditer((files.get(path) or "")[:LARGEST]):
        module = (hit[1] or hit[3] or "").lstrip(".").replace(".", "/")
        names = [module, *(f"{module}/{name.strip()}".lstrip("/") for name in (hit[2] or "").split(","))]
        for name in filter(None, names):
            for place in (f"{folder}/" if folder else "", ""):
                if f"{place}{name}.py" in files:
                    yield f"{place}{name}.py"
