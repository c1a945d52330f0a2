"""The page on actions describes what the parsers do."""

import re
from pathlib import Path

import pytest

from overnight.actions.asking.parsing import parse_rules
from overnight.actions.asking.schema import KEYS, TASK_KEYS
from overnight.actions.asking.tasks import parse_task
from overnight.actions.charter import ALWAYS_PROTECTED
from overnight.errors import ProgramError
from overnight.program.scope import matches

PAGE = (Path(__file__).parents[2] / "docs" / "actions.md").read_text(encoding="utf-8")
RULES = PAGE.split("## `actions.md`, key by key\n")[1].split("\n## ")[0]
TASKS = PAGE.split("## Task files\n")[1].split("\n## ")[0]


def blocks(text: str, language: str) -> list[str]:
    return re.findall(rf"^```{language}\n(.*?)^```", text, re.MULTILINE | re.DOTALL)


def rows(text: str) -> set[str]:
    return set(re.findall(r"^\| `([a-z_]+)` \|", text, re.MULTILINE))


def test_the_examples_parse_and_have_every_key() -> None:
    """They are copied from the page."""
    [rules], [task] = blocks(RULES, "markdown"), blocks(TASKS, "markdown")
    assert parse_rules(rules).body.startswith("# How we work here")
    assert parse_task(task, "t.md").title == "Export as CSV"
    assert [key for key in KEYS[""] if f"\n{key}:" not in rules] == []


def test_the_tables_have_every_key_and_no_other() -> None:
    """Of both kinds of files."""
    assert (rows(RULES), rows(TASKS)) == (set(KEYS[""]), set(TASK_KEYS[""]))


def test_the_defaults_on_the_page_are_the_defaults() -> None:
    """Writing them out changes nothing."""
    plain = parse_rules("")
    written = parse_rules("---\ndeliver: branch\nlimits: {wall: 15m}\nbudget: {minutes: 60, turns: 8}\n---\n")
    assert (written.delivery, written.limits, written.budget) == (plain.delivery, plain.limits, plain.budget)


def test_mistakes_are_shown_as_they_are_printed() -> None:
    """All of them, each with line, key and fix."""
    [shown] = blocks(RULES, "text")
    with pytest.raises(ProgramError) as caught:
        parse_rules("---\nchekcs: [a]\ntest: pytest\nroles: [{role: codr}]\n---\n")
    assert str(caught.value) == shown.strip()


def test_what_the_page_says_is_always_protected_is() -> None:
    """Each path and glob, and no lock file."""
    section = RULES.split("### What is always protected\n")[1]
    named = [name for name in re.findall(r"`([^`]+)`", section) if name != "protected"]
    assert len(named) > 10
    for name in named:
        assert matches(name.replace("**", "x"), ALWAYS_PROTECTED), name
    assert not any(matches(name, ALWAYS_PROTECTED) for name in ("uv.lock", "package-lock.json", "src/agents.md"))
