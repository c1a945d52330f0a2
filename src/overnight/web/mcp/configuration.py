"""How `overnight mcp` gets into the settings of coding agents: their files, as texts before and after.

What is there stays. A file that cannot be read whole, such as JSON with comments, is refused with the text to add by hand.
"""

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from overnight.errors import UserError
from overnight.operations.json_text import strict_json
from overnight.words.foreign import printable

NAME = "overnight"
SHOWN = 300  # characters of a path, or of what is wrong, in a message
TOOL_S = 660  # that a client waits for a tool: `wait` takes up to ten minutes
PASSED = ("PATH", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "OVERNIGHT_SETTINGS")  # codex passes few variables on by itself
_INDENT = re.compile(r"\n([ \t]+)\S")
_TABLE = re.compile(rf"\s*\[\s*mcp_servers\s*\.\s*{NAME}\s*[.\]]")
Settings = dict[str, Any]  # Any: JSON or TOML


@dataclass(frozen=True, slots=True, kw_only=True)
class Program:
    """A coding agent, and where it documents that it looks for MCP servers of a user."""

    name: str
    place: Callable[[Mapping[str, str]], Path]  # of its file, by the environment
    section: str
    entry: Callable[[Sequence[str]], Settings]  # of a command
    writes: Callable[["Program", Settings | None, str], str]  # the file's new text, with the entry or without

    def changed(self, text: str, command: Sequence[str] | None, path: Path) -> str:
        """The file's text with the command, or without any for None.

        Raises:
            UserError: it cannot be read.
        """
        entry = None if command is None else self.entry(command)
        try:
            written = self.writes(self, entry, text)
            written.encode()  # half of a character, as JSON can name it, is in no file
        except (ValueError, RecursionError) as error:
            by_hand = self.writes(self, entry, "") if entry else f"what is named {NAME} in {self.section}"
            verb = "add by hand" if entry else "remove by hand"
            shown = printable(str(path), SHOWN)
            raise UserError(f"{shown} cannot be changed: {printable(str(error), SHOWN)}", fix=f"{verb}:\n{by_hand}") from error
        return written


def _json(program: Program, entry: Settings | None, text: str) -> str:
    found = strict_json(text) if text.strip() else {}
    if not isinstance(found, dict) or not isinstance(found.get(program.section, {}), dict):
        raise ValueError("it is no object, or what it says of servers is none")
    if entry is None and NAME not in found.get(program.section, {}):
        return text
    servers = {name: each for name, each in found.get(program.section, {}).items() if name != NAME or entry is not None}
    if entry is not None:
        servers[NAME] = entry
    after = {**found, program.section: servers}
    if not servers:
        del after[program.section]
    indent = _INDENT.search(text)
    written = json.dumps(after, indent=indent[1] if indent else 2, ensure_ascii=False, allow_nan=False)
    return written + ("\n" if not text or text.endswith("\n") else "")


def _toml(program: Program, entry: Settings | None, text: str) -> str:
    import tomllib

    before = tomllib.loads(text)
    kept, ours = [], False
    for line in text.splitlines(keepends=True):
        if line.lstrip().startswith("["):
            ours = bool(_TABLE.match(line))
        kept += [] if ours else [line]
    rest = "".join(kept)
    if entry is not None:
        lines = [f"[{program.section}.{NAME}]", *(f"{name} = {json.dumps(value)}" for name, value in entry.items())]
        rest = f"{rest.rstrip()}\n\n" if rest.strip() else ""
        rest += "\n".join(lines) + "\n"
    after = tomllib.loads(rest)
    mine = after.get(program.section, {}).pop(NAME, None)
    before.get(program.section, {}).pop(NAME, None)
    if mine != entry or _filled(before) != _filled(after):
        raise ValueError(f"its table {program.section} is written in a way that is not understood here")
    return rest


def _filled(settings: Settings) -> Settings:
    return {name: value for name, value in settings.items() if value != {}}


def _home(environment: Mapping[str, str]) -> Path:
    return Path(environment.get("HOME") or Path.home())


def _folder(environment: Mapping[str, str], variable: str, otherwise: str) -> Path:
    """The folder that a variable names; a relative one would be in whatever folder, such as a repository of somebody else."""
    named = Path(environment.get(variable, ""))
    if environment.get(variable) and not named.is_absolute():
        raise UserError(
            f"{variable} is no absolute path: {printable(str(named), SHOWN)}", fix="name a folder by its whole path"
        )
    return named if environment.get(variable) else _home(environment) / otherwise


PROGRAMS: Mapping[str, Program] = {
    program.name: program
    for program in (
        Program(
            name="claude",
            place=lambda environment: _folder(environment, "CLAUDE_CONFIG_DIR", "") / ".claude.json",
            section="mcpServers",
            entry=lambda command: {"type": "stdio", "command": command[0], "args": list(command[1:]), "env": {}},
            writes=_json,
        ),
        Program(
            name="codex",
            place=lambda environment: _folder(environment, "CODEX_HOME", ".codex") / "config.toml",
            section="mcp_servers",
            entry=lambda command: {
                "command": command[0],
                "args": list(command[1:]),
                "env_vars": list(PASSED),
                "tool_timeout_sec": TOOL_S,
            },
            writes=_toml,
        ),
        Program(
            name="opencode",
            place=lambda environment: _folder(environment, "XDG_CONFIG_HOME", ".config") / "opencode" / "opencode.json",
            section="mcp",
            entry=lambda command: {"type": "local", "command": list(command), "enabled": True},
            writes=_json,
        ),
    )
}
