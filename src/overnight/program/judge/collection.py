"""Test runners: which committed files one of them collects."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from overnight.program.judge.tree import Place, Tree, folder_of
from overnight.program.scope import above

MOST_DOTTED = 300  # characters of a module's name


@dataclass(frozen=True, slots=True, kw_only=True)
class Family:
    """What the test runners of one language collect by convention."""

    names: re.Pattern[str]  # of files
    folders: re.Pattern[str]  # everything below one of them is a test's
    settings: re.Pattern[str]  # names of files that say what is collected


_NOTHING = re.compile(r"(?!)")
_PYTHON = Family(
    names=re.compile(r"test_[^/]*\.py|[^/]*_test\.py|tests?\.py|conftest\.py"),
    folders=re.compile(r"tests?"),
    settings=re.compile(r"\.?pytest\.(?:ini|toml)|tox\.(?:ini|toml)|setup\.cfg|pyproject\.toml|noxfile\.py"),
)
_SCRIPT = Family(
    names=re.compile(r"[^/]*[.\-_](?:test|spec)\.[cm]?[jt]sx?|test(?:-[^/]*)?\.[cm]?[jt]sx?"),
    folders=re.compile(r"__(?:tests|mocks|snapshots)__|tests?|spec"),
    settings=re.compile(r"(?:jest|vitest|vite|ava|karma|playwright|cypress)\.config\.\w+|\.mocharc(?:\.\w+)?|package\.json"),
)
_GO = Family(names=re.compile(r"[^/]*_test\.go"), folders=re.compile(r"testdata"), settings=_NOTHING)
_RUST = Family(
    names=_NOTHING,
    folders=re.compile(r"tests|benches"),
    settings=re.compile(r"Cargo\.toml|build\.rs|nextest\.toml"),
)
_RUBY = Family(
    names=re.compile(r"[^/]*_(?:spec|test)\.rb|test_[^/]*\.rb"),
    folders=re.compile(r"spec|tests?"),
    settings=re.compile(r"\.rspec|Rakefile"),
)
_PHP = Family(names=re.compile(r"[^/]*Test\.php"), folders=re.compile(r"tests?"), settings=re.compile(r"phpunit\.xml.*"))
_BATS = Family(names=re.compile(r"[^/]*\.bats"), folders=_NOTHING, settings=_NOTHING)

FAMILIES: Mapping[str, Family] = {
    **dict.fromkeys(("pytest", "py.test", "unittest", "doctest", "nose2", "tox", "nox", "ward", "green"), _PYTHON),
    **dict.fromkeys(("jest", "vitest", "mocha", "ava", "tap", "jasmine", "playwright", "karma", "cypress"), _SCRIPT),
    **dict.fromkeys(("node", "bun", "deno"), _SCRIPT),
    **dict.fromkeys(("rspec", "minitest", "rake"), _RUBY),
    "go": _GO,
    "cargo": _RUST,
    "phpunit": _PHP,
    "bats": _BATS,
}
RUNNERS = FAMILIES.keys() - {"node", "bun", "deno", "go", "cargo", "rake", "unittest", "doctest"}  # as commands of their own


def collected(family: Family, words: Sequence[str], tree: Tree, place: Place) -> Sequence[str]:
    """The files that a runner collects if these are its arguments, and the settings that decide it."""
    files, folders = set[str](), set[str]()
    for word in words:
        given = word.partition("::")[0].removesuffix("/...")
        files.update(tree.named(given, place) or _module(given, tree, place))
        if (folder := tree.folder(given, place)) is not None and given:
            folders.add(folder)
    if not files and not folders:
        folders.add(place.folder)
    errand = (family.names.pattern, frozenset(files), frozenset(folders), place.folder)
    return tree.once(errand, lambda path: path in files or _is_collected(path, family, files, folders, place))


def _is_collected(path: str, family: Family, files: set[str], folders: set[str], place: Place) -> bool:
    folder, name = folder_of(path), path.rpartition("/")[2]
    if family.settings.fullmatch(name):
        return folder in {"", place.folder} or any(folder in _up(given) for given in folders)
    if name == "conftest.py" and family is _PYTHON:
        return any(folder in _up(given) for given in (*map(folder_of, files), *folders)) or _below(path, folders)
    if not _below(path, folders):
        return False
    return family.names.fullmatch(name) is not None or any(family.folders.fullmatch(part) for part in folder.split("/"))


def _below(path: str, folders: set[str]) -> bool:
    """Whether a path lies in one of the folders, however deep."""
    return not folders.isdisjoint(_up(folder_of(path)))


def _up(folder: str) -> Iterator[str]:
    """A folder and all that it lies in, up to the top, which is ""."""
    yield from (folder, *above(folder))
    yield from [""] if folder else []


def _module(word: str, tree: Tree, place: Place) -> Sequence[str]:
    """The file of a dotted name, such as `tests.test_a.TestSort.test_empty`."""
    if "/" in word or word.startswith("-") or len(word) > MOST_DOTTED:
        return []
    parts = word.split(".")
    for end in range(len(parts), 0, -1):
        if found := tree.named("/".join(parts[:end]) + ".py", place):
            return found
    return []
