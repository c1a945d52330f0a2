"""Where the tests of a project fail on what is committed, the part of them that passes becomes its checks."""

from collections.abc import Mapping
from pathlib import Path

import anyio
from targets import repository_of

from overnight.gate.trial import Fault, Trial
from overnight.git.repository import Repository
from overnight.program.program import Program
from overnight.research.loop.command import TrialFailed
from overnight.research.setup.connection.proof import Observed
from overnight.research.setup.first_checks import with_passing_checks
from overnight.research.setup.first_look import Proposal, propose
from overnight.research.setup.refinement import FirstRun
from overnight.research.setup.wishes import Wishes
from overnight.research.views.connection import Connection

TRAIN = 'print(f"val_bpb: {1.0:.6f}")\n'
WHOLE = "python -m pytest -q"


class Failing:
    """Checks of which some commands fail; keeps which were run."""

    def __init__(self, failing: Mapping[str, str]) -> None:
        self.failing = failing  # command to what it prints
        self.ran: list[str] = []

    async def checks(self, repository: Repository, program: Program) -> TrialFailed | None:
        for command in program.checks:
            self.ran.append(command)
            if command in self.failing:
                output = self.failing[command]
                return TrialFailed(
                    Fault.CHECKS, f"the check `{command}` failed", tuple(output.splitlines()), tail=output.encode()
                )
        return None

    async def first(self, repository: Repository, program: Program) -> FirstRun:
        raise NotImplementedError

    async def second(self, repository: Repository, program: Program) -> Trial:
        raise NotImplementedError

    async def prove(
        self, repository: Repository, program: Program, first: Observed, sigma: float, *, named: bool
    ) -> Connection:
        raise NotImplementedError


def checked(tmp_path: Path, files: dict[str, str], failing: Mapping[str, str]) -> Proposal:
    """The proposal for these files after its checks were tried."""
    repository = repository_of(tmp_path, {"train.py": TRAIN, **files})
    tries = Failing(failing)
    return anyio.run(with_passing_checks, propose(repository, Wishes()), repository, tries, lambda _: None)


def test_the_few_tests_that_fail_are_left_out_and_named(tmp_path: Path) -> None:
    """Round by round, since leaving one out may show the next; the note has the reason."""
    first = f"{WHOLE} --deselect=tests/test_a.py::test_net"
    second = f"{first} --ignore=tests/test_b.py"
    failing = {
        WHOLE: "FAILED tests/test_a.py::test_net - OSError\n",
        first: "ERROR tests/test_b.py - ImportError\n",
    }
    proposal = checked(tmp_path, {"tests/test_a.py": ""}, failing)
    assert proposal.program.checks == (second,)
    [note] = [note for note in proposal.detected.notes if "left out of the checks" in note]
    assert "tests/test_a.py::test_net, tests/test_b.py" in note


def test_what_the_tests_need_is_built_first(tmp_path: Path) -> None:
    """A test target that does not say that it needs its program."""
    makefile = "test:\n\t./unit\n\nunit: unit.c\n\tcc -o unit unit.c\n"
    output = "make: ./unit: No such file or directory\nmake: *** [Makefile:2: test] Error 127\n"
    proposal = checked(tmp_path, {"Makefile": makefile, "unit.c": ""}, {"make -s test": output})
    assert proposal.program.checks == ("make unit && make -s test",)


def test_tests_that_go_on_failing_are_left_out_as_a_whole(tmp_path: Path) -> None:
    """Three rounds are enough."""
    commands, command = dict[str, str](), WHOLE
    for number in range(9):
        commands[command] = f"FAILED tests/test_a.py::test_{number} - no\n"
        command += f" --deselect=tests/test_a.py::test_{number}"
    proposal = checked(tmp_path, {"tests/test_a.py": ""}, commands)
    assert proposal.program.checks == ()
    assert "# checks: [python -m pytest -q]" in proposal.front


def test_of_a_package_s_test_script_the_parts_that_pass_are_kept(tmp_path: Path) -> None:
    """A linter that fails says nothing about the tests."""
    package = '{"scripts": {"test": "eslint . && node test.js"}}'
    failing = {"npm test --silent": "", "node_modules/.bin/eslint .": "TypeError\n"}
    proposal = checked(tmp_path, {"package.json": package}, failing)
    assert proposal.program.checks == ("node test.js",)
    assert any("`node_modules/.bin/eslint .` (the check" in note for note in proposal.detected.notes)


def test_without_pytest_the_tests_of_the_standard_library_run(tmp_path: Path) -> None:
    """A stranger's environment need not have pytest."""
    files = {"tests/test_a.py": "import unittest\n"}
    proposal = checked(tmp_path, files, {WHOLE: "/usr/bin/python: No module named pytest\n"})
    assert proposal.program.checks == ("python -m unittest discover -s tests",)
