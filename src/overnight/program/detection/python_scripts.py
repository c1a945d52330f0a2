"""Pure: benchmarks of Python and the shell: scripts, modules of a package, what pytest calls, commands that a package has."""

import re
import tomllib
from collections.abc import Iterator
from shlex import quote

from overnight.program.detection.command import INSTALLS, MEASURES, Command, Files, by_depth, called, is_beside
from overnight.program.detection.pytest_benchmark import pytest_benchmarks
from overnight.program.detection.python_text import only_defines, run_by_pytest
from overnight.program.judge.tree import folder_of

_NEAR = re.compile(r"(?:[^/]+/)?(?:run[_-]?)?(?:bench|latency|load[_-]?test|perf)[^/]*\.(?:py|sh)")
_FURTHER = re.compile(
    r"(?:[^/]+/){0,3}(?:(?:micro)?bench|perf|(?:speed|timing)(?:test|s)?(?![a-z]))[^/]*\.py"
    r"|(?:[^/]+/){0,2}(?:bench(?:mark)?s?|perf(?:ormance)?)/[^/]+\.py"
    r"|(?:[^/]+/){0,2}test_(?:bench|perf)[^/]*\.py"
)
_MEASURE = re.compile(r"(?:scripts?/)?(?:measure|eval(?:uate)?)(?:[_-][^/]*)?\.(?:py|sh)")
_CALLED_BY_OTHERS = ("__init__.py", "conftest.py", "setup.py", "locustfile.py")
_ASV = re.compile(r"^[ \t]*def (?:time|track|mem|peakmem|timeraw)_\w{1,80}\(", re.MULTILINE)
_ENTRY = re.compile(r"([\w.]{1,100}):([\w.]{1,60})")


def near_scripts(files: Files) -> Iterator[Command]:
    """Scripts that are called as benchmarks, at the top or one folder below."""
    for path in called(_NEAR, files):
        yield from _script(path, files, f"{path} is a benchmark")


def measuring_scripts(files: Files) -> Iterator[Command]:
    """Scripts that are called measure or evaluate."""
    for path in filter(_MEASURE.fullmatch, by_depth(files)):
        yield from _script(path, files, f"{path} is the measuring script by its name")


def further_scripts(files: Files) -> Iterator[Command]:
    """Commands that a package has to measure itself, and benchmarks in folders further below."""
    commands = list(_entry_points(files))
    yield from commands
    for path in called(_FURTHER, files):
        if any(command.leaf == path for command in commands):
            continue
        yield from _script(path, files, f"{path} is a benchmark")


def is_of_asv(path: str, text: str) -> bool:
    """Whether a Python file defines benchmarks that only asv runs."""
    return path.endswith(".py") and MEASURES.search(path) is not None and only_defines(text) and _ASV.search(text) is not None


def python_command(path: str, text: str, files: Files) -> str:
    """How a file is run: as a module if it imports from the package that it lies in, else as a script."""
    folders = folder_of(path).split("/") if "/" in path else []
    inside = len(folders)
    while inside and f"{'/'.join(folders[:inside])}/__init__.py" in files:
        inside -= 1
    package, outside = folders[inside:], "/".join(folders[:inside])
    module = ".".join([*package, path.rpartition("/")[2].removesuffix(".py")]).removesuffix(".__main__")
    if path.endswith("/__main__.py") and not package and outside.isidentifier():
        return f"python -m {outside}"
    if not package or outside not in {"", "src"} or not re.fullmatch(r"[\w.]+", module):
        return f"python {quote(path)}"
    own = re.search(rf"^[ \t]*(?:from[ \t]+(?:\.|{package[0]}\b)|import[ \t]+{package[0]}\b)", text, re.MULTILINE)
    if not own and not path.endswith("/__main__.py"):
        return f"python {quote(path)}"
    return f"{'PYTHONPATH=src ' * bool(outside)}python -m {module}"


def _script(path: str, files: Files, reason: str) -> Iterator[Command]:
    """The commands that run a file, if it measures when it is run."""
    text = files.get(path) or ""
    if is_beside(path):
        return
    if path.endswith(".sh"):
        if not INSTALLS.search(text):
            yield Command(text=f"bash {quote(path)}", leaf=path, reason=reason)
    elif path.rpartition("/")[2] in _CALLED_BY_OTHERS:
        return
    elif not only_defines(text):
        yield Command(text=python_command(path, text, files), leaf=path, reason=reason)
    elif timed := pytest_benchmarks(quote(path), text):
        reason = f"{path} is a benchmark of pytest-benchmark, whose table prints the time"
        for each in timed:
            yield Command(text=each.command, leaf=path, reason=reason, metric=each.metric)
    elif run_by_pytest(text) and (MEASURES.search(folder_of(path)) or not path.rpartition("/")[2].startswith("test_")):
        reason = f"{path} is a benchmark that only defines functions, which pytest calls"
        yield Command(text=f"python -m pytest -q {quote(path)}", leaf=path, reason=reason)


def _entry_points(files: Files) -> Iterator[Command]:
    """Commands of a pyproject.toml that measure, by the module of this repository that they run."""
    try:
        package = tomllib.loads(files.get("pyproject.toml") or "")
    except (tomllib.TOMLDecodeError, RecursionError):
        return
    project = package.get("project")
    scripts = project.get("scripts") if isinstance(project, dict) else None
    for name, target in scripts.items() if isinstance(scripts, dict) else ():
        hit = _ENTRY.fullmatch(target) if isinstance(target, str) and MEASURES.search(name) else None
        if hit is None:
            continue
        module, function = hit[1], hit[2].partition(".")[0]
        for folder in ("", "src/"):
            leaf = f"{folder}{module.replace('.', '/')}.py"
            if leaf in files:
                call = f"python -c 'from {module} import {function}; {hit[2]}()'"
                run = f"python -m {module}" if "__main__" in (files[leaf] or "") else call
                begin = "PYTHONPATH=src " if folder else ""
                yield Command(text=begin + run, leaf=leaf, reason=f"pyproject.toml has a command {name}")
