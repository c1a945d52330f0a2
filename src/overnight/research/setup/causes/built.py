"""A product that is not in a trial's tree because it must be built from what is committed."""

import posixpath
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path

from overnight.jail.checkout import real_path
from overnight.jail.job import FOLDER
from overnight.program.judge.targets import MAKEFILES, package_scripts
from overnight.research.setup.causes.failing import MISSING, Failing, Fix, in_shell, shown
from overnight.research.setup.causes.files import paths_in
from overnight.research.setup.causes.inside import is_data

MOST_LINES = 5000  # of a Makefile
MOST_EXPANDED = 500  # characters of a line of it after its variables are replaced

_RULE = re.compile(r"([^\s#:=][^:=#]{0,300}?)[ \t]*::?(?![:=])")
_VALUE = re.compile(r"(?:export[ \t]+)?([A-Za-z_]\w{0,60})[ \t]*[:?]{0,2}=[ \t]*([^#\n]{0,300})")
_USED = re.compile(r"\$[({](\w{1,60})[)}]")
_OUTPUT = re.compile(r"(?:-o[ \t]*|--output[ \t=])([\w./+-]{1,200})")
_CMAKE = re.compile(r"\bcmake\b.{0,200}?(?:-B|--build)[ \t]*([\w./+-]{1,200})")
_PLAIN = re.compile(r"[\w./+-]{1,200}")
_REQUIRED = re.compile(r"Cannot find (?:module|package) '(\.{1,2}/[^'\n]{1,200}|/[^'\n]{1,200})'")
_REQUIRER = re.compile(rf"{FOLDER}/((?:[\w.@+-]{{1,80}}/){{0,20}}[\w.@+-]{{1,80}}\.[cm]?[jt]sx?)\b")
_MODULE = re.compile(r"(?:No module named|cannot import name .{1,80} from) '?([A-Za-z_]\w{0,80}(?:\.\w{1,80}){0,9})")
_MAIN = re.compile(r"valid \"main\" entry|ERR_MODULE_NOT_FOUND|MODULE_NOT_FOUND|Cannot find module")
_MODULES = (".js", ".mjs", ".cjs")
_BUILD_SCRIPTS = ("build", "prepack", "prepare", "compile")
_PRODUCTS = frozenset(("build", "cjs", "dist", "es", "esm", "lib", "out", "pkg", "umd"))

Rule = tuple[Sequence[str], str]  # the targets, and the recipe


def product(failing: Failing) -> Fix | str:
    """A file that a failure names, if something that is committed says how to make it."""
    committed = {path for mode, path in failing.committed() if not mode.startswith("16")}
    folders = {folder for path in committed for folder in _above(path)}
    makefile = next((name for name in MAKEFILES if name in committed), "")
    rules = list(_rules(failing.text_of(makefile))) if makefile else []
    for path in dict.fromkeys(_missing(failing)):
        if path in committed or path in folders or is_data(failing.toplevel, Path(path)):
            continue
        if way := _builder(failing, path, committed, rules):
            return _fix(failing, path, way)
    if (name := _extension(failing)) and "setup.py" in committed:
        return _fix(failing, name, "python setup.py build_ext --inplace")
    return ""


def _fix(failing: Failing, path: str, way: str) -> Fix | str:
    if any(way in command for command in failing.program.commands):
        return ""
    words = (
        f"`{shown(path)}` is built from what is committed, and a trial starts without it: begin the command with `{way} && `"
    )
    return Fix(words=words, begin=f"{way} && ")


def _missing(failing: Failing) -> Iterator[str]:
    """The paths of the tree that are named as missing, relative to its top."""
    for line in failing.lines:
        if MISSING.search(line):
            yield from (path for path in paths_in(line) if not path.startswith("/") and ("/" in path or "." in path))
            yield from (hit for hit in re.findall(r"(?:^|[\s:'\"])\./([\w.+-]{1,100})", line))
    requirer = _REQUIRER.search(failing.text)
    for hit in _REQUIRED.finditer(failing.text):
        named = _of_package(failing, hit[1].removeprefix(f"{FOLDER}/"))
        beside = posixpath.dirname(requirer[1]) if requirer and not hit[1].startswith("/") else ""
        path = posixpath.normpath(posixpath.join(beside, named))
        if not path.startswith(("/", "..")):
            yield path


def _of_package(failing: Failing, path: str) -> str:
    """The path from the top of what is looked for in a link to the repository itself, as a benchmark's own packages have it."""
    folder, found, inside = path.rpartition("node_modules/")
    parts = inside.split("/")
    package = "/".join(parts[: 2 if inside.startswith("@") else 1])
    link = failing.toplevel / folder / "node_modules" / package
    return inside.removeprefix(f"{package}/") if found and real_path(link) == real_path(failing.toplevel) else path


def _builder(failing: Failing, path: str, committed: Collection[str], rules: Sequence[Rule]) -> str:
    """The command that makes a file; empty if nothing says so."""
    top = path.partition("/")[0]
    if target := _target(rules, path):
        return f"make {in_shell(target)}"
    if "/" not in path:
        named = _MAIN.search(failing.text) is not None and path.endswith(_MODULES)
        return _by_npm(failing.text_of("package.json"), path) if named and "package.json" in committed else ""
    if "CMakeLists.txt" in committed and top.startswith(("build", "cmake-build")):
        return f"cmake -S . -B {in_shell(top)} && cmake --build {in_shell(top)}"
    if "Cargo.toml" in committed and path.startswith(("target/release/", "target/debug/")):
        return "cargo build --release" if path.startswith("target/release/") else "cargo build"
    package = failing.text_of("package.json") if "package.json" in committed else ""
    return _by_npm(package, path) if top in _PRODUCTS else ""


def _target(rules: Sequence[Rule], path: str) -> str:
    """The target that makes a file: one of its name, or one whose recipe writes it; empty without one."""
    for targets, _ in rules:
        if named := next((target for target in targets if target.removeprefix("./") == path), ""):
            return named
    for targets, recipe in rules:
        target = targets[0]
        if not _PLAIN.fullmatch(target) or target.startswith(".") or "%" in target:
            continue
        made = {hit.removeprefix("./") for hit in _OUTPUT.findall(recipe.replace("$@", target))}
        below = {f"{hit.removeprefix('./').rstrip('/')}/" for hit in _CMAKE.findall(recipe)}
        if path in made or path.startswith(tuple(below)):
            return target
    return ""


def _rules(makefile: str) -> Iterator[Rule]:
    """The rules of a Makefile, with the variables replaced that are set in the file."""
    values: dict[str, str] = {}
    targets: Sequence[str] = ()
    recipe: list[str] = []
    for line in makefile.split("\n")[:MOST_LINES]:
        if line.startswith("\t"):
            recipe.append(_expanded(line, values))
        elif hit := _VALUE.match(line):
            values[hit[1]] = _expanded(hit[2].strip(), values)
        elif hit := _RULE.match(line):
            if targets:
                yield targets, "\n".join(recipe)
            targets, recipe = _expanded(hit[1], values).split() or [""], []
    if targets:
        yield targets, "\n".join(recipe)


def _expanded(text: str, values: Mapping[str, str]) -> str:
    return _USED.sub(lambda hit: values.get(hit[1], hit[0]), text[:MOST_EXPANDED])[:MOST_EXPANDED]


def _by_npm(package: str, path: str) -> str:
    """The script of a package that builds it, which for a file at the top the package must name; empty without one."""
    if "/" not in path and f'"{path}"' not in package and f'"./{path}"' not in package:
        return ""
    scripts = package_scripts(package)
    return next((f"npm run --silent {name}" for name in _BUILD_SCRIPTS if name in scripts), "")


def _extension(failing: Failing) -> str:
    """The compiled module of Python in the checkout that a trial did not find; empty without one."""
    for hit in _MODULE.finditer(failing.text):
        path = hit[1].replace(".", "/")
        for root in ("", "src/"):
            folder, _, name = f"{root}{path}".rpartition("/")
            if found := next((failing.toplevel / folder).glob(f"{name}.*.so"), None):
                return found.relative_to(failing.toplevel).as_posix()
    return ""


def _above(path: str) -> Iterator[str]:
    while path := path.rpartition("/")[0]:
        yield path
