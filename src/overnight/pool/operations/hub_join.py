"""How a worker joins the hub of this repository."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated

from annotated_types import Len

from overnight.git.repository import open_repository
from overnight.operations.operation import Context, Operation, Option, Tier
from overnight.operations.principal import Origin
from overnight.pool.hub.settings import read_hub_settings
from overnight.pool.operations._hub import opened
from overnight.pool.views.joining import join_commands
from overnight.pool.work.client import HubAddress
from overnight.words.foreign import printable

SHOWN = 120  # characters of a foreign text


@dataclass(frozen=True, slots=True, kw_only=True)
class HubJoinInput:
    """Where the hub is."""

    url: Annotated[str, Len(0, 500), Option(about="The address that workers reach it at.", metavar="URL")] = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class HowToJoin:
    """What to send to a worker."""

    project: str
    key: str  # of the hub
    invitations: bool  # whether a new key needs one, by `hub invite`
    commands: Sequence[str]  # to type on the worker's machine


def run(context: Context, given: HubJoinInput) -> HowToJoin:
    """Three commands, with the key that the hub must have.

    Raises:
        UserError: the address is none.
    """
    url = HubAddress.parse(given.url).url if given.url else "URL"
    with opened(context, read_only=True) as record:
        genesis = record.genesis()
    invitations = read_hub_settings(open_repository(context.where)).invitations
    commands = join_commands(url, genesis.hub, invitations=invitations)
    return HowToJoin(project=genesis.project, key=genesis.hub, invitations=invitations, commands=commands)


def render(found: HowToJoin) -> str:
    """For a mail."""
    lines = [f"To search for {printable(found.project, SHOWN)}:", *(f"  {each}" for each in found.commands)]
    if found.invitations:
        lines.append("A new key needs an invitation: `overnight hub invite KEY`.")
    return "\n".join(lines)


OPERATION = Operation(
    name="hub join",
    about="Show how a worker joins this hub: three commands, with the key that the hub must have.",
    input=HubJoinInput,
    output=HowToJoin,
    tier=Tier.READ,
    run=run,
    words=Origin.TOOL,
    render=render,
)
