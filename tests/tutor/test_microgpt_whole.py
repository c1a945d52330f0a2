"""The curriculum microgpt against the lab that it teaches: every line, the same code, and answers that add up to a train.py."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from learners import COURSE, LAB, definitions

from overnight.research.setup.labs import copy_lab
from overnight.tutor.form.reading import read_curriculum

CURRICULUM = read_curriculum(COURSE, "microgpt")
BLANK = ("", "#")
OWN = {  # steps that define a name of the lab in another way, for their exercise
    ("training", "predict"),
    ("training", "make_weights"),
    ("sampling", "predict"),
}


def test_every_line_is_taught() -> None:
    """Each line of train.py is in the lines of a step; blank ones and comments are taught with their neighbours."""
    taught = {line for step in CURRICULUM.steps for first, last in step.lines for line in range(first, last + 1)}
    lines = (LAB / "train.py").read_text(encoding="ascii").splitlines()
    assert max(taught) <= len(lines)
    assert not [
        n for n, line in enumerate(lines, 1) if n not in taught and not line.strip().startswith(BLANK[1]) and line.strip()
    ]


def test_each_function_is_taught_by_the_step_that_asks_for_it() -> None:
    """The lines of a step cover the functions of train.py that its exercise asks for."""
    lines = (LAB / "train.py").read_text(encoding="ascii").splitlines()
    for step in CURRICULUM.steps:
        covered = {line for first, last in step.lines for line in range(first, last + 1)}
        for name in definitions(step.solution).keys() & definitions("\n".join(lines)).keys():
            line = next(n for n, text in enumerate(lines, 1) if text.startswith((f"def {name}(", f"class {name}:")))
            assert line in covered, (step.id, name)


def repeated() -> Iterator[tuple[str, str, str]]:
    """Step, name and code of all that steps repeat, in what they give and in their solutions."""
    for step in CURRICULUM.steps:
        given = COURSE / step.id / "given.py"
        for text in (step.solution, given.read_text(encoding="utf-8") if given.exists() else ""):
            for name, code in definitions(text).items():
                yield step.id, name, code


def test_steps_repeat_the_code_of_the_lab() -> None:
    """Whatever has a name of train.py does what train.py does: a change there must reach the curriculum."""
    lab = definitions((LAB / "train.py").read_text(encoding="ascii"))
    others = [(step, name) for step, name, code in repeated() if name in lab and (step, name) not in OWN and code != lab[name]]
    assert not others


def trained(folder: Path) -> bytes:
    command = [sys.executable, "-B", "train.py", "--seed", "3", "--budget", "400000", "--sample", "3"]
    done = subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True)
    assert len(done.stdout.splitlines()) >= 2
    return (folder / "model.json").read_bytes()


@pytest.fixture
def answers(tmp_path: Path) -> Path:
    """A learner's folder after the last step: answers and what lies beside them."""
    folder = tmp_path / "answers"
    folder.mkdir()
    for name, content in CURRICULUM.files.items():
        (folder / name).write_bytes(content)
    for step in CURRICULUM.steps:
        (folder / f"{step.id}.py").write_text(step.solution, encoding="utf-8")
    return folder


def test_the_answers_add_up_to_a_train_py(answers: Path, tmp_path: Path) -> None:
    """Assembled, they are 200 lines at most and train to the same weights as the lab's own file, to the last digit."""
    lab = tmp_path / "lab"
    copy_lab("microgpt", lab)
    right = trained(lab)
    made = subprocess.run([sys.executable, "-B", "assemble.py"], cwd=answers, check=True, capture_output=True, text=True).stdout
    (lab / "train.py").write_text(made, encoding="utf-8")
    assert len(made.splitlines()) <= 200
    assert not {"times", "mean_surprise", "bits"} & definitions(made).keys()
    (lab / "model.json").unlink()
    assert trained(lab) == right


def test_an_answer_that_is_missing_is_named(answers: Path) -> None:
    """Who assembles too early is told which step is open."""
    shutil.copy(COURSE / "adam/given.py", answers / "adam.py")
    done = subprocess.run([sys.executable, "-B", "assemble.py"], cwd=answers, check=False, capture_output=True, text=True)
    assert done.returncode == 1
    assert done.stderr == "adam.py has no adam: pass that step first\n"
