"""The part of a project's tests that may pass where the whole fails."""

import json

import pytest

from overnight.program.detection.checks import unittest_of
from overnight.program.detection.parts_of_checks import MOST_LEFT_OUT, NPM_TEST, PYTEST, lacks_pytest, parts_of, without_failing

FAILING = """.F.E
FAILED tests/test_a.py::TestA::test_get[http://x y] - OSError: no network
FAILED tests/test_a.py::TestA::test_get[other]
ERROR tests/test_b.py - ModuleNotFoundError: No module named 'hypothesis'
1 failed, 3 passed, 1 error in 0.3s
"""
RUN = "python -m pytest -q"


def test_the_tests_that_failed_are_left_out_of_the_next_call() -> None:
    """A test with its parameters, and a file that could not be imported."""
    narrowed = without_failing(RUN, FAILING)
    assert narrowed is not None
    assert narrowed.command == f"{RUN} --deselect=tests/test_a.py::TestA::test_get --ignore=tests/test_b.py"
    assert narrowed.left_out == ["tests/test_a.py::TestA::test_get", "tests/test_b.py"]


def test_many_failures_or_none_are_not_left_out() -> None:
    """Then something else is wrong; and a name that a shell would read otherwise is not taken."""
    many = "".join(f"FAILED tests/test_{number}.py::test_a\n" for number in range(MOST_LEFT_OUT + 1))
    assert without_failing(RUN, many) is None
    assert without_failing(RUN, "no tests ran\n") is None
    assert without_failing("make test", FAILING) is None
    assert without_failing(RUN, "FAILED $(rm).py::test_a\nFAILED a.py;rm::test_a\n") is None


def test_options_of_plugins_that_are_not_installed_are_left_out_once() -> None:
    """`addopts` of a project often has those of pytest-cov."""
    output = "ERROR: usage: __main__.py [options]\n__main__.py: error: unrecognized arguments: --cov=a\n  inifile: tox.ini\n"
    narrowed = without_failing(RUN, output)
    assert narrowed is not None and narrowed.command == f"{RUN} -o addopts="
    assert without_failing(narrowed.command, output) is None


@pytest.mark.parametrize(
    ("script", "commands"),
    [
        ("npm run lint && npm run -s unit", ["npm run --silent lint", "npm run --silent unit"]),
        ("standard && tape test/*.js", ["node_modules/.bin/standard", "node_modules/.bin/tape test/*.js"]),
        ("eslint . && node test.js", ["node_modules/.bin/eslint .", "node test.js"]),
        ("run-s lint test:unit", ["npm run --silent lint", "npm run --silent test:unit"]),
        ("mocha", []),
        ("echo $(date) | tee x && mocha", []),
    ],
)
def test_a_test_script_is_taken_apart(script: str, commands: list[str]) -> None:
    """Its parts are commands of their own; what only a shell understands is no part."""
    assert parts_of("npm test --silent", f'{{"scripts": {{"test": "{script}"}}}}') == commands


def test_what_is_no_package_has_no_parts() -> None:
    """Whatever it holds."""
    for text in ("", "[", "[]", '{"scripts": 3}', '{"scripts": {"test": 3}}', "[" * 100_000):
        assert parts_of("npm test --silent", text) == []
    assert parts_of("make -s test", '{"scripts": {"test": "a && b"}}') == []


def test_tests_of_the_standard_library_run_without_pytest() -> None:
    """In their folder, from the top if that is a package; one that imports pytest does not count."""
    texts = {"tests/test_a.py": "import unittest\n", "tests/test_b.py": "import pytest\nimport unittest\n"}

    def found(files: dict[str, str]) -> str | None:
        return unittest_of([*files], files.get)

    assert found(texts) == "python -m unittest discover -s tests"
    assert found({**texts, "tests/__init__.py": ""}) == "python -m unittest discover -s tests -t ."
    assert found({"test_a.py": "import unittest\n"}) == "python -m unittest discover"
    assert found({"tests/test_b.py": texts["tests/test_b.py"]}) is None
    assert unittest_of(["tests/test_a.py"], lambda _: None) is None


def test_a_missing_pytest_is_known_by_what_python_says() -> None:
    """And not by another module that is missing."""
    assert lacks_pytest("/usr/bin/python: No module named pytest\n")
    assert not lacks_pytest("ModuleNotFoundError: No module named 'pytest_asyncio'\n")


@pytest.mark.parametrize("part", ["node a\ud800", "node a\n- x", "node \x1b[31m", "node a\x00", "node {foo}", "node \u202eb"])
def test_parts_that_no_program_can_name_are_left(part: str) -> None:
    """Else the whole proposal would be refused for them."""
    assert parts_of(NPM_TEST, json.dumps({"scripts": {"test": f"node b && {part}"}})) == []


def test_tests_that_fail_by_long_names_make_no_long_command() -> None:
    """As a hostile output may say; program.md would refuse it."""
    output = "\n".join(f"FAILED {'a' * 190}{i}.py{('::' + 't' * 120) * 6}" for i in range(8))
    first = without_failing(PYTEST, output)
    assert first is not None and without_failing(first.command, output) is None
