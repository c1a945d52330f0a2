"""Whether somebody can code in a repository, before anything is asked: by `actions.md`, this machine and the settings."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from overnight.actions.charter import Role, RoleSpec
from overnight.errors import UserError
from overnight.program.program import ResearcherSpec

# What there is to do without a model: a campaign has the tuner.
IN_PLACE = ("take the tuner, which needs no model", "name a command of yours as the coder in actions.md")


def require_coder(roles: Sequence[RoleSpec], environment: Mapping[str, str], folder: Path) -> Sequence[str]:
    """Check that a coder can work; what else to know about the roles, a line each.

    Raises:
        UserError: none can; the error is the one of the first coder, with its fix.
    """
    from overnight.config import read_settings
    from overnight.research.readiness.judging import Surroundings, judge

    around = Surroundings(settings=read_settings(environment, Path.home()), environment=environment, folder=folder)
    notes = []
    for role in (Role.CODER, Role.REVIEWER):
        judged = [judge(_spec(spec), around) for spec in roles if spec.role is role]
        if not judged or any(each.ready for each in judged):
            continue
        problem = next((problem for each in judged for problem in each.fatal), None)
        why, fix = (problem.why, problem.fix) if problem else ("it cannot work here", "")
        if role is Role.CODER:
            raise UserError(f"nobody can code here: {why}", fix=fix.replace(*IN_PLACE))
        notes.append(f"nobody can review here: {why}; {fix.replace(*IN_PLACE)}")
    return notes


def _spec(spec: RoleSpec) -> ResearcherSpec:
    agent = spec.agent
    return ResearcherSpec(role=spec.role, use=agent.use, command=agent.command, template=agent.template, model=agent.model)
