"""Pure: the part of a project's tests that may pass where the whole fails on what is committed."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from overnight.program.judge.targets import package_scripts

PYTEST = "python -m pytest -q"
NPM_TEST = "npm test --silent"
MOST_LEFT_OUT = 8  # tests; where more fail, something else is wrong
MOST_PARTS = 8  # of a package's test script
MOST_LINES = 5_000  # at the end of an output
LONGEST = 400  # characters of a line, and of a script
LONGEST_COMMAND = 4000  # characters; program.md has no longer one

_FAILED = re.compile(r"(?:FAILED|ERROR) ([\w./+-]{1,200}\.py)((?:::\w{1,120}){0,6})(?:\[|\s|$)")
_NO_SUCH_OPTION = re.compile(r"error: unrecognized arguments: -")
_NO_PYTEST = re.compile(r"No module named '?pytest'?\s*$", re.MULTILINE)
_RUN = re.compile(r"(?:npm run(?:-script)?|yarn(?: run)?|pnpm(?: run)?)(?: -s| --silent)? ([\w:.-]{1,60})")
_SEVERAL = re.compile(r"(?:run-s|npm-run-all)((?: [\w:.-]{1,60}){1,9})")
_WORDS = re.compile(r"[\w@./:=,*'\"{}+-]+(?: [\w@./:=,*'\"{}+-]+){0,20}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Narrowed:
    """A command that leaves out what failed."""

    command: str
    left_out: Sequence[str]  # tests and files


def without_failing(command: str, output: str) -> Narrowed | None:
    """A call of pytest without the tests that failed, or without options of plugins that are not installed.

    Args:
        command: what failed.
        output: what it printed.
    """
    if not command.startswith(PYTEST):
        return None
    lines = output.splitlines()[-MOST_LINES:]
    if any(_NO_SUCH_OPTION.search(line[:LONGEST]) for line in lines) and "addopts" not in command:
        return Narrowed(command=f"{command} -o addopts=", left_out=())
    hits = (_FAILED.match(line[:LONGEST]) for line in lines)
    failed = list(dict.fromkeys((hit[1], hit[2]) for hit in hits if hit))
    if not 0 < len(failed) <= MOST_LEFT_OUT:
        return None
    options = tuple(f"--deselect={path}{test}" if test else f"--ignore={path}" for path, test in failed)
    narrowed = " ".join((command, *options))
    if len(narrowed) > LONGEST_COMMAND:
        return None
    return Narrowed(command=narrowed, left_out=[path + test for path, test in failed])


def parts_of(command: str, package: str) -> Sequence[str]:
    """The commands that a package's test script runs one after the other; empty if it is not made of several.

    Args:
        command: what failed.
        package: the text of package.json.
    """
    script = package_scripts(package).get("test", "") if command == NPM_TEST else ""
    parts = [part.strip() for part in script.split("&&")] if len(script) <= LONGEST else []
    if not all(part.isprintable() and "{" not in part for part in parts):  # which no program.md has
        return []
    commands = list(dict.fromkeys(one for part in parts for one in _commands(part)))
    return commands if 1 < len(commands) <= MOST_PARTS else []


def lacks_pytest(output: str) -> bool:
    """Whether a command failed since pytest is not installed."""
    return _NO_PYTEST.search(output[-MOST_LINES:]) is not None


def _commands(part: str) -> Iterator[str]:
    """One part as commands of their own; a tool of the package is called by its path."""
    if run := _RUN.fullmatch(part):
        yield f"npm run --silent {run[1]}"
    elif several := _SEVERAL.fullmatch(part):
        yield from (f"npm run --silent {name}" for name in several[1].split())
    elif part.startswith(("node ", "./", "node_modules/")):
        yield part
    elif _WORDS.fullmatch(part):
        yield f"node_modules/.bin/{part}"
