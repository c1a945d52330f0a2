"""Which sentence of an agent is its hypothesis, however it is written."""

import pytest

from overnight.agents.hypothesis import LONGEST, find_hypothesis, has_hypothesis

WANTED = "a larger LR learns faster"
WRITTEN = [
    f"HYPOTHESIS: {WANTED}",
    f"  HYPOTHESIS:{WANTED}  ",
    f"**HYPOTHESIS: {WANTED}**",
    f"**HYPOTHESIS:** {WANTED}",
    f"**HYPOTHESIS**: {WANTED}",
    f"__Hypothesis: {WANTED}__",
    f"`HYPOTHESIS: {WANTED}`",
    f"`HYPOTHESIS:` {WANTED}",
    f"- HYPOTHESIS: {WANTED}",
    f"* **Hypothesis**: {WANTED}",
    f"1. hypothesis: {WANTED}",
    f"> HYPOTHESIS: {WANTED}",
    f"### HYPOTHESIS: {WANTED}",
    f"## Hypothesis\n\n{WANTED}",
    f"**Hypothesis**\n{WANTED}",
    f"**Hypothesis:**\n{WANTED}",
    f"My hypothesis: {WANTED}",
    f'"HYPOTHESIS: {WANTED}"',
    f"HYPOTHESIS \u2014 {WANTED}",
    f"HYPOTHESIS\uff1a{WANTED}",
    f'HYPOTHESIS: "{WANTED}"',
    f"HYPOTHESIS: **{WANTED}**",
    f"HYPOTHESIS: {WANTED}\n\nLet me know if you would like me to try anything else!",
    f"```\nHYPOTHESIS: {WANTED}\n```",
    f"HYPOTHESIS: an old one\n...\nHYPOTHESIS: {WANTED}\nHYPOTHESIS: ...\nHYPOTHESIS: <one sentence>\nHYPOTHESIS:",
    f"I looked around.\n{WANTED}",
    f"I looked around.\n{WANTED}\nLet me know if you have questions!",
    f"{WANTED}\n\nWould you like me to go on?",
    f"{WANTED}\n```",
]


@pytest.mark.parametrize("said", WRITTEN)
def test_the_sentence_is_found(said: str) -> None:
    """In any markup, in any case, before a friendly sentence, after a form that is only repeated, or without a mark."""
    assert find_hypothesis(said) == WANTED


@pytest.mark.parametrize("inside", ["use `f(x)` for `g`", "x_1 * y_2 is **never** 0", "a: b", 'it\'s 5% "better" now'])
def test_what_is_inside_stays(inside: str) -> None:
    """Markup that belongs to the sentence is no wrapping of it."""
    assert find_hypothesis(f"HYPOTHESIS: {inside}") == inside


@pytest.mark.parametrize("said", ["", "\n \n", "HYPOTHESIS:", "```"])
def test_nothing_is_nothing_or_the_line_that_is_there(said: str) -> None:
    """Silence has no hypothesis; a bare mark is better than nothing."""
    assert find_hypothesis(said) == said.strip()


def test_a_farewell_is_better_than_nothing() -> None:
    """If nothing else was said."""
    assert find_hypothesis("Thank you!") == "Thank you!"


HOSTILE = [
    "*" * 10**6,
    "HYPOTHESIS" * 10**5,
    "- > * " * 10**5 + "HYPOTHESIS: x",
    "<" * 10**6,
    "HYPOTHESIS: \x1b[2J" + "x" * 10**6,
]


@pytest.mark.timeout(60)  # a pattern that tries all ways takes hours
@pytest.mark.parametrize("hostile", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_lines_are_bounded(hostile: str) -> None:
    """Long lines, escapes, and lines that almost match in many ways are one printable line, in no time."""
    found = find_hypothesis(f"{hostile}\n" * 3)
    assert len(found) <= LONGEST and found.isprintable()


@pytest.mark.parametrize(
    ("said", "ends"),
    [
        ("HYPOTHESIS: x", True),
        ("I do it now.\n**HYPOTHESIS: x**", True),
        ("**Hypothesis:** LR is too small. First I look.", False),
        ("HYPOTHESIS: ...", False),
        ("I will write a HYPOTHESIS: line later", False),
        ("", False),
    ],
)
def test_a_last_word_has_the_mark_as_it_was_asked_for(said: str, ends: bool) -> None:
    """In capitals, at the start of a line, with something behind it."""
    assert has_hypothesis(said) is ends
