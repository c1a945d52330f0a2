"""`overnight learn install`: writes the skill that makes a coding agent a tutor."""

from pathlib import Path

import click

from overnight.errors import UserError
from overnight.words.foreign import printable

SKILL = Path(__file__).parents[1] / "tutor" / "SKILL.md"
PLACES = {
    "claude": ".claude/skills",
    "codex": ".codex/skills",
    "opencode": ".config/opencode/skills",
    "agents": ".agents/skills",
}
NAME = "microgpt"  # of the skill, as its front matter has it
LINE = 500  # characters of a path


@click.command()
@click.argument("agent", type=click.Choice(sorted(PLACES)))
def install(agent: str) -> None:
    """Write the tutor's skill to where AGENT looks for skills, in your home folder.

    `agents` is ~/.agents/skills, which several agents read. A skill of this name that was changed stays as it is.
    """
    path = Path.home() / PLACES[agent] / NAME / "SKILL.md"
    shown, text = printable(str(path), LINE), SKILL.read_text(encoding="utf-8")
    try:
        if path.exists():
            if path.read_text(encoding="utf-8") != text:
                raise UserError(f"{shown} is there and differs", fix="remove it, then call this again")
            click.echo(f"{shown} is there already")
            return
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{shown} cannot be written: {error}", fix="make its folder writable") from error
    click.echo(f"written: {shown}\nnow say to {agent}: teach me microgpt")
