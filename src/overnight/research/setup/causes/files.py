"""Files that a command needs and that are not in a trial's tree."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath
from posixpath import normpath

from overnight.git.uncommitted import why_absent
from overnight.jail.job import FOLDER
from overnight.machines.share import search_path
from overnight.research.setup.causes.failing import MISSING, Failing, Fix, in_shell, shown
from overnight.research.setup.causes.inside import showing, way_in

WORDS = 64  # of a line or a command that may be paths
LONGEST = 4000  # characters of a line in which they are looked for

_BETWEEN = re.compile(r"""[\s;&|<>()"'`=:,]+""")
_EXIT = re.compile(r"exit code \d+")
_MODULE = re.compile(r"No module named '?([\w.]+)")
_REQUIRED = re.compile(r"Cannot find module '(\.{1,2}/[^'\n]{1,200}|/[^'\n]{1,200})'")
_ENDINGS = ("", ".js", ".ts", ".json", ".mjs", ".cjs", "/index.js", ".py", "/__init__.py")
_GITLINK = "160000"


def submodule(failing: Failing) -> Fix | str:
    """A file of a git submodule, or a module of Python in one."""
    if not (MISSING.search(failing.text) or _MODULE.search(failing.text)):
        return ""
    modules = [path for line in failing.lines for path in _modules(line)]
    for link in (path for mode, path in failing.committed() if mode == _GITLINK):
        place = failing.toplevel / link
        named = any(PurePosixPath(path).is_relative_to(link) for line in failing.lines for path in paths_in(line))
        if not named and not any((place / path).exists() or (place / "src" / path).exists() for path in modules):
            continue
        if not place.is_dir() or not any(place.iterdir()):
            return f"the submodule {shown(link)} is empty here: run `git submodule update --init`, and run this again"
        if link not in failing.program.readable:
            return showing(failing, f"trials do not see the submodule {shown(link)}:", [link], sure=True)
    return ""


def named_file(failing: Failing) -> Fix | str:
    """A file or folder of the checkout that the failure names and the commit has not."""
    lines = [_EXIT.sub("", line[:LONGEST]) for line in failing.lines]
    for line in lines:
        modules = _modules(line)
        certain = [*modules, *(f"src/{path}" for path in modules), *_required(line)]
        if absent := next(_absent(failing, [*certain, *(path for path in paths_in(line) if _is_named(path, line))]), ""):
            return absent
    return _untracked(failing, lines)


def needed_by_command(failing: Failing) -> Fix | str:
    """The same for what the commands themselves name, other than what they write."""
    written = {*failing.program.artifacts, *failing.program.inputs, failing.program.metric.result}
    named = [path for command in failing.program.commands for path in paths_in(command) if path not in written]
    return next(_absent(failing, named), "")


def missing_folder(failing: Failing) -> str:
    """A folder that a command writes into, and that no commit can hold because it is empty or ignored."""
    for line in (line for line in failing.lines if MISSING.search(line)):
        for path in paths_in(line):
            folder = PurePosixPath(path).parent
            if folder.is_absolute() or folder == PurePosixPath():
                continue
            if (failing.toplevel / folder).is_dir() and why_absent(failing.repository, str(folder)):
                make = f"mkdir -p {in_shell(folder)} && "
                return f"a trial's tree has no folder `{shown(folder)}`: begin the command with `{make}`"
    return ""


def paths_in(text: str) -> list[str]:
    """The words of a command or a failure that may be paths of the tree, relative to its top if written as a job saw them."""
    absolute = (normpath(word) if word.startswith(f"{FOLDER}/") else word for word in _BETWEEN.split(text)[:WORDS])
    words = (word.removeprefix(f"{FOLDER}/").removeprefix("./").rstrip("/.") for word in absolute)
    return [word for word in dict.fromkeys(words) if word and not word.startswith("-") and ".." not in word.split("/")]


def _modules(line: str) -> list[str]:
    """The files that a missing module of Python may be."""
    found = _MODULE.search(line)
    path = found[1].rstrip(".").replace(".", "/") if found else ""
    return [f"{path}.py", path, path.partition("/")[0]] if path else []


def _required(line: str) -> list[str]:
    """The files that a missing module of Node may be, by its absolute name."""
    found = _REQUIRED.search(line)
    path = found[1].removeprefix(f"{FOLDER}/") if found else ""
    return [f"{path}{ending}" for ending in _ENDINGS] if path and not path.startswith((".", "/")) else []


def _is_named(path: str, line: str) -> bool:
    """Whether a word is written as a path: `build` may be a word of a sentence, `'build'` or `build: No such file` is none."""
    if "/" in path or "." in path:
        return True
    return any(form in line for form in (f"'{path}'", f'"{path}"', f"`{path}`", f"{path}: No such", f"{path}/"))


def _untracked(failing: Failing, lines: Sequence[str]) -> Fix | str:
    """A file that was never added, if the failure names it by a part of its path, such as a header or `./lib`."""
    if not any(MISSING.search(line) for line in lines):
        return ""
    untracked = failing.untracked()
    for line in (line for line in lines if MISSING.search(line)):
        for word in (word.lstrip("./") for word in _BETWEEN.split(line)[:WORDS]):
            names = {f"/{word}{ending}" for ending in _ENDINGS} if "." in word or f"/{word}" in line else set()
            hit = next((path for path in untracked if any(f"/{path}".endswith(name) for name in names)), "")
            if word and hit and (absent := next(_absent(failing, [hit]), "")):
                return absent
    return ""


def _absent(failing: Failing, paths: Sequence[str]) -> Iterator[Fix]:
    on_path = search_path().split(":")
    for path in paths:
        inside = Path(path)
        if failing.shows(failing.toplevel / inside):
            continue
        if inside.is_absolute():
            if str(inside.parent) in on_path or not inside.is_relative_to(failing.toplevel):
                continue
            inside = inside.relative_to(failing.toplevel)
        if why := why_absent(failing.repository, inside.as_posix()):
            yield way_in(failing, inside, f"`{shown(path)}` is {why}, so it is not in a trial's tree")
