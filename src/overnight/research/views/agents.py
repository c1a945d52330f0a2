"""The researchers available on this machine, and those that the program here asks for."""

from collections.abc import Sequence
from dataclasses import dataclass

from overnight.program.program import ResearcherSpec
from overnight.research.readiness.offer import Offer
from overnight.research.readiness.role import RoleProblem, RoleReadiness
from overnight.research.researchers.way import Way


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleEntry:
    """One role of the program here."""

    role: str
    use: str
    template: str  # empty without one
    command: str  # empty without one
    model: str  # empty: the default of the agent or the provider
    ready: bool  # as far as is known without a call to a model
    problems: Sequence[RoleProblem]


@dataclass(frozen=True, slots=True, kw_only=True)
class AgentList:
    """What `agents --json` prints."""

    ways: Sequence[Way]
    roles: Sequence[RoleEntry]
    servers: Sequence[Offer]  # of models, that listen on this machine and are not set up
    problem: str  # why the program here cannot be read; empty if it can, or if there is none


def role_entry(spec: ResearcherSpec, judged: RoleReadiness) -> RoleEntry:
    """A role as it is shown."""
    return RoleEntry(
        role=spec.role,
        use=spec.use,
        template=spec.template,
        command=spec.command or "",
        model=spec.model,
        ready=judged.ready,
        problems=judged.problems,
    )
