"""Measures kept changes again for `overnight verify --rerun`: fresh seeds, the same jail, nothing recorded."""

from collections.abc import Sequence

from overnight.errors import UserError
from overnight.gate.audit import PAIRS, PAIRS_EXACT, Estimate, estimate_gain
from overnight.gate.noise import noise_kind, noise_model
from overnight.git.repository import Repository
from overnight.program.program import Noise
from overnight.research.findings import Finding, Rerun, RerunPair
from overnight.research.loop.recheck import FreshPair, Recheck
from overnight.research.standing import Kept
from overnight.research.state import State
from overnight.research.wiring import SessionRequest, remeasuring
from overnight.words.figures import figure
from overnight.words.foreign import printable

TEXT = 200  # characters of a reason


def chosen(state: State, which: str) -> Sequence[Kept]:
    """The kept changes that `all` or a number names.

    Raises:
        UserError: there is none.
    """
    found = [kept for kept in state.kept if which in ("all", str(kept.number))]
    if not found:
        known = ", ".join(str(kept.number) for kept in state.kept) or "none"
        raise UserError(f"`{printable(which, TEXT)}` was not kept", fix=f"choose `all` or one that was kept: {known}")
    return found


async def rerun(
    repository: Repository, state: State, request: SessionRequest, kept: Sequence[Kept], pairs: int | None
) -> list[Rerun]:
    """Measure each kept change against its parent."""
    exact = noise_kind(state.program, state.gate) is Noise.DETERMINISTIC
    count = pairs or (PAIRS_EXACT if exact else PAIRS)
    with remeasuring(repository, state.program, state.start, request) as recheck:
        return [await _one(recheck, state, one, count) for one in kept]


async def _one(recheck: Recheck, state: State, kept: Kept, count: int) -> Rerun:
    place = state.kept.index(kept)
    base = state.kept[place - 1].commit if place else state.start
    pairs = [await recheck.pair(kept.number, index, before=base, after=kept.commit) for index in range(count)]
    both = [(p.before.value, p.after.value) for p in pairs]
    whole = [(before, after) for before, after in both if before is not None and after is not None]
    estimate = estimate_gain(state.program.metric, noise_model(state.program, state.gate), whole)
    holds, reason = _judge(pairs, estimate)
    return Rerun(
        number=kept.number,
        base=base,
        commit=kept.commit,
        claimed=kept.conclusion.gain,
        estimate=estimate,
        holds=holds,
        reason=reason,
        pairs=tuple(RerunPair(seed=p.seed, before=p.before.value, after=p.after.value) for p in pairs),
    )


def _judge(pairs: Sequence[FreshPair], estimate: Estimate | None) -> tuple[bool | None, str]:
    failed = next((p.after.reason for p in pairs if p.after.value is None), None)
    if failed is not None:
        return False, f"a trial of it failed: {failed}"
    if estimate is None:
        return None, "too few of the pairs have values"
    if estimate.low > 0.0:
        return True, "better again, beyond noise"
    if estimate.high <= 0.0:
        return False, "no better"
    return None, "neither confirmed nor refuted: use more --pairs"


def as_finding(found: Rerun) -> Finding:
    """A fresh measurement as one line of `verify`."""
    if found.estimate is None:
        return Finding(what=f"kept #{found.number}", holds=found.holds, detail=printable(found.reason, TEXT))
    fresh = found.estimate
    interval = (
        f"{figure(fresh.gain, 4, signed=True)} [{figure(fresh.low, 4)}, {figure(fresh.high, 4)}] in {fresh.pairs} fresh pairs"
    )
    claimed = f"claimed {figure(found.claimed, 4, signed=True)}" if found.claimed is not None else "nothing claimed"
    return Finding(what=f"kept #{found.number}", holds=found.holds, detail=f"gain {interval}, {claimed}: {found.reason}")
