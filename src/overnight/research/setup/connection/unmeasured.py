"""Why an editable file does not matter to what is measured, and what to do about it."""

import shutil
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from overnight.machines.share import search_path
from overnight.program.code_files import COMPILED, suffix_of
from overnight.program.program import Program
from overnight.words.foreign import printable

NAME = 200  # characters of a path or command in a message


@dataclass(frozen=True, slots=True, kw_only=True)
class Cause:
    """Why, and the fix."""

    why: str
    fix: str


def why_unmeasured(path: str, read: Collection[str], paths: Collection[str], program: Program) -> Cause:
    """The most likely cause.

    Args:
        path: the file.
        read: the files that the command opens.
        paths: all committed files.
        program: whose command it is.
    """
    name, suffix = printable(path, NAME), suffix_of(path)
    unread = f"the command does not open {name}"
    if path in read:
        why = f"the command reads {name}, but its failure changes nothing"
        return Cause(why=why, fix="let the command run that code, and fail when it fails (`set -e`, no `|| true`)")
    root, module = _imported_as(path, paths)
    from_tree = any(other.startswith(f"{root}/{module}/".lstrip("/")) for other in read)
    if suffix == ".py" and not from_tree and (copy := next(_installed(module), None)):
        command = f"export PYTHONPATH=$PWD{f'/{root}' * bool(root)}; {program.measure or program.produce}"
        why = f"{unread}; python imports the copy that is installed at {printable(str(copy), NAME)}"
        return Cause(why=why, fix=f"write `{printable(command, NAME)}`, so that the trial's own tree comes first")
    if suffix in COMPILED:
        fix = "compile it in the command, such as `make && ./bench`: what a check builds is gone by then"
        return Cause(why=f"{unread}; it runs what was compiled before", fix=fix)
    return Cause(why=unread, fix="take it out of `editable`, or measure a command that uses it")


def _imported_as(path: str, paths: Collection[str]) -> tuple[str, str]:
    """The folder that must be on Python's path, and the name of the outermost package or module that the file is in."""
    place = PurePosixPath(path)
    while f"{place.parent}/__init__.py" in paths:
        place = place.parent
    return "" if str(place.parent) == "." else str(place.parent), place.name


def _installed(module: str) -> Iterator[Path]:
    """Where the interpreter on PATH has a package or module of this name, or a link that leads to one."""
    python = shutil.which("python", path=search_path()) or shutil.which("python3", path=search_path())
    for folder in Path(python).parent.parent.glob("lib/python3*/site-packages") if python else ():
        links = folder.glob("__editable__*.pth")
        linked = (link for link in links if _squeezed(module.removesuffix(".py")) in _squeezed(link.name))
        yield from (place for place in (folder / module, *linked) if place.exists())


def _squeezed(name: str) -> str:
    """A name without what distributions write differently from their packages."""
    return name.lower().replace("-", "").replace("_", "").replace(".", "")
