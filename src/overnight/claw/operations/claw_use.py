"""A tool of a tool server."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from overnight.claw.folders import find_claw
from overnight.claw.hands.mcp_client import LONGEST
from overnight.claw.hands.servers import use_tool
from overnight.claw.operations._claw import Claw, of_owner, opened
from overnight.claw.operations.claw_mcp import server_of, tier_of, trusted_tools
from overnight.errors import UserError
from overnight.operations.json_text import strict_json
from overnight.operations.operation import Argument, Context, Operation, Settled, Tier
from overnight.operations.principal import Origin
from overnight.secrets.broker import user_broker
from overnight.words.foreign import printable_lines


@dataclass(frozen=True, slots=True, kw_only=True)
class UseInput:
    """Which one, and what for."""

    server: Annotated[str, Argument(about="The server's name in claw.yaml.")]
    tool: Annotated[str, Argument(about="The tool's name, by `claw mcp`.")]
    arguments: Annotated[str | None, Argument(about="Its inputs as a JSON object; by default none.", metavar="JSON")] = None
    claw: Claw = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolAnswer:
    """What a tool answered."""

    text: str
    failed: bool  # the tool says that it did not work
    origin: Origin = Origin.FOREIGN


def run(_context: Context, given: UseInput) -> ToolAnswer:
    """Call it."""
    arguments = _arguments(given)
    with opened(given.claw) as (folder, record):
        server, tools = server_of(folder, given.server), trusted_tools(record, given.server)
    if tools is None:
        fix = f"the owner looks at it: overnight claw server {server.name}"
        raise UserError(f"the tool server `{server.name}` is not trusted: it is not used", fix=fix)
    said = use_tool(folder, server, tools.digest, given.tool, arguments)
    return ToolAnswer(text=printable_lines(user_broker().scrubber().text(said.text), LONGEST), failed=said.failed)


def _arguments(given: UseInput) -> Mapping[str, object]:
    try:
        found = strict_json("{}" if given.arguments is None else given.arguments)
    except ValueError as error:
        raise UserError("the inputs of the tool are no JSON", fix='give an object such as {"place": "Arosa"}') from error
    if not isinstance(found, dict):
        raise UserError("the inputs of the tool are no JSON object", fix='give one such as {"place": "Arosa"}')
    return found


def raised(_context: Context, given: UseInput) -> Tier:
    """What the owner says of this tool in claw.yaml."""
    return tier_of(server_of(find_claw(given.claw), given.server), given.tool)


def state(_context: Context, given: UseInput) -> str:
    """How the server is started, and what the owner trusted of it."""
    with opened(given.claw) as (folder, record):
        tools = trusted_tools(record, given.server)
        return f"{server_of(folder, given.server)} {tools.digest if tools else ''}"


def read_back(_context: Context, _given: UseInput, found: ToolAnswer | None) -> Settled:
    """Nobody but the tool knows what a call did that a kill cut off."""
    return Settled.DONE if found else Settled.UNKNOWN


OPERATION = Operation(
    name="claw use",
    about="Call a tool of a tool server.",
    details=(
        "A server runs in the jail for the time of a call. A tool is taken for irreversible unless claw.yaml has a tier for it"
        " under `mcp: NAME: tools`, so the claw asks before it calls one."
    ),
    input=UseInput,
    output=ToolAnswer,
    tier=Tier.IRREVERSIBLE,
    raised=raised,
    state=state,
    egress=True,
    of_machine=True,
    requires=of_owner,
    run=run,
    render=lambda found: f"the tool says that it failed: {found.text}" if found.failed else found.text,
    read_back=read_back,
)
