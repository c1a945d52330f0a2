"""How noisy the progress of one organisation is: pairs of inner campaigns that differ in their secrets alone (A/A)."""

import hashlib
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import anyio

from overnight.errors import UserError
from overnight.files.atomic import write_atomically
from overnight.files.folders import remove_tree
from overnight.files.own import make_folder, read_own
from overnight.gate.stats import mean
from overnight.meta.charter import Charter, Target
from overnight.meta.task import Blame, InnerResult, InnerTask
from overnight.meta.trials import Payer, inner_task
from overnight.meta.workers import Workers
from overnight.research.loop.port import TrialPostponed
from overnight.words.foreign import printable

FOLDER, FILE = "meta-check", "noise.json"
PAIRS = 8  # by default: with 8 the true spread is .68 to 1.9 times the estimate (95 %), with 4 it is .6 to 2.9 times
CLAIM = 10  # inner campaigns below which nothing is said of differences
SHARE = 5  # the check has at most a fifth of the budget, unless that is less than a claim needs
ROUNDING = 1e-9  # share of a gain: two that differ by less are equal but for rounding
LARGEST = 1_000_000  # bytes of what a check found
REASON = 300  # characters of a foreign reason

See = Callable[[Target, int, int, InnerResult], None]  # target, pair, arm, what came of it


@dataclass(frozen=True, slots=True, kw_only=True)
class TargetNoise:
    """The progress of the start organisation on one target."""

    mean: float  # in the metric's units
    spread: float  # sd of the difference of two such campaigns
    nothing: float  # share that gained nothing
    campaigns: int
    trials: float  # of one, on average
    elapsed_s: float  # of one, on average
    tokens: float
    cost_usd: float
    proposal_tokens: float = 0.0  # of one proposal, on average


@dataclass(frozen=True, slots=True, kw_only=True)
class Noise:
    """What `overnight meta check` found."""

    basis: str  # digest of what it depends on
    targets: Mapping[str, TargetNoise]

    @property
    def pairs(self) -> int:
        """How many it rests on, on each target."""
        return min(one.campaigns for one in self.targets.values()) // 2

    def text(self) -> str:
        """As JSON."""
        return json.dumps(asdict(self))


def basis_of(charter: Charter, text: str, sources: Mapping[str, tuple[str, str]]) -> str:
    """The digest of what the noise depends on: the organisation, the targets and the inner budget."""
    facts = [text, str(charter.targets), str(charter.holdout), str(charter.inner), charter.audit_pairs, sorted(sources.items())]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def default_pairs(charter: Charter) -> int:
    """How many pairs a check runs if nobody says: what the gate needs, within a fifth of the budget, and enough for a claim."""
    per_pair = 2 * len(charter.all_targets)
    fewest = max(2, math.ceil(CLAIM / per_pair))
    campaigns = charter.budget.campaigns
    return PAIRS if campaigns is None else max(fewest, min(PAIRS, campaigns // SHARE // per_pair))


def known_noise(folder: Path, basis: str, pairs: int = 0) -> Noise | None:
    """What an earlier check found, if it was of the same and had as many pairs."""
    noise = newest_noise(folder)
    return noise if noise and noise.targets and noise.basis == basis and noise.pairs >= pairs else None


def newest_noise(folder: Path) -> Noise | None:
    """What the newest check found, whatever it was of."""
    try:
        read = json.loads(read_own(folder / FILE, LARGEST))
        return Noise(basis=read["basis"], targets={name: TargetNoise(**one) for name, one in read["targets"].items()})
    except (OSError, ValueError, TypeError, KeyError):
        return None


async def measure_noise(
    charter: Charter,
    text: str,
    folder: Path,
    *,
    workers: Workers,
    slots: int,
    sources: Mapping[str, tuple[str, str]],
    pairs: int,
    sandbox: str,
    stopping: Callable[[], bool],
    see: See,
) -> Noise | None:
    """Run the pairs, or what is left of them; None if it is stopped before its end.

    Raises:
        UserError: a target cannot be measured, or no campaign gained anything.
    """
    basis = basis_of(charter, text, sources)
    for own in (folder, folder / basis[:16]):
        make_folder(own)
    results: dict[tuple[str, int, int], InnerResult] = {}
    targets = charter.all_targets
    jobs = [(target, pair, arm) for pair in range(pairs) for target in targets for arm in (0, 1)]
    free = list(range(slots))
    limiter = anyio.Semaphore(slots)

    async def one(target: Target, pair: int, arm: int) -> None:
        task = _task(charter, text, folder / basis[:16], target=target, pair=pair, arm=arm, sources=sources, sandbox=sandbox)
        async with limiter:
            if stopping():
                return
            slot = free.pop()
            try:
                found = workers.known(task) or await workers.run(task, slot, stopping)
            except TrialPostponed:
                return
            finally:
                free.append(slot)
        if found.progress is None:
            if found.blame in {Blame.ORGANISATION, Blame.TARGET}:  # others go on where they were
                remove_tree(Path(task.folder))  # so that it is tried again once the reason is gone
            raise _cannot(target, found)
        results[target.name, pair, arm] = found
        see(target, pair, arm, found)

    async with anyio.create_task_group() as tasks:
        for job in jobs:
            tasks.start_soon(one, *job)
    if len(results) < len(jobs):
        return None
    noise = Noise(basis=basis, targets={target.name: _of(target, results, pairs) for target in targets})
    write_atomically(folder / FILE, noise.text().encode())
    return noise


def _task(
    charter: Charter,
    text: str,
    folder: Path,
    *,
    target: Target,
    pair: int,
    arm: int,
    sources: Mapping[str, tuple[str, str]],
    sandbox: str,
) -> InnerTask:
    return inner_task(
        charter,
        target,
        text,
        folder=folder / f"{pair}-{arm}" / target.name,
        seed=int.from_bytes(hashlib.sha256(f"check {pair}".encode()).digest()[:4], "big") >> 1,
        share=1.0,
        source=sources.get(target.name, ("", "")),
        sandbox=sandbox,
        payer=Payer(key=f"campaign:{FOLDER}:{folder.name}", label=FOLDER),
        secret=hashlib.sha256(f"check {pair} {arm} {target.name}".encode()).hexdigest(),
    )


def _cannot(target: Target, found: InnerResult) -> UserError:
    if found.blame in {Blame.MODELS, Blame.SETUP}:
        why = f"on the target {target.name} not everybody in the organisation can work: {printable(found.failure, REASON)}"
        return UserError(why, fix="`overnight agents` says what each role needs; `overnight meta check` goes on after that")
    what = f"the target {target.name} cannot be measured: {printable(found.failure, REASON)}"
    return UserError(what, fix=f"`overnight check` in {target.folder} says more" if target.folder else "")


def _of(target: Target, results: Mapping[tuple[str, int, int], InnerResult], pairs: int) -> TargetNoise:
    every = [results[target.name, pair, arm] for pair in range(pairs) for arm in (0, 1)]
    gains = [[results[target.name, pair, arm].progress or 0.0 for arm in (0, 1)] for pair in range(pairs)]
    spread = math.sqrt(mean([(a - b) ** 2 for a, b in gains]))
    if spread <= ROUNDING * max(abs(gain) for pair in gains for gain in pair):
        what = f"on the target {target.name} two campaigns of one organisation never differ: {_why(gains)}"
        raise UserError(what, fix="give inner campaigns more trials, or choose another target")
    return TargetNoise(
        mean=mean([gain for pair in gains for gain in pair]),
        spread=spread,
        nothing=mean([float(gain == 0.0) for pair in gains for gain in pair]),
        campaigns=len(every),
        trials=mean([float(one.trials) for one in every]),
        elapsed_s=mean([one.elapsed_s for one in every]),
        tokens=mean([float(one.tokens) for one in every]),
        cost_usd=mean([one.cost_usd for one in every]),
        proposal_tokens=_per_proposal(every),
    )


def _per_proposal(results: Sequence[InnerResult]) -> float:
    """The tokens of one proposal, of roles that ask models; 0 if none does."""
    roles = [role for one in results for role in one.by_role.values() if role.get("tokens")]
    return sum(role["tokens"] for role in roles) / max(1.0, sum(role.get("proposed", 0.0) for role in roles))


def _why(gains: Sequence[Sequence[float]]) -> str:
    return "none gained anything" if not any(gain for pair in gains for gain in pair) else "their gains are equal"
