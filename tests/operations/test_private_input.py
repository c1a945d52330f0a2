"""Operations whose input can be forgotten, and calls that are found again by their key."""

from dataclasses import replace
from pathlib import Path

import pytest
from toy_operations import NoteInput, lines, make

from overnight.operations.call import CallState
from overnight.operations.operation import Context, Tier
from overnight.operations.perform import ApprovalAsked, perform
from overnight.operations.principal import Kind, Origin, Principal
from overnight.operations.record import FOLDER, open_record

SECRET = "xylophone-in-the-cellar"


@pytest.fixture
def state(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "state"))
    return tmp_path / "state" / "overnight" / FOLDER


def holds_secret(state: Path) -> bool:
    """Whether any file of the record has it."""
    return any(SECRET.encode() in path.read_bytes() for path in state.rglob("*") if path.is_file())


def test_private_input_is_in_the_record_only_if_the_owner_was_asked(state: Path, tmp_path: Path) -> None:
    """Neither a call nor its error has it; a question needs its text."""
    operation = make(Tier.REVERSIBLE, private=True)
    context = Context(where=tmp_path, key="claw 7 1")
    perform(operation, context, NoteInput(text=SECRET))

    def fails(_context: Context, given: NoteInput) -> None:
        raise RuntimeError(given.text)

    with pytest.raises(RuntimeError):
        perform(operation, context, NoteInput(text=f"{SECRET} again"), run=fails)
    assert lines(tmp_path) == [SECRET] and not holds_secret(state)
    perform(make(Tier.REVERSIBLE), context, NoteInput(text=SECRET))
    assert holds_secret(state)


def test_a_question_about_private_input_shows_it_and_is_answered_for_it_alone(state: Path, tmp_path: Path) -> None:
    """What is approved is the very call."""
    operation = make(Tier.IRREVERSIBLE, private=True)
    agent = Context(where=tmp_path, principal=Principal(Kind.AGENT, "claw"), origin=Origin.CLAW, key="claw 8 1")
    with pytest.raises(ApprovalAsked) as asked:
        perform(operation, agent, NoteInput(text=SECRET))
    with open_record() as record:
        [waiting] = record.pending()
        assert SECRET in waiting.call.args
        record.answer(asked.value.number, granted=True, by="owner:terminal", address=None)
    with pytest.raises(ApprovalAsked):
        perform(operation, replace(agent, key="claw 9 1"), NoteInput(text="another"))
    perform(operation, replace(agent, key="claw 8 1 approval"), NoteInput(text=SECRET))
    assert lines(tmp_path) == [SECRET]
    assert state.is_dir()


def test_a_call_is_found_again_by_its_key(state: Path, tmp_path: Path) -> None:
    """With what became of it; the newest counts, and no other key's."""
    operation = make(Tier.REVERSIBLE)
    context = Context(where=tmp_path, key="claw 7 1")
    perform(operation, context, NoteInput(text="one"))
    with pytest.raises(RuntimeError):
        perform(operation, replace(context, key="claw 7 2"), NoteInput(text="crash"))
    with open_record() as record:
        assert record.outcome_of("claw 7 1") == (CallState.DONE, "")
        assert record.outcome_of("claw 7 2") == (CallState.DONE, "after the effect")
        assert record.outcome_of("claw 7 3") is None
    assert state.is_dir()
