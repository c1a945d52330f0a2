"""What a check runs and which tests it selects, if a change edits that: a check may then pass because it asks less. Pure.

Does not cover: scripts that a script runs under a name that it makes up; tools whose settings lie in none of the usual files.
"""

import configparser
import json
import re
import shlex
import tomllib
from collections.abc import Iterator, Mapping, Sequence

from overnight.actions.evidence.changed import ChangedFile, FileKind
from overnight.actions.findings import WeakenedTest, Weakening
from overnight.words.foreign import printable

PATH, DETAIL = 200, 240  # characters
DEPTH = 3  # scripts that run scripts
LARGEST = 400_000  # characters of a makefile that is read
TARGETS = 50  # of one rule; what a further one does is not known, and so counts as edited
_RUNNERS = (
    "tox.ini",
    "noxfile.py",
    "justfile",
    "Justfile",
    "Taskfile.yml",
    "Rakefile",
    "build.gradle",
    "pom.xml",
    "meson.build",
)
_OF_RUNNERS = {"tox": "tox.ini", "nox": "noxfile.py", "just": "justfile", "task": "Taskfile.yml", "rake": "Rakefile"}
_MAKEFILES = ("GNUmakefile", "makefile", "Makefile")
_SCRIPTS = (".sh", ".bash", ".mk")
_SETTINGS = (
    "pytest.ini",
    ".pytest.ini",
    "jest.config",
    "vitest.config",
    ".mocharc",
    ".coveragerc",
    "karma.conf",
    "nextest.toml",
)
_TOOLS = ("pytest", "ruff", "mypy", "coverage", "tox", "black", "pyright", "pylint", "hatch", "poe", "nox")
_LINTERS = frozenset(("ruff", "mypy", "black", "pyright", "pylint", "flake8"))
_INDIRECT = frozenset(("make", "tox", "nox", "just", "sh", "bash", "task", "poe", "hatch", "pre-commit"))
_SELECTS_NOTHING = frozenset(("markers", "pythonpath", "asyncio_mode", "asyncio_default_fixture_loop_scope", "minversion"))
_AT_EVERY_START = frozenset(("sitecustomize.py", "usercustomize.py"))
_RUNNER_MODULES = frozenset(("pytest", "_pytest", "pluggy", "unittest", "nose", "coverage", "xdist", "hypothesis", "doctest"))
_SECTIONS = ("tool:pytest", "pytest", "mypy", "flake8", "coverage:run")
_WORD = re.compile(r"[\w./-]+")


def edited_checks(files: Sequence[ChangedFile], commands: Sequence[str]) -> Sequence[WeakenedTest]:
    """What a change edits of its own checks; a file that a command names and the change makes is none."""
    return list(dict.fromkeys(each for file in files for each in _looked_at(file, files, commands)))


def _looked_at(file: ChangedFile, files: Sequence[ChangedFile], commands: Sequence[str]) -> Sequence[WeakenedTest]:
    try:
        return list(_of_file(file, files, commands) if file.old is not None else _of_new(file, commands))
    except RecursionError:  # of what reads or compares settings
        return [_edited(file, "it is nested too deeply to be read, and")]


def _of_new(file: ChangedFile, commands: Sequence[str]) -> Iterator[WeakenedTest]:
    """A new file that a check takes in place of another, or that runs before its tests."""
    first, _, name = file.path.rpartition("/")
    if name in _MAKEFILES and any("make" in command.split() for command in commands):
        yield _edited(file, "`make` goes by it, which")
    elif name.startswith(_SETTINGS) or name in {"pyproject.toml", "setup.cfg", "tox.ini"}:
        if not name.endswith((".toml", ".cfg")) or any(_uses(tool, commands) for tool in _edited_tools(file)):
            yield _edited(file, "which tests run, and how,")
    elif name in _AT_EVERY_START or name.endswith(".pth"):
        yield _edited(file, "Python runs it whenever it starts, and it")
    elif file.path.partition("/")[0].removesuffix(".py") in _RUNNER_MODULES and (not first or name == "__init__.py"):
        yield _edited(file, "it stands in place of the runner of tests, and")


def _of_file(file: ChangedFile, files: Sequence[ChangedFile], commands: Sequence[str]) -> Iterator[WeakenedTest]:
    name = file.path.rpartition("/")[2]
    if name in _MAKEFILES:
        targets = [word for command in commands if "make" in command.split() for word in command.split()]
        yield from (_edited(file, f"the target `{target}`") for target in _edited_targets(file, targets))
    elif name == "package.json":
        yield from (_edited(file, what) for what in _edited_package(file))
    elif name in {"pyproject.toml", "setup.cfg", "tox.ini"}:
        yield from (_edited(file, f"the settings of `{tool}`") for tool in _edited_tools(file) if _uses(tool, commands))
    elif name.startswith(_SETTINGS) or (name in _RUNNERS and _runs(name, commands)):
        yield _edited(file, "which tests run, and how")
    elif file.kind is not FileKind.TESTS and _names(file.path, commands, files, DEPTH):
        yield _edited(file, "a check runs it")


def _runs(name: str, commands: Sequence[str]) -> bool:
    return any(_OF_RUNNERS.get(word, "").lower() == name.lower() for command in commands for word in command.split())


def _uses(tool: str, commands: Sequence[str]) -> bool:
    """Whether a check may go by the settings of a tool: one that runs tests, or that the check names, or may name."""
    name = tool.removeprefix("tool:").partition(":")[0]
    words = [word for command in commands for word in command.split()]
    return name not in _LINTERS or any(name in word for word in words) or bool(_INDIRECT.intersection(words))


def _names(path: str, texts: Sequence[str], files: Sequence[ChangedFile], depth: int) -> bool:
    """Whether a command, or a changed or older script that it names, names a file."""
    words = {word.removeprefix("./") for text in texts for word in _words(text)}
    if path in words or path.rpartition("/")[2] in {word for word in words if "/" not in word and path.endswith(_SCRIPTS)}:
        return True
    scripts = [file.old_text for file in files if file.path in words and file.path.endswith(_SCRIPTS)] if depth else []
    return bool(scripts) and path.endswith(_SCRIPTS) and _names(path, scripts, files, depth - 1)


def _words(text: str) -> Sequence[str]:
    try:
        return [*shlex.split(text, comments=True), *_WORD.findall(text)]
    except ValueError:
        return _WORD.findall(text)


def _edited_targets(file: ChangedFile, targets: Sequence[str]) -> Sequence[str]:
    """Targets that checks make, or that these need, whose rules differ; of a very large file only that it does."""
    if max(len(file.old_text), len(file.new_text)) > LARGEST:
        return ["(any)"] if targets else []
    before, after = _rules(file.old_text), _rules(file.new_text)
    first = next((name for name in before if name and not name.startswith(".")), "")
    wanted, seen = [*targets, first] if targets else [], []
    while wanted:
        name = wanted.pop()
        if name and name in before and name not in seen:
            seen.append(name)
            wanted += before[name].partition("\n")[0].partition(":")[2].split()
    shared = ("" in before) != ("" in after) or before.get("") != after.get("")
    return [name for name in seen if before[name] != after.get(name)] + (["(variables)"] if shared and seen else [])


def _rules(text: str) -> Mapping[str, str]:
    """The rules of a makefile by target; what belongs to none, such as variables, under an empty name."""
    rules: dict[str, list[str]] = {}
    names = [""]
    for line in text.splitlines():
        if found := re.match(r"([^\s#:=][^:=]*):(?!=)", line):
            names = found[1].split()[:TARGETS]
        elif line[:1] not in {"\t", " ", "", "#"}:
            names = [""]
        if line.strip() and not line.startswith("#"):
            for name in names:
                rules.setdefault(name, []).append(f"{line}\n")
    return {name: "".join(lines) for name, lines in rules.items()}


def _edited_package(file: ChangedFile) -> Iterator[str]:
    try:
        before, after = (json.loads(text or "{}") for text in (file.old_text, file.new_text))
    except ValueError:
        yield "it is no JSON"
        return
    if not isinstance(before, dict) or not isinstance(after, dict):
        return
    scripts = before.get("scripts")
    now = after.get("scripts")
    for name, text in scripts.items() if isinstance(scripts, dict) else ():
        if not isinstance(now, dict) or now.get(name) != text:
            yield f"the script `{name}`"
    for key in ("jest", "mocha", "vitest", "ava", "c8", "nyc", "eslintConfig"):
        if before.get(key) != after.get(key):
            yield f"the settings of `{key}`"


def _edited_tools(file: ChangedFile) -> Sequence[str]:
    before, after = (_tools(file.path, text) for text in (file.old_text, file.new_text))
    return sorted(name for name in {*before, *after} if before.get(name) != after.get(name))


def _tools(path: str, text: str) -> Mapping[str, object]:
    if path.endswith(".toml"):
        try:
            tools = tomllib.loads(text).get("tool", {})
        except tomllib.TOMLDecodeError:
            return {"(no TOML)": text}
        return {name: _telling(tools[name]) for name in _TOOLS if isinstance(tools, dict) and name in tools}
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(text)
    except configparser.Error:
        return {"(unreadable)": text}
    wanted = _SECTIONS if path.endswith("setup.cfg") else tuple(parser.sections())
    return {name: _telling(dict(parser.items(name))) for name in wanted if parser.has_section(name)}


def _telling(settings: object) -> object:
    """Settings without those that select no tests."""
    if not isinstance(settings, dict):
        return settings
    return {name: _telling(value) for name, value in settings.items() if name not in _SELECTS_NOTHING}


def _edited(file: ChangedFile, what: str) -> WeakenedTest:
    gone = " is gone" if file.new is None else " is new" if file.old is None else " was edited"
    return WeakenedTest(path=printable(file.path, PATH), how=Weakening.CHECK, detail=printable(what, DETAIL) + gone)
