"""The one tool of our agent, a shell command, in whatever form a model gives it. Every request carries these words."""

import re
import shlex
from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, model_validator

from overnight.models.asking.tools import Tool
from overnight.models.asking.written import SHELLS, fenced

LONGEST = 100_000  # bytes of a quoted command: the system takes 128 KiB as one argument
KEYS = ("command", "cmd", "script")
_CALLERS = (("bash", "-lc"), ("bash", "-c"), ("sh", "-c"))
_PROMPT = re.compile(r"^\$ ", re.MULTILINE)


class ShellCommand(BaseModel):
    """What to run."""

    model_config = ConfigDict(frozen=True)

    command: str

    @model_validator(mode="before")
    @classmethod
    def _read(cls, given: object) -> object:
        """Under any of its names, also as a list of words; one character more than may run, so that it is not run in part."""
        if not isinstance(given, dict):
            return given
        command = _command(next((given[key] for key in KEYS if key in given), None))
        return {} if command is None else {"command": command[: LONGEST + 1]}


SHELL = Tool(
    name="bash",
    about="Run a shell command; returns its exit code and output.",
    input=ShellCommand,
    strict=False,  # it is read in any form, and each request is as short as can be
    aliases=frozenset({"shell", "sh", "run", "execute", "terminal", "run_shell_command", "execute_command", "run_command"}),
    alone=True,
)


def shell_block(text: str) -> str:
    """The lone fenced block of shell in an answer, which may as well be an explanation; empty if there is none, or several."""
    blocks = [block for language, block in fenced(text) if language in SHELLS]
    return _PROMPT.sub("", blocks[0]).strip()[: LONGEST + 1] if len(blocks) == 1 else ""


def _command(value: object) -> str | None:
    if isinstance(value, str):
        return value
    if isinstance(value, Sequence) and value and all(isinstance(word, str) for word in value):
        words = list(map(str, value))
        return words[2] if len(words) == 3 and tuple(words[:2]) in _CALLERS else shlex.join(words)  # noqa: PLR2004  # sh -c X
    return None
