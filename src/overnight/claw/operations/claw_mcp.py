"""The tool servers of a claw."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from overnight.claw.charter import ServerSpec
from overnight.claw.events import TrustKind
from overnight.claw.hands.servers import Tools
from overnight.claw.operations._claw import WhichClaw, opened
from overnight.claw.record.record import ClawRecord, json_of
from overnight.claw.setup.parsing import read_charter
from overnight.errors import UserError
from overnight.operations.operation import Context, Operation, Tier
from overnight.operations.principal import Origin
from overnight.words.foreign import printable


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerTool:
    """A tool of a server; nothing of its description is in it."""

    name: str
    inputs: str  # such as `place: string, days?: integer`
    tier: Tier


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerLine:
    """A tool server."""

    name: str
    trusted: bool  # only then it is used
    tools: Sequence[ServerTool]  # as they were when it was trusted


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerList:
    """What `claw mcp --json` prints."""

    servers: Sequence[ServerLine]


def run(_context: Context, given: WhichClaw) -> ServerList:
    """List them; none is started."""
    with opened(given.claw) as (folder, record):
        servers = read_charter(folder).servers
        lines = [_line(spec, trusted_tools(record, name)) for name, spec in sorted(servers.items())]
    return ServerList(servers=lines)


def _line(server: ServerSpec, tools: Tools | None) -> ServerLine:
    found = [
        ServerTool(name=name, inputs=inputs, tier=tier_of(server, name)) for name, inputs in (tools or Tools()).signatures()
    ]
    return ServerLine(name=server.name, trusted=tools is not None, tools=found)


def tier_of(server: ServerSpec, tool: str) -> Tier:
    """How bad a call of a tool can be: what the owner says, else the worst that a program can do."""
    return server.tools.get(tool, Tier.IRREVERSIBLE)


def server_of(folder: Path, name: str) -> ServerSpec:
    """A server of `claw.yaml`.

    Raises:
        UserError: there is none of this name.
    """
    servers = read_charter(folder).servers
    if name not in servers:
        fix = f"claw.yaml has {', '.join(servers) or 'none'} under `mcp`"
        raise UserError(f"there is no tool server `{printable(name, 40)}`", fix=fix)
    return servers[name]


def trusted_tools(record: ClawRecord, name: str) -> Tools | None:
    """The tools of a server as the owner trusted them; None: they did not."""
    pin = record.trusted(TrustKind.SERVER).get(name)
    listed = json_of(record.text(pin.text)).get("tools") if pin else None
    return Tools(listed=listed) if isinstance(listed, list) else None


def render(found: ServerList) -> str:
    """A line for each tool."""
    lines = []
    for server in found.servers:
        lines.append(server.name if server.trusted else f"{server.name} (new; not used: overnight claw server {server.name})")
        lines += [f"  {tool.name}({tool.inputs})  {tool.tier}" for tool in server.tools]
    return "\n".join(lines) or "claw.yaml has no tool servers under `mcp`"


OPERATION = Operation(
    name="claw mcp",
    about="List the tool servers of the claw, and their tools.",
    input=WhichClaw,
    output=ServerList,
    tier=Tier.READ,
    of_machine=True,
    words=Origin.CLAW,
    run=run,
    render=render,
)
