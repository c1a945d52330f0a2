"""The claw as a teacher in chat: what a person writes reaches the operations of the tutor, and the record is theirs."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from claws import make_test_claw
from curricula import SOLUTION, write_curriculum
from scripted_models import ScriptedModels
from targets import overnight

from overnight.ledger.port import Recorded
from overnight.tutor.course.events import Event, Explained, Predicted, Tried
from overnight.tutor.record.record import LearnerRecord

CODE = "def double(x):\n    return x * x\n"
WORDS = "Twice is the number and the number again."


def test_a_talk_with_the_claw_is_a_lesson(
    claw_state: Path, models: ScriptedModels, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A prediction, a wrong program, a hint, the right one and an explanation, each sent as a message, are taken down."""
    settings = tmp_path / "settings.toml"
    settings.write_text(f'[[providers]]\nname = "scripted"\nbase_url = "{models.url("ok")}/v1"\nwires = ["openai-chat"]\n')
    monkeypatch.setenv("OVERNIGHT_SETTINGS", str(settings))
    overnight(tmp_path, "learn", "start", "--from", str(write_curriculum(tmp_path)), "--folder", "files", check=0)
    claw = make_test_claw(settings="zone: UTC\nmodel: scripted\n")
    talk: Sequence[tuple[str, tuple[str, dict[str, object]]]] = (
        ("please teach me some more, where was I?", ("learn next", {})),
        ("my prediction would be the first of them", ("learn predict", {"number": 1})),
        (f"my program, so far:\n{CODE}", ("learn check", {"code": CODE})),
        ("hmm, please give me something to go on with", ("learn hint", {})),
        (f"then perhaps it is this:\n{SOLUTION}", ("learn check", {"code": SOLUTION})),
        (WORDS, ("learn explain", {"words": WORDS, "covers": [1]})),
    )
    with claw.record:
        for message, (operation, given) in talk:
            models.asked.clear()
            models.script = (("call", {"operation": operation, "input": given}),)
            models.text = "Go on."
            assert claw.tell(message) == [f"Go on.\n✓ {operation}"]
    done = events()
    assert [type(each.event) for each in done][1:3] == [Predicted, Tried]
    assert [each.event.passed for each in done if isinstance(each.event, Tried)] == [False, True]
    assert [each.event.words for each in done if isinstance(each.event, Explained)] == [WORDS]
    assert claw_state.is_dir()


def events() -> Sequence[Recorded[Event]]:
    with LearnerRecord("owner") as record:
        return record.events("numbers")
