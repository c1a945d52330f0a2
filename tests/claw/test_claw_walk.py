"""A claw from its first message on, without a model."""

from claws import ClawUnderTest


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


def test_stop_works_at_once(claw: ClawUnderTest) -> None:
    """After STOP nothing of its own begins, until the owner says that it may go on."""
    claw.tell("remind me in 20 minutes to stretch")
    assert claw.tell("STOP") == ["Stopped. Nothing of mine begins until you say `go on`."]
    claw.clock.now += 21 * 60
    assert claw.run() == []
    assert claw.tell("go on") == ["I go on.", "⏰ stretch"]
