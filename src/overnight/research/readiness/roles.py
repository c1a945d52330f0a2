"""All roles of a program, tried before anything is spent on them: programs are looked for, providers are asked.

No token is used. A program without agents needs nothing, not even the settings.
"""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from overnight.agents.registry import AGENTS
from overnight.errors import UserError
from overnight.models.provider_facts import ProviderFacts
from overnight.program.program import ADVISERS, CRITIC, Program, ResearcherSpec
from overnight.research.charter import parse_charter
from overnight.research.readiness.role import RoleReadiness, built_in, describe_problem
from overnight.secrets.broker import user_broker

if TYPE_CHECKING:
    from overnight.research.readiness.judging import Surroundings

UNASKED = ProviderFacts()
MOST_HEADINGS = 5  # in notes
PROPOSES = "`{role: tuner, use: tuner}`, which needs no model, or `{role: explorer, use: agent}`"


async def try_roles(program: Program, folder: Path) -> tuple[RoleReadiness, ...]:
    """Whether each role of a program can be played now; `folder` is the top of its repository.

    Raises:
        UserError: the settings are wrong.
    """
    if not has_agents(program):
        return tuple(map(built_in, program.researchers))
    from overnight.research.readiness.judging import judge

    around = await ask_around(program.researchers, surroundings_of(program, folder))
    around = await with_offers(program.researchers, around)
    return tuple(judge(spec, around) for spec in program.researchers)


def lasting_gaps(program: Program, folder: Path) -> frozenset[str]:
    """The roles that nobody can play in this session, by what is known without asking anybody.

    Raises:
        UserError: the settings are wrong.
    """
    if not has_agents(program):
        return frozenset()
    from overnight.research.readiness.judging import judge

    around = surroundings_of(program, folder)
    return frozenset(spec.role for spec in program.researchers if judge(spec, around).lasting)


def has_agents(program: Program) -> bool:
    """Whether a role may need a program or a model."""
    return any(spec.use in AGENTS for spec in program.researchers)


def surroundings_of(program: Program, folder: Path) -> "Surroundings":
    """What is known around the roles of a program without asking anybody."""
    from overnight.config import read_settings
    from overnight.models.spending.limits import CAMPAIGN
    from overnight.research.readiness.judging import Surroundings

    environment = user_broker().environment
    settings = read_settings(environment, Path.home())
    return Surroundings(
        settings=settings,
        environment=environment,
        dollars=program.budget.cost_usd is not None or settings.spending.limits_cost(CAMPAIGN),
        folder=folder,
    )


async def ask_around(specs: Sequence[ResearcherSpec], around: "Surroundings") -> "Surroundings":
    """The same with what the providers say, if one of these roles needs a model."""
    from overnight.research.readiness.needs import needs_of

    providers = around.settings.providers
    needs = {spec: needs_of(spec) for spec in specs}
    if not providers or not any(each.models for each in needs.values()):
        return around
    wanted = {
        provider.name: {
            provider.model_for(spec.model) for spec in specs if not set(needs[spec].wires).isdisjoint(provider.wires)
        }
        for provider in providers
    }
    from overnight.models.inquiry import inquire

    return replace(around, facts=await inquire(providers, wanted, around.environment))


async def with_offers(specs: Sequence[ResearcherSpec], around: "Surroundings") -> "Surroundings":
    """The same with the servers on this machine, if one of these roles needs a model and no provider can be asked."""
    from overnight.research.readiness.needs import needs_of

    needy = any(needs_of(spec).models for spec in specs)
    if not needy or not all(around.facts.get(each.name, UNASKED).out for each in around.settings.providers):
        return around
    from overnight.research.readiness.offers import find_offers

    return replace(around, offers=await find_offers(around.settings, around.environment))


def require_roles(roles: Sequence[RoleReadiness], path: str) -> None:
    """See to it that somebody can propose something.

    Raises:
        UserError: no role is there to do so, or none can; says why of each, with the fixes.
    """
    proposing = [role for role in roles if role.role not in ADVISERS]
    if not proposing:
        advising = " and ".join(f"`{role.role}`" for role in roles)
        fix = f"add one that does to `researchers`: {PROPOSES}"
        raise UserError(f"{path}: no role proposes changes; {advising} only advise{'s' * (len(roles) == 1)}", fix=fix)
    if any(role.ready for role in proposing):
        return
    first, *others = proposing
    reasons = ", and ".join(problem.why for problem in first.fatal)
    fixes = ", and ".join(dict.fromkeys(problem.fix for problem in first.fatal if problem.fix))
    notes = [f"nor can `{role.role}`: {'; '.join(map(describe_problem, role.fatal))}" for role in others]
    raise UserError(f"{path}: the role `{first.role}` cannot be played: {reasons}", fix=fixes, notes=notes)


def role_notes(roles: Sequence[RoleReadiness]) -> Sequence[str]:
    """A line for each role that cannot be played, and for all else that is wrong with one."""
    notes = []
    for role in roles:
        what = "is left out" if role.lasting else "cannot work now"
        if not role.ready:
            notes.append(f"the role `{role.role}` {what}{_without(role)}: {'; '.join(map(describe_problem, role.fatal))}")
        notes += [f"the role `{role.role}`: {describe_problem(each)}" for each in role.problems if not each.fatal]
    return notes


def heading_notes(program: Program) -> Sequence[str]:
    """A line for each heading below `Roles` that names no role of the program, so that its text is read by nobody.

    Without an agent nobody reads any; only a name that is nearly that of a role is then a mistake.
    """
    known = {spec.role.casefold(): spec.role for spec in program.researchers}
    notes = []
    for role in parse_charter(program.body).roles:
        if role.name.casefold() not in known:
            import difflib

            near = difflib.get_close_matches(role.name.casefold(), list(known), n=1)
            guess = f"; did you mean `{known[near[0]]}`?" if near else ""
            if near or has_agents(program):
                notes.append(f"nobody reads the text of `{role.name}` below `Roles`: no researcher has that role{guess}")
    return notes[:MOST_HEADINGS]


def _without(role: RoleReadiness) -> str:
    """What a campaign lacks without an adviser."""
    if role.role not in ADVISERS:
        return ""
    return ", so proposals are not reviewed" if role.role == CRITIC else ", so no new ideas come from it"
