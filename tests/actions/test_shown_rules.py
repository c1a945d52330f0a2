"""What a repository's files show of its checks stands in for what its actions.md does not say."""

from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest
from examples import scaled
from hypothesis import given, settings
from hypothesis import strategies as st
from targets import repository_of

from overnight.actions.asking.detection import command_for_some, detected, with_found
from overnight.actions.asking.parsing import parse_rules
from overnight.actions.asking.python_setup import needs_of
from overnight.actions.asking.rules import lacking_packages, rules_text
from overnight.actions.charter import FOUND
from overnight.actions.checkouts.places import own_environment
from overnight.errors import ProgramError
from overnight.git.history import GitHistory
from overnight.git.repository import Repository

PYTEST = "python -m pytest -q"
JEST = '{"scripts": {"test": "jest --ci"}, "devDependencies": {"jest": "29"}}'
PYTHON = {"a.py": "", "tests/test_a.py": "def test_a() -> None:\n    pass\n"}


def shown(files: dict[str, str], text: str = "", *, lacking: Sequence[str] = (), packages: Sequence[str] = ()) -> str:
    return with_found(text, lambda: detected(list(files), files.get, lacking=lacking, packages=packages), files.get)


def values(files: dict[str, str], *, lacking: Sequence[str] = ()) -> dict[str, object]:
    return {entry.key: entry.value for entry in detected(list(files), files.get, lacking=lacking)}


def text_of(repository: Repository) -> str:
    with closing(GitHistory(repository)) as history:
        return rules_text(repository, history, history.resolve_start())


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        (PYTHON, {"checks": [PYTEST], "test": f"{PYTEST} {{files}}"}),
        ({"a.py": ""}, {"test": f"{PYTEST} {{files}}"}),
        ({"testing/test_a.py": ""}, {"checks": [PYTEST], "test": f"{PYTEST} {{files}}"}),
        ({"shop/cart.py": "", "shop/cart_test.py": ""}, {"checks": [PYTEST], "test": f"{PYTEST} {{files}}"}),
        ({"shop/latest.py": "", "shop/testing.py": ""}, {"test": f"{PYTEST} {{files}}"}),
        ({"go.mod": "", "a_test.go": "func TestA(t *testing.T) {}"}, {"checks": ["go test ./..."]}),
        ({"Cargo.toml": "", "src/lib.rs": ""}, {"checks": ["cargo test --quiet"]}),
        ({"Makefile": "check:\n\ttrue\n"}, {"checks": ["make -s check"]}),
        ({"README.md": "```\n$ sh run_tests.sh\n```\n", "run_tests.sh": "true"}, {"checks": ["sh run_tests.sh"]}),
        ({"notes.txt": ""}, {}),
        ({"package.json": "{}", "a.js": ""}, {"test": "node --test {files}"}),
        ({"package.json": '{"devDependencies": {"vitest": "1"}}'}, {"test": "node_modules/.bin/vitest run {files}"}),
        (
            {"pyproject.toml": "", "src/a/b/__init__.py": "", "tests/test_a.py": ""},
            {"checks": [PYTEST], "test": f"{PYTEST} {{files}}", "env": {"PYTHONPATH": "src"}},
        ),
        (
            {"pyproject.toml": "", "src/__init__.py": "", "src/types.py": "", "test_a.py": ""},
            {"checks": [PYTEST], "test": f"{PYTEST} {{files}}"},
        ),
        (
            {"package.json": JEST, "package-lock.json": "{}"},
            {
                "checks": ["npm test --silent"],
                "test": "node_modules/.bin/jest {files}",
                "setup": "npm ci --no-audit --no-fund",
                "setup_inputs": ["package.json", "package-lock.json"],
            },
        ),
        ({"package.json": JEST}, {"checks": ["npm test --silent"], "test": "node_modules/.bin/jest {files}"}),
    ],
)
def test_checks_are_found_by_the_customs_of_each_language(files: dict[str, str], expected: dict[str, object]) -> None:
    """The command that runs all tests, that for some of them, and what they need."""
    assert values(files) == expected


def test_without_pytest_tests_run_as_they_can() -> None:
    """Those that need only the standard library."""
    assert values({"tests/test_a.py": "import unittest\n"}, lacking=["pytest"]) == {
        "checks": ["python -m unittest discover -s tests"],
        "test": "python -m unittest {files}",
    }
    assert values({"a.py": ""}, lacking=["pytest"]) == {"test": "python -m unittest {files}"}


@pytest.mark.parametrize(
    ("check", "test"),
    [
        (PYTEST, f"{PYTEST} {{files}}"),
        (
            "pytest tests/unit -q -k 'not slow' --deselect=tests/a.py::b",
            "pytest -q -k 'not slow' --deselect=tests/a.py::b {files}",
        ),
        ("PYTHONPATH=src .venv/bin/pytest", "PYTHONPATH=src .venv/bin/pytest {files}"),
        ("uv run pytest -n 4 tests", "uv run pytest -n 4 {files}"),
        ("python3.12 -m unittest discover -s tests -t .", "python3.12 -m unittest {files}"),
        ("cd sub && pytest", ""),
        ("pytest 'x", ""),
        ("ruff check .", ""),
        ("make -s test", ""),
        ("", ""),
    ],
)
def test_a_check_shows_how_some_tests_are_run(check: str, test: str) -> None:
    """Its options stay and the tests that it names do not; a shell's own words are not understood."""
    assert command_for_some(check, "") == test


def test_what_is_written_is_not_looked_for() -> None:
    """Checks that are named, also none; then only the command for some tests is found, by those."""
    assert shown(PYTHON, "---\nchecks: []\n---\nWords.\n") == "---\nchecks: []\n---\nWords.\n"
    assert parse_rules(shown(PYTHON, "---\nchecks: pytest -x\n---\n")).test == "pytest -x {files}"
    text = shown({"package.json": JEST, "yarn.lock": ""}, "---\nreadable: [node_modules]\n---\n")
    assert (parse_rules(text).setup, parse_rules(text).checks) == ("", ("npm test --silent",))


def test_written_checks_of_python_test_the_code_of_the_commit() -> None:
    """A package below `src/` is found there, not as a copy that is installed, unless `env` says more."""
    files = {"pyproject.toml": "", "src/shop/__init__.py": "", "tests/test_a.py": ""}
    for checks in ("python -m pytest -q", ".venv/bin/pytest -x", "make lint && python3.12 run_tests.py"):
        assert parse_rules(shown(files, f"---\nchecks: {checks}\n---\n")).env == (("PYTHONPATH", "src"),)
    for front in ("checks: npm test", "checks: []", "checks: pytest\nenv: {A: b}"):
        assert ("PYTHONPATH", "src") not in parse_rules(shown(files, f"---\n{front}\n---\n")).env


def test_what_is_found_stands_below_what_is_written() -> None:
    """So lines of mistakes stay the same, and the text for agents is kept."""
    text = shown(PYTHON, "---\nshow: ls\n---\nWords.\n")
    assert text == f"---\nshow: ls\n{FOUND}\nchecks: [{PYTEST}]\ntest: '{PYTEST} {{files}}'\n---\nWords.\n"
    assert (parse_rules(text).found, parse_rules("---\nshow: ls\n---\n").found) == (("checks", "test"), ())
    assert parse_rules(shown(PYTHON, "Words.\n")).body == "Words.\n"
    for kept in ("---\nchekcs: []\n---\n", "---\n{show: ls}\n---\n"):
        assert shown(PYTHON, kept) == kept


def test_packages_in_the_checkout_come_before_a_setup() -> None:
    """Those of the user are there already."""
    text = shown({"package.json": JEST, "package-lock.json": "{}"}, packages=("node_modules",))
    assert (parse_rules(text).readable, parse_rules(text).setup) == (("node_modules",), "")


def test_a_commit_without_actions_md_has_rules(tmp_path: Path) -> None:
    """What its files show, and nothing of the checkout's own."""
    repository = repository_of(tmp_path, PYTHON)
    (tmp_path / "actions.md").write_text("---\nchecks: [false]\n---\n")
    assert parse_rules(text_of(repository)).checks == (PYTEST,)


def test_an_actions_md_that_is_no_text_is_refused(tmp_path: Path) -> None:
    """With the fix."""
    (tmp_path / "r").mkdir()
    (tmp_path / "r" / "actions.md").symlink_to("/etc/passwd")
    with pytest.raises(ProgramError, match=r"actions.md: is not a regular file; commit the file itself"):
        text_of(repository_of(tmp_path / "r", {}))
    (tmp_path / "s").mkdir()
    (tmp_path / "s" / "actions.md").write_bytes(b"---\n\xff\n")
    with pytest.raises(ProgramError, match=r"actions.md:2: not UTF-8; save it as UTF-8"):
        text_of(repository_of(tmp_path / "s", {}))


def test_the_environment_of_the_checkout_is_used_but_not_one_that_came_with_it(tmp_path: Path) -> None:
    """Nothing in it is run to find that out; a committed one is a stranger's."""
    repository = repository_of(tmp_path, {"a": ""})
    assert own_environment(repository) == ""
    programs = tmp_path / ".venv" / "bin"
    programs.mkdir(parents=True)
    (tmp_path / ".venv" / "pyvenv.cfg").touch()
    (programs / "python").write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    (programs / "python").chmod(0o755)
    assert own_environment(repository) == str(tmp_path / ".venv")
    assert lacking_packages(repository, ["pytest", "zope-event"]) == {"pytest", "zope-event"}
    (tmp_path / ".venv/lib/python3.12/site-packages/zope.event-6.0.dist-info").mkdir(parents=True)
    assert lacking_packages(repository, ["pytest", "zope-event"]) == {"pytest"}
    assert not (tmp_path / "ran").exists()
    assert own_environment(repository_of(tmp_path, {"b": ""})) == ""


PROJECT = """
[build-system]
requires = ["x"]
[project]
dependencies = ["Click>=8", "colorama; os_name == 'nt'"]
[project.optional-dependencies]
tests = ["freezegun"]
docs = ["sphinx"]
[dependency-groups]
test = ["pytest-cov>=4", {include-group = "x"}, "$(x)"]
dev = ["ruff"]
"""


def test_what_is_not_installed_is_set_up() -> None:
    """What the project says that it and its tests need, if any of it is missing; a mark for other systems is no need."""
    files = {"pyproject.toml": PROJECT, "requirements.txt": "attrs\n-r x\n# y\nhttps://z\n", "tests/test_a.py": ""}
    needs = needs_of(files, files.get)
    assert set(needs.packages) == {"attrs", "pytest-cov", "click", "freezegun"}
    found = values(files, lacking=["freezegun"])
    install = "pip install -q pytest -r requirements.txt -e '.[tests]' 'pytest-cov>=4'"
    assert found["setup"] == f"python3 -m venv .venv && .venv/bin/python -m {install}"
    assert found["setup_inputs"] == ["pyproject.toml", "requirements.txt"]
    assert found["checks"] == [PYTEST] and "setup" not in values(files)


def test_a_plugin_that_settings_need_is_a_need() -> None:
    """Without it no test runs; a word elsewhere in the settings is none."""
    settings = '[tool.pytest.ini_options]\nasyncio_mode = "auto"\naddopts = [\n  "-q",\n  "--cov=app",\n]\n'
    files = {"pyproject.toml": settings, "tox.ini": "[testenv]\ncommands = pytest -n auto\n", "test_a.py": ""}
    needs = needs_of(files, files.get)
    assert needs.packages == needs.words == ("pytest-cov", "pytest-asyncio")


def test_a_missing_linter_shows_no_need() -> None:
    """What is for developers is installed if nothing is for tests alone, as tests often stand there."""
    project = '[dependency-groups]\ndev = ["ruff", "hypothesis"]\n'
    files = {"pyproject.toml": project, "requirements-dev.txt": "mypy\n", "test_a.py": ""}
    needs = needs_of(files, files.get)
    assert (needs.packages, needs.words) == ((), ("-r", "requirements-dev.txt", "ruff", "hypothesis"))


def test_a_python_on_path_is_asked_what_it_lacks(tmp_path: Path) -> None:
    """By the names of distributions."""
    assert lacking_packages(repository_of(tmp_path, {"a": ""}), ["surely-not-there"]) == {"surely-not-there"}


@settings(deadline=None, max_examples=scaled(50))
@given(
    st.text(max_size=40) | st.sampled_from(["---\nshow: x\n---\n", "---\n---\n"]),
    st.dictionaries(
        st.sampled_from(["package.json", "a.py", "tests/test_a.py", "Makefile", "README.md", "yarn.lock"]), st.text(max_size=60)
    ),
    st.sampled_from([(), ("pytest",), ("a", "b")]),
)
def test_whatever_the_files_hold_the_rules_stay_rules(text: str, files: dict[str, str], lacking: Sequence[str]) -> None:
    """What is found never makes a good text a bad one, and leaves a bad one as it is."""
    found = shown(files, text, lacking=lacking)
    try:
        body = parse_rules(text).body
    except ProgramError:
        assert found == text
    else:
        assert parse_rules(found).body == body
