"""Packages of Node that are installed in the checkout, in folders that no commit has."""

import json
import re
from collections.abc import Collection, Iterator, Sequence
from itertools import chain
from pathlib import Path, PurePosixPath

from overnight.jail.checkout import real_path
from overnight.jail.job import FOLDER
from overnight.research.setup.causes.failing import Failing, Fix, in_shell, shown
from overnight.research.setup.causes.inside import NODE_MODULES, can_be_written, is_inside, showing

MOST_FOLDERS = 32  # of packages
PACKAGE = "package.json"
MOST_BYTES = 1_000_000  # of one

_PACKAGE = re.compile(
    r"(?:annot find (?:module|package)|ould not resolve|an't resolve|o resolve import) "
    r"['\"](@?\w[\w.-]{0,79}(?:/[\w.-]{1,80}){0,9})['\"]"
)
_FILE = re.compile(r"((?:[\w.@+-]{1,80}/){0,20}[\w.@+-]{1,80}\.[cm]?[jt]sx?)\b")
_PROGRAM = re.compile(r"(?:^|: |\d: )([\w.-]{1,60}): (?:command )?not found$", re.MULTILINE)
_NPX = re.compile(r"\b(?:npx|bunx|pnpx|(?:npm|pnpm|yarn) (?:exec|dlx))\s+(?:-\S{1,40}\s+){0,5}([\w.@/-]{1,80})")
_NPX_SAYS = re.compile(r"npm error|npm ERR!|EAI_AGAIN|ENOTFOUND|not found|getaddrinfo", re.IGNORECASE)
_INSTALLERS = {"pnpm-lock.yaml": "pnpm", "yarn.lock": "yarn", "bun.lock": "bun", "bun.lockb": "bun"}  # by the lock file
_NAMES = 10  # that are looked for


def node_modules(failing: Failing) -> Fix | str:
    """A package of Node, or a program of one, in a folder that is not committed."""
    packages = [_root(hit[1]) for hit in _PACKAGE.finditer(failing.text)]
    programs = [hit[1] for hit in _PROGRAM.finditer(failing.text)]
    if _NPX_SAYS.search(failing.text):
        programs += [hit[1] for command in failing.program.commands for hit in _NPX.finditer(command)]
    wanted = [*packages[:_NAMES], *(f".bin/{name}" for name in programs[:_NAMES])]
    for folder in _folders(failing) if wanted else ():
        there = [name for name in wanted if (failing.toplevel / folder / name).exists()]
        needed = [
            path for path in dict.fromkeys((folder, *_linked(failing.toplevel, folder, there))) if _may_show(failing, path)
        ]
        if there and needed:
            names = ", ".join(f"`{shown(path)}`" for path in needed)
            verb = "is" if len(needed) == 1 else "are"
            return showing(failing, f"{names} {verb} not committed, so not in a trial's tree:", needed, sure=True)
        if there:
            return ""
    if packages:
        return _to_install(failing, packages[0])
    return next((fix for name in programs[:_NAMES] if (fix := _to_install(failing, name, only_if_named=True))), "")


def _to_install(failing: Failing, package: str, *, only_if_named: bool = False) -> str:
    """A package that the checkout has not either, if there is a `package.json` that names it, or can."""
    committed = {path for _, path in failing.committed()}
    above = (folder.rpartition(NODE_MODULES)[0] for path in _files(failing) for folder in _above(path))
    place = next((place for place in (*above, "") if f"{place}{PACKAGE}" in committed), None)
    if place is None:
        return ""
    lock = next((lock for lock in _INSTALLERS if f"{place}{lock}" in committed or lock in committed), "")
    command = f"{_INSTALLERS.get(lock, 'npm')} install"
    if package not in _named(failing, f"{place}{PACKAGE}"):
        if only_if_named:
            return ""
        command = f"npm install --no-save {in_shell(package)}"  # changes no committed file
    run = f"cd {in_shell(place.rstrip('/'))} && {command}" if place else command
    return f"`{shown(package)}` is not installed in your checkout either: run `{run}`, and run this again"


def _named(failing: Failing, path: str) -> Collection[str]:
    """The packages that a `package.json` of the checkout names."""
    try:
        found = json.loads((failing.toplevel / path).read_bytes()[:MOST_BYTES])
    except (OSError, ValueError, RecursionError):
        return ()
    groups = (value for key, value in found.items() if key.lower().endswith("dependencies")) if isinstance(found, dict) else ()
    return {name for group in groups if isinstance(group, dict) for name in group}


def installed(toplevel: Path, committed: Sequence[str]) -> Sequence[str]:
    """The folders of installed packages beside the committed `package.json` files, those nearest to the top first.

    One that leads out of the checkout is not among them, nor one that is committed.
    """
    places = sorted((path.rpartition("/")[0] for path in committed if path.rpartition("/")[2] == PACKAGE), key=_depth)
    folders = [(f"{place}/{NODE_MODULES}").lstrip("/") for place in places if NODE_MODULES not in place.split("/")]
    there = [folder for folder in folders if can_be_written(folder) and (toplevel / folder).is_dir()]
    tracked = {f"{path.rpartition(f'{NODE_MODULES}/')[0]}{NODE_MODULES}" for path in committed if f"{NODE_MODULES}/" in path}
    return [folder for folder in there if folder not in tracked and is_inside(toplevel, folder)][:MOST_FOLDERS]


def _depth(place: str) -> tuple[int, str]:
    return (place.count("/") + bool(place), place)


def _root(name: str) -> str:
    """The package that a module belongs to: `@scope/name` of `@scope/name/part`."""
    return "/".join(name.split("/")[: 2 if name.startswith("@") else 1])


def _folders(failing: Failing) -> Sequence[str]:
    """Where Node looks from the files that the failure names, upwards; then beside every `package.json`."""
    upwards = chain.from_iterable(map(_above, _files(failing)))
    beside = installed(failing.toplevel, [path for _, path in failing.committed()])
    there = (path for path in (*upwards, NODE_MODULES, *beside) if (failing.toplevel / path).is_dir())
    return list(dict.fromkeys(there))


def _files(failing: Failing) -> Sequence[str]:
    """The files of JavaScript or TypeScript that the failure names, relative to the top."""
    own = failing.text.replace(f"{failing.toplevel}/", "").replace(f"{FOLDER}/", "")
    return [hit[1] for hit in _FILE.finditer(own)][:_NAMES]


def _above(path: str) -> Iterator[str]:
    for folder in PurePosixPath(path).parents:
        if not {NODE_MODULES, ".."} & {*folder.parts}:
            yield (folder / NODE_MODULES).as_posix()


def _linked(toplevel: Path, folder: str, names: Sequence[str]) -> Iterator[str]:
    """Other folders of packages that links in one lead to, as in a workspace of pnpm."""
    top = real_path(toplevel)
    for name in names:
        real = real_path(toplevel / folder / name)
        parts = real.relative_to(top).parts if real.is_relative_to(top) else ()
        if NODE_MODULES in parts:
            yield "/".join(parts[: parts.index(NODE_MODULES) + 1])


def _may_show(failing: Failing, path: str) -> bool:
    """Whether a folder is neither shown nor committed."""
    committed = any(tracked.startswith(f"{path}/") for _, tracked in failing.committed())
    return path not in failing.program.readable and not committed
