"""Pure: what was read of a device over time, as lines that a template draws, with a mark for each command."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from overnight.home.operations.home_show import DeviceDetail
from overnight.home.things import CommandOutcome, Value

WIDTH, HEIGHT, EDGE = 600.0, 80.0, 4.0  # of a drawing, in its own units
MOST = 6  # properties that are drawn
ON_OFF = (0.0, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A command on the line of time."""

    x: float
    done: bool
    about: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Chart:
    """One property."""

    name: str
    low: str
    high: str
    begins: float  # Unix time
    ends: float
    path: str  # of SVG, made of numbers alone
    marks: Sequence[Mark]


def charts(found: DeviceDetail) -> Sequence[Chart]:
    """A line for each property that is a number or on and off; a gap while it did not answer."""
    changes = sorted(found.changes, key=lambda each: each.at)
    if not changes:
        return ()
    begins = changes[0].at
    ends = max([changes[-1].at, found.state.asked or 0.0, *(each.at for each in found.commands)])
    span = max(ends - begins, 1.0)
    names = sorted({name for each in changes for name, value in each.values.items() if _number(value) is not None})
    marks = [
        Mark(x=_x(each.at, begins, span), done=each.outcome == CommandOutcome.DONE, about=f"command {each.number}")
        for each in found.commands
        if begins <= each.at <= ends
    ]
    made = []
    for name in names[:MOST]:
        line = [(each.at, _number(each.values.get(name))) for each in changes]
        known = [value for _, value in line if value is not None]
        is_switch = all(isinstance(each.values.get(name), bool | None) for each in changes)
        low, high = ON_OFF if is_switch else (min(known), max(known))
        path = " ".join(_path([*line, (ends, line[-1][1])], begins, span, low, high))
        said = ("no", "yes") if is_switch else (f"{low:g}", f"{high:g}")
        made.append(Chart(name=name, low=said[0], high=said[1], begins=begins, ends=ends, path=path, marks=marks))
    return made


def _path(line: Sequence[tuple[float, float | None]], begins: float, span: float, low: float, high: float) -> Iterator[str]:
    """Steps: a value holds until the next one."""
    before: float | None = None
    for at, value in line:
        x = _x(at, begins, span)
        if before is not None:
            yield f"H{x:.1f}"
        if value is not None:
            y = HEIGHT - EDGE - (HEIGHT - 2 * EDGE) * ((value - low) / (high - low) if high > low else 0.5)
            yield f"M{x:.1f} {y:.1f}" if before is None else f"V{y:.1f}"
        before = value


def _x(at: float, begins: float, span: float) -> float:
    return round(EDGE + (WIDTH - 2 * EDGE) * (at - begins) / span, 1)


def _number(value: Value | None) -> float | None:
    if value is None or isinstance(value, str):
        return None
    return float(value) if math.isfinite(value) else None
