"""Pure: what the files of a commit show of its checks, and `actions.md` with that in place of what it does not say."""

import re
import shlex
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence

from overnight.actions.asking.node_setup import dependencies, of_node
from overnight.actions.asking.parsing import is_rules, parse_rules, read_front
from overnight.actions.asking.python_setup import PYTEST as PYTEST_ITSELF
from overnight.actions.asking.python_setup import needs_of
from overnight.actions.asking.schema import KEYS
from overnight.actions.charter import ACTIONS, FILES, FOUND
from overnight.errors import ProgramError
from overnight.program.detection.checks import WANTED, tests_of, unittest_of
from overnight.program.detection.parts_of_checks import PYTEST
from overnight.program.detection.readme import README, tests_in_readme
from overnight.program.front_matter import split_front_matter
from overnight.program.judge.targets import PACKAGE, package_scripts
from overnight.program.judge.tree import Read
from overnight.program.writer import FrontMatterEntry, flow
from overnight.words.quantities import listed

NAMED = 4  # packages in a reason
NO_TESTS = "there are no tests yet"
MOST_READ = 100  # files, those nearest to the top

_OF_NODE = "node --test"  # its own runner
_RUNNERS: Mapping[str, str] = {  # of test scripts in package.json
    "vitest": "node_modules/.bin/vitest run",
    "jest": "node_modules/.bin/jest",
    "mocha": "node_modules/.bin/mocha",
    "ava": "node_modules/.bin/ava",
    _OF_NODE: "node --test",
}
_SHELL = frozenset("&|;<>$`(){}*?#\n\\!")  # what more than words is to a shell
_VALUED = frozenset(
    {"-k", "-m", "-n", "-p", "-o", "-c", "-W", "-r", "--rootdir", "--confcutdir", "--maxfail", "--tb", "--dist"}
)
_PYTHON = re.compile(r"[\w./-]*python[\d.]*")
_RUNS_PYTHON = re.compile(r"(?<![\w.-])(?:python[\d.]*|pytest|py\.test)(?![\w-])")
_RUNS = frozenset({"uv", "poetry", "pdm", "pipenv", "hatch", "rye"})
_ASSIGNS = re.compile(r"\w+=.*")
_IN_SRC = re.compile(r"src/(?:(?:[A-Za-z_]\w*/){1,3}__init__|[A-Za-z_]\w*)\.py")
_PACKAGING = frozenset({"pyproject.toml", "setup.py", "setup.cfg"})
_TESTS_ELSEWHERE = re.compile(r"(?:.+/)?(?:test_[^/]+|[^/]+_test)\.py")  # beside the code, such as src/shop/test_cart.py
_SRC_ITSELF = "src/__init__.py"  # then tests import `src`


def wants(path: str) -> bool:
    """Whether the content of this file is looked at, not only its name."""
    named = path in {PACKAGE, "Makefile"} or path.endswith("_test.go")
    return named or WANTED.fullmatch(path) is not None or README.fullmatch(path) is not None


def with_found(text: str, found: Callable[[], Sequence[FrontMatterEntry]], read: Read) -> str:
    """The text of an `actions.md`, empty if there is none, with keys that it leaves out.

    A text with mistakes stays as it is. If it says which checks there are, only how some tests are run is found by them, and
    where Python has to look for the code that they test.

    Args:
        text: of the file.
        found: looks for keys, see `detected`.
        read: a committed file.
    """
    try:
        front, _ = read_front(text, ACTIONS, keys=KEYS[""])
        rules = parse_rules(text)
    except ProgramError:
        return text
    said = front.values.keys()
    if "checks" in said:
        entries = [] if "test" in said else [*_test_entry(rules.checks, read)]
        if "env" not in said and any(map(_RUNS_PYTHON.search, (*rules.checks, rules.test))):
            entries += [entry for entry in found() if entry.key == "env"]
    else:
        own = {"checks", "test", "env"} if not said.isdisjoint({"setup", "readable"}) else KEYS[""]
        entries = [entry for entry in found() if entry.key not in said and entry.key in own]
    merged = _with_entries(text, entries)
    return merged if is_rules(merged) else text


def detected(
    paths: Sequence[str], read: Read, *, lacking: Collection[str] = (), packages: Sequence[str] = ()
) -> Sequence[FrontMatterEntry]:
    """Keys that the files show, each with its reason.

    Args:
        paths: all that are committed.
        read: one of them.
        lacking: of pytest and what `needs_of` names, what is not installed.
        packages: folders of packages of Node in the checkout that are not committed.
    """
    texts = {path: read(path) or "" for path in sorted(filter(wants, paths), key=_depth)[:MOST_READ]}
    command, reason = _checks_of(paths, texts, read, lacking)
    entries: list[FrontMatterEntry] = []
    if command:
        entries = [FrontMatterEntry(key="checks", value=[command], reason=reason), *_test_entry([command], read)]
    elif any(path.endswith(".py") for path in paths):
        runs = "python -m unittest" if PYTEST_ITSELF in lacking else PYTEST
        entries = [FrontMatterEntry(key="test", value=f"{runs} {FILES}", reason=NO_TESTS)]
    elif PACKAGE in paths:
        named = dependencies(texts.get(PACKAGE, ""))
        runs = next((command for name, command in _RUNNERS.items() if name in named), _RUNNERS[_OF_NODE])
        entries = [FrontMatterEntry(key="test", value=f"{runs} {FILES}", reason=NO_TESTS)]
    if any(entry.key == "test" and str(entry.value).startswith("python") for entry in entries):
        entries += _of_python(paths, read, lacking if command == PYTEST else ())
    return [*entries, *of_node(paths, texts.get(PACKAGE, ""), packages)]


def command_for_some(check: str, package: str) -> str:
    """The command that runs some test files as a check runs all; empty if the check does not show it.

    Args:
        check: the command.
        package: the text of package.json.
    """
    if check.startswith("npm test"):
        script = package_scripts(package).get("test", "")
        runs = (command for name, command in _RUNNERS.items() if re.search(rf"(?<![\w-]){name}(?![\w-])", script))
        return next((f"{command} {FILES}" for command in runs), "")
    if not _SHELL.isdisjoint(check):
        return ""
    try:
        words = shlex.split(check)
    except ValueError:
        return ""
    at = next((number for number, word in enumerate(words) if not _ASSIGNS.fullmatch(word)), 0)
    if words[at : at + 1] and words[at] in _RUNS and words[at + 1 : at + 2] == ["run"]:
        at += 2
    if _PYTHON.fullmatch("".join(words[at : at + 1])) and words[at + 1 : at + 2] == ["-m"]:
        at += 2
    name = "".join(words[at : at + 1]).rpartition("/")[2]
    if name == "unittest":
        return f"{shlex.join(words[: at + 1])} {FILES}"
    if name in {"pytest", "py.test"}:
        return f"{shlex.join([*words[: at + 1], *_options(words[at + 1 :])])} {FILES}"
    return ""


def _of_python(paths: Sequence[str], read: Read, lacking: Collection[str]) -> Iterator[FrontMatterEntry]:
    """What Python's tests need to run, and to test this code."""
    packaged = not _PACKAGING.isdisjoint(paths) and _SRC_ITSELF not in paths
    if packaged and any(map(_IN_SRC.fullmatch, paths)):
        reason = "so that tests import the code of the commit, not a copy of it that is installed"
        yield FrontMatterEntry(key="env", value={"PYTHONPATH": "src"}, reason=reason)
    if lacking:
        needs = needs_of(paths, read)
        yield FrontMatterEntry(key="setup", value=needs.setup, reason=f"not installed: {listed(sorted(lacking), NAMED)}")
        if needs.inputs:
            yield FrontMatterEntry(key="setup_inputs", value=list(needs.inputs))


def _checks_of(paths: Sequence[str], texts: Mapping[str, str], read: Read, lacking: Collection[str]) -> tuple[str, str]:
    """The command that runs the tests, and why it is that one; empty if there is none."""
    command = tests_of(paths, texts)
    if command == PYTEST and set(lacking) == {PYTEST_ITSELF} and (plain := unittest_of(list(paths), read)):
        return plain, "its tests; pytest is not installed"
    if command:
        return command, "its tests"
    if "Cargo.toml" in paths and any(path.endswith(".rs") for path in paths):
        return "cargo test --quiet", "its tests, beside the code"
    if shown := tests_in_readme({path: texts.get(path) for path in paths}):
        return shown, "the README shows it as its tests"
    return (PYTEST, "its tests, as pytest finds them") if any(map(_TESTS_ELSEWHERE.fullmatch, paths)) else ("", "")


def _test_entry(checks: Sequence[str], read: Read) -> Iterator[FrontMatterEntry]:
    package = read(PACKAGE) or ""
    commands = (command for check in checks if (command := command_for_some(check, package)))
    if command := next(commands, ""):
        yield FrontMatterEntry(key="test", value=command, reason="the same for some test files alone")


def _options(words: Sequence[str]) -> Iterator[str]:
    """The options among a call's words, with their values, without the tests that it names."""
    keeps = False
    for word in words:
        if keeps or word.startswith("-"):
            yield word
        keeps = word in _VALUED and not keeps


def _with_entries(text: str, entries: Sequence[FrontMatterEntry]) -> str:
    if not entries:
        return text
    lines = "".join(f"{line}\n" for line in (FOUND, *(f"{entry.key}: {flow(entry.value)}" for entry in entries)))
    if not (opening := re.match("\ufeff?---[ \t]*\r?\n", text)):
        return f"---\n{lines}---\n{text}"
    front, _ = split_front_matter(text, ACTIONS)
    at = opening.end() + len(front)
    return f"{text[:at]}{lines}{text[at:]}"


def _depth(path: str) -> tuple[int, str]:
    return path.count("/"), path
