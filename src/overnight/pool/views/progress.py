"""Pure: the verified progress of a chain, as a line that a template draws, with a mark for the gain of each block."""

from collections.abc import Sequence
from dataclasses import dataclass

from overnight.pool.views.standing import EntryLine

WIDTH, HEIGHT, GAINS, EDGE = 600.0, 110.0, 40.0, 4.0  # of a drawing and of the strip of gains below, in its own units
MOST = 300  # columns: neighbours of a longer chain share one


@dataclass(frozen=True, slots=True, kw_only=True)
class GainMark:
    """The gain of the blocks of one column."""

    x: float
    top: float
    counts: bool  # all of these blocks do


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """A drawing; its texts are numbers alone."""

    path: str  # of SVG
    marks: Sequence[GainMark]
    total: float  # of the metric, by the blocks that count
    largest: float  # gain of a column
    per_column: int  # entries

    @property
    def height(self) -> float:
        """Of the whole drawing."""
        return HEIGHT + GAINS


def progress_of(lines: Sequence[EntryLine]) -> Progress | None:
    """The gain of all entries so far, after each; a withdrawal takes its block's gain back. None: there is no entry."""
    if not lines:
        return None
    per_column = -(-len(lines) // MOST)
    totals, gains, counts = [0.0], [0.0], [True]
    now, blocks = 0.0, {each.number: each.gain or 0.0 for each in lines}
    for start in range(0, len(lines), per_column):
        column = lines[start : start + per_column]
        now += sum(each.gain if each.gain is not None else -blocks.get(each.withdraws or 0, 0.0) for each in column)
        totals.append(now)
        gains.append(sum(each.gain or 0.0 for each in column))
        counts.append(all(each.counts for each in column if each.gain is not None))
    low, high, largest = min(totals), max(totals), max(gains)
    step = (WIDTH - 2 * EDGE) / (len(totals) - 1)
    ys = [HEIGHT - EDGE - (HEIGHT - 2 * EDGE) * ((each - low) / (high - low) if high > low else 0.0) for each in totals]
    path = f"M{EDGE:.1f} {ys[0]:.1f}" + "".join(f"H{EDGE + at * step:.1f}V{y:.1f}" for at, y in enumerate(ys) if at)
    marks = [
        GainMark(
            x=round(EDGE + at * step, 1),
            top=round(HEIGHT + GAINS - EDGE - (GAINS - 2 * EDGE) * max(gain, 0.0) / largest, 1),
            counts=counts[at],
        )
        for at, gain in enumerate(gains)
        if at and gain and largest > 0.0
    ]
    return Progress(path=path, marks=marks, total=now, largest=largest, per_column=per_column)
