"""The body of a program: every section in any case, level and order, and never an error."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from overnight.research.charter import LONGEST_IDEA, LONGEST_NAME, LONGEST_TEXT, MOST_IDEAS, MOST_ROLES, parse_charter
from overnight.research.risk_appetite import DEFAULT_BOLD, share_of_bold

BODY = """\
# Program

Make it fast.

## Roles

Be kind.

### explorer

Look at the data first.

#### How

Slowly.

### Director

Two ideas at a time.

## Priorities

1. Speed

## Risk

30 % bold, the rest safe.

## Ideas

- [ ] weight decay on the
      value embeddings
  - with its own betas
- [x] a larger batch
* [ ] drop the bias (bold)

## Background

More text.
"""


def test_every_section_is_read() -> None:
    """Free text, roles with what is nested below them, priorities, the share of bold ideas and the checklist."""
    charter = parse_charter(BODY)
    assert charter.text == "# Program\n\nMake it fast.\n\n## Background\n\nMore text."
    assert charter.role("Explorer") == "Look at the data first.\n\n#### How\n\nSlowly."
    assert charter.role("director") == "Two ideas at a time." and charter.role("tuner") == ""
    assert charter.priorities == "1. Speed"
    assert (charter.bold, charter.bold_stated) == (0.3, True)
    assert [(idea.text, idea.done) for idea in charter.ideas] == [
        ("weight decay on the value embeddings with its own betas", False),
        ("a larger batch", True),
        ("drop the bias (bold)", False),
    ]


def test_level_and_case_of_headings_do_not_matter() -> None:
    """`# ROLES` with `## name` below it, closing hashes, a colon after the name."""
    charter = parse_charter("# ROLES #\n## `critic`:\nBe strict.\n# risk appetite\nHigh.\n# IDEAS\n- plain item\n1. numbered")
    assert charter.role("critic") == "Be strict."
    assert charter.bold == 0.6
    assert [idea.text for idea in charter.ideas] == ["plain item", "numbered"]


def test_fenced_code_has_no_headings() -> None:
    """A comment in a shell example opens no section."""
    charter = parse_charter("```sh\n# Ideas\n- [ ] not one\n```\n## Ideas\n- [ ] one")
    assert [idea.text for idea in charter.ideas] == ["one"]
    assert "- [ ] not one" in charter.text


def test_a_body_without_sections_is_free_text() -> None:
    """The share of bold ideas is then the default, and the charter says so."""
    charter = parse_charter("# Make the loss small\n")
    assert charter.text == "# Make the loss small"
    assert (charter.bold, charter.bold_stated) == (DEFAULT_BOLD, False)


@pytest.mark.parametrize(
    ("text", "share"),
    [
        ("30 % bold", 0.3),
        ("share of bold ideas: 0.3", 0.3),
        ("About 0,25 of all ideas may be bold.", 0.25),
        ("safe: 70 %, bold: 30 %", 0.3),
        ("70 % safe and 30 % bold", 0.3),
        ("80% safe", 0.2),
        ("Half of the ideas may be bold.", 0.5),
        ("Only safe ideas, please.", 0.0),
        ("no bold ideas", 0.0),
        ("risk: low", 0.1),
        ("Medium.", 0.3),
        ("Our risk appetite is **high**.", 0.6),
        ("Mind high learning rates.", None),
        ("1 bold idea", None),
        ("200 % bold", None),
        ("", None),
    ],
)
def test_the_share_of_bold_ideas_is_read_from_plain_words(text: str, share: float | None) -> None:
    """Percentages, shares, words for all and none, levels; None if the text does not say."""
    assert share_of_bold(text) == share


MARKDOWN = st.lists(
    st.one_of(
        st.sampled_from(
            ["# Roles", "## roles", "### a", "## Risk", "# Ideas", "- [ ] x", "  - y", "- [", "```", "", "#", "50 % bold"]
        ),
        st.text(max_size=40),
    ),
    max_size=60,
).map("\n".join)


@given(st.one_of(MARKDOWN, st.text()))
def test_no_text_is_a_mistake(body: str) -> None:
    """Any text gives a charter; the share stays between 0 and 1 and no idea has a line break."""
    charter = parse_charter(body)
    assert 0.0 <= charter.bold <= 1.0
    assert all(idea.text.isprintable() and 0 < len(idea.text) <= LONGEST_IDEA for idea in charter.ideas)


def test_lengths_are_bounded() -> None:
    """A huge body gives a charter of bounded size."""
    charter = parse_charter(
        "x" * 300_000 + "\n" + "y\n" * 300_000 + "# Roles\n" + f"## {'n' * 999}\nz\n" * 999 + "# Ideas\n" + "- i\n" * 9999
    )
    assert len(charter.text) <= LONGEST_TEXT
    assert len(charter.roles) == MOST_ROLES and len(charter.ideas) == MOST_IDEAS
    assert all(len(role.name) <= LONGEST_NAME for role in charter.roles)


def test_a_line_of_code_between_backticks_opens_no_block() -> None:
    """By the rules of CommonMark: what follows three backticks on their line has no backtick."""
    assert parse_charter("```sh``` is not a block\n# Risk\nhigh\n").risk == "high"
