"""Pure: what a Python project says that its tests need, and the command that installs that into an environment of its own."""

import re
import shlex
import tomllib
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from overnight.program.judge.tree import Read

PYPROJECT = "pyproject.toml"
PYTEST = "pytest"
MOST_LINES, LONGEST_LINE = 3_000, 500  # of settings that are looked at
MOST = 100  # packages that are named one by one
_TESTS, _DEV = frozenset({"test", "tests", "testing"}), frozenset({"dev"})
_PLAIN = re.compile(r"requirements\.txt|requirements/(?:base|main)\.txt")
_OF_TESTS = re.compile(r"requirements[-_/](?:tests?|testing)\.txt|(?:tests?|testing)[-_]requirements\.txt")
_OF_DEV = re.compile(r"requirements[-_/]dev\.txt|dev[-_]requirements\.txt")
# Options of pytest in a project's settings, and the plugins that know them: without those no test runs.
_SETTINGS = (PYPROJECT, "pytest.ini", "setup.cfg", "tox.ini")
_OPTIONS: Mapping[str, re.Pattern[str]] = {
    "pytest-cov": re.compile(r"--cov\b"),
    "pytest-xdist": re.compile(r"(?<![\w-])(?:-n[ =]?(?:auto|\d)|--numprocesses)"),
}
_KEYS = {"pytest-asyncio": "asyncio_mode"}
_ADDED = "addopts"
_MORE = (" ", "\t", "]", '"', "'")  # what a line of a value begins with
_NAME = re.compile(r"[ \t]*([A-Za-z0-9][A-Za-z0-9._-]{0,99})[ \t]*(?:\[[^\]]*\])?[ \t]*([^;#]*)(;)?")
_SHELL_FREE = re.compile(r"[\w .,<>=!~\[\]*+-]{1,200}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Needs:
    """What tests of a project need."""

    packages: Sequence[str] = ()  # canonical names, of all that must be there
    words: Sequence[str] = ()  # arguments of `pip install` that bring them, as a shell reads them
    inputs: Sequence[str] = ()  # the files that say so

    @property
    def setup(self) -> str:
        """The command that makes an environment with them."""
        return f"python3 -m venv .venv && .venv/bin/python -m pip install -q {' '.join((PYTEST, *self.words))}"


def needs_of(paths: Collection[str], read: Read) -> Needs:
    """What `pyproject.toml` and files of requirements say.

    What is for tests is among it. What is for developers, if nothing is for tests, is installed as well; but that it is
    missing, such as a linter, shows no need.
    """
    project = _toml(read(PYPROJECT) or "") if PYPROJECT in paths else {}
    sources = [_files(paths, _OF_TESTS), _extras(project, _TESTS), _groups(project, _TESTS)]
    for_tests = any(sources)
    files, extras, groups = sources if for_tests else [_files(paths, _OF_DEV), _extras(project, _DEV), _groups(project, _DEV)]
    plain = _files(paths, _PLAIN)
    built = "build-system" in project or "setup.py" in paths
    words = [word for path in (*plain, *files) for word in ("-r", shlex.quote(path))]
    if built:
        words += ["-e", shlex.quote(f".[{','.join(extras)}]") if extras else "."]
    plugins = _plugins(paths, read)
    words += [shlex.quote(text) for text in (*groups, *plugins)]
    wanted = [line for path in (*plain, *(files if for_tests else ())) for line in (read(path) or "").splitlines()]
    wanted += (*groups, *plugins) if for_tests else plugins
    if built:
        wanted += _texts(_mapping(project.get("project")).get("dependencies"))
        wanted += [text for name in extras if for_tests for text in _texts(_optional(project).get(name))]
    inputs = [*(name for name in (PYPROJECT, "setup.py", "setup.cfg") if name in paths and (built or groups)), *plain, *files]
    return Needs(packages=tuple(dict.fromkeys(_names(wanted)))[:MOST], words=tuple(words), inputs=tuple(inputs))


def canonical(name: str) -> str:
    """A distribution's name in its one spelling. Source: PEP 503."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _names(requirements: Sequence[str]) -> Iterator[str]:
    """The packages of some requirements that hold everywhere."""
    for text in requirements:
        hit = _NAME.match(text)
        if hit and not hit[3] and "://" not in text and not text.lstrip().startswith(("-", "#", "/", ".")):
            yield canonical(hit[1])


def _plugins(paths: Collection[str], read: Read) -> Sequence[str]:
    """The plugins whose options the settings of pytest have."""
    settings = ((read(path) or "").splitlines()[:MOST_LINES] for path in _SETTINGS if path in paths)
    lines = [line[:LONGEST_LINE] for text in settings for line in text]
    added = " ".join(_added(lines))
    found = [name for name, option in _OPTIONS.items() if option.search(added)]
    return [*found, *(name for name, key in _KEYS.items() if any(line.lstrip().startswith(key) for line in lines))]


def _added(lines: Sequence[str]) -> Iterator[str]:
    """The lines of options that pytest is always given."""
    inside = False
    for line in lines:
        inside = line.lstrip().startswith(_ADDED) or (inside and line.startswith(_MORE))
        if inside:
            yield line


def _files(paths: Collection[str], named: re.Pattern[str]) -> Sequence[str]:
    return sorted(path for path in paths if named.fullmatch(path))


def _extras(project: Mapping[str, Any], names: Collection[str]) -> Sequence[str]:  # Any: as TOML has it
    return [name for name in _optional(project) if canonical(name) in names and re.fullmatch(r"[\w.-]+", name)]


def _groups(project: Mapping[str, Any], names: Collection[str]) -> Sequence[str]:  # Any: as TOML has it
    """The requirements of dependency groups; older versions of pip know no groups."""
    found = (_texts(each) for name, each in _mapping(project.get("dependency-groups")).items() if canonical(name) in names)
    return [text for texts in found for text in texts if _SHELL_FREE.fullmatch(text)]


def _optional(project: Mapping[str, Any]) -> Mapping[str, Any]:  # Any: as TOML has it
    return _mapping(_mapping(project.get("project")).get("optional-dependencies"))


def _toml(text: str) -> Mapping[str, Any]:  # Any: as TOML has it
    try:
        return tomllib.loads(text)
    except (ValueError, RecursionError):
        return {}


def _mapping(value: object) -> Mapping[str, Any]:  # Any: as TOML has it
    return value if isinstance(value, dict) else {}


def _texts(value: object) -> Sequence[str]:
    return [text for text in value if isinstance(text, str)] if isinstance(value, list) else []
