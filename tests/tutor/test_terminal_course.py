"""The course at a terminal: real processes, without a model."""

from pathlib import Path

from curricula import SOLUTION, behind
from terminal_courses import call
from terminals import Terminal

from overnight.tutor.record.record import LearnerRecord


def test_a_whole_step_and_ctrl_c(learner_files: Path) -> None:
    """Predict, try with an unchanged file, fill with a hint, pass, explain; Ctrl-C says how to go on, and it goes on there."""
    course = Terminal("learn")
    assert "No model is set up" in course.until("(1 to 2): ")  # the blank is written as the reading begins
    course.interrupt("Nothing is lost")
    course.until("Nothing is lost. Go on with: overnight learn")
    assert course.end() == 130
    course = Terminal("learn")
    course.until("What do you expect?")
    course.type("9\n")
    course.until("A number from 1 to 2")
    course.type("1\n")
    course.until("Enter: check")
    course.type("\n")
    said = course.until("gap 1")
    assert "begin with `double`" in said
    assert "Perhaps you think" not in said
    course.type("h\n")
    course.until("hint 1 of")
    course.until("gap 1")
    course.type("h\n")
    assert "overnight learn check" not in course.until("gap 1")
    course.type("2\n")
    course.until("gap 2")
    course.type("5\n")
    course.until("Not yet: gap 2;")
    course.until("gap 1")
    course.type("2\n")
    course.until("gap 2")
    course.type("4\n")
    course.until("Enter: check")
    (learner_files / "double.py").write_text(SOLUTION)
    course.type("\n")
    course.until("is passed")
    course.until("In your words")
    course.type("It adds.\n")
    course.until("A good explanation")
    course.until("step 2 of 2")
    course.until("What do you expect?")
    course.type("q\n")
    assert course.end() == 0
    assert call("status").passed == 1


def test_what_is_due_is_offered(learner_files: Path) -> None:
    """At the beginning of a sitting: shown again from memory in a file of its own, or put off; then the course goes on."""
    with LearnerRecord("owner", clock=lambda: 0.0) as record:
        record.append(*behind("numbers", "double"))
    course = Terminal("learn")
    course.until("To be shown again, from memory")
    course.until("l: later")
    course.type("l\n")
    assert "double-review-1.py" not in course.until("What do you expect?")
    course.type("q\n")
    assert course.end() == 0
    course = Terminal("learn")
    course.until("Enter: now")
    course.type("\n")
    course.until("double-review-1.py")
    course.until("Enter: check")
    course.type("\n")
    course.until("s: the solution")
    course.until("Enter: check")
    (learner_files / "double-review-1.py").write_text(SOLUTION)
    course.type("\n")
    course.until("is shown again")
    course.until("What do you expect?")
    course.type("q\n")
    assert course.end() == 0
    assert call("status").due == []


def test_a_course_that_cannot_be_opened_is_named(learner_files: Path) -> None:
    """The one that was begun last; no other one is begun in its place."""
    (learner_files.parent / "numbers").rename(learner_files.parent / "moved")
    course = Terminal("learn")
    course.until("which is not there any more")
    course.until("or take another one: overnight learn NAME")
    assert course.end() == 2
    with LearnerRecord("owner") as record:
        assert [each.curriculum for each in record.all_begun()] == ["numbers"]
