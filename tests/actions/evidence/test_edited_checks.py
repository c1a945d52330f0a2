"""A change that edits what its own checks run, or which tests they select."""

import pytest

from overnight.actions.evidence.changed import ChangedFile, changed_files
from overnight.actions.evidence.check_scripts import edited_checks
from overnight.git.port import FileChange

MAKE = "FLAGS = -q\n\ntest: build\n\tpytest $(FLAGS)\n\nbuild:\n\tcc a.c\n\nclean:\n\trm -f a.o\n"
PACKAGE = '{"name": "a", "version": "1", "scripts": {"test": "jest"}}'
PYPROJECT = '[project]\nname = "a"\nversion = "1"\n\n[tool.pytest.ini_options]\ntestpaths = ["tests"]\n'


def _file(path: str, old: str | None, new: str | None) -> ChangedFile:
    before = {} if old is None else {path: old.encode()}
    return changed_files([FileChange(path=path, content=None if new is None else new.encode())], before, {}, ())[0]


@pytest.mark.parametrize(
    ("command", "path", "old", "new"),
    [
        ("sh check.sh", "check.sh", "pytest\n", "true\n"),
        ("./scripts/test --all", "scripts/test", "pytest\n", "exit 0\n"),
        ("python tools/check.py", "tools/check.py", "import a\n", "pass\n"),
        ("make test", "Makefile", MAKE, MAKE.replace("pytest $(FLAGS)", "true")),
        ("make test", "Makefile", MAKE, MAKE.replace("cc a.c", "true")),
        ("make test", "Makefile", MAKE, MAKE.replace("-q", "-q -k no")),
        ("make", "Makefile", MAKE, MAKE.replace("pytest $(FLAGS)", "true")),
        ("npm test", "package.json", PACKAGE, PACKAGE.replace("jest", "true")),
        ("pytest -q", "pyproject.toml", PYPROJECT, PYPROJECT.replace('["tests"]', '["tests/unit"]')),
        ("pytest -q", "pyproject.toml", PYPROJECT, PYPROJECT + 'addopts = "-k no"\n'),
        ("make check", "pyproject.toml", PYPROJECT, PYPROJECT + "\n[tool.ruff]\nline-length = 100\n"),
        ("ruff check .", "pyproject.toml", PYPROJECT, PYPROJECT + "\n[tool.ruff]\nline-length = 100\n"),
        ("pytest -q", "setup.cfg", "[tool:pytest]\n", "[tool:pytest]\naddopts = --ignore=tests\n"),
        ("pytest -q", "pytest.ini", "[pytest]\n", "[pytest]\naddopts = -x\n"),
        ("tox", "tox.ini", "[testenv]\ncommands = pytest\n", "[testenv]\ncommands = true\n"),
        ("npx jest", "jest.config.js", "module.exports = {};\n", "module.exports = {testMatch: []};\n"),
        ("sh check.sh", "check.sh", "pytest\n", None),
        ("pytest -q", "pytest.ini", None, "[pytest]\naddopts = -k no\n"),
        ("pytest -q", "setup.cfg", None, "[tool:pytest]\naddopts = -k no\n"),
        ("make test", "GNUmakefile", None, "test:\n\ttrue\n"),
        ("python -m pytest", "pytest.py", None, "print('1 passed in 0.1s')\n"),
        ("python -m unittest", "unittest/__init__.py", None, "\n"),
        ("python -m unittest", "lib/sitecustomize.py", None, "\n"),
    ],
)
def test_an_edited_check_is_found(command: str, path: str, old: str | None, new: str | None) -> None:
    """Scripts, targets and what they need, and settings of the runners."""
    assert edited_checks([_file(path, old, new)], [command])


@pytest.mark.parametrize(
    ("command", "path", "old", "new"),
    [
        ("pytest -q", "check.sh", "pytest\n", "true\n"),
        ("make test", "Makefile", MAKE, MAKE.replace("a.o", "*.o")),
        ("make test", "Makefile", MAKE, MAKE + "\nrun: build\n\t./a\n"),
        ("npm test", "package.json", PACKAGE, PACKAGE.replace('"version": "1"', '"version": "2"')),
        ("npm test", "package.json", PACKAGE, PACKAGE.replace('"test"', '"start": "node .", "test"')),
        ("pytest -q", "pyproject.toml", PYPROJECT, PYPROJECT.replace('version = "1"', 'version = "2"')),
        ("pytest -q", "pyproject.toml", PYPROJECT, PYPROJECT + 'markers = ["slow"]\n'),
        ("pytest -q", "pyproject.toml", PYPROJECT, PYPROJECT + "\n[tool.ruff]\nline-length = 100\n"),
        ("python -m unittest tests/test_a.py", "tests/test_a.py", "def test_a(): pass\n", "def test_b(): pass\n"),
        ("pytest -q", "a.py", "x = 1\n", "x = 2\n"),
        ("sh check.sh", "check.sh", None, "true\n"),
        ("pytest -q", "Makefile", None, "run:\n\t./a\n"),
        ("pytest -q", "pyproject.toml", None, '[project]\nname = "a"\n'),
        ("pytest -q", "app/coverage/__init__.py", None, "\n"),
    ],
)
def test_other_edits_are_none(command: str, path: str, old: str | None, new: str) -> None:
    """Parts of the same files that no check depends on, tests themselves, and a check that is new."""
    assert not edited_checks([_file(path, old, new)], [command])


def test_a_script_of_a_script_is_found() -> None:
    """A check's script that is edited may name the one that matters."""
    files = [_file("check.sh", "sh lib/run.sh -v\n", "sh lib/run.sh\n"), _file("lib/run.sh", "pytest\n", "true\n")]
    assert [each.path for each in edited_checks(files, ["sh check.sh"])] == ["check.sh", "lib/run.sh"]
