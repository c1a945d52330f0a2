"""Which paths the globs of a program cover, and which paths no file of a proposal may have."""

import re
import unicodedata
from collections.abc import Iterator, Sequence
from fnmatch import translate
from functools import lru_cache

MAX_PATH_BYTES = 1024
MAX_NAME_BYTES = 255  # of one path component, on every common file system

# Git acts on these wherever they are.
_GIT_SETTINGS = frozenset({".gitmodules", ".gitattributes"})
# What file systems that fold case or drop characters take for `.git`.
_GIT_FOLDER = re.compile(r"\.git[ .]*(?:::.*)?|git~[0-9]+", re.IGNORECASE)
_NOTHING = re.compile(r"(?!)")


def matches(path: str, globs: Sequence[str]) -> bool:
    """Whether one of the globs covers the file at `path`.

    Globs start at the top of the repository. `*`, `?` and `[...]` stay within one name, `**` crosses folders, and a
    folder covers all that is below it. A glob with a trailing slash means only a folder.
    """
    names = path.split("/")
    return any(_covers(_compile(glob), names) for glob in globs)


def reaches(folder: str, globs: Sequence[str]) -> bool:
    """Whether one of the globs may cover something below `folder`."""
    names = folder.split("/")
    return any(_reaches(_compile(glob), names) for glob in globs)


def collide(path: str, other: str) -> bool:
    """Whether two paths cannot both be files: they are the same, or one lies below the other."""
    return f"{path}/".startswith(f"{other}/") or f"{other}/".startswith(f"{path}/")


def above(path: str) -> Iterator[str]:
    """The folders that contain a path, the innermost first, without the top."""
    while (end := path.rfind("/")) > 0:
        path = path[:end]
        yield path


def path_problem(path: str) -> str:
    """Why no file of a proposal may have this path, whatever the program says; empty if one may."""
    names = path.split("/")
    sizes = [len(name.encode(errors="surrogatepass")) for name in names]
    rules = (
        (path.startswith("/") or "\\" in path, "is not a relative path with `/`"),
        (not {"", ".", ".."}.isdisjoint(names), "has an empty, `.` or `..` folder in its path"),
        (not path.isprintable(), "has an invisible character in its name"),
        (max(sizes) > MAX_NAME_BYTES or sum(sizes) + len(names) > MAX_PATH_BYTES, "has a name that is too long"),
        (any(_is_git_folder(name) for name in names), "lies in a `.git` folder"),
        (names[-1].lower() in _GIT_SETTINGS, "is a git settings file"),
    )
    return next((problem for broken, problem in rules if broken), "")


def _reaches(patterns: Sequence[re.Pattern[str] | None], names: Sequence[str]) -> bool:
    for pattern, name in zip(patterns, names, strict=False):  # the shorter one decides
        if pattern is None:
            return True
        if not pattern.match(name):
            return False
    return True


def _is_git_folder(name: str) -> bool:
    return _GIT_FOLDER.fullmatch(unicodedata.normalize("NFKC", name)) is not None


@lru_cache(maxsize=1024)
def _compile(glob: str) -> tuple[re.Pattern[str] | None, ...]:
    """One pattern for each name of a path; None stands for any number of names."""
    names = [name for name in glob.split("/") if name]
    if names[-1:] == ["**"]:
        names[-1] = "*"  # all that is below a folder, not a file of its name
    elif glob.endswith("/"):
        names.append("*")
    return (*(None if name == "**" else re.compile(translate(name)) for name in names), None)


def _covers(patterns: Sequence[re.Pattern[str] | None], names: Sequence[str]) -> bool:
    """Match names against patterns; it backtracks only to the last `**`, so the product of their numbers bounds the steps."""
    at, step, resume_at, resume_step = 0, 0, -1, -1
    while at < len(names):
        pattern = patterns[step] if step < len(patterns) else _NOTHING
        if pattern is None:
            resume_at, resume_step = at, step
            step += 1
        elif pattern.match(names[at]):
            at, step = at + 1, step + 1
        elif resume_step >= 0:
            resume_at += 1
            at, step = resume_at, resume_step + 1
        else:
            return False
    return all(pattern is None for pattern in patterns[step:])
