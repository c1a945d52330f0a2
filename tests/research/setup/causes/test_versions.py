"""Code that needs another version of a package than the installed one is told so, with the version that it asks for."""

import os
import sys
from importlib.metadata import version
from pathlib import Path

import pytest
from targets import make_repo, program

from overnight.git.repository import open_repository
from overnight.program.parser import parse_program
from overnight.research.setup.causes.table import fix_of, words_of
from overnight.words.failure import read_failure

GONE = "AttributeError: module 'pytest' has no attribute 'yield_fixture'"
CALLED = """\
Traceback (most recent call last):
  File "/trial/train.py", line 3, in <module>
    pytest.fixture(3)
  File "/x/lib/python3.11/site-packages/pytest/core.py", line 9, in fixture
    return inner(
TypeError: fixture(): argument 'scope' must be str, not int
"""


@pytest.fixture(autouse=True)
def own_python(monkeypatch: pytest.MonkeyPatch) -> None:
    """The user's shell finds the Python of these tests."""
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}:{os.environ['PATH']}")


def fix(folder: Path, said: str) -> str:
    """The fix for a failure with this output."""
    found = read_failure(said)
    parsed = parse_program("---\nmetric: {name: loss}\nmeasure: python train.py\n---\n", "program.md")
    return words_of(fix_of(open_repository(folder), parsed, f"exit code 1: {found.headline}", found.lines))


@pytest.mark.parametrize("said", [GONE, CALLED])
@pytest.mark.parametrize(
    ("path", "text", "asked"),
    [
        ("requirements.txt", "numpy\npytest==3.1.0  # old\n", "pytest==3.1.0"),
        ("setup.py", "setup(install_requires=['x', 'pytest>=2,<4'])", "pytest<4"),
        ("pyproject.toml", "[tool.poetry.dependencies]\npytest = '^3.2'\n", "pytest~=3.2"),
        ("environment.yml", "dependencies:\n  - pytest=3.6.1=py36_0\n", "pytest==3.6.1"),
        ("Pipfile", '[packages]\npytest = {version = "==3.1"}\n', "pytest==3.1"),
    ],
)
def test_the_version_that_the_repository_asks_for_is_named(tmp_path: Path, said: str, path: str, text: str, asked: str) -> None:
    """In each of the files that say so, for what a module has no more, and for a call that it takes otherwise."""
    folder = make_repo(tmp_path / "r", program(), files={path: text})
    assert f"needs an older pytest than the installed {version('pytest')}: {path} asks for `{asked}`" in fix(folder, said)


@pytest.mark.parametrize(
    "text", ["pytest\n", "pytest>=3\n", f"pytest=={version('pytest')}\n", "pytest-xdist==1.0\n", "mypytest==1\n"]
)
def test_a_version_that_fits_is_no_cause(tmp_path: Path, text: str) -> None:
    """Nor is one that nothing is said about."""
    folder = make_repo(tmp_path / "r", program(), files={"requirements.txt": text})
    assert "this code needs" not in fix(folder, GONE)


@pytest.mark.parametrize(
    ("said", "needs"),
    [
        ("AttributeError: module 'networkx' has no attribute 'to_numpy_matrix'", "networkx<3"),
        ("ImportError: cannot import name 'joblib' from 'sklearn.externals' (/x/__init__.py)", "scikit-learn<0.23"),
        ("AttributeError: module 'tensorflow' has no attribute 'placeholder'", "tensorflow<2"),
        ("AttributeError: module 'time' has no attribute 'clock'", "Python <3.8"),
        ("ImportError: cannot import name 'Mapping' from 'collections' (/usr/lib/x.py)", "Python <3.10"),
        (
            "_pickle.UnpicklingError\nUnicodeDecodeError: 'ascii' codec can't decode byte 0xcf in position 0",
            "encoding='latin1'",
        ),
    ],
)
def test_what_well_known_packages_removed_is_told_without_a_pin(tmp_path: Path, said: str, needs: str) -> None:
    """By the error alone."""
    assert needs in fix(make_repo(tmp_path / "r", program()), said)
