"""Whether a role can be played, judged from what is known of this machine and said by the providers of its models.

Pure but for a look at which programs there are. What cannot be known without a call counts as working.
"""

import difflib
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from overnight.agents.model_source import AGENT_WIRES, describe, fix_nobody, has_key, nobody_speaks
from overnight.agents.programs import find_program
from overnight.agents.templates import TEMPLATES
from overnight.config import Settings
from overnight.models.known_providers import LOCAL_WIRES
from overnight.models.provider import Provider
from overnight.models.provider_facts import Presence, ProviderFacts, Trouble
from overnight.program.program import ResearcherSpec
from overnight.research.readiness.needs import Needs, needs_of
from overnight.research.readiness.offer import Offer
from overnight.research.readiness.role import RoleProblem, RoleReadiness
from overnight.words.foreign import printable
from overnight.words.quantities import listed

NAME = 100  # characters of a foreign name
NEAR = 3  # names of models that are offered
MOST_COMPARED, COMPARED = 1000, 64  # names of models, and characters of each, to find those that are near
GATEWAY_PAGE = "docs/gateway.md"


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What is known around the roles."""

    settings: Settings
    environment: Mapping[str, str] = field(repr=False)  # has keys
    facts: Mapping[str, ProviderFacts] = field(default_factory=dict)  # by provider; one that is missing was not asked
    offers: Sequence[Offer] = ()  # servers of models on this machine that are not set up, as far as they were looked for
    dollars: bool = False  # the budget has some, so that every call needs a price
    folder: Path | None = None  # the top of the repository, for commands that name files of it


@dataclass(frozen=True, slots=True)
class _Finding:
    """What is wrong with a provider for a role."""

    why: str
    fix: str
    out: bool  # it cannot serve the role
    lasting: bool = False


def judge(spec: ResearcherSpec, around: Surroundings, *, listed: bool = False) -> RoleReadiness:
    """Whether a role can be played; `listed`: it stands for one of all ways, and so names no model and needs no other way."""
    needs = needs_of(spec)
    problems = list(_program_problems(needs, around))
    lasting, usable = bool(problems), list[Provider]()
    if needs.models:
        speaking = [each for each in around.settings.providers if not set(needs.wires).isdisjoint(each.wires)]
        found = {each.name: list(_findings(spec, needs, each, around, listed=listed)) for each in speaking}
        usable = [each for each in speaking if not any(finding.out for finding in found[each.name])]
        problems += _model_problems(needs, around, found, other="" if usable or listed else _other_ways(needs, around))
        lasting = lasting or all(any(finding.lasting for finding in each) for each in found.values())
    ready = not any(problem.fatal for problem in problems)
    return RoleReadiness(
        role=spec.role,
        use=spec.use,
        ready=ready,
        lasting=lasting and not ready,
        player=needs.who,
        provider=usable[0].name if usable else "",
        route=_route(usable, around) if usable else "",
        problems=tuple(problems),
    )


def _route(usable: Sequence[Provider], around: Surroundings) -> str:
    """Who is asked, in order."""
    first, *others = usable
    then = f", then {', '.join(each.name for each in others)}" if others else ""
    return f"through the gateway to {describe(first, around.environment)}{then}"


def _program_problems(needs: Needs, around: Surroundings) -> Iterator[RoleProblem]:
    """What is wrong with the program of a role."""
    program = needs.program
    if "/" in program:
        place = (around.folder or Path("/")) / program
        if (around.folder or program.startswith("/")) and not os.path.isfile(place):  # noqa: PTH113  # False also for one that cannot be looked at
            why = f"there is no file `{printable(program, NAME)}`, which its command runs"
            yield RoleProblem(why=why, fix="fix `command` in its entry", fatal=True)
    elif program and not find_program(program):
        fix = needs.install or "install it, or fix `command` in its entry"
        yield RoleProblem(why=f"there is no program `{printable(program, NAME)}` on PATH", fix=fix, fatal=True)


def _model_problems(
    needs: Needs, around: Surroundings, found: Mapping[str, Sequence[_Finding]], *, other: str
) -> Iterator[RoleProblem]:
    """What is wrong with the models of a role; if one provider serves it, nothing about the others is fatal.

    `other` is another way out, in words.
    """
    settings, served = around.settings, any(not any(one.out for one in each) for each in found.values())
    if not found:
        yield RoleProblem(why=nobody_speaks(needs.wires, settings), fix=fix_nobody(needs.wires, settings) + other, fatal=True)
    last = list(found)[-1:]
    for name, findings in found.items():
        for finding in findings:
            fatal = finding.out and not served
            fix = finding.fix + (other if fatal and [name] == last else "")
            yield RoleProblem(why=finding.why, fix=fix, fatal=fatal)


def _other_ways(needs: Needs, around: Surroundings) -> str:
    """Servers found here, and who can use a provider that is there but speaks no wire of the role's program."""
    offers = () if set(needs.wires).isdisjoint(LOCAL_WIRES) else around.offers
    found = "".join(f", or use {offer.words}" for offer in offers)
    others = [each for each in around.settings.providers if set(needs.wires).isdisjoint(each.wires)]
    alive = [each for each in others if has_key(each, around.environment) and not _facts(each, around).out]
    if not alive:
        return found
    speakers = {"agent": AGENT_WIRES, **{name: template.wires for name, template in TEMPLATES.items()}}
    able = [name for name, wires in speakers.items() if not set(wires).isdisjoint(alive[0].wires)]
    return f"{found}, or have the role played by {' or '.join(able)}, which can use {alive[0].name}: {needs.who} cannot"


def _facts(provider: Provider, around: Surroundings) -> ProviderFacts:
    return around.facts.get(provider.name) or ProviderFacts()


def _findings(
    spec: ResearcherSpec, needs: Needs, provider: Provider, around: Surroundings, *, listed: bool
) -> Iterator[_Finding]:
    """What is wrong with one provider."""
    facts, model = _facts(provider, around), provider.model_for(spec.model)
    if not has_key(provider, around.environment):
        why = f"the key of {provider.name} is missing: {provider.key_env} is not set"
        yield _Finding(why, f"set {provider.key_env}", out=True, lasting=True)
    elif facts.trouble:
        yield _trouble(provider, facts, around)
    elif model:
        yield from _absent(provider, facts, model)
    elif needs.own and not listed:
        yield from _unnamed(provider, facts)
    if around.dollars and model and around.settings.prices.of(provider, spec.model) is None:
        shown = printable(model, NAME)
        why = f"the budget in dollars refuses every call to {provider.name}: the price of {shown} is not known"
        fix = f"add it to `prices` in your settings ({GATEWAY_PAGE}), or limit tokens instead"
        yield _Finding(why, fix, out=True, lasting=True)


def _trouble(provider: Provider, facts: ProviderFacts, around: Surroundings) -> _Finding:
    """What a provider's answer, or its silence, means for a role."""
    name, place, why = provider.name, describe(provider, around.environment), facts.why
    match facts.trouble:
        case Trouble.NO_KEY:
            return _Finding(f"the key of {name} is missing: {why}", f"check where it comes from: {place}", out=True)
        case Trouble.KEY:
            return _Finding(f"{name} refuses its key: {why}", f"check the account and its key: {place}", out=True)
        case Trouble.ADDRESS:
            fix = "start it, or fix its address" if provider.local else "check its address and the network"
            return _Finding(f"{name} cannot be reached: {why}", f"{fix}: {place}", out=True)
        case Trouble.QUOTA:
            fix = f"wait for its reset, or set up another provider: {GATEWAY_PAGE}"
            return _Finding(f"the quota of {name} is used up: {why}", fix, out=False)
        case _:
            return _Finding(f"{name} gives no answer now: {why}", f"check whether it works: {place}", out=False)


def _absent(provider: Provider, facts: ProviderFacts, model: str) -> Iterator[_Finding]:
    """That a provider lacks a model, with the names that are near."""
    presence = facts.presence.get(model, Presence.UNKNOWN)
    if presence in {Presence.THERE, Presence.UNKNOWN}:
        return
    shown, near = printable(model, NAME), _near(facts, model)
    if presence is Presence.ABSENT:
        yield _Finding(f"{provider.name} has no model `{shown}`", f"correct `model`{near}", out=True)
    else:
        why = f"`{shown}` is not among the models that {provider.name} lists, which need not be all"
        yield _Finding(why, f"check `model`{near}", out=False)


def _unnamed(provider: Provider, facts: ProviderFacts) -> Iterator[_Finding]:
    """That nobody says which model is asked for; a local server may have just one."""
    presence = facts.presence.get("", Presence.UNKNOWN)
    if presence is not Presence.THERE:
        out = presence is Presence.ABSENT
        yield _Finding(f"no model is named for {provider.name}", f"write `model:` in the role's entry{_near(facts, '')}", out)


def _near(facts: ProviderFacts, model: str) -> str:
    """The names of a provider's models that are near to one; the first ones if none is."""
    if not facts.models:
        return ""
    lower = {name[:COMPARED].lower(): name for name in facts.models[:MOST_COMPARED]}
    close = [lower[name] for name in difflib.get_close_matches(model[:COMPARED].lower(), list(lower), n=NEAR, cutoff=0.5)]
    names = close or facts.models
    return f": {'close names are' if close else 'it has'} {listed((printable(name, NAME) for name in names), NEAR)}"
