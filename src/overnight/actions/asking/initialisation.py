"""`actions.md` for a repository: what its files show, tried in the jail on what is committed, and written on demand."""

import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from shlex import quote

from overnight.actions.asking.detection import command_for_some
from overnight.actions.asking.parsing import parse_rules
from overnight.actions.asking.rules import shown_keys
from overnight.actions.charter import ACTIONS, CHECK_S, FILES, TEST_GLOBS
from overnight.actions.checkouts.places import own_environment
from overnight.actions.checkouts.preparation import DISK_BYTES, PROCESSES, REGISTRIES, SETUP_S
from overnight.actions.checkouts.preparation import FILES as MOST_MADE
from overnight.errors import UserError
from overnight.git.history import GitHistory
from overnight.git.repository import Repository
from overnight.program.detection.detect import Detected
from overnight.program.detection.parts_of_checks import PYTEST
from overnight.program.front_matter import Value
from overnight.program.judge.targets import PACKAGE
from overnight.program.judge.tree import Read
from overnight.program.program import PROGRAM
from overnight.program.scope import matches
from overnight.program.writer import FrontMatterEntry, render_front_matter
from overnight.research.loop.committed import committed_text
from overnight.research.setup import interpreter
from overnight.research.setup.first_checks import with_passing_checks
from overnight.research.setup.first_look import Proposal, rendered
from overnight.research.setup.program_file import write_above
from overnight.research.setup.tries import Tries
from overnight.words.foreign import printable

WRITTEN = f"wrote {ACTIONS}; review it and commit it: actions go by the committed one"
MOST_TRIED = 3  # test files
_HEAD = (
    "# What actions go by in this repository; every key has a default and is explained in the docs, actions.md.\n"
    "# What you write below the second line of dashes, every agent reads."
)
_FURTHER = {
    "checks": "[python -m pytest -q]",
    "test": f'"python -m pytest -q {FILES}"',
    "test_globs": '["**/test_*.py"]',
    "setup": "npm ci",
    "setup_inputs": "[package.json, package-lock.json]",
    "show": "python -m myapp --help",
    "protected": "[migrations/]",
    "allow": "[pypi.org]",
    "roles": "[{role: coder, use: agent, model: NAME}, {role: reviewer, use: claude}]",
    "readable": "[node_modules]",
    "env": "{PYTHONPATH: src}",
    "deliver": "branch",
    "limits": "{wall: 15m, memory: 4GB, cpus: 1}",
    "budget": "{tokens: 300k, cost_usd: 2, minutes: 60, turns: 8}",
}
OF_CHECKS = "the same for some test files alone"
NAME = 120  # characters of a command
_RAN = re.compile(r"exit code [15]\b")  # of pytest: some tests fail, or the file has none
_ORDER = ("checks", "test", "setup", "setup_inputs", "readable", "env")
# A program that measures nothing, so that the checks of actions are tried as those of campaigns are.
_UNMEASURED = (FrontMatterEntry(key="metric", value="wall_s"), FrontMatterEntry(key="measure", value="true"))
_LIMITS = FrontMatterEntry(key="limits", value={"wall": CHECK_S})
_OF_SETUP = FrontMatterEntry(
    key="limits",
    value={"wall": SETUP_S, "disk": DISK_BYTES, "files": MOST_MADE, "processes": PROCESSES, "network": [*REGISTRIES]},
)
_WITH_SETUP = '{setup} && PATH="$PWD/.venv/bin:$PWD/node_modules/.bin:$PATH" && export PATH && {check}'


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionsProposal:
    """What `do --init --json` prints."""

    path: str  # of actions.md
    text: str
    keys: Sequence[FrontMatterEntry]
    notes: Sequence[str]  # what to know of it
    written: bool


async def propose(repository: Repository, tries: Tries, say: Callable[[str], None]) -> ActionsProposal:
    """The `actions.md` that fits what is committed: each command of it has passed once, or is a comment that says why not.

    Raises:
        UserError: there is one already.
    """
    path = repository.toplevel / ACTIONS
    if path.exists() or path.is_symlink():
        raise UserError(f"there is an {ACTIONS} already", fix="edit it; `overnight docs actions` explains every key")
    trying = _Trying(repository=repository, tries=tries, say=lambda line: say(_of_actions(line)))
    with closing(GitHistory(repository)) as history:
        start = history.resolve_start()
        paths, read = history.paths(start), committed_text(history, start)
        found = shown_keys(repository, paths, read)
        failed = await trying.setup(found)
        entries, notes = [*found], list[str]()
        if failed != "":
            entries, notes = await trying.without_setup(found, paths, read)
            if failed and not parse_rules(_text(entries)).checks:  # else nothing of it is needed
                setup = _entry(found, "setup")
                entries += [replace(setup, fails=failed)] if setup else []
    in_order = sorted(entries, key=lambda entry: _ORDER.index(entry.key))
    text = _text(in_order)
    parse_rules(text)
    notes = [*map(_of_actions, notes), *_notes(repository, found)]
    return ActionsProposal(path=str(path), text=text, keys=in_order, notes=notes, written=False)


def write(proposal: ActionsProposal, repository: Repository) -> ActionsProposal:
    """Write it, if there is still none.

    Raises:
        UserError: there is one now, or it cannot be written.
    """
    write_above(repository.toplevel / ACTIONS, proposal.text, None)
    return replace(proposal, written=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Trying:
    """Runs what is proposed, on what is committed."""

    repository: Repository
    tries: Tries
    say: Callable[[str], None]

    async def setup(self, found: Sequence[FrontMatterEntry]) -> str | None:
        """Why the checks fail after the setup, both in one job with a network; empty if they pass, None without a setup."""
        setup, checks = _entry(found, "setup"), _entry(found, "checks")
        if setup is None or checks is None or not isinstance(checks.value, list):
            return None
        command = _WITH_SETUP.format(setup=setup.value, check=checks.value[0])
        self.say(f"Trying the checks after a setup, which may load packages: {printable(str(setup.value), NAME)}")
        tried = _program(found, _OF_SETUP, [command])
        failed = await self.tries.checks(self.repository, tried.program)
        return str(failed) if failed else ""

    async def without_setup(
        self, found: Sequence[FrontMatterEntry], paths: Sequence[str], read: Read
    ) -> tuple[list[FrontMatterEntry], list[str]]:
        """The keys with what passes of the checks, and notes on what does not."""
        checks = _entry(found, "checks")
        commands = checks.value if checks and isinstance(checks.value, list) else []
        tried = await with_passing_checks(_program(found, _LIMITS, commands), self.repository, self.tries, self.say)
        test = _test_of(tried, found, read)
        if test is not None:
            files = [path for path in paths if matches(path, TEST_GLOBS)][:MOST_TRIED]
            failed = await self._failing([str(test.value).replace(FILES, quote(file)) for file in files], tried)
            test = replace(test, fails=failed)
        entries = [*_checks(tried, found), *filter(None, [test])]
        entries += [entry for entry in tried.detected.entries if entry.key in {"readable", "env"}]
        return entries, [*tried.detected.notes]

    async def _failing(self, commands: Sequence[str], tried: Proposal) -> str:
        """Why all of some commands fail; empty if one of them passes, if its tests were run at all, or if there are none."""
        failed = None
        for command in commands:
            self.say(f"Trying some tests alone: {printable(command, NAME)}")
            checked = rendered(tried.detected.having(FrontMatterEntry(key="checks", value=[command])), None)
            failed = await self.tries.checks(self.repository, checked.program)
            if failed is None or (command.startswith(PYTEST) and _RAN.search(str(failed))):
                return ""
        return str(failed) if failed else ""


def _program(found: Sequence[FrontMatterEntry], limits: FrontMatterEntry, checks: Sequence[Value]) -> Proposal:
    """A program with these checks, which is never written."""
    entries = [entry for entry in found if entry.key in {"readable", "env"}]
    entries += [FrontMatterEntry(key="checks", value=list(checks))] if checks else []
    return rendered(Detected(entries=(*_UNMEASURED, limits, *entries)), None)


def _of_actions(line: str) -> str:
    """What is said of a program as of an actions.md."""
    return line.replace(PROGRAM, ACTIONS)


def _text(entries: Sequence[FrontMatterEntry]) -> str:
    return render_front_matter(entries, head=_HEAD, further=_FURTHER)


def _entry(entries: Sequence[FrontMatterEntry], key: str) -> FrontMatterEntry | None:
    return next((entry for entry in entries if entry.key == key), None)


def _checks(tried: Proposal, found: Sequence[FrontMatterEntry]) -> Iterator[FrontMatterEntry]:
    """The checks that passed; if they failed, as a comment, and none in their place."""
    checks, first = _entry(tried.detected.entries, "checks"), _entry(found, "checks")
    if checks is None or first is None:
        return
    yield replace(checks, reason=first.reason)
    if checks.fails:
        yield FrontMatterEntry(key="checks", value=[], reason="Without this line they would be run all the same.")


def _test_of(tried: Proposal, found: Sequence[FrontMatterEntry], read: Read) -> FrontMatterEntry | None:
    """The command for some test files, by the checks that passed; if there are none, by what the files show."""
    checks, package = tried.program.checks, read(PACKAGE) or ""
    command = next(filter(None, (command_for_some(check, package) for check in checks)), "")
    first = _entry(found, "test")
    if checks and (command or first is None):
        return FrontMatterEntry(key="test", value=command, reason=OF_CHECKS) if command else None
    return first


def _notes(repository: Repository, found: Sequence[FrontMatterEntry]) -> Iterator[str]:
    """What else a person should know."""
    if own := own_environment(repository):
        yield f"jobs find the programs and packages of {own} first"
    elif hint := interpreter.own_environment(repository.toplevel):
        yield hint
    if _entry(found, "checks") is None:
        yield "found no tests: a result is checked by those that it brings along, and by a reviewer"
