"""Which researchers are available on this machine."""

from dataclasses import dataclass
from pathlib import Path

from overnight.operations.operation import Context, Operation, Tier
from overnight.operations.principal import Origin
from overnight.research.views.agents import AgentList


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentsInput:
    """Nothing."""


def run(context: Context, _given: AgentsInput) -> AgentList:
    """Look for them, and ask the user's providers for their models."""
    import anyio

    from overnight.config import read_settings
    from overnight.research.tryout.ways import list_agents
    from overnight.secrets.broker import user_broker

    environment = user_broker().environment
    return anyio.run(list_agents, read_settings(environment, Path.home()), environment, context.where)


def render(found: AgentList) -> str:
    """A line for each."""
    return "\n".join(f"{'ready' if way.ready else 'not ready'}  {way.name}" for way in found.ways)


OPERATION = Operation(
    name="agents",
    about="List the researchers available on this machine, or test one.",
    input=AgentsInput,
    output=AgentList,
    tier=Tier.READ,
    of_machine=True,
    words=Origin.TOOL,
    run=run,
    render=render,
)
