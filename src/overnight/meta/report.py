"""The report of a meta-campaign as a value, from which the terminal, `--json` and the section of the page are made."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from overnight.errors import UserError
from overnight.gate.memory import GateMemory
from overnight.gate.noise import noise_report
from overnight.git.repository import Repository
from overnight.meta.charter import Charter
from overnight.meta.forecast import forecast
from overnight.meta.noise import FOLDER, Noise, newest_noise
from overnight.meta.outcome import SEARCHED, MetaOutcome, MetaSpent, OutcomeFold, Purpose, spreads_of
from overnight.meta.wiring import charter_of, slots_of
from overnight.research.record.port import Ledger
from overnight.research.state import State


@dataclass(frozen=True, slots=True, kw_only=True)
class MetaReport:
    """What `meta report --json` prints."""

    tag: str
    organisation: str  # the file
    start: str  # commit
    head: str  # commit
    experiments: int  # organisations that were tried
    kept: int
    outcome: MetaOutcome
    smallest: float | None  # difference that the budget could find in a first test, in spreads
    per_sigma: MetaSpent | None  # of the search for the head, for each spread of audited gain; None: not audited, or no gain
    share: int  # inner budgets that the search took on each target: the budget of one longer campaign
    files: tuple[Path, ...] = ()  # of the report


def meta_report(ledger: Ledger, repository: Repository, state: State) -> MetaReport:
    """What the record shows, running or not.

    Raises:
        UserError: the campaign is none of organisations.
    """
    charter, metric = charter_of(repository, state), state.program.metric
    fold = OutcomeFold(metric)
    for recorded in ledger.events():
        fold.take(recorded.event)
    found = fold.outcome({kept.number: kept.hypothesis for kept in state.kept})
    noise = _check_of(spreads_of(metric), repository.overnight / FOLDER)
    found = replace(found, spent={Purpose.CHECK: _checked(noise), **found.spent} if noise else found.spent)
    search = search_of(found)
    gained = found.public.gain.gain if found.public and found.public.gain else 0.0
    return MetaReport(
        tag=state.tag,
        organisation=charter.organisation,
        start=state.start,
        head=state.head,
        experiments=state.tally.experiments,
        kept=len(state.kept),
        outcome=found,
        smallest=_smallest(state, charter, noise, repository),
        per_sigma=search.divided(gained) if gained > 0 else None,
        share=share_of_search(charter, search),
    )


def _smallest(state: State, charter: Charter, noise: Noise | None, repository: Repository) -> float | None:
    """By what the budget pays for if the check is known, else by `max_pairs` alone."""
    if noise is None:
        return noise_report(state.program, GateMemory()).smallest_effect
    return forecast(charter, noise, _slots(charter, repository, state.tag)).smallest_spreads


def _slots(charter: Charter, repository: Repository, tag: str) -> int:
    try:
        return slots_of(charter, repository, tag)
    except UserError:  # a target is gone, and the report is still made
        return 1


def search_of(found: MetaOutcome) -> MetaSpent:
    """What finding the head took, the check included."""
    total = MetaSpent()
    for purpose in SEARCHED:
        total += found.spent.get(purpose, MetaSpent())
    return total


def share_of_search(charter: Charter, search: MetaSpent) -> int:
    """How many inner budgets the search took on each target; at least 2, so that a longer campaign is one."""
    inner, audits = charter.inner, 2 * charter.audit_pairs * search.campaigns
    if inner.trials is not None:
        budgets = (search.trials + audits) / inner.trials
    elif inner.tokens:
        budgets = search.tokens / inner.tokens
    elif inner.cost_usd:
        budgets = search.cost_usd / inner.cost_usd
    else:
        budgets = float(search.campaigns)
    return max(2, math.ceil(budgets / len(charter.all_targets)))


def _check_of(spreads: Mapping[str, float], folder: Path) -> Noise | None:
    """The check that found these spreads, if it is still known."""
    noise = newest_noise(folder)
    known = noise.targets if noise else {}
    same = all(name in known and known[name].spread == spread for name, spread in spreads.items())
    return noise if spreads and same else None


def _checked(noise: Noise) -> MetaSpent:
    """What a check took."""
    spent = MetaSpent()
    for one in noise.targets.values():
        spent += MetaSpent(
            campaigns=one.campaigns,
            trials=round(one.campaigns * one.trials),
            tokens=round(one.campaigns * one.tokens),
            cost_usd=one.campaigns * one.cost_usd,
            hours=one.campaigns * one.elapsed_s / 3600,
        )
    return spent
