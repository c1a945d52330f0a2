"""A tool server as it describes itself now, for its owner to look at."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from overnight.claw.hands.servers import Tools, ask_tools
from overnight.claw.operations._claw import Claw, of_owner, opened
from overnight.claw.operations.claw_mcp import server_of, tier_of, trusted_tools
from overnight.claw.operations.claw_skill import SHORT
from overnight.operations.operation import Argument, Context, Operation, Tier, repeatable
from overnight.operations.principal import Origin
from overnight.secrets.broker import user_broker
from overnight.words.foreign import printable, printable_lines

SHOWN = 2_000  # characters of a description


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerInput:
    """Which one."""

    name: Annotated[str, Argument(about="Its name in claw.yaml.")]
    claw: Claw = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolText:
    """A tool in its server's words."""

    name: str
    inputs: str
    tier: Tier
    about: str  # all that the server says of it
    changed: bool  # it is not what the owner trusted


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerText:
    """A server as it is now."""

    name: str
    trusted: bool
    digest: str  # of all that it says of its tools; `claw trust` is given this
    tools: Sequence[ToolText]
    gone: Sequence[str]  # tools that it had when it was trusted
    origin: Origin = Origin.FOREIGN


def run(_context: Context, given: ServerInput) -> ServerText:
    """Start it, and ask for its tools."""
    with opened(given.claw) as (folder, record):
        server, before = server_of(folder, given.name), trusted_tools(record, given.name) or Tools()
        was_trusted = trusted_tools(record, given.name) is not None
    now = ask_tools(folder, server)
    known = {str(each["name"]): each for each in before.listed}
    clean = user_broker().scrubber().text
    found = []
    for each, (name, inputs) in zip(now.listed, now.signatures(), strict=True):
        rest = {key: value for key, value in each.items() if key not in {"name", "description"}}
        about = clean(f"{each.get('description', '')}\n{rest}")
        found.append(
            ToolText(
                name=name,
                inputs=inputs,
                tier=tier_of(server, name),
                about=printable_lines(about, SHOWN),
                changed=was_trusted and known.get(name) != each,
            )
        )
    gone = sorted(set(known) - {each.name for each in found})
    return ServerText(
        name=given.name, trusted=was_trusted and now.digest == before.digest, digest=now.digest, tools=found, gone=gone
    )


def render(found: ServerText) -> str:
    """Each tool, and how to trust it."""
    lines = [f"{found.name} says of its tools:"]
    for tool in found.tools:
        lines += [
            f"{tool.name}({tool.inputs})  {tool.tier}{'  NOT WHAT YOU TRUSTED' * tool.changed}",
            printable_lines(tool.about, SHOWN),
        ]
    lines += [f"gone: {printable(name, 40)}" for name in found.gone]
    if found.trusted:
        return "\n".join([*lines, "you trust it as it is"])
    return "\n".join([*lines, f"if you trust all of it: overnight claw trust server {found.name} {found.digest[:SHORT]}"])


OPERATION = Operation(
    name="claw server",
    about="Ask a tool server for its tools, and show what it says of them.",
    input=ServerInput,
    output=ServerText,
    tier=Tier.REVERSIBLE,
    egress=True,
    of_machine=True,
    requires=of_owner,
    run=run,
    render=render,
    read_back=repeatable,
)
