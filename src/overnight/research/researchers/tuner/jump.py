"""The best values of a search as one proposal, without those constants that add nothing; and what each of the rest is for."""

from collections.abc import Mapping
from dataclasses import dataclass

from overnight.research.researchers.tuner.exploring import Explorer
from overnight.research.researchers.tuner.findings import Value

_NOTHING = 0.02  # of the whole gain: a constant that is expected to add less stays as it is
_ALTOGETHER = 0.08  # of the whole gain: all of those together


@dataclass(frozen=True, slots=True, kw_only=True)
class Jump:
    """New values of a few constants, as the model expects them to do; gains in the metric's units, over the head."""

    values: Mapping[str, Value]  # of those that change
    gain: float
    error: float  # sd of the gain, as far as the model knows
    shares: Mapping[str, float]  # of the gain that is lost without each: they need not add up to 1


def best_jump(explorer: Explorer, seed: int) -> Jump | None:
    """The best jump from the head; None if the head is expected to be best."""
    best = explorer.best(seed)
    changed = {d.key: best[d.key] for d in explorer.space if best[d.key] != d.constant.value}
    whole = float(explorer.gains([changed])[0][0]) if changed else 0.0
    gain = whole
    while len(changed) > 1 and whole > 0.0:
        without = _without_each(changed)
        gains = explorer.gains(without)[0]
        place = int(gains.argmax())
        if gain - gains[place] > _NOTHING * whole or whole - gains[place] > _ALTOGETHER * whole:
            break
        changed, gain = without[place], float(gains[place])
    if gain <= 0.0:
        return None
    gains, errors = explorer.gains([changed, *_without_each(changed)])
    lost = {key: float(1.0 - left / gains[0]) for key, left in zip(changed, gains[1:], strict=True)}
    shares = dict(sorted(lost.items(), key=lambda item: -item[1]))
    return Jump(values={key: changed[key] for key in shares}, gain=float(gains[0]), error=float(errors[0]), shares=shares)


def _without_each(changed: Mapping[str, Value]) -> list[dict[str, Value]]:
    """The changes without the first of them, without the second, and so on."""
    return [{key: value for key, value in changed.items() if key != left_out} for left_out in changed]
