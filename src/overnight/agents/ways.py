"""Every way to have a researcher here: what there is, what is missing, and what to write into `program.md`.

Nothing is asked over the network, and no key is read. Does not cover: whether a program really works in the jail and with the
models, which only `overnight agents test` can say.
"""

import asyncio
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from overnight.agents.model_source import AGENT_WIRES, find_source
from overnight.agents.templates import TEMPLATES
from overnight.config import Settings
from overnight.machines.share import search_path
from overnight.models.usage import Wire
from overnight.user_command import run_for_output
from overnight.words.foreign import printable

VERSION_S = 5.0  # for a program to say its version
VERSION_BYTES = 4096  # of what it says that are read
VERSION = 60  # characters of it that are shown
NO_VERSION = "(it does not say its version)"


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Way:
    """One way to have a researcher."""

    name: str  # for `overnight agents test`
    use: str
    ready: bool  # as far as can be told without a try
    detail: str
    fix: str  # empty if it is ready
    write: str  # an entry of `researchers:`
    path: str = ""  # of its program; empty where it has none, or it is missing
    version: str = ""
    wires: tuple[Wire, ...] = ()  # any of which it speaks with a model
    provider: str = ""  # that is asked first


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


async def find_ways(settings: Settings, environment: Mapping[str, str]) -> Sequence[Way]:
    """All ways, in the order in which a newcomer would try them."""
    programs = [*(template.program for template in TEMPLATES.values()), *(each.program for each in ACP)]
    versions = await find_versions(programs)
    tuner = Way(
        name="tuner",
        use="tuner",
        ready=True,
        detail="built in: needs no model and no key",
        fix="",
        write="{role: tuner, use: tuner}",
    )
    commands = [
        _program(
            name,
            program=template.program,
            install=template.install,
            wires=template.wires,
            write=f"{{role: explorer, use: command, template: {name}}}",
            settings=settings,
            environment=environment,
            versions=versions,
        )
        for name, template in TEMPLATES.items()
    ]
    over_acp = [
        _program(
            f"acp:{each.command}",
            program=each.program,
            install=each.install,
            wires=each.wires,
            write=f'{{role: explorer, use: acp, command: "{each.command}"}}',
            settings=settings,
            environment=environment,
            versions=versions,
        )
        for each in ACP
    ]
    return [tuner, _agent(settings, environment), *commands, *over_acp]


def find_program(program: str) -> str:
    """The absolute path of a program that jobs have on their PATH; empty if there is none."""
    absolute = ":".join(entry for entry in search_path().split(":") if entry.startswith("/"))
    return shutil.which(program, path=absolute) or ""


def _agent(settings: Settings, environment: Mapping[str, str]) -> Way:
    source = find_source(AGENT_WIRES, settings, environment)
    model = source.model or "the one that `model:` names"
    return Way(
        name="agent",
        use="agent",
        ready=source.ready,
        detail=f"our own agent: {source.detail}" + (f"; model: {model}" if source.ready else ""),
        fix=source.fix,
        write=f"{{role: explorer, use: agent{'' if source.model else ', model: NAME'}}}",
        wires=AGENT_WIRES,
        provider=source.provider,
    )


def _program(
    name: str,
    *,
    program: str,
    install: str,
    wires: tuple[Wire, ...],
    write: str,
    settings: Settings,
    environment: Mapping[str, str],
    versions: Mapping[str, str],
) -> Way:
    """An agent program, whichever way it is talked with."""
    path, source = find_program(program), find_source(wires, settings, environment)
    detail = f"{versions[program] or NO_VERSION} at {path}; {source.detail}" if path else f"`{program}` is not on PATH"
    return Way(
        name=name,
        use="acp" if name.startswith("acp:") else "command",
        ready=bool(path) and source.ready,
        detail=detail,
        fix="; ".join(filter(None, ["" if path else install, source.fix])),
        write=write,
        path=path,
        version=versions.get(program, ""),
        wires=wires,
        provider=source.provider,
    )


async def find_versions(programs: Sequence[str]) -> Mapping[str, str]:
    """What those programs that are there call themselves, all asked at once; empty where one does not say."""
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
