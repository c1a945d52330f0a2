"""The agent programs that we know, and those of them that are on this machine, with their versions.

Nothing is asked over the network. Does not cover: whether a program really works in the jail and with the models.
"""

import asyncio
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from overnight.agents.templates import TEMPLATES
from overnight.files.search_path import absolute_entries
from overnight.machines.share import search_path
from overnight.models.usage import Wire
from overnight.user_command import run_for_output
from overnight.words.foreign import printable

VERSION_S = 5.0  # for a program to say its version
VERSION_BYTES = 4096  # of what it says that are read
VERSION = 60  # characters of it that are shown


@dataclass(frozen=True, slots=True, kw_only=True)
class AcpProgram:
    """A program that speaks the Agent Client Protocol."""

    command: str
    install: str
    wires: tuple[Wire, ...]

    @property
    def program(self) -> str:
        """What has to be on PATH."""
        return self.command.partition(" ")[0]


# The agents of the templates over ACP: the programs themselves, or the adapters that their makers give.
ACP: Sequence[AcpProgram] = (
    AcpProgram(
        command="claude-agent-acp",
        install="npm install -g @agentclientprotocol/claude-agent-acp",
        wires=TEMPLATES["claude"].wires,
    ),
    AcpProgram(command="codex-acp", install="npm install -g @agentclientprotocol/codex-acp", wires=TEMPLATES["codex"].wires),
    AcpProgram(command="opencode acp", install=TEMPLATES["opencode"].install, wires=TEMPLATES["opencode"].wires),
    AcpProgram(command="gemini --acp", install=TEMPLATES["gemini"].install, wires=TEMPLATES["gemini"].wires),
)


def find_program(program: str) -> str:
    """The absolute path of a program that jobs have on their PATH; empty if there is none."""
    return shutil.which(program, path=":".join(absolute_entries(search_path()))) or ""


async def find_versions(programs: Sequence[str]) -> Mapping[str, str]:
    """What those programs that are there call themselves, all asked at once; empty if one does not say."""
    found = {program: path for program in programs if (path := find_program(program))}
    with TemporaryDirectory(prefix="overnight-") as home:  # programs write into their home as soon as they are started
        said = await asyncio.gather(*(_version(path, home) for path in found.values()))
    return dict(zip(found, said, strict=True))


async def _version(path: str, home: str) -> str:
    environment = {"PATH": search_path(), "HOME": home, "NO_COLOR": "1"}
    try:
        printed = await run_for_output(
            [path, "--version"], environment=environment, wall_s=VERSION_S, most_bytes=VERSION_BYTES, folder=Path(home)
        )
    except OSError:  # a time that is over among them
        return ""
    lines = printed.output.decode(errors="replace").split("\n")
    return printable(next((line.strip() for line in lines if line.strip()), ""), VERSION) if printed.code == 0 else ""
