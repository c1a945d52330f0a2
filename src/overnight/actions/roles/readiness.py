"""Whether somebody can code in a repository, before anything is asked: by `actions.md`, this machine and the settings."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from overnight.actions.charter import Role, RoleSpec
from overnight.errors import UserError
from overnight.program.program import ResearcherSpec

if TYPE_CHECKING:
    from overnight.config import Settings

# What a fix of campaigns is for actions: a campaign has the tuner, and an entry of each role.
IN_PLACE = {
    "take the tuner, which needs no model": "name a command of yours as the coder in actions.md",
    "write `model:` in the role's entry": "write `roles: [{role: coder, use: agent, model: NAME}]` in actions.md and commit "
    "it, or `model` for this provider in your settings (docs/gateway.md)",
}


def require_coder(roles: Sequence[RoleSpec], environment: Mapping[str, str], folder: Path) -> Sequence[str]:
    """Check that a coder can work; what else to know about the roles, a line each.

    Raises:
        UserError: none can; the error is the one of the first coder, with its fix.
    """
    import anyio

    from overnight.config import read_settings
    from overnight.research.readiness.judging import Surroundings, judge
    from overnight.research.readiness.roles import ask_around

    around = Surroundings(settings=read_settings(environment, Path.home()), environment=environment, folder=folder)
    notes = []
    for role in (Role.CODER, Role.REVIEWER):
        specs = [_spec(spec) for spec in roles if spec.role is role]
        judged = [judge(spec, around) for spec in specs]
        able = [spec for spec, found in zip(specs, judged, strict=True) if found.ready]
        if able and all(_asks_for_no_model(spec, around.settings) for spec in able):  # some servers need no name
            asked = anyio.run(ask_around, specs, around)
            judged = [judge(spec, asked) for spec in specs]
        if not judged or any(each.ready for each in judged):
            continue
        problem = next((problem for each in judged for problem in each.fatal), None)
        why, fix = (problem.why, problem.fix) if problem else ("it cannot work here", "")
        if role is Role.CODER:
            raise UserError(f"nobody can code here: {why}", fix=_of_actions(fix))
        notes.append(f"nobody can review here: {why}; {_of_actions(fix)}")
    return notes


def _asks_for_no_model(spec: ResearcherSpec, settings: "Settings") -> bool:
    """Whether nobody names the model of a role of our own agents, neither its entry nor any provider."""
    from overnight.research.readiness.needs import needs_of

    needs = needs_of(spec)
    speaking = [each for each in settings.providers if not set(needs.wires).isdisjoint(each.wires)]
    return needs.own and bool(speaking) and not any(each.model_for(spec.model) for each in speaking)


def _of_actions(fix: str) -> str:
    """A fix of campaigns as one of actions."""
    for theirs, ours in IN_PLACE.items():
        fix = fix.replace(theirs, ours)
    return fix


def _spec(spec: RoleSpec) -> ResearcherSpec:
    agent = spec.agent
    return ResearcherSpec(role=spec.role, use=agent.use, command=agent.command, template=agent.template, model=agent.model)
