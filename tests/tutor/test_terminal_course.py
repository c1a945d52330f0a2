"""The course at a terminal: real processes, with and without a model on loopback."""

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from curricula import SOLUTION, write_curriculum
from scripted_models import ScriptedModels, scripted_models
from terminals import LONGEST_S, Terminal

from overnight.config import read_settings
from overnight.operations.operation import Context
from overnight.operations.perform import perform
from overnight.operations.registry import find
from overnight.tutor.teaching.talk import ANSWER, Question, Silent, Talk


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The small curriculum, begun, without a model."""
    (tmp_path / "settings.toml").write_text("")
    for name in [each for each in os.environ if each.endswith("_API_KEY")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    monkeypatch.setenv("OVERNIGHT_SETTINGS", str(tmp_path / "settings.toml"))
    call("start", source=write_curriculum(tmp_path), folder=tmp_path / "files")
    return tmp_path / "files"


@pytest.fixture
def model(files: Path) -> Iterator[ScriptedModels]:
    """A model that answers."""
    with scripted_models() as server:
        use(files, server, "ok")
        yield server


def use(files: Path, server: ScriptedModels, mode: str) -> None:
    """Set a mode of the server up as the user's model."""
    (files.parent / "settings.toml").write_text(
        f'[[providers]]\nname = "scripted"\nwires = ["openai-chat"]\nbase_url = "{server.url(mode)}"\nmodel = "scripted"\n'
    )


def call(name: str, **given: object) -> Any:  # Any: outputs of several operations
    operation = find(f"learn {name}")
    assert operation is not None
    return perform(operation, Context(where=Path.cwd()), operation.input(**given))


def test_a_whole_step_and_ctrl_c(files: Path) -> None:
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
    (files / "double.py").write_text(SOLUTION)
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


def test_a_model_talks_and_passes_nothing(model: ScriptedModels) -> None:
    """It is told the language, which is remembered; `?` asks it; that it says "passed!" changes nothing."""
    model.text = "Bravo, passed!\x1b[2J"
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
    sent = str(model.seen[-1].body)
    assert "Answer in German" in sent
    assert "why two" in sent
    assert "return 2 * x" not in sent


@pytest.fixture
def talk(files: Path) -> Callable[[float], Talk]:
    """Makes a talk that waits so many seconds."""
    return lambda wait_s: Talk(read_settings(os.environ, files), os.environ, "German", wait_s)


def test_a_solution_is_kept_back(model: ScriptedModels, talk: Callable[[float], Talk]) -> None:
    """An answer that defines the function of the exercise is not shown; it is once that is no secret."""
    model.text = SOLUTION
    asked = Question(wanted=ANSWER, lesson="Doubling.", learner="how?")
    with pytest.raises(Silent, match="after 2 attempts"):
        talk(LONGEST_S).say("numbers", asked, secret=["double"])
    speaking = talk(LONGEST_S)
    assert "return 2" in speaking.say("numbers", asked)
    assert speaking.tokens > 0


def test_a_model_that_never_answers(files: Path, model: ScriptedModels, talk: Callable[[float], Talk]) -> None:
    """It is given up after its time, in one line."""
    use(files, model, "hang")
    with pytest.raises(Silent, match="no answer within"):
        talk(0.5).say("numbers", Question(wanted=ANSWER, lesson="Doubling."))
