"""`SKILL.md`, with which any coding agent can run a campaign: it is found, it is short, and its commands exist."""

import re
import shlex
from pathlib import Path

import click
import pytest

from overnight.cli.main import app
from overnight.program.front_matter import load_front_matter
from overnight.program.schema import ProgramKeys

ROOT = Path(__file__).parents[2]
SKILL = (ROOT / "SKILL.md").read_text()
COMMANDS = [
    line for block in re.findall(r"```\n(.*?)```", SKILL, re.DOTALL) for line in block.splitlines() if "overnight " in line
]


def test_its_front_matter_says_what_it_is_for() -> None:
    """A name and a description within the limits of skill files, and a text that fits into a context."""
    values = load_front_matter(SKILL.split("---\n")[1], "SKILL.md").values
    assert values.keys() == {"name", "description"}
    assert values["name"] == "overnight"
    assert 100 < len(str(values["description"])) <= 1024
    assert len(SKILL.splitlines()) <= 120


def test_it_says_that_there_is_a_home() -> None:
    """An agent that has only this file knows that devices can be found and set, and what to believe of it."""
    assert "devices at home" in SKILL.split("---\n")[1]
    assert "overnight home set" in SKILL
    assert "only `done` was read back" in SKILL


@pytest.mark.parametrize("line", [line for line in COMMANDS if not line.startswith(("python3", "~/overnight-venv/bin/pip"))])
def test_every_command_in_it_parses(line: str) -> None:
    """Each line with `overnight` names a command and options that exist."""
    words = shlex.split(re.split(r" > | \d?>|&&(?! overnight)", line)[0], comments=True)
    at = next(i for i, word in enumerate(words) if word.rpartition("/")[2] == "overnight")
    command: click.Command = app
    rest = words[at + 1 :]
    with click.Context(app, resilient_parsing=True) as context:
        while isinstance(command, click.Group):
            inner = command.get_command(context, rest.pop(0))
            assert inner is not None, line
            command = inner
        command.make_parser(context).parse_args([word for word in rest if word != "..."])


def test_every_key_in_its_table_is_one_of_the_program() -> None:
    """The keys that it offers an agent are keys of `program.md`."""
    rows = re.findall(r"^\| (`[a-z`, ]+`) \|", SKILL, re.MULTILINE)
    named = {key for row in rows for key in re.findall(r"`(\w+)`", row)}
    assert {"editable", "score", "holdout", "budget"} <= named <= ProgramKeys.model_fields.keys()
