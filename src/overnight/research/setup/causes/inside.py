"""How trials can use what lies in the checkout and is not committed."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePosixPath

from overnight.jail.checkout import real_path
from overnight.program.code_files import is_code, suffix_of
from overnight.program.scope import matches
from overnight.research.places.placed import OUTPUTS
from overnight.research.setup.causes.failing import Failing, Fix, in_yaml, shown
from overnight.words.foreign import printable

NODE_MODULES = "node_modules"
LONGEST = 400  # characters of a path that is written without a person's help
MOST_LOOKED = 2000  # files of a folder
_DATA = frozenset(
    ("asset", "assets", "corpora", "corpus", "data", "dataset", "datasets", "fixtures", "input", "inputs", "models", "weights")
)
_BUILT = frozenset(("__pycache__", "build", "dist", "obj", "target"))
_COMPILED = frozenset((".a", ".class", ".dll", ".dylib", ".exe", ".jar", ".node", ".o", ".pyc", ".pyd", ".so", ".wasm", ".whl"))
_SECRET = ("credential", "password", "secret", "token", "private", "id_rsa", "id_ed25519")
_KEYS = frozenset((".key", ".keystore", ".p12", ".pem", ".pfx"))


def way_in(failing: Failing, path: Path, why: str) -> Fix:
    """How trials can use a file or folder that exists; an environment is found by its `python` on PATH."""
    environment = next((folder for folder in path.parents if (failing.toplevel / folder / "pyvenv.cfg").exists()), None)
    if environment is not None:
        name = shown(path.name)
        instead = "leave that out of the command" if name == "activate" else f"write `{name}` in the command"
        return Fix(words=f"{why}: run `. {shown(environment)}/bin/activate` before you call `overnight`, and {instead}")
    if matches(path.as_posix(), failing.program.hidden):
        return Fix(words=f"{why}: commit it")
    if NODE_MODULES in path.parts:
        packages = Path(*path.parts[: path.parts.index(NODE_MODULES) + 1]).as_posix()
        return showing(failing, f"`{shown(packages)}` is not committed, so not in a trial's tree:", [packages], sure=True)
    if is_built(path.as_posix()):
        either = "if it is built from what is committed, build it in the command; else"
        return showing(failing, f"{why}: {either}", [path.as_posix()])
    sure = is_data(failing.toplevel, path)
    return showing(failing, f"{why}:" if sure else f"{why}: commit it, or", [path.as_posix()], sure=sure)


def showing(failing: Failing, why: str, paths: Sequence[str], *, sure: bool = False) -> Fix:
    """The fix that shows trials paths of the checkout, each at its own place; `why` leads to it."""
    listed = ", ".join(map(in_yaml, dict.fromkeys((*failing.program.readable, *paths))))
    sure = sure and all(is_inside(failing.toplevel, path) and can_be_written(path) for path in paths)
    return Fix(words=f"{why} write `readable: [{listed}]`", readable=tuple(paths), sure=sure)


def can_be_written(path: str) -> bool:
    """Whether a front matter can name a path as it is."""
    return printable(path, LONGEST) == path and path == path.strip()


def is_built(path: str) -> bool:
    """Whether a file's place or name is that of something that was built."""
    return suffix_of(path) in _COMPILED or not _BUILT.isdisjoint(PurePosixPath(path).parts[:-1])


def is_inside(toplevel: Path, path: Path | str) -> bool:
    """Whether a path of the checkout, links followed, is still in it."""
    return real_path(toplevel / path).is_relative_to(real_path(toplevel))


def is_data(toplevel: Path, path: Path) -> bool:
    """Whether a path of the checkout is surely input that candidates may read: no code, product, output or secret."""
    if _DATA.isdisjoint(part.lower() for part in path.parts) or not is_inside(toplevel, path):
        return False
    whole = toplevel / path
    files = [path] if whole.is_file() else list(_files(toplevel, path))
    return len(files) <= MOST_LOOKED and all(_is_plain(toplevel / file, file) for file in files)


def _files(toplevel: Path, path: Path) -> Iterator[Path]:
    """The files of a folder, up to one more than are looked at."""
    left = MOST_LOOKED + 1
    for folder, _, names in os.walk(toplevel / path):
        for name in names[:left]:
            yield Path(folder, name).relative_to(toplevel)
        left -= len(names)
        if left <= 0:
            return


def _is_plain(whole: Path, path: Path) -> bool:
    name, parts = path.as_posix().lower(), {part.lower() for part in path.parts}
    if is_code(name) or is_built(name) or suffix_of(name) in _KEYS or not parts.isdisjoint(OUTPUTS):
        return False
    private = any(part.startswith(".") for part in path.parts) or any(word in name for word in _SECRET)
    return not private and not whole.is_symlink() and whole.is_file() and not os.access(whole, os.X_OK)
