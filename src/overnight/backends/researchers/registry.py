"""What plays each `use:` of a program; a back end is imported when a program names it."""

from collections.abc import Callable, Mapping

from overnight.backends.researchers.desk import Desk
from overnight.backends.researchers.turns import TurnResearcher
from overnight.ports import Researcher


def _tuner(desk: Desk) -> Researcher:  # noqa: ARG001  # it needs nothing
    from overnight.backends.researchers.tuner.tuner import Tuner

    return Tuner()


def _scripted(desk: Desk) -> Researcher:
    from overnight.backends.researchers.scripted import ScriptedResearcher

    return ScriptedResearcher(desk.spec)


def _agent(desk: Desk) -> TurnResearcher:
    from overnight.backends.researchers.agent.agent import agent_researcher

    return agent_researcher(desk)


def _acp(desk: Desk) -> TurnResearcher:
    from overnight.backends.researchers.acp.researcher import acp_researcher

    return acp_researcher(desk)


def _command(desk: Desk) -> TurnResearcher:
    from overnight.backends.researchers.command import command_researcher

    return command_researcher(desk)


TALKING: Mapping[str, Callable[[Desk], TurnResearcher]] = {"agent": _agent, "acp": _acp, "command": _command}  # advise too
RESEARCHERS: Mapping[str, Callable[[Desk], Researcher]] = {"tuner": _tuner, "scripted": _scripted, **TALKING}
