"""A claw from its first message on, without a model."""

import pytest
from claws import ClawUnderTest
from targets import run_here


def test_it_reminds(claw: ClawUnderTest) -> None:
    """A reminder is set by a sentence, comes at its time, and once."""
    [said] = claw.tell("remind me in 20 minutes to stretch")
    assert "stretch" in said
    assert claw.run() == []
    claw.clock.now += 21 * 60
    assert claw.run() == ["⏰ stretch"]
    assert claw.run() == []


def test_it_remembers(claw: ClawUnderTest) -> None:
    """What it is told to note can be recalled."""
    claw.tell("note that the key is under the mat")
    [said] = claw.tell("what do you know about the key?")
    assert "the key is under the mat" in said


def test_a_message_that_comes_twice_is_answered_once(claw: ClawUnderTest) -> None:
    """A channel delivers again what it does not know to be taken."""
    claw.hear("help", id_="7")
    claw.hear("help", id_="7")
    assert len(claw.run()) == 1


@pytest.mark.parametrize("word", ["Stop.", "STOP!!", "please stop", "stop, please!", "/stop", "Stop everything"])
def test_stop_stops_however_it_is_written(claw: ClawUnderTest, word: str) -> None:
    """What is answered with `Stopped.` has stopped; to go on it takes no question."""
    assert claw.tell(word) == ["Stopped. Nothing of mine begins until you say `go on`."]
    assert claw.record.is_stopped
    assert "I am stopped" in claw.tell("go on?")[0]
    assert claw.tell("Go on, please.") == ["I go on."]
    assert not claw.record.is_stopped


def test_a_number_in_an_answer_can_be_shown(claw: ClawUnderTest) -> None:
    """`show` takes the number of a fact, too, and shows the turn in which it was noted."""
    [said] = claw.tell("note that tea is in the jar")
    number = int(said.partition("#")[2].partition(":")[0])
    found = run_here(claw.folder, "claw", "show", str(number)).stdout
    assert found.startswith("turn 1,") and "note that tea is in the jar" in found


def test_stop_works_at_once(claw: ClawUnderTest) -> None:
    """After STOP nothing of its own begins, until the owner says that it may go on."""
    claw.tell("remind me in 20 minutes to stretch")
    assert claw.tell("STOP") == ["Stopped. Nothing of mine begins until you say `go on`."]
    assert claw.tell("note that tea is in the jar") == [
        "I am stopped, so nothing was done about this. Say `go on`, then say it again."
    ]
    claw.clock.now += 21 * 60
    assert claw.run() == []
    assert claw.tell("go on") == ["I go on.", "⏰ stretch"]
