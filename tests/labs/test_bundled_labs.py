"""The bundled labs are ordinary small repos: a valid program, pages for people and agents, and no data."""

import re
from pathlib import Path

import pytest
from lab_copies import lab_copy, program_of
from targets import git

from overnight.program.scope import matches
from overnight.research.setup.labs import available

NAMES = ("compress", "kernel", "packing", "pricing")
LARGEST_FILE = 20_000  # bytes; a larger one would be data


@pytest.mark.parametrize("name", NAMES)
def test_a_lab_is_complete(name: str, tmp_path: Path) -> None:
    """Its program parses, candidate and scorer are two processes, and the answers are hidden."""
    lab = lab_copy(name, tmp_path)
    program, files = program_of(lab), git(lab, "ls-files").splitlines()
    assert program.produce and program.score and program.artifacts and program.holdout
    assert all(any(matches(file, [glob]) for file in files) for glob in (*program.editable, *program.hidden))
    assert {"README.md", "AGENTS.md", "program.md"} <= set(files)
    assert matches("README.md", program.hidden) and not matches("AGENTS.md", program.hidden)
    assert all((lab / file).stat().st_size < LARGEST_FILE for file in files)


@pytest.mark.parametrize("name", available())
def test_every_lab_has_a_holdout(name: str, tmp_path: Path) -> None:
    """No lab keeps a gain that exists only on public data."""
    assert program_of(lab_copy(name, tmp_path)).holdout


@pytest.mark.parametrize("name", NAMES)
def test_a_readme_says_what_a_lab_is(name: str, tmp_path: Path) -> None:
    """The first line is what `overnight labs` lists; the rest has measured numbers, and games with what stops them."""
    lab = lab_copy(name, tmp_path)
    text = (lab / "README.md").read_text(encoding="utf-8")
    assert text.startswith(f"# {name}: ") and available()[name] in text
    assert re.search(r"^## What to expect$", text, re.MULTILINE) and "2 cores" in text
    assert re.search(r"^## How it could be gamed, and what stops that$", text, re.MULTILINE)
    assert len((lab / "AGENTS.md").read_text(encoding="utf-8").splitlines()) <= 30
