"""A file that a command opens relative to another folder than the one that it is called from."""

import posixpath
import re
from collections.abc import Collection, Iterator, Sequence
from pathlib import PurePosixPath

from overnight.research.setup.causes.failing import MISSING, Failing, Fix, in_shell, in_yaml, shown
from overnight.research.setup.causes.files import paths_in

LONGEST = 4000  # characters of a line in which paths are looked for
MOST_NAMED = 20  # paths of a failure that are looked for below the top

_THEN = " && "
_PLAIN = re.compile(r"[\w./+=:,@%~{}-]+")  # a word that the shell takes as it is written
_SET = re.compile(r"([A-Za-z_]\w*)=(.*)")
_ENTERS = re.compile(r"cd ([\w./+-]+)")
_PYTHON = re.compile(r"python[\d.]*")
_BY_FOLDER = frozenset(("bun", "cargo", "cmake", "dotnet", "go", "gradle", "just", "make", "mvn", "npm", "npx", "pnpm", "yarn"))


def other_folder(failing: Failing) -> Fix | str:
    """A path that the failure names and that is committed below another folder, from which the command can be run."""
    lines = (line[:LONGEST] for line in failing.lines if MISSING.search(line))
    named = [path for line in lines for path in paths_in(line) if not path.startswith("/")]
    measure = failing.program.measure
    if not named or measure is None:
        return ""
    committed = {path for mode, path in failing.committed() if not mode.startswith("16")}
    known = committed | {str(folder) for path in committed for folder in PurePosixPath(path).parents}
    base = _base(measure)
    for path in list(dict.fromkeys(named))[:MOST_NAMED]:
        if posixpath.normpath(posixpath.join(base, path)) in known:
            continue
        folder = _only_folder(path, committed, known, measure.split(), base)
        if folder is not None and (command := moved(measure, folder, known)):
            where = f"below `{shown(folder)}/`" if folder else "at the top"
            words = f"`{shown(path)}` is {where}, and the command is not run there: write `measure: {in_yaml(command)}`"
            return Fix(words=words, command=command)
    return ""


def _only_folder(path: str, committed: Collection[str], known: Collection[str], words: Sequence[str], base: str) -> str | None:
    """The folder below which a path is committed, or else the folder that it is in; of several, the one of what is run."""
    for wanted in (path, posixpath.dirname(path)):
        if not wanted:
            continue
        places = {each[: -len(wanted)].rstrip("/") for each in known if each == wanted or each.endswith(f"/{wanted}")} - {base}
        if len(places) > 1:
            run = {posixpath.normpath(posixpath.join(base, word)) for word in words} & set(committed)
            places &= {"" if str(above) == "." else str(above) for each in run for above in PurePosixPath(each).parents}
        if places:
            return places.pop() if len(places) == 1 else None
    return None


def moved(command: str, folder: str, known: Collection[str]) -> str:
    """A command of plain words, run in a folder of the tree instead; empty if it cannot simply be run there.

    Args:
        command: as it is run now.
        folder: from the top, where it is to be run.
        known: the committed files and folders.
    """
    *before, last = command.split(_THEN)
    base, words = _base(command), last.split()
    if not words or not all(map(_PLAIN.fullmatch, words)):
        return ""
    variables = [word for word in words if _SET.fullmatch(word)][: _leading(words)]
    rest = words[len(variables) :]
    if not rest or rest[0] in _BY_FOLDER:
        return ""
    values = {name: value for name, _, value in (word.partition("=") for word in variables)}
    if "PYTHONPATH" in values:
        values["PYTHONPATH"] = ":".join(_from(folder, base, place) for place in values["PYTHONPATH"].split(":"))
    elif _PYTHON.fullmatch(rest[0]) and not {"-m", "-c"}.isdisjoint(rest[1:3]):
        values = {"PYTHONPATH": _from(folder, base, "."), **values}
    run = [*(f"{name}={value}" for name, value in values.items()), *_words(rest, folder, base, known)]
    if before and _ENTERS.fullmatch(before[-1]):
        before.pop()
    start = _base(_THEN.join([*before, ""]))
    enter = posixpath.relpath(folder or ".", start or ".")
    return _THEN.join([*before, *([f"cd {in_shell(enter)}"] if enter != "." else []), " ".join(run)])


def _leading(words: Sequence[str]) -> int:
    """How many words at the start set variables."""
    return next((at for at, word in enumerate(words) if not _SET.fullmatch(word)), len(words))


def _words(words: Sequence[str], folder: str, base: str, known: Collection[str]) -> Iterator[str]:
    """The words of a command, those that name what is committed as paths from the folder."""
    for at, word in enumerate(words):
        option, equals, value = word.rpartition("=")
        path = posixpath.normpath(posixpath.join(base, value))
        is_path = (path in known and path not in {"", "."} and "{" not in value) or (at == 0 and word.startswith(("./", "../")))
        there = _from(folder, base, value)
        yield f"{option}{equals}{f'./{there}' if at == 0 and '/' not in there else there}" if is_path else word


def _from(folder: str, base: str, path: str) -> str:
    """A path that is relative to `base`, or absolute, as one that is relative to `folder`."""
    return path if path.startswith("/") else posixpath.relpath(posixpath.join("/", base, path), f"/{folder}")


def _base(command: str) -> str:
    """The folder in which the last step of a command runs, from the top."""
    base = ""
    for step in command.split(_THEN)[:-1]:
        if entered := _ENTERS.fullmatch(step):
            base = posixpath.normpath(posixpath.join(base, entered[1]))
    return "" if base == "." else base
