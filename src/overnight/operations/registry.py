"""All operations: those of our rooms, and those that other packages add by the entry point `overnight.operations`.

An operation is a module of a room's package `operations`: its constant `OPERATION`. The module's name is the operation's, with
`_` for a space, so that the names are known without importing anything. Another package names a package of such modules:

    [project.entry-points."overnight.operations"]
    mine = "my_package.operations"

Does not cover: whether such a package is harmless. What is installed beside us is trusted as we are.
"""

import importlib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path

from overnight.errors import UserError
from overnight.operations.operation import AnyOperation, Operation
from overnight.words.foreign import printable

GROUP = "overnight.operations"  # of entry points
CONSTANT = "OPERATION"
ROOT = Path(__file__).parents[1]
NAME = 100  # characters of a name in a message


@cache
def own_modules() -> Mapping[str, str]:
    """Of our own rooms: the module of each operation by the operation's name; nothing is imported."""
    found: dict[str, str] = {}
    for package in sorted(ROOT.glob("*/operations")):
        found |= _modules_in(f"{ROOT.name}.{package.parent.name}.operations", package)
    return found | _modules_in(f"{ROOT.name}.operations.own", ROOT / "operations" / "own")


@cache
def added_modules() -> Mapping[str, str]:
    """The same of other packages; a name that we have ourselves stays ours.

    Raises:
        UserError: an entry point names a package that is not there.
    """
    found: dict[str, str] = {}
    for package, folders in added_packages(GROUP).items():
        for folder in folders:
            found |= _modules_in(package, folder)
    return {name: module for name, module in found.items() if name not in own_modules()}


def added_packages(group: str) -> Mapping[str, Sequence[Path]]:
    """The packages that others name by entry points of a group, and their folders; nothing of ours is among them.

    Raises:
        UserError: an entry point names a package that is not there.
    """
    from importlib.metadata import entry_points
    from importlib.util import find_spec

    found: dict[str, Sequence[Path]] = {}
    for point in sorted(entry_points(group=group)):
        try:
            spec = find_spec(point.value)
        except ImportError:
            spec = None
        if spec is None or not spec.submodule_search_locations:
            name, package = printable(point.name, NAME), printable(point.value, NAME)
            fix = "uninstall or repair the package that brought it"
            raise UserError(f"the entry point `{name}` of {group} names {package}, no package", fix=fix)
        found[point.value] = [Path(folder) for folder in spec.submodule_search_locations]
    return found


def names(*, added: bool = True) -> list[str]:
    """The names of all operations, in order of the alphabet."""
    return sorted({**(added_modules() if added else {}), **own_modules()})


def find(name: str) -> AnyOperation | None:
    """The operation of a name, None if there is none.

    Raises:
        UserError: a module that another package added has none.
    """
    module = own_modules().get(name) or added_modules().get(name)
    return _load(name, module) if module else None


def operations() -> Iterator[AnyOperation]:
    """All of them, each imported."""
    modules = {**added_modules(), **own_modules()}
    for name in sorted(modules):
        yield _load(name, modules[name])


def offered() -> Iterator[AnyOperation]:
    """Those that faces other than the command line offer."""
    return (operation for operation in operations() if not operation.local)


def _modules_in(package: str, folder: Path) -> dict[str, str]:
    files = (file.stem for file in sorted(folder.glob("*.py")) if not file.stem.startswith("_"))
    return {stem.replace("_", " "): f"{package}.{stem}" for stem in files}


def _load(name: str, module: str) -> AnyOperation:
    loaded = importlib.import_module(module)  # waits for a thread that imports it just now, as a look at sys.modules does not
    found = getattr(loaded, CONSTANT, None)
    if not isinstance(found, Operation) or found.name != name:
        raise UserError(f"{module} has no operation `{name}`", fix=f"its constant {CONSTANT} must be one, with that name")
    return found
