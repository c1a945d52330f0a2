"""How counts, times and sizes are written for people, the same in every view."""

from collections.abc import Iterable

_MINUTE_S, _HOUR_S = 60, 3600
_NUMBERED = 3
_SIZES = ((1000**3, "GB"), (1000**2, "MB"), (1000, "kB"), (1, "B"))


def counted(count: int, noun: str) -> str:
    """`1 change`, `12 changes`."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def more(count: int, noun: str = "") -> str:
    """`and 3 more`, `and 1 more file`."""
    return f"and {counted(count, f'more {noun}')}" if noun else f"and {count:,} more"


def listed(names: Iterable[str], most: int, separator: str = ", ", *, noun: str = "") -> str:
    """The first `most` of the names, and how many more there are: `a, b and 3 more`, with `noun` `a, b and 3 more files`."""
    every = list(names)
    shown = separator.join(every[:most])
    return f"{shown} {more(len(every) - most, noun)}" if len(every) > most else shown


def numbered(numbers: Iterable[int]) -> str:
    """Experiments by number: `#3, #8`; of many, the first three and how many more there are."""
    return listed((f"#{number}" for number in numbers), _NUMBERED)


def duration(seconds: float) -> str:
    """Such as `4.2 s`, `3 min 20 s`, `2 h 05 min`."""
    if seconds < _MINUTE_S:
        return f"{seconds:.1f} s"
    if seconds < _HOUR_S:
        return f"{int(seconds) // _MINUTE_S} min {int(seconds) % _MINUTE_S:02d} s"
    return f"{int(seconds) // _HOUR_S} h {int(seconds) % _HOUR_S // _MINUTE_S:02d} min"


def compact(count: float) -> str:
    """A count with three digits: `950`, `12.3 k`, `4.56 M`."""
    for scale, unit in ((1e9, " G"), (1e6, " M"), (1e3, " k")):
        if count >= scale:
            return f"{count / scale:.3g}{unit}"
    return f"{count:.0f}"


def size_text(size_bytes: int, scale: int | None = None) -> str:
    """`1.5 GB`; with `scale`, in the unit of a size of `scale` bytes and with one decimal."""
    unit, name = next(((unit, name) for unit, name in _SIZES if (scale or size_bytes) >= unit), _SIZES[-1])
    return f"{size_bytes / unit:.1f} {name}" if scale else f"{size_bytes / unit:.3g} {name}"
