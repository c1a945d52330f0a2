"""Whose `python` a program's commands find."""

import os
import sys
from pathlib import Path

import pytest

import overnight
from overnight.research.setup.interpreter import other_interpreter, own_environment


@pytest.fixture
def environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An environment as overnight's own, first on PATH, and no other one active."""
    made = tmp_path / "environment"
    (made / "bin").mkdir(parents=True)
    (made / "bin" / "python").symlink_to(sys.executable)
    monkeypatch.setattr(sys, "prefix", str(made))
    monkeypatch.setenv("PATH", f"{made}/bin:{os.environ['PATH']}")
    monkeypatch.delenv("VIRTUAL_ENV", raising=False)
    return made


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A checkout somewhere else."""
    made = tmp_path / "project"
    made.mkdir()
    return made


def test_our_own_environment_is_named(environment: Path, project: Path) -> None:
    """With what to do if the commands need packages."""
    said = own_environment(project)
    assert f"this `python` is overnight's own environment: {environment}/bin/python; " in said
    assert "activate your project's environment" in said
    assert other_interpreter(project) == said


def test_an_environment_that_is_the_project_s_is_fine(environment: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the repository, or activated by the user who installed overnight there."""
    assert own_environment(environment.parent) == ""
    monkeypatch.setenv("VIRTUAL_ENV", str(environment))
    assert own_environment(environment / "elsewhere") == ""


def test_the_environment_of_a_clone_is_never_the_project_s(
    environment: Path, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """`.venv` beside our own source, activated to have `overnight`, has none of the project's packages."""
    monkeypatch.setattr(overnight, "__file__", str(environment.parent / "src" / "overnight" / "__init__.py"))
    monkeypatch.setenv("VIRTUAL_ENV", str(environment))
    assert "overnight's own environment" in own_environment(project)


def test_another_python_on_the_path_is_not_ours(environment: Path, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first on PATH counts; one that belongs to the whole system is not ours."""
    other = project / "venv" / "bin"
    other.mkdir(parents=True)
    (other / "python").symlink_to(sys.executable)
    monkeypatch.setenv("PATH", f"{other}:{environment}/bin")
    assert other_interpreter(project) == ""
    monkeypatch.setenv("PATH", f"{environment}/bin")
    assert "not the one of venv/" in other_interpreter(project)
    monkeypatch.setattr(sys, "base_prefix", sys.prefix)
    assert own_environment(project) == ""
