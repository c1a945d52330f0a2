"""Where a campaign stands, in a message for a phone: the facts of `overnight status`, in ten lines at most."""

from overnight.gate.plausibility import hold
from overnight.research.views.numbers import interval, money, number
from overnight.research.views.status import KeepSummary, Status, life, measured_level, open_stages
from overnight.words.foreign import printable
from overnight.words.quantities import compact, counted, duration, more

MOST_LINES = 10
KEEPS, HELD = 3, 2  # lines about them
LINE = 200  # characters
HYPOTHESIS = 80


def status_message(now: Status) -> tuple[str, ...]:
    """The lines; the first begins with the name of the campaign."""
    held = [keep for keep in now.keeps if keep.unbelievable]
    kept = [keep for keep in now.keeps if not keep.replaced_by]
    lines = [
        f"{now.tag}: {life(now)}, {duration(now.elapsed_s)} so far",
        *(hold(keep.number, keep.doubts) for keep in held[:HELD]),
        f"{now.metric} ({now.direction}): {measured_level(now)}",
        f"{counted(now.experiments, 'experiment')}, {counted(now.trials, 'trial')}: {now.kept} kept, "
        f"{now.discarded} discarded, {now.crashed} crashed, {now.rejected} rejected, {now.open} open{open_stages(now)}",
        *([f"models: {compact(now.tokens)} tokens, {money(now.cost_usd)}"] if now.tokens else []),
        *(_kept(keep) for keep in kept[-KEEPS:]),
        *([more(len(kept) - KEEPS, "kept change")] if len(kept) > KEEPS else []),
    ]
    return tuple(printable(line, LINE) for line in lines[:MOST_LINES])


def _kept(keep: KeepSummary) -> str:
    gained = f"{number(keep.gain)}{interval(keep.low, keep.high)}"
    return f"kept #{keep.number}: {gained}, {printable(keep.hypothesis, HYPOTHESIS)}"
