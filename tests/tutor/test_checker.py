"""Checks of a learner's program, in two jails."""

from pathlib import Path

import pytest
from curricula import SOLUTION, write_curriculum

from overnight.errors import UserError
from overnight.tutor.checking import checker
from overnight.tutor.checking.checker import check_program
from overnight.tutor.checking.matrix import matrix, untaught
from overnight.tutor.form.places import curriculum_in


def test_the_solution_passes_and_a_belief_is_named(tmp_path: Path) -> None:
    """A right program passes every check; a wrong one is shown its counter-example and the belief behind it."""
    curriculum = curriculum_in(write_curriculum(tmp_path))
    step = curriculum.steps[0]
    assert check_program(curriculum, step, SOLUTION).passed
    found = check_program(curriculum, step, "print('hello')\nimport ten\ndef double(x):\n    return x * x\n")
    failed = next(each for each in found.lines if each.name == "check_value")
    assert (found.passed, failed.belief, found.printed) == (False, "square", "hello")
    assert failed.why.startswith("double(")


@pytest.mark.parametrize(
    ("source", "why"),
    [
        ("\ndef double(x:\n", "SyntaxError: '(' was never closed (line 2)"),
        ("def double(x):\n    return undefined\n", "NameError: name 'undefined' is not defined (line 2)"),
        ("def double(x):\n    return {x}\n", "a set is no number, text, list or dict"),
        ("def double(x):\n    return 10 ** 9999\n", "ValueError"),
        ("def double(x):\n    return float('nan')\n", "is nan, not"),
    ],
)
def test_what_went_wrong_is_said(tmp_path: Path, source: str, why: str) -> None:
    """An error of the program is a failed check with the last line of its traceback."""
    curriculum = curriculum_in(write_curriculum(tmp_path))
    found = check_program(curriculum, curriculum.steps[0], source)
    assert not found.passed
    assert any(why in each.why for each in found.lines)


@pytest.mark.parametrize("source", ["while True: pass", "def double(x):\n    while True: pass"], ids=["at once", "when asked"])
def test_a_program_that_never_ends_fails(source: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is ended after its time, which is said, and no later check waits for it."""
    monkeypatch.setattr(checker, "WALL_S", 1.0)
    curriculum = curriculum_in(write_curriculum(tmp_path))
    found = check_program(curriculum, curriculum.steps[0], source)
    assert not found.passed
    assert all("your program was ended: " in each.why for each in found.lines if not each.passed)
    assert "1 s" in found.lines[0].why


def test_a_check_that_never_ends_is_at_fault(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is no verdict on the program, and the command does not hang."""
    monkeypatch.setattr(checker, "WALL_S", 1.0)
    monkeypatch.setattr(checker, "GRACE_S", 0.5)
    folder = write_curriculum(tmp_path)
    (folder / "double/check.py").write_text("def check_it(learner):\n    while True: pass\n")
    curriculum = curriculum_in(folder)
    with pytest.raises(UserError, match=r"the check of this step is at fault: ended after 1\.5 s of 1\.5 s"):
        check_program(curriculum, curriculum.steps[0], SOLUTION)


def test_a_check_at_fault_is_no_verdict(tmp_path: Path) -> None:
    """An error of the curriculum is said to be one."""
    folder = write_curriculum(tmp_path)
    (folder / "double/check.py").write_text("import nothing\n\ndef check_it(learner):\n    pass\n")
    curriculum = curriculum_in(folder)
    with pytest.raises(UserError, match="the check of this step is at fault: ModuleNotFoundError"):
        check_program(curriculum, curriculum.steps[0], SOLUTION)


def test_the_matrix_finds_what_is_not_checked(tmp_path: Path) -> None:
    """A wrong program that passes is named, and so is a line that no step teaches."""
    folder = write_curriculum(tmp_path)
    weak = "def check_four(learner):\n    assert learner.eval('double(2)') == 4\n"
    (folder / "count/check.py").write_text(weak)
    text = (folder / "count/step.md").read_text()
    (folder / "count/step.md").write_text(text.replace('"2-3"', "2"))
    curriculum = curriculum_in(folder)
    wrong = [(each.step, each.program) for each in matrix(curriculum) if not each.holds]
    assert wrong == [("count", "misconceptions/add.py"), ("count", "misconceptions/square.py")]
    assert untaught(curriculum) == [3]
