"""Pure: in which folder a training script is run, and where it then finds the modules of the repository."""

import re
from shlex import quote

from overnight.program.detection.command import Files
from overnight.program.detection.reads_beside import reads_beside
from overnight.program.judge.tree import folder_of

MOST_NAMES = 60  # imported modules that are looked for

_UP = re.compile(r"""["']\.\./""")
_RELATIVE = re.compile(r"^[ \t]*from[ \t]+\.", re.MULTILINE)
_IMPORT = re.compile(
    r"^[ \t]*(?:from[ \t]+([A-Za-z_]\w{0,60})[\w.]*[ \t]+import\b|import[ \t]+([A-Za-z_]\w{0,60}))", re.MULTILINE
)


def placed(command: str, path: str, files: Files) -> str:
    """The command that runs a script where it finds its files and modules.

    Args:
        command: what the README runs it with; empty if that says nothing.
        path: of the script.
        files: every path with its text, or None if the text was not read.
    """
    return _finding_modules(_where_it_reads(command or _plain(path, files), path, files), path, files)


def _plain(path: str, files: Files) -> str:
    """The script's own command, in the folder that it expects."""
    text, folder = files[path] or "", folder_of(path)
    module = path.removesuffix(".py").replace("/", ".")
    if folder and _RELATIVE.search(text) and re.fullmatch(r"[\w.]+", module):
        return f"python -m {module}"
    inside = bool(folder) and _UP.search(text) is not None
    return f"cd {quote(folder)} && python {quote(path.rpartition('/')[2])}" if inside else f"python {quote(path)}"


def _where_it_reads(command: str, path: str, files: Files) -> str:
    """The command, in the script's own folder if it reads what is committed there by paths that begin there."""
    folder = folder_of(path)
    run = f"python {quote(path)}"
    simple = command.startswith(run) and f"{folder}/" not in command.removeprefix(run)
    if not folder or not simple or not reads_beside(path, files):
        return command
    return f"cd {quote(folder)} && python {quote(path.rpartition('/')[2])}{command.removeprefix(run)}"


def _finding_modules(command: str, path: str, files: Files) -> str:
    """The command, with the place of the modules that the script imports and that Python would not look for by itself."""
    place = _place_of_modules(path, files[path] or "", files)
    if place is None or "sys.path" in (files[path] or "") or " -m " in command:
        return command
    entered = command.startswith("cd ")
    up = "/".join([".."] * (folder_of(path).count("/") + 1)) if entered else "."
    where = "/".join(filter(None, [up if entered or not place else "", place]))
    return command.replace("python ", f"PYTHONPATH={where} python ", 1)


def _place_of_modules(path: str, text: str, files: Files) -> str | None:
    """The folder with the modules that a script imports and does not have beside it: "" is the top; None if it needs none."""
    names = {name for hit in _IMPORT.finditer(text) for name in hit.groups() if name}
    beside = f"{folder_of(path)}/" if "/" in path else ""
    for place in ("", "src/"):
        below = (each.removeprefix(place) for each in files if each.startswith(place))
        folders = {each.partition("/")[0] for each in below if "/" in each}
        for name in sorted(names)[:MOST_NAMES]:
            there = f"{place}{name}.py" in files or name in folders
            here = f"{beside}{name}.py" in files or f"{beside}{name}/__init__.py" in files
            if there and not here and place != beside:
                return place.rstrip("/")
    return None


def has_own_modules(path: str, files: Files) -> bool:
    """Whether a script imports other code of the repository."""
    names = {name for hit in _IMPORT.finditer(files[path] or "") for name in hit.groups() if name}
    beside = f"{folder_of(path)}/" if "/" in path else ""
    known = {
        each.removeprefix(place).partition("/")[0].removesuffix(".py")
        for place in {"", "src/", beside}
        for each in files
        if each.startswith(place) and each.endswith(".py")
    }
    return not names.isdisjoint(known) or _RELATIVE.search(files[path] or "") is not None
