"""What plays each `use:` of a program; a kind is imported when a program names it."""

from collections.abc import Callable, Mapping

from overnight.agents.context import AgentContext
from overnight.agents.registry import AGENTS
from overnight.backends.researchers.agent_researcher import AgentResearcher
from overnight.ports import Researcher
from overnight.program.program import ResearcherSpec

Makes = Callable[[ResearcherSpec, AgentContext], Researcher]


def agent_researcher(context: AgentContext) -> AgentResearcher:
    """A researcher, or an adviser, that is an agent."""
    return AgentResearcher(AGENTS[context.spec.use](context))


def _agent(_spec: ResearcherSpec, context: AgentContext) -> Researcher:
    return agent_researcher(context)


def _tuner(_spec: ResearcherSpec, _context: AgentContext) -> Researcher:
    from overnight.backends.researchers.tuner.tuner import Tuner

    return Tuner()


def _scripted(spec: ResearcherSpec, _context: AgentContext) -> Researcher:
    from overnight.backends.researchers.scripted import ScriptedResearcher

    return ScriptedResearcher(spec)


RESEARCHERS: Mapping[str, Makes] = {"tuner": _tuner, "scripted": _scripted, **dict.fromkeys(AGENTS, _agent)}
