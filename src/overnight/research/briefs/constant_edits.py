"""Parses hypotheses that only change constants, in the tuner's wording, so that many of them become one line."""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from overnight.gate.verdict import Verdict
from overnight.research.briefs.layout import number
from overnight.research.experiment import Experiment

SHOWN = 6  # values of one constant

_REASON = re.compile(r"\s*\([^()]*\)\s*$")
_SPLIT = re.compile(r",\s+(?:and\s+)?|\s+and\s+")
_NAME = r"(?P<name>[\w.:/\[\]-]{1,120})"
_MOVE = re.compile(rf"(?:raise|lower|increase|decrease)\s+{_NAME}\s+from\s+(?P<old>\S+)\s+to\s+(?P<new>\S+)", re.IGNORECASE)
_SWITCH = re.compile(rf"switch\s+{_NAME}\s+(?P<new>on|off)", re.IGNORECASE)
_SET = re.compile(rf"set\s+{_NAME}\s+to\s+(?P<new>\S+)\s+instead\s+of\s+(?P<old>\S+)", re.IGNORECASE)


@dataclass(frozen=True, slots=True, kw_only=True)
class ConstantEdit:
    """One constant that a proposal changes, as its hypothesis says."""

    name: str
    old: str
    new: str


@dataclass(slots=True)
class _Tried:
    alone: list[tuple[str, float | None]] = field(default_factory=list)  # value and gain, oldest first
    together: list[float] = field(default_factory=list)  # gains of changes of several constants
    count: int = 0
    now: str = ""


def read_edits(hypothesis: str) -> tuple[ConstantEdit, ...]:
    """The constants that a hypothesis changes; none if it also mentions anything else."""
    edits = []
    for part in _SPLIT.split(_REASON.sub("", hypothesis.strip())):
        found = _MOVE.fullmatch(part) or _SWITCH.fullmatch(part) or _SET.fullmatch(part)
        if found is None:
            return ()
        parts = found.groupdict()
        old = parts.get("old") or ("off" if parts["new"].lower() == "on" else "on")
        edits.append(ConstantEdit(name=parts["name"], old=old, new=parts["new"]))
    return tuple(edits)


def summarise(experiments: Iterable[Experiment], held: Mapping[str, str]) -> list[str]:
    """A line for each constant that was tried but not kept, the most often tried first.

    `held` has the values of those that kept changes set: what ends after a keep may still be about the value before it.
    """
    by_name: dict[str, _Tried] = {}
    for experiment in experiments:
        edits = read_edits(experiment.hypothesis)
        ending = experiment.conclusion
        kept = ending is not None and ending.verdict is Verdict.KEEP
        gain = ending.gain if ending and ending.verdict is Verdict.DISCARD else None
        for edit in edits:
            tried = by_name.setdefault(edit.name, _Tried())
            tried.now = held.get(edit.name) or (edit.new if kept else edit.old)
            if kept:
                continue
            tried.count += 1
            if len(edits) == 1:
                tried.alone.append((edit.new, gain))
            elif gain is not None:
                tried.together.append(gain)
    ranked = sorted((item for item in by_name.items() if item[1].count), key=lambda item: (-item[1].count, item[0]))
    return [line for name, tried in ranked if (line := _line(name, tried))]


def _line(name: str, tried: _Tried) -> str:
    parts = []
    alone = [(value, gain) for value, gain in tried.alone if value != tried.now]
    if alone:
        parts.append("tried " + _values(alone))
    if tried.together:
        best = max(tried.together)
        where = f"with others {len(tried.together)} times, at best" if len(tried.together) > 1 else "with others"
        parts.append(f"{where} {number(best)}")
    return f"- `{name}`, last at {tried.now}: {'; '.join(parts)}" if parts else ""


def _values(alone: Sequence[tuple[str, float | None]]) -> str:
    newest = dict(alone)  # the newest gain of each value
    ranked = sorted(newest.items(), key=lambda item: (item[1] is None, -(item[1] or 0.0)))
    shown = [f"{value} ({'not measured' if gain is None else number(gain)})" for value, gain in ranked[:SHOWN]]
    rest = len(ranked) - len(shown)
    return ", ".join(shown) + (f" and {rest} that were worse" if rest else "")
