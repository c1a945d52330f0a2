"""What a SKILL.md says: the agentskills form, a front matter with a name and a description, and instructions below. Pure."""

import re
from dataclasses import dataclass
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from overnight.claw.skills.tree import BadSkill, Tree
from overnight.errors import ProgramError
from overnight.program.front_matter import load_front_matter, split_front_matter
from overnight.program.mistakes import Wording, checked
from overnight.words.fields import Text
from overnight.words.foreign import printable_lines

MAIN = "SKILL.md"
LONGEST = 60_000  # characters of it
DESCRIPTION = 1024  # characters; by the form
NAME = re.compile(r"(?=.{1,40}$)[a-z0-9]+(?:-[a-z0-9]+)*")
_WORDING = Wording(
    known={"": ("name", "description", "license", "compatibility", "metadata", "allowed-tools")},
    required={"name": "write `name:` and the name of its folder", "description": "write `description:` and when to use it"},
    written={"metadata": "write texts such as {author: me}"},
)


class _Front(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True, populate_by_name=True)

    name: Text
    description: Annotated[Text, Field(max_length=DESCRIPTION)]
    license: Text | None = None
    compatibility: Text | None = None
    metadata: dict[str, Text] = Field(default={}, max_length=64)
    allowed_tools: Text | None = Field(default=None, alias="allowed-tools")  # has no say here: the door decides


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """What its author says of a skill."""

    name: str
    description: str  # on one line
    text: str  # the instructions


def read_form(tree: Tree, name: str) -> Form:
    """What the SKILL.md in a folder of this name says.

    Raises:
        BadSkill: there is none, it has mistakes, another name than its folder, or characters that nobody sees.
    """
    main = tree.files.get(MAIN)
    if main is None:
        raise BadSkill(f"it has no {MAIN}")
    text = main.text.replace("\r\n", "\n")
    if len(text) > LONGEST:
        raise BadSkill(f"its {MAIN} has more than {LONGEST:,} characters; put the rest into files beside it")
    if printable_lines(text, 2 * LONGEST) != text:
        raise BadSkill(f"its {MAIN} has characters that nobody sees")
    try:
        front, body = split_front_matter(text, MAIN, written_by="the page `overnight docs claw`")
        keys = checked(_Front, load_front_matter(front, MAIN), _WORDING, MAIN)
    except ProgramError as error:
        raise BadSkill(str(error)) from error
    if keys.name != name:
        raise BadSkill(f"its {MAIN} has another name than its folder")
    return Form(name=name, description=" ".join(keys.description.split()), text=body.strip())
