"""Receipts: made from the record of a keep, written as text, and checked by arithmetic alone.

Does not cover: whether the values in a receipt were ever measured. Its publisher can make them up; to check, measure again
(`overnight verify --rerun`).
"""

import json
import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from statistics import stdev

from pydantic import TypeAdapter

from overnight import __version__
from overnight.gate import guards
from overnight.gate.error_budget import level_of
from overnight.gate.pairs import Pair, gain_of_parts, judged_pairs
from overnight.gate.plausibility import Levels, doubts, unbelievable
from overnight.gate.scale import Scale
from overnight.gate.seeds import candidate_first
from overnight.gate.stats import LARGEST as FARTHEST
from overnight.gate.stats import clip, log_label_swap, mean
from overnight.gate.trial import Arm, Stage, Trial, TrialKey
from overnight.program.metric import LARGEST as LARGEST_VALUE
from overnight.program.program import PROGRAM, Metric, Program
from overnight.research.events import Event
from overnight.research.findings import Finding
from overnight.research.history import as_judged
from overnight.research.receipts.receipt import FORMAT, RawPair, Receipt
from overnight.research.standing import Kept
from overnight.research.state import State
from overnight.words.quantities import counted

LARGEST = 1_000_000  # characters: 60 pairs take some 10,000
FEWEST_OF_SPREAD = 5  # pairs whose heads say how trials vary
_SAME = 1e-9  # by which sums of logarithms may differ between two machines
_LARGEST_LOG = 700.0  # e^x beyond it overflows
# Keys that are written only if they say something, so that other receipts stay as versions before these keys read them.
_SOME, _SOME_OF_PAIR = ("file", "parts", "expensive"), ("baseline_parts", "candidate_parts")
_ADAPTER: TypeAdapter[Receipt] = TypeAdapter(Receipt)


def receipt_of(state: State, kept: Kept, events: Sequence[Event], verdict_hash: str) -> Receipt:
    """The receipt of a kept change, from the events of its experiment; the same record gives the same receipt."""
    opened = as_judged(events)
    if opened is None:
        raise ValueError(f"the events of experiment {kept.number} have no proposal")
    registered = opened.registered
    program, conclusion = state.program, kept.conclusion
    pairs = tuple(_raw_pairs(state, judged_pairs(opened.trials, conclusion.pairs)))
    margin = registered.margin if registered and conclusion.margin is not None else conclusion.margin
    return Receipt(
        version=__version__,
        campaign=state.tag,
        experiment=kept.number,
        sandbox="process" if state.unjailed else state.sandbox,
        start=state.start,
        base=opened.base,
        commit=kept.commit,
        tree=opened.tree,
        program=program.digest,
        file=program.path,
        metric=program.metric.name,
        direction=program.metric.direction,
        min_effect=program.metric.min_effect,
        guards=program.guards,
        parts=program.metric.parts,
        expensive=program.gate.expensive,
        error_rate=program.gate.error_rate,
        keeps=state.kept.index(kept),
        test=registered.test if registered else None,
        level=conclusion.level,
        scale=_scale_of(program.metric, pairs, margin or 0.0, conclusion.log_e),
        margin=margin,
        pairs=pairs,
        log_e=conclusion.log_e,
        head_values=() if registered else kept.head_values,
        values=() if registered else tuple(_screened(opened.trials)),
        gain=conclusion.gain,
        low=conclusion.low,
        high=conclusion.high,
        confidence=conclusion.confidence,
        holdout_gain=conclusion.holdout_gain,
        verdict_hash=verdict_hash,
    )


def _raw_pairs(state: State, pairs: Sequence[Pair]) -> Iterator[RawPair]:
    bounds = state.program.guards
    for pair in pairs:
        trial = pair.candidate or pair.baseline
        if trial is None:
            continue
        metrics = pair.candidate.metrics if pair.candidate else {}
        yield RawPair(
            index=pair.index,
            seed=trial.seed,
            first=Arm.CANDIDATE if candidate_first(state.secret, trial.key) else Arm.BASELINE,
            baseline=pair.baseline.value if pair.baseline else None,
            candidate=pair.candidate.value if pair.candidate else None,
            guarded={guard.metric: metrics[guard.metric] for guard in bounds if guard.metric in metrics},
            baseline_parts=_parts_of(state.program.metric, pair.baseline),
            candidate_parts=_parts_of(state.program.metric, pair.candidate),
        )


def _parts_of(metric: Metric, trial: Trial | None) -> tuple[float, ...]:
    return tuple(trial.metrics[name] for name, _ in metric.parts) if trial and trial.value is not None else ()


def _screened(trials: Sequence[Trial]) -> list[float]:
    return [trial.value for trial in trials if trial.key.stage is Stage.SCREEN and trial.value is not None]


def _scale_of(metric: Metric, pairs: Sequence[RawPair], margin: float, log_e: float | None) -> Scale:
    """The scale that the gate used: the one that reproduces its evidence."""
    judged = (scale for scale in Scale if log_e is not None and _same(_log_e(metric, scale, pairs, margin), log_e))
    return next(judged, Scale.LINEAR)


def write_receipt(receipt: Receipt) -> str:
    """The receipt as JSON in ASCII, with a line for each field and each pair; what only some campaigns have may be left out."""
    fields = json.loads(_ADAPTER.dump_json(receipt))
    for some, keys in ((fields, _SOME), *((pair, _SOME_OF_PAIR) for pair in fields["pairs"])):
        for key in keys:
            if some[key] in ([], False, PROGRAM):
                del some[key]
    return "{\n" + ",\n".join(f'"{name}": {_lines(value)}' for name, value in fields.items()) + "\n}\n"


def _lines(value: object) -> str:
    if isinstance(value, list) and value and isinstance(value[0], dict):
        return "[\n " + ",\n ".join(json.dumps(row) for row in value) + "\n]"
    return json.dumps(value)


def read_receipt(text: str) -> Receipt:
    """Parse the text of a receipt.

    Raises:
        ValueError: it is not a receipt, or its format is another.
    """
    if len(text) > LARGEST:
        raise ValueError(f"more than {LARGEST} characters")
    receipt = _ADAPTER.validate_json(text)
    if receipt.format != FORMAT:
        raise ValueError(f"format {receipt.format}; this overnight reads {FORMAT}")
    return receipt


def check_receipt(receipt: Receipt) -> list[Finding]:
    """Whether the verdict follows from the values: everything that needs no repository."""
    metric = replace(_metric(receipt), min_effect=receipt.min_effect)
    if receipt.level is None:
        return [_exact(receipt, metric)]
    findings = [_evidence(receipt, metric), _level(receipt, receipt.level), _seeds(receipt)]
    return [*findings, _guarded(receipt, receipt.level)] if receipt.guards else findings


def _metric(receipt: Receipt) -> Metric:
    return Metric(name=receipt.metric, direction=receipt.direction, parts=receipt.parts)


def doubts_about(receipt: Receipt, program: Program | None = None) -> tuple[str, ...]:
    """What makes the values of a receipt hard to believe; the keeps before it are not known, nor is the noise beyond its pairs.

    `program` is that of the campaign, None if it is not known: then no gain is unbelievable.
    """
    metric = _metric(receipt)
    both = [
        (pair.baseline, pair.candidate) for pair in receipt.pairs if pair.baseline is not None and pair.candidate is not None
    ]
    before, after = [one for one, _ in both] or receipt.head_values, [other for _, other in both] or receipt.values
    if not before or not after or max(map(abs, (*before, *after))) > LARGEST_VALUE:
        return ()
    levels = Levels(before=mean(before), after=mean(after), deviations=_deviations(receipt, metric, before, after))
    beyond = unbelievable(replace(program, metric=metric), levels) if program else ""
    return (*([f"unbelievable until read: {beyond}"] if beyond else []), *doubts(metric, levels, ()))


def _deviations(receipt: Receipt, metric: Metric, before: Sequence[float], after: Sequence[float]) -> float | None:
    """The gain in sd of the head's trials in the pairs; None if they are too few, or without noise."""
    scale = Scale(receipt.scale) if receipt.scale in set(Scale) else Scale.LINEAR
    placed = [scale.place(value) for value in before]
    spread = stdev(placed) if len(placed) >= FEWEST_OF_SPREAD else 0.0
    return clip(scale.gain(metric, mean(before), mean(after)) / spread, FARTHEST) if spread > 0.0 else None


def _evidence(receipt: Receipt, metric: Metric) -> Finding:
    """E, recomputed from the raw values, against what the level requires; and the gain that goes with it."""
    scale = Scale(receipt.scale) if receipt.scale in set(Scale) else Scale.LINEAR
    if not all(_fit(metric, pair) for pair in receipt.pairs):
        return Finding(what="evidence", holds=False, detail="the parts of a value are missing, or give another value")
    gains = _gains(metric, scale, receipt.pairs)
    if not gains:
        return Finding(what="evidence", holds=False, detail="no pair has two values")
    log_e, needed = _log_e(metric, scale, receipt.pairs, receipt.margin or 0.0), -math.log(receipt.level or 1.0)
    agrees = receipt.log_e is not None and _same(log_e, receipt.log_e)
    large = _large(receipt, mean(gains), None if scale is Scale.LOG else metric.min_effect)
    detail = f"E = {_e(log_e)} from {counted(len(gains), 'pair')}, {_e(needed)} needed"
    if receipt.margin:
        detail += f" for less code that is no worse by {receipt.margin:.4g}"
    if not agrees:
        detail += "; the receipt has another value"
    elif not large:
        detail += "; but the mean gain is too small for a keep"
    return Finding(what="evidence", holds=agrees and large and log_e >= needed, detail=detail)


def _large(receipt: Receipt, gain: float, min_effect: float | None) -> bool:
    """Whether the mean gain is enough for a keep; for less code, within the margin, which is at most `min_effect`."""
    if receipt.margin:
        return gain + receipt.margin > 0.0 and (min_effect is None or receipt.margin <= min_effect * (1.0 + _SAME))
    return gain > 0.0 and (min_effect is None or gain >= min_effect)


def _level(receipt: Receipt, level: float) -> Finding:
    right = level_of(receipt.error_rate, test=max(receipt.test or 1, 1), keeps=receipt.keeps, expensive=receipt.expensive)
    after = counted(receipt.keeps, "keep")
    detail = f"{level:.3g} for test {receipt.test} after {after}, at an error rate of {receipt.error_rate:g}"
    holds = receipt.test is not None and receipt.test >= 1 and receipt.keeps >= 0 and level <= right * (1.0 + _SAME)
    return Finding(what="level", holds=holds, detail=detail if holds else f"{detail}; the budget gives {right:.3g}")


def _seeds(receipt: Receipt) -> Finding:
    """A seed may not count twice: its luck is the same both times."""
    fresh = len({pair.seed for pair in receipt.pairs}) == len({pair.index for pair in receipt.pairs}) == len(receipt.pairs)
    return Finding(what="seeds", holds=fresh, detail="each pair has its own" if fresh else "a pair or a seed appears twice")


def _guarded(receipt: Receipt, level: float) -> Finding:
    named = ", ".join(map(str, receipt.guards))
    trials = [_as_trial(pair) for pair in receipt.pairs if pair.baseline is not None and pair.candidate is not None]
    if any(guard.metric not in trial.metrics for guard in receipt.guards for trial in trials):
        return Finding(what="guards", holds=False, detail=f"{named}: a value is missing")
    log_e = guards.log_evidence(receipt.guards, trials)
    return Finding(
        what="guards", holds=log_e >= -math.log(level), detail=f"{named}: E = {_e(log_e)}, {_e(-math.log(level))} needed"
    )


def _exact(receipt: Receipt, metric: Metric) -> Finding:
    """A keep in a target without noise: the candidate's trials are equal, and better than the head's."""
    heads, values = receipt.head_values, receipt.values
    if not heads or not values:
        return Finding(what="evidence", holds=False, detail="trials are missing")
    gain = metric.gain(mean(heads), values[0])
    large = gain > max(metric.min_effect or 0.0, 0.0) or (receipt.margin is not None and gain >= 0.0)
    large = large and len({*values}) == 1
    agrees = receipt.gain is not None and math.isclose(gain, receipt.gain, rel_tol=_SAME)
    detail = f"without noise: {mean(heads):g} in {counted(len(heads), 'trial')} before, {values[0]:g} in {len(values)} after"
    return Finding(what="evidence", holds=large and agrees, detail=detail)


def _as_trial(pair: RawPair) -> Trial:
    key = TrialKey(experiment=0, stage=Stage.CONFIRM, arm=Arm.CANDIDATE, index=pair.index)
    return Trial(key=key, seed=pair.seed, tree="", value=pair.candidate, metrics=pair.guarded)


def _gains(metric: Metric, scale: Scale, pairs: Sequence[RawPair]) -> list[float]:
    ordered = sorted(pairs, key=lambda pair: pair.index)
    if metric.parts:
        both = ((_named(metric, pair.baseline_parts), _named(metric, pair.candidate_parts)) for pair in ordered)
        return [gain_of_parts(metric, before, after) for before, after in both if before and after]
    values = ((pair.baseline, pair.candidate) for pair in ordered)
    return [scale.gain(metric, before, after) for before, after in values if before is not None and after is not None]


def _named(metric: Metric, parts: Sequence[float]) -> dict[str, float]:
    return {name: part for (name, _), part in zip(metric.parts, parts, strict=False)}


def _fit(metric: Metric, pair: RawPair) -> bool:
    """Whether the parts of both values are there and give them."""
    both = ((pair.baseline, pair.baseline_parts), (pair.candidate, pair.candidate_parts))
    return all(_gives(metric, parts, value) for value, parts in both)


def _gives(metric: Metric, parts: Sequence[float], value: float | None) -> bool:
    if value is None or not metric.parts:
        return not parts
    if len(parts) != len(metric.parts):
        return False
    return _same(mean([part / spread for part, (_, spread) in zip(parts, metric.parts, strict=True)]), value)


def _log_e(metric: Metric, scale: Scale, pairs: Sequence[RawPair], margin: float) -> float:
    gains = [gain + margin for gain in _gains(metric, scale, pairs)]
    return log_label_swap(gains) if gains else 0.0


def _same(one: float, other: float) -> bool:
    return math.isclose(one, other, rel_tol=_SAME, abs_tol=_SAME)


def _e(log: float) -> str:
    if math.isinf(log):
        return "certain"
    return f"{math.exp(min(log, _LARGEST_LOG)):.4g}"
