"""A real small model as the mind of a claw: `make test-model`.

Nothing is asked of its skill: only what must hold whatever a model says. What it achieved is printed.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest
from claws import ClawUnderTest, claw_state, make_test_claw  # noqa: F401  # fixtures
from model_user import url, user  # noqa: F401  # fixtures

from overnight.claw.events import CallBegun, Thought

SAID = (
    "in ten minutes I have to stretch, so remind me of it then, and keep in mind that the key is under the mat",
    "my sister Ada lives in Lisbon; keep that in mind",
    "by the way, under which thing does my spare key lie?",
)
pytestmark = pytest.mark.timeout(3600)  # beside other work it writes a few tokens a second


@pytest.fixture
def claw(claw_state: Path) -> Iterator[ClawUnderTest]:  # noqa: F811  # the fixture
    """A claw that thinks with it."""
    assert claw_state.name == "state"
    made = make_test_claw(settings="zone: UTC\nmodel: qwen\n")
    with made.record:
        yield made


@pytest.mark.parametrize("text", SAID)
def test_each_message_has_one_answer_and_what_was_called_is_listed(
    text: str, claw: ClawUnderTest, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whatever it says, it is answered once, its tokens are counted, and what it called stands under the answer."""
    if text == SAID[-1]:
        claw.tell("note that the spare key is under the mat")
    [said] = claw.tell(text)
    events = [entry.event for entry in claw.record.newest_of(["thought", "call_begun"], 100)]
    thoughts = [event for event in events if isinstance(event, Thought) and event.mind == "model"]
    called = [event.operation for event in events if isinstance(event, CallBegun)]
    assert thoughts and all(event.tokens for event in thoughts)
    assert all(f"claw {name}" in said for name in ("remind", "note") if f"claw {name}" in called and text != SAID[-1])
    with capsys.disabled():
        tokens = sum(event.tokens for event in thoughts)
        print(f"\n{text!r}\n  called {called}, {tokens:,} tokens in {len(thoughts)} steps\n  {said!r}")
