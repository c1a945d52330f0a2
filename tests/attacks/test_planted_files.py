"""Files that tools load by themselves: none that a candidate plants reaches the scorer or the checks."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hacks import HONEST, LABELS, SCORE, TRAIN
from stands import Stand, stand

from overnight.program.parser import parse_program

PROGRAM = """---
metric: {name: loss, direction: minimize}
produce: python3 train.py {seed}
artifacts: [predictions.json]
score: python3 score.py
holdout: python3 score.py
editable: [train.py, model/]
hidden: [labels.json, score.py]
checks: [python3 checks/check.py]
limits: {wall: 20s, memory: 500MB}
---
"""
FILES = {
    "train.py": TRAIN,
    "model/shape.txt": "8",
    "labels.json": json.dumps(LABELS),
    "score.py": SCORE,
    "checks/check.py": "import rules, sys\nsys.exit(rules.broken())\n",
    "checks/rules.py": "def broken():\n    return 'cheat' in open('train.py').read()\n",
}
FORGE = "import os\nos.write(1, b'METRIC loss=0.01\\n')\nos._exit(0)\n"
BESIDE = ("math.py", "rules.py", "checks/rules.py", "checks/json.py", "checks/__init__.py", "score.py", "labels.json")
LOADED_UNASKED = (
    *("conftest.py", "sitecustomize.py", "usercustomize.py", "any.pth", "__init__.py", "json.py", "pyproject.toml"),
    *("pytest.ini", "setup.cfg", "tox.ini"),
)
NAMES = (*LOADED_UNASKED, *BESIDE)


@pytest.fixture(scope="module")
def target(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    with stand(tmp_path_factory.mktemp("planted"), PROGRAM, FILES) as made:
        yield made


@pytest.mark.parametrize("name", NAMES)
def test_a_planted_file_is_rejected(target: Stand, name: str) -> None:
    """A file that no editable glob matches is out of scope, whatever its name, and costs no trial."""
    found = target.attempt({"train.py": TRAIN + "# better\n", name: FORGE})
    assert found.trial is None and any(f"`{name}` is" in reason for reason in found.rejected)


@pytest.mark.parametrize("name", NAMES)
def test_it_would_not_reach_the_scorer_either(target: Stand, name: str) -> None:
    """Even past the scope check, the scorer's tree has only the frozen files and the declared artifacts."""
    found = target.measure(target.commit({name: FORGE}))
    value = found.trial.value if found.trial else None
    assert value is None or value == pytest.approx(HONEST), found


@pytest.mark.parametrize("name", ["json.py", "math.py", "score.py"])
def test_an_editable_folder_does_not_reach_the_scorer(target: Stand, name: str) -> None:
    """New files that a glob allows run only in the candidate's process."""
    found = target.attempt({"train.py": TRAIN, f"model/{name}": FORGE})
    assert found.trial is not None and found.trial.value == pytest.approx(HONEST)


@pytest.mark.parametrize("name", [*LOADED_UNASKED[:4], "pyproject.toml", "package.json", ".coveragerc"])
def test_an_editable_folder_does_not_take_what_tools_load(target: Stand, name: str) -> None:
    """A glob allows the path, but the checks could run it: refused before a trial, with the reason."""
    found = target.attempt({"train.py": TRAIN + "# better\n", f"model/{name}": FORGE})
    assert found.trial is None and any("unasked" in reason for reason in found.rejected), found


def test_the_checks_run_frozen_code(target: Stand) -> None:
    """A candidate that breaks a rule is caught by a check that it cannot patch."""
    assert "failed" in target.attempt({"train.py": TRAIN + "cheat = 1\n"}).failed_check
    assert target.attempt({"train.py": TRAIN + "cheat = 1\n", "checks/rules.py": "def broken(): return 0"}).rejected


def test_an_artifact_may_not_take_a_committed_place(tmp_path: Path) -> None:
    """A candidate's file cannot take the place of frozen code or hidden data, nor be the scorer's result."""
    from overnight.errors import ProgramError
    from overnight.program.fit import check_fit

    wrong = {
        "artifacts: [predictions.json]": ("artifacts: [score.py]", "artifacts: [checks/rules.py]", "artifacts: [checks]"),
        "name: loss, ": ("name: loss, result: predictions.json, ", "name: loss, result: labels.json, "),
    }
    for right, others in wrong.items():
        for other in others:
            program = parse_program(PROGRAM.replace(right, other), "program.md")
            with pytest.raises(ProgramError, match=r"artifacts|metric\.result"):
                check_fit(program, list(FILES))
