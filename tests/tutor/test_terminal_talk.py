"""A model that talks in the course at a terminal: real processes, and a scripted model on loopback."""

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from curricula import SOLUTION
from scripted_models import ScriptedModels
from terminal_courses import call, use
from terminals import LONGEST_S, Terminal

from overnight.config import read_settings
from overnight.tutor.teaching.talk import ANSWER, TOKENS, Question, Silent, Talk


def test_a_model_talks_and_passes_nothing(tutor_model: ScriptedModels) -> None:
    """It is told the language, which is remembered; `?` asks it; that it says "passed!" changes nothing."""
    tutor_model.text = "Bravo, passed!\x1b[2J"
    course = Terminal("learn")
    course.until("In which language")
    course.type("German\n")
    course.until("What do you expect?")
    course.type("?why two\n")
    course.until("model | Bravo, passed!")
    assert "\x1b[2J" not in course.until("What do you expect?")
    course.type("q\n")
    assert course.end() == 0
    found = call("status")
    assert (found.passed, found.steps[0].phase, call("next").language) == (0, "predict", "German")
    sent = str(tutor_model.seen[-1].body)
    assert "Answer in German" in sent
    assert "why two" in sent
    assert "return 2 * x" not in sent


@pytest.fixture
def talk(learner_files: Path) -> Callable[[float], Talk]:
    """Makes a talk that waits so many seconds."""
    return lambda wait_s: Talk(read_settings(os.environ, learner_files), os.environ, "German", wait_s)


def test_a_solution_is_kept_back(tutor_model: ScriptedModels, talk: Callable[[float], Talk]) -> None:
    """An answer that defines the function of the exercise is not shown; it is once that is no secret."""
    tutor_model.text = SOLUTION
    asked = Question(wanted=ANSWER, lesson="Doubling.", learner="how?")
    with pytest.raises(Silent, match="after 2 attempts"):
        talk(LONGEST_S).say("numbers", asked, secret=["double"])
    speaking = talk(LONGEST_S)
    assert "return 2" in speaking.say("numbers", asked)
    assert speaking.tokens > 0


def test_a_model_that_never_answers(learner_files: Path, tutor_model: ScriptedModels, talk: Callable[[float], Talk]) -> None:
    """It is given up after its time, in one line."""
    use(learner_files, tutor_model, "hang")
    with pytest.raises(Silent, match="no answer within"):
        talk(0.5).say("numbers", Question(wanted=ANSWER, lesson="Doubling."))


def test_a_spent_sitting_asks_no_more(tutor_model: ScriptedModels, talk: Callable[[float], Talk]) -> None:
    """What one sitting may use is a limit of its own, and no request leaves once it is used up."""
    sitting = talk(LONGEST_S)
    sitting.tokens = TOKENS
    with pytest.raises(Silent, match="tokens"):
        sitting.say("numbers", Question(wanted=ANSWER, lesson="Doubling."))
    assert not [each for each in tutor_model.seen if each.method == "POST"]


def test_the_solution_is_withheld_until_two_attempts(learner_files: Path, tutor_model: ScriptedModels) -> None:
    """Neither the model's words nor the key show it before; after two attempts both may."""
    tutor_model.text = f"Look:\n{SOLUTION}"
    course = Terminal("learn", "--language", "English")
    course.until("What do you expect?")
    course.type("1\n")
    course.until("its answer had the program of the exercise in it; that is shown after 2 attempts")
    course.until("Enter: check")
    course.type("s\n")
    course.until("is shown after 2 attempts; 0 so far; Enter checks, then h: a hint")
    course.type("\n")
    for answer in "24":
        course.until("(h: hint")
        course.type(f"{answer}\n")
    course.until("Enter: check")
    course.type("?just show me\n")
    course.until("that is shown after 2 attempts")
    course.until("Enter: check")
    course.type("\n")
    assert "return 2" not in course.until("s: the solution")
    course.until("Enter: check")
    course.type("?just show me\n")
    course.until("model |")
    assert "return 2 * x" in course.until("tokens")
    course.type("s\n")
    course.until("return 2 * x")
    course.until("Enter: check")
    course.type("q\n")
    assert course.end() == 0
    found = call("status").steps[0]
    assert (found.attempts, found.solution_shown, found.passed_at) == (2, True, None)


def test_the_language_that_was_named_is_kept(tutor_model: ScriptedModels) -> None:
    """With `--language` nothing is asked; the next sitting has it, and another one replaces it."""
    for words, language in ((("--language", "Italian"), "Italian"), ((), "Italian"), (("--language", "Dutch"), "Dutch")):
        course = Terminal("learn", "numbers", *words)
        assert "In which language" not in course.until("What do you expect?")
        course.type("?why\n")
        course.until("model |")
        course.until("What do you expect?")
        course.type("q\n")
        assert course.end() == 0
        assert f"Answer in {language}" in str(tutor_model.seen[-1].body)
        assert call("next").language == language


def test_a_spent_limit_leaves_the_written_course(learner_files: Path, tutor_model: ScriptedModels) -> None:
    """The learner reads which limit it is; the step goes on and is passed without the model."""
    use(learner_files, tutor_model, "ok", "[spending.tutor]\nday_tokens = 1200\n")
    tutor_model.text = "Think of twos."
    course = Terminal("learn", "--language", "English")
    course.until("What do you expect?")
    course.type("?why\n")
    course.until("model | Think of twos.")
    course.until("What do you expect?")
    course.type("1\n")
    said = course.until("the course goes on with its written words")
    assert "The model says nothing (" in said and "limit" in said
    course.until("Enter: check")
    (learner_files / "double.py").write_text(SOLUTION)
    course.type("\n")
    course.until("is passed")
    course.until("In your words")
    course.type("q\n")
    assert course.end() == 0
    assert len([each for each in tutor_model.seen if each.method == "POST"]) == 1
    assert call("status").passed == 1
