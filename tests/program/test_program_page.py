"""The reference page of `program.md` describes what the parser does."""

import re
from pathlib import Path

import pytest

from overnight.errors import ProgramError
from overnight.program.parser import parse_program
from overnight.program.schema import KEYS

PAGE = (Path(__file__).parents[2] / "docs" / "program.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """The fenced examples in a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, re.MULTILINE | re.DOTALL)


*PROGRAMS, WRONG = blocks("markdown")


@pytest.mark.parametrize("text", PROGRAMS)
def test_every_whole_example_is_a_program(text: str) -> None:
    """An example that is copied from the page parses."""
    assert parse_program(text, "program.md").body.startswith("# Program")


@pytest.mark.parametrize("text", blocks("yaml"))
def test_every_example_of_some_keys_is_right(text: str) -> None:
    """A fragment parses, with `measure` added if it has no command."""
    command = "" if "produce:" in text else "measure: x\n"
    parse_program(f"---\n{command}{text}---\n", "program.md")


def test_the_mistakes_are_shown_as_they_are_printed() -> None:
    """The page's wrong example gives the page's messages."""
    with pytest.raises(ProgramError) as caught:
        parse_program(WRONG, "program.md")
    assert str(caught.value) == blocks("text")[-1].strip()


def test_every_key_is_on_the_page_and_no_other() -> None:
    """The tables name each key of the front matter, its metric, limits and gate, with its true default."""
    for parent in ("", "metric", "limits", "budget", "gate"):
        for key in KEYS[parent]:
            assert f"`{key}`" in PAGE, key
    named = {key for row in re.findall(r"^\| (`[^|]*) \|", PAGE, re.MULTILINE) for key in re.findall(r"`([a-z_]+)`", row)}
    globs = {"src"}
    assert named - globs <= {key for keys in KEYS.values() for key in keys}


def test_the_defaults_on_the_page_are_the_defaults() -> None:
    """Writing every default of the page out changes nothing."""
    rows = {}
    for parent in ("limits", "gate"):
        section = PAGE.split(f"### `{parent}`\n")[1].split("###")[0]
        found = re.findall(r"^\| (`[^|]*) \| (`[^|]*) \|", section, re.MULTILINE)
        pairs = [
            pair
            for keys, values in found
            for pair in zip(*(re.findall("`([^`]+)`", part) for part in (keys, values)), strict=True)
        ]
        rows[parent] = "{" + ", ".join(f"{key}: {value}" for key, value in pairs) + "}"
    minimal = "metric: loss\nmeasure: x\n"
    plain = parse_program(f"---\n{minimal}---\n", "p")
    written = parse_program(f"---\n{minimal}limits: {rows['limits']}\ngate: {rows['gate']}\n---\n", "p")
    assert (written.limits, written.gate) == (plain.limits, plain.gate)
    assert rows["limits"].count(":") == len(KEYS["limits"])
    assert rows["gate"].count(":") == len(KEYS["gate"])
