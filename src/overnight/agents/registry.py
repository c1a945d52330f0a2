"""The kinds of agents by the word that `use` says; a kind is imported when it is used."""

from collections.abc import Callable, Mapping

from overnight.agents.agent import Agent
from overnight.agents.context import AgentContext


def _own(context: AgentContext) -> Agent:
    from overnight.agents.own.agent import own_agent

    return own_agent(context)


def _editor(context: AgentContext) -> Agent:
    from overnight.agents.editor.editor import editor_agent

    return editor_agent(context)


def _acp(context: AgentContext) -> Agent:
    from overnight.agents.acp.agent import acp_agent

    return acp_agent(context)


def _command(context: AgentContext) -> Agent:
    from overnight.agents.command import command_agent

    return command_agent(context)


AGENTS: Mapping[str, Callable[[AgentContext], Agent]] = {
    "agent": _own,
    "editor": _editor,
    "acp": _acp,
    "command": _command,
}
