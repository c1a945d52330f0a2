"""Mutations by the table of known rewrites: first each kind in all its places at once, then the hottest places alone."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise

from overnight.research.researchers.mutator.landscape import Landscape
from overnight.research.researchers.mutator.mutation import Mutation, key_of
from overnight.research.researchers.mutator.rewrites.rewrite import Rewrite
from overnight.research.researchers.mutator.rewrites.table import REWRITES
from overnight.research.researchers.mutator.source import Cut, Site, applied, parses
from overnight.research.researchers.mutator.statements import Routine
from overnight.words.quantities import counted

ALONE = 4  # places of a kind that are tried one by one
COLD = 0.001  # what a place is worth that takes no time: it may still save memory or size
TOGETHER = "together"
SMALL_WINS = "Small wins as one change ({kinds}): each runs, and none alone is better beyond noise"


def known_mutations(land: Landscape, allowed: Callable[[Routine], bool]) -> Iterator[Mutation]:
    """All of them, for the functions that are allowed and the lines that are reached."""
    for rewrite in REWRITES.values():
        sites = [site for source in land.sources.values() for site in rewrite.find(source) if _counts(land, site, allowed)]
        sites = [site for site in sites if parses(_edited(land, [site]))]
        sites = _apart(sorted(sites, key=lambda site: -_heat(land, site)))
        if not sites:
            continue
        if len(sites) > 1 and parses(_edited(land, sites)):
            yield _mutation(land, rewrite, sites)
        for site in sites[:ALONE]:
            yield _mutation(land, rewrite, [site])


def united(mutations: Sequence[Mutation], land: Landscape, says: str = SMALL_WINS) -> Mutation | None:
    """Several mutations as one, less those whose places overlap earlier ones; None if no two are left.

    `says`: its reason, in which `{kinds}` stands for what it is made of.
    """
    cuts: dict[str, list[Cut]] = {}
    names = []
    for mutation in mutations:
        ours = {path: [*cuts.get(path, []), *own] for path, own in mutation.cuts.items()}
        if all(_disjoint(own) for own in ours.values()):
            cuts |= ours
            names.append(mutation.operator)
    if len(names) < 2:  # noqa: PLR2004  # two are together
        return None
    reason = says.format(kinds=", ".join(dict.fromkeys(names)))
    weight = max(mutation.weight for mutation in mutations)
    return Mutation(operator=TOGETHER, reason=reason, cuts=cuts, weight=weight, key=key_of(TOGETHER, cuts, land.contents))


def _mutation(land: Landscape, rewrite: Rewrite, sites: Sequence[Site]) -> Mutation:
    cuts: dict[str, list[Cut]] = {}
    for site in sites:
        cuts.setdefault(site.path, []).extend(site.cuts)
    rule = f" ({rewrite.rule})" if rewrite.rule else ""
    where = f"{sites[0].path}:{sites[0].line}" + (f" and {counted(len(sites) - 1, 'other place')}" if len(sites) > 1 else "")
    says = rewrite.says[0].upper() + rewrite.says[1:] if rewrite.says[0].isalpha() else rewrite.says
    return Mutation(
        operator=rewrite.name,
        reason=f"{says}: {rewrite.name}{rule} in {where}",
        cuts=cuts,
        weight=sum(_heat(land, site) for site in sites) + COLD * len(sites),
        key=key_of(rewrite.name, cuts, land.contents),
    )


def _counts(land: Landscape, site: Site, allowed: Callable[[Routine], bool]) -> bool:
    routine = land.routine_at(site.path, site.line)
    return land.is_executed(site.path, site.line) and (routine is None or allowed(routine))


def _heat(land: Landscape, site: Site) -> float:
    routine = land.routine_at(site.path, site.line)
    return land.heat[routine] if routine else 0.0


def _apart(sites: Sequence[Site]) -> list[Site]:
    """The sites less those that overlap hotter ones."""
    taken: dict[str, list[Cut]] = {}
    found = []
    for site in sites:
        ours = [*taken.get(site.path, []), *site.cuts]
        if _disjoint(ours):
            taken[site.path] = ours
            found.append(site)
    return found


def _disjoint(cuts: Sequence[Cut]) -> bool:
    ordered = sorted(set(cuts))
    return all(one.end <= two.start for one, two in pairwise(ordered))


def _edited(land: Landscape, sites: Sequence[Site]) -> Mapping[str, bytes]:
    paths = {site.path for site in sites}
    return {path: applied(land.contents[path], [cut for s in sites if s.path == path for cut in s.cuts]) for path in paths}
