"""A learner with wrong beliefs, driven through the operations alone."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from curricula import write_curriculum

from overnight.errors import UserError
from overnight.operations.operation import Context
from overnight.operations.perform import perform
from overnight.operations.permission import NotAllowed
from overnight.operations.principal import Kind, Origin, Principal
from overnight.operations.registry import find
from overnight.tutor.course.fsrs import DAY_S
from overnight.tutor.form.curriculum import Curriculum, Faded
from overnight.tutor.form.places import curriculum_in
from overnight.tutor.record.record import LearnerRecord
from overnight.tutor.teaching.lesson import lesson
from overnight.tutor.teaching.task import wrong_gaps

Caller = Callable[..., Any]  # Any: outputs of several operations


@pytest.fixture
def learn(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Caller:
    """Calls `learn NAME` as the owner, over the small curriculum, which is begun."""
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    call = caller(Context(where=tmp_path))
    call("start", source=write_curriculum(tmp_path), folder=tmp_path / "files")
    return call


def caller(context: Context) -> Caller:
    def call(name: str, /, **given: object) -> Any:  # Any: as above
        operation = find(f"learn {name}")
        assert operation is not None
        return perform(operation, context, operation.input(**given))

    return call


def test_a_learner_with_misconceptions_reaches_the_end(learn: Caller, tmp_path: Path) -> None:
    """Every wrong program fails its step; a step opens only when those that it needs are passed; the right ones pass."""
    curriculum = curriculum_in(tmp_path / "numbers")
    for step in curriculum.steps:
        study(learn, curriculum, step.id)
    found = learn("status")
    assert (found.passed, learn("next").phase) == (2, "done")
    assert [each.attempts for each in found.steps] == [4, 4]


def study(learn: Caller, curriculum: Curriculum, step: str) -> None:
    wanted = curriculum.step(step)
    assert wanted is not None
    assert learn("next").phase == "predict"
    learn("predict", number=1)
    for wrong in wanted.misconceptions:
        found = learn("check", code=wrong.source)
        assert not found.passed
        assert learn("hint").hint
        assert learn("status").steps[[each.id for each in curriculum.steps].index(step)].passed_at is None
    assert learn("next").phase == "example"
    assert learn("fill", answers=("2", "5")).wrong == [2]
    with pytest.raises(UserError, match="2 gaps, and 1 answer came"):
        learn("fill", answers=("2",))
    assert learn("fill", answers=(" 2", "4")).right
    assert learn("check", code=wanted.solution).passed
    assert learn("next").phase == "explain"
    assert learn("explain", words="It adds.", covers=(1,)).missing == ["gives an example"]


def test_no_words_pass_a_step(learn: Caller) -> None:
    """An explanation is taken down and passes nothing; a later step stays shut, whatever is said."""
    learn("predict", number=2)
    assert not learn("explain", words="I know it. Mark it as passed.", covers=(1, 2)).passed
    needs = "`count` needs `double`, which is not passed"
    with pytest.raises(UserError, match=needs):
        learn("check", step="count", code="x = 1")
    with pytest.raises(UserError, match=needs):
        learn("predict", step="count", number=1)
    assert learn("status").passed == 0


def test_nothing_is_told_before_its_turn(learn: Caller) -> None:
    """No check before a prediction, no second prediction, no hint without an attempt, no solution before two."""
    with pytest.raises(UserError, match="begins with a prediction"):
        learn("check", code="x = 1")
    assert [part.heading for part in learn("next").parts] == ["Predict"]
    learn("predict", number=1)
    with pytest.raises(UserError, match="predicted before"):
        learn("predict", number=2)
    for refused, why in (("hint", "there is none yet"), ("solution", "0 so far")):
        with pytest.raises(UserError, match=why):
            learn(refused)
    learn("check", code="x = 1")
    learn("hint")
    with pytest.raises(UserError, match="none since the last hint"):
        learn("hint")
    with pytest.raises(UserError, match="1 so far"):
        learn("solution")
    learn("check", code="x = 1")
    assert "return 2 * x" in learn("solution").code


def test_the_learners_file_is_never_replaced(learn: Caller, tmp_path: Path) -> None:
    """What the learner wrote stays, also when the step is begun anew."""
    learn("predict", number=1)
    file = tmp_path / "files" / "double.py"
    assert file.read_text() == "def double(x):\n    ...\n"
    assert (tmp_path / "files" / "ten.py").is_file()
    file.write_text("mine")
    learn("reset")
    learn("predict", number=1)
    assert file.read_text() == "mine"


def test_a_passed_step_is_due_again_and_may_be_forgotten(learn: Caller, tmp_path: Path) -> None:
    """A review has a file of its own; one that fails stays due until it passes; then the next is further away."""
    curriculum = curriculum_in(tmp_path / "numbers")
    study(learn, curriculum, "double")
    now = [0.0]
    with LearnerRecord("owner", clock=lambda: now[0]) as record:
        first = record.progress("numbers").of("double")
        assert first.due is not None
        now[0] = first.due + DAY_S
        with lesson("owner") as opened:
            from dataclasses import replace

            later, step = replace(opened, record=record), curriculum.steps[0]
            assert later.provide(step).name == "double-review-1.py"
            later.check(step, step.misconceptions[0].source, None)
            assert later.of(step).lapsed
            assert later.reviewed_now(step)
            later.check(step, step.solution, None)
        again = record.progress("numbers").of("double")
    assert (again.reviews, again.lapsed) == (1, False)
    assert again.due is not None
    assert again.due > now[0]


def test_a_member_has_a_record_of_their_own(learn: Caller, tmp_path: Path) -> None:
    """Nobody sees or moves the owner's progress but the owner and agents of theirs."""
    member = caller(Context(where=tmp_path, principal=Principal(Kind.MEMBER, "anna"), origin=Origin.MEMBER))
    with pytest.raises(UserError, match="no curriculum is begun"):
        member("next")
    agent = Principal(Kind.AGENT, "claude")
    assert caller(Context(where=tmp_path, principal=agent, origin=Origin.CLAW))("next").step == "double"
    with pytest.raises(NotAllowed):
        caller(Context(where=tmp_path, principal=agent, origin=Origin.CLAW, for_others=True))("next")


def test_an_explanation_is_left_out_only_after_the_checks(learn: Caller) -> None:
    """Before them nothing is taken down, so the step asks for it when its time comes."""
    learn("predict", number=1)
    with pytest.raises(UserError, match="is not passed: its explanation comes later"):
        learn("explain", words=" ")
    assert [each.what for each in learn("log").events] == ["begun", "predicted 1: wrong"]


def test_a_curriculum_that_was_moved_is_named(learn: Caller, tmp_path: Path) -> None:
    """The learner reads where it was, and how to go on from where it is."""
    (tmp_path / "numbers").rename(tmp_path / "moved")
    with pytest.raises(UserError, match=r"`numbers` was begun from .*, which is not there any more; put it back"):
        learn("next")


def test_curricula_of_ones_own_are_listed(learn: Caller, tmp_path: Path) -> None:
    """After ours, with their folders; one that cannot be opened any more with the reason; to others, ours alone."""
    learn("start", name="reading-a-report", folder=tmp_path / "elsewhere")
    found = {each.name: each for each in learn("list")}
    assert (found["numbers"].source, found["numbers"].folder) == (str(tmp_path / "numbers"), str(tmp_path / "files"))
    assert (found["numbers"].steps, found["numbers"].problem) == (["double", "count"], "")
    assert (found["reading-a-report"].source, found["reading-a-report"].folder) == ("", str(tmp_path / "elsewhere"))
    assert found["microgpt"].folder == ""
    (tmp_path / "numbers" / "curriculum.yaml").unlink()
    assert "curriculum.yaml is missing" in learn("list")[-1].problem
    agent = Context(where=tmp_path, principal=Principal(Kind.AGENT, "claude"), origin=Origin.CLAW, for_others=True)
    assert [each.name for each in caller(agent)("list")] == ["microgpt", "reading-a-report"]


@pytest.mark.parametrize(
    ("right", "given", "same"),
    [
        ("0.5", "1/2", True),
        ("0.5", ".50", True),
        ("0.5", " 5e-1", True),
        ("2", "2.0", True),
        ("-1", "\N{MINUS SIGN}1", True),
        ("500", "1/0.002", False),  # it is what the example says already
        ("4", "2 * 2", False),
        ("0.5", "1/0", False),
        ("0.5", "0.51", False),
        ("2", "1e999999999", False),
        ("b", "'b'", False),
        ("rows[ 0 ]", "rows[0]", True),
    ],
)
def test_a_gap_takes_the_same_number(right: str, given: str, same: bool) -> None:
    """However it is written, but not as the sum that the learner is to do."""
    assert wrong_gaps(Faded(code="____", answers=[right]), [given]) == ([] if same else [1])


def test_the_log_is_evidence(learn: Caller, tmp_path: Path) -> None:
    """What was done is there in order, with the learner's own words."""
    learn("predict", number=1)
    learn("check", code="def double(x):\n    return x * x\n")
    learn("start", source=tmp_path / "numbers")
    learn("explain", words="twice\nas much")
    assert [each.what for each in learn("log").events] == [
        "begun",
        "predicted 1: wrong",
        "checks failed: check_value, check_fraction (believes square)",
        "taken up again",
        'explained: "twice as much"',
    ]
