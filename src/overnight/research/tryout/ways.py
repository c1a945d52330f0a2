"""Every way to have a researcher here: what there is, what is missing, and what to write into `program.md`.

Providers are asked which models they have. Does not cover: whether a program really works in the jail and with the models,
which only `overnight agents test` can say.
"""

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from overnight.agents.programs import ACP, find_program, find_versions
from overnight.agents.templates import TEMPLATES
from overnight.config import Settings
from overnight.models.provider import Provider
from overnight.models.provider_facts import Presence, ProviderFacts
from overnight.program.program import WITHOUT_MODELS, ResearcherSpec
from overnight.research.readiness.judging import Surroundings, judge
from overnight.research.readiness.needs import needs_of
from overnight.research.readiness.roles import ask_around, surroundings_of
from overnight.research.researchers.way import Way
from overnight.research.tryout.choice import OVER_ACP, built_in, program_around, top_of
from overnight.research.views.agents import AgentList, role_entry
from overnight.words.foreign import printable
from overnight.words.quantities import listed

# In the order in which a newcomer would try them.
NAMES = ("tuner", "mutator", "agent", "editor", *TEMPLATES, *(f"{OVER_ACP}{each.command}" for each in ACP))
NO_VERSION = "(it does not say its version)"


MODELS = 5  # of a provider that are shown
NAME = 80  # characters of one


async def list_agents(settings: Settings, environment: Mapping[str, str], folder: Path) -> AgentList:
    """All ways, the roles of the program around a folder, and the servers of models that listen on this machine."""
    from overnight.research.readiness.offers import find_offers

    program, problem = program_around(folder)
    specs = program.researchers if program else ()
    ways = {name: spec for name in NAMES if (spec := built_in(name))}
    around = await ask_around([*ways.values(), *specs], Surroundings(settings=settings, environment=environment))
    versions = await find_versions([needs_of(spec).program for spec in ways.values()])
    here = replace(surroundings_of(program, top_of(folder)), facts=around.facts) if program else around
    return AgentList(
        ways=[_way(name, spec, around, versions) for name, spec in ways.items()],
        roles=[role_entry(spec, judge(spec, here)) for spec in specs],
        servers=await find_offers(settings, environment),
        problem=problem,
    )


def _way(name: str, spec: ResearcherSpec, around: Surroundings, versions: Mapping[str, str]) -> Way:
    """One way, which names no model of its own."""
    needs, judged = needs_of(spec), judge(spec, around, listed=True)
    path = find_program(needs.program) if needs.program else ""
    served = next((each for each in around.settings.providers if each.name == judged.provider), None)
    if needs.program:
        place = f"{versions.get(needs.program) or NO_VERSION} at {path}" if path else f"`{needs.program}` is not on PATH"
    else:
        place = needs.who
    wrong = [problem.why for problem in judged.problems if path or not needs.program]
    model = _model(served, around) if needs.own and served else ""
    return Way(
        name=name,
        use=spec.use,
        ready=judged.ready,
        detail="; ".join(filter(None, [place, judged.route, model, *wrong])),
        fix=", and ".join(dict.fromkeys(problem.fix for problem in judged.fatal)),
        write=_entry(name, spec, named=bool(served and (served.model_for("") or _any_name(served, around)))),
        path=path,
        version=versions.get(needs.program, ""),
        wires=needs.wires,
        provider=judged.provider,
    )


def _model(served: Provider, around: Surroundings) -> str:
    """Which model one of our own agents asks for, and which there are."""
    if served.model_for(""):
        return f"model: {served.model_for('')}"
    facts = around.facts.get(served.name) or ProviderFacts()
    if _any_name(served, around):
        return f"model: {printable(facts.models[0], NAME)}, whatever is asked for"
    has = f", such as {listed((printable(each, NAME) for each in facts.models), MODELS)}" if facts.models else ""
    return f"model: the one that `model:` names{has}"


def _any_name(served: Provider, around: Surroundings) -> bool:
    """Whether a provider answers with its one model whatever is asked for."""
    facts = around.facts.get(served.name) or ProviderFacts()
    return facts.presence.get("") is Presence.THERE


def _entry(name: str, spec: ResearcherSpec, *, named: bool) -> str:
    """What to write into program.md."""
    if spec.use in WITHOUT_MODELS:
        return f"{{role: {spec.use}, use: {spec.use}}}"
    if spec.template:
        return f"{{role: explorer, use: command, template: {name}}}"
    if spec.command:
        return f'{{role: explorer, use: {spec.use}, command: "{spec.command}"}}'
    return f"{{role: explorer, use: {spec.use}{'' if named else ', model: NAME'}}}"
