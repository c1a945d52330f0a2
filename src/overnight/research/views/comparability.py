"""Whether the numbers of two campaigns are comparable, and what else differs."""

from collections.abc import Iterator

from overnight.program.program import Program
from overnight.research.story.story import Story

SAME_MEASURE = ("measure", "produce", "score", "artifacts", "prepare", "inputs")  # else the numbers are not comparable
SAME_RULES = ("editable", "hidden", "holdout", "audit", "checks", "guards", "limits", "gate")  # else one of them had it easier


def incomparable(a: Program, b: Program) -> Iterator[str]:
    """Why the numbers of two programs are not comparable."""
    if a.metric.name != b.metric.name:
        yield f"the metrics differ: {a.metric.name} and {b.metric.name}"
    if a.metric.direction is not b.metric.direction:
        yield f"the directions differ: {a.metric.direction.value} and {b.metric.direction.value}"
    if _reading(a) != _reading(b):
        yield "the metric is read in different ways (`pattern`, `result`, `take`, `values`, `unit`)"
    for key in SAME_MEASURE:
        one, other = (_written(getattr(program, key)) for program in (a, b))
        if one != other:
            yield f"`{key}` differs: {one} and {other}"


def _reading(program: Program) -> tuple[str | int | None, ...]:
    metric = program.metric
    return metric.pattern, metric.result, metric.take, metric.values, metric.unit


def _written(value: object) -> str:
    return ", ".join(value) if isinstance(value, tuple) else str(value or "none")


def cautions(a: Program, one: Story, b: Program, other: Story) -> Iterator[str]:
    """What makes a difference of gains mean less than it seems to."""
    if one.start != other.start:
        yield "they started from different commits: a gain is easier to find from a worse start"
    if changed := [key for key in SAME_RULES if getattr(a, key) != getattr(b, key)]:
        yield f"their programs differ in {', '.join(changed)}"
    if strayed := _environment(one, other):
        slower = ", which a timing depends on" if a.measures_time else ""
        yield f"they ran in different environments{slower}: {', '.join(strayed)}"


def _environment(a: Story, b: Story) -> list[str]:
    names = dict.fromkeys((*a.environment, *b.environment))
    return [name for name in names if a.environment.get(name) != b.environment.get(name)]
