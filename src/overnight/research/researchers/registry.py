"""The researcher of each `use:` of a program; a kind is imported when a program names it."""

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from overnight.agents.context import AgentContext
from overnight.agents.registry import AGENTS
from overnight.program.program import ResearcherSpec
from overnight.research.researchers.port import Researcher

if TYPE_CHECKING:
    from overnight.research.researchers.agent_researcher import AgentResearcher

Makes = Callable[[ResearcherSpec, AgentContext], Researcher]


def agent_researcher(context: AgentContext) -> "AgentResearcher":
    """A researcher, or an adviser, that is an agent."""
    from overnight.research.researchers.agent_researcher import AgentResearcher

    return AgentResearcher(AGENTS[context.spec.use](context))


def _agent(_spec: ResearcherSpec, context: AgentContext) -> Researcher:
    return agent_researcher(context)


def _tuner(_spec: ResearcherSpec, _context: AgentContext) -> Researcher:
    from overnight.research.researchers.tuner.tuner import Tuner

    return Tuner()


def _mutator(_spec: ResearcherSpec, context: AgentContext) -> Researcher:
    from overnight.research.researchers.mutator.mutator import Mutator

    return Mutator(context)


def _scripted(spec: ResearcherSpec, _context: AgentContext) -> Researcher:
    from overnight.research.researchers.scripted import ScriptedResearcher

    return ScriptedResearcher(spec)


RESEARCHERS: Mapping[str, Makes] = {
    "tuner": _tuner,
    "mutator": _mutator,
    "scripted": _scripted,
    **dict.fromkeys(AGENTS, _agent),
}
