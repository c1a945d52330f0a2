"""`overnight do --init` proposes what has passed once, and writes nothing that is there already."""

import json
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import anyio
import pytest
from targets import git, repository_of

from overnight.actions.asking.initialisation import ActionsProposal, propose, write
from overnight.actions.asking.parsing import parse_rules
from overnight.cli.do_init import write_actions
from overnight.errors import UserError
from overnight.gate.trial import Fault, Trial
from overnight.git.repository import Repository
from overnight.program.program import Program
from overnight.research.loop.command import TrialFailed
from overnight.research.setup.connection.proof import Observed
from overnight.research.setup.refinement import FirstRun
from overnight.research.views.connection import Connection

PYTEST = "python -m pytest -q"
UNITTEST = """\
import unittest


class A(unittest.TestCase):
    def test_a(self) -> None:
        import calc

        assert calc.ONE == 1
"""


class Commands:
    """Commands of which some fail; keeps which were run."""

    def __init__(self, failing: Mapping[str, str]) -> None:
        self.failing = failing  # command to what it prints
        self.ran: list[str] = []

    async def checks(self, repository: Repository, program: Program) -> TrialFailed | None:
        [command] = program.checks
        self.ran.append(command)
        if command not in self.failing:
            return None
        output = self.failing[command]
        return TrialFailed(
            Fault.CHECKS, f"`{command}` failed: {output.splitlines()[0]}", tuple(output.splitlines()), tail=output.encode()
        )

    async def first(self, repository: Repository, program: Program) -> FirstRun:
        raise NotImplementedError

    async def second(self, repository: Repository, program: Program) -> Trial:
        raise NotImplementedError

    async def prove(
        self, repository: Repository, program: Program, first: Observed, sigma: float, *, named: bool
    ) -> Connection:
        raise NotImplementedError


def proposed(folder: Path, files: dict[str, str], failing: Mapping[str, str]) -> tuple[ActionsProposal, list[str]]:
    """The proposal for these files, in a checkout whose environment has pytest, and what was run for it."""
    commands, repository = Commands(failing), repository_of(folder, files)
    programs = folder / ".venv" / "bin"
    programs.mkdir(parents=True)
    (programs / "python").touch()
    (folder / ".venv/pyvenv.cfg").touch()
    (folder / ".venv/lib/python3.12/site-packages/pytest-9.0.dist-info").mkdir(parents=True)
    return anyio.run(propose, repository, commands, lambda _: None), commands.ran


def test_each_command_is_tried_before_it_is_proposed(tmp_path: Path) -> None:
    """The checks, then the same for one test file."""
    proposal, ran = proposed(tmp_path, {"tests/test_a.py": "", "tests/data.txt": ""}, {})
    assert ran == [PYTEST, f"{PYTEST} tests/test_a.py"]
    rules = parse_rules(proposal.text)
    assert (rules.checks, rules.test, rules.body) == ((PYTEST,), f"{PYTEST} {{files}}", "")


def test_what_fails_is_a_comment_that_says_why(tmp_path: Path) -> None:
    """And no check stands in its place: what is not said would be looked for."""
    proposal, _ = proposed(tmp_path, {"Makefile": "test:\n\tfalse\n"}, {"make -s test": "broken\n"})
    assert (
        "# Left out because it was tried and failed: `make -s test` failed: broken\n# checks: [make -s test]\n" in proposal.text
    )
    assert parse_rules(proposal.text).checks == () and "\nchecks: []\n" in proposal.text


def test_tests_that_fail_are_left_out_of_the_checks_alone(tmp_path: Path) -> None:
    """They still may be run by name, as when an action repairs them."""
    failing = {PYTEST: "FAILED tests/test_a.py::test_net - OSError\n"}
    proposal, _ = proposed(tmp_path, {"tests/test_a.py": ""}, failing)
    assert parse_rules(proposal.text).checks == (f"{PYTEST} --deselect=tests/test_a.py::test_net",)
    assert any("left out of the checks" in note for note in proposal.notes)


def test_a_command_for_some_tests_that_never_passes_is_a_comment(tmp_path: Path) -> None:
    """A few files are tried, as the first one may need others."""
    files = {f"test_{name}.py": "" for name in "abcd"}
    failing = {f"{PYTEST} test_{name}.py": "exit code 4: no plugin x\n" for name in "abcd"}
    proposal, ran = proposed(tmp_path, files, failing)
    assert len(ran) == 4 and parse_rules(proposal.text).test == "" and "# test: " in proposal.text


def test_tests_that_are_run_and_fail_still_show_how_some_are_run(tmp_path: Path) -> None:
    """An action may be asked to repair them."""
    failing = {PYTEST: "exit code 1: assert 3 == 4\n", f"{PYTEST} test_a.py": "exit code 1: assert 3 == 4\n"}
    proposal, _ = proposed(tmp_path, {"test_a.py": ""}, failing)
    rules = parse_rules(proposal.text)
    assert (rules.checks, rules.test) == ((), f"{PYTEST} {{files}}")


NPM = {
    "package.json": '{"scripts": {"test": "node --test"}, "dependencies": {"a": "1"}}',
    "package-lock.json": "{}",
    "test/a.test.js": "",
}
INSTALL = "npm ci --no-audit --no-fund"
AFTER = f'{INSTALL} && PATH="$PWD/.venv/bin:$PWD/node_modules/.bin:$PATH" && export PATH && npm test --silent'


def test_a_setup_is_tried_with_the_checks_that_need_it(tmp_path: Path) -> None:
    """In one job with a network; what passes is written as two keys."""
    proposal, ran = proposed(tmp_path, NPM, {})
    rules = parse_rules(proposal.text)
    assert ran == [AFTER] and (rules.setup, rules.checks) == (INSTALL, ("npm test --silent",))
    assert (rules.test, rules.setup_inputs) == ("node --test {files}", ("package.json", "package-lock.json"))


def test_a_setup_that_fails_is_a_comment_if_the_checks_fail_without_it(tmp_path: Path) -> None:
    """If they pass, nothing was missing."""
    proposal, ran = proposed(tmp_path / "r", NPM, {AFTER: "no network\n"})
    assert ran[:2] == [AFTER, "npm test --silent"] and "setup: npm ci --" not in proposal.text
    failing = {AFTER: "no network\n", "npm test --silent": "Cannot find module 'a'\n"}
    text = proposed(tmp_path / "s", NPM, failing)[0].text
    assert f"# setup: {INSTALL}\n" in text and parse_rules(text).checks == ()


def test_without_tests_there_is_a_note(tmp_path: Path) -> None:
    """Nothing is run, and the rest has its defaults."""
    proposal, ran = proposed(tmp_path, {"notes.txt": ""}, {})
    assert not ran and any("found no tests" in note for note in proposal.notes)
    assert replace(parse_rules(proposal.text), source="") == replace(parse_rules(""), source="")


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    """Neither before nor between the look and the writing; a link that leads nowhere is something, too."""
    proposal, _ = proposed(tmp_path / "r", {"a": ""}, {})
    repository = repository_of(tmp_path / "s", {"a": ""})
    written = write(proposal, repository)
    assert written.written and (tmp_path / "s" / "actions.md").read_text() == proposal.text
    with pytest.raises(UserError, match="File exists"):
        write(proposal, repository)
    (tmp_path / "r" / "actions.md").symlink_to(tmp_path / "none")
    with pytest.raises(UserError, match=r"there is an actions\.md already; edit it"):
        anyio.run(propose, repository_of(tmp_path / "r", {"b": ""}), Commands({}), lambda _: None)


def test_it_is_written_for_a_project_that_only_has_the_standard_library(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In the jail, on what is committed; as JSON, only if it is asked for."""
    repository_of(tmp_path, {"calc.py": "ONE = 1\n", "tests/__init__.py": "", "tests/test_a.py": UNITTEST})
    (tmp_path / "calc.py").write_text("ONE = 2\n")
    assert write_actions(tmp_path / "tests", yes=False, sandbox="jail", as_json=True) == 0
    shown = json.loads(capsys.readouterr().out)
    assert not shown["written"] and not (tmp_path / "actions.md").exists()
    assert write_actions(tmp_path, yes=True, sandbox="jail", as_json=False) == 0
    assert "wrote actions.md; review it and commit it" in capsys.readouterr().out
    rules = parse_rules((tmp_path / "actions.md").read_text())
    assert rules.checks == ("python -m unittest discover -s tests -t .",)
    assert rules.test == "python -m unittest {files}"
    assert git(tmp_path, "status", "--porcelain").split("\n") == ["M calc.py", "?? actions.md"]
