"""Pure: a number that a command printed, as a metric that reads it again."""

import re
import shlex
from dataclasses import dataclass

from overnight.program.front_matter import Value
from overnight.program.program import Direction, Metric, Take, TimeUnit, names_time

LONGEST_PATTERN = 256  # characters, in program.md
LONGEST_NAME = 48


@dataclass(frozen=True, slots=True, kw_only=True)
class PrintedMetric:
    """A number that a command printed, and how it is read again."""

    name: str  # as a metric is called
    words: str  # as it was printed
    pattern: str  # a regex with one group
    direction: Direction
    take: Take | None = None
    values: int | None = None
    unit: TimeUnit | None = None

    @property
    def metric(self) -> Metric:
        """The metric as it is read."""
        return Metric(
            name=self.name,
            direction=self.direction,
            pattern=self.pattern,
            take=self.take,
            values=self.values,
            unit=self.unit,
        )

    @property
    def options(self) -> str:
        """The options of `init` that take it."""
        further = {key: value for key, value in self.value.items() if key not in {"name", "direction"}}
        words = (f"--{key} {shlex.quote(str(value))}" for key, value in further.items())
        return " ".join((f"--metric {self.name}:{self.direction.value}", *words))

    @property
    def value(self) -> dict[str, Value]:
        """The `metric` key."""
        found: dict[str, Value] = {"name": self.name, "direction": self.direction.value, "pattern": self.pattern}
        further: dict[str, Value | None] = {
            "take": self.take and self.take.value,
            "values": self.values,
            "unit": self.unit and self.unit.value,
        }
        return found | {key: value for key, value in further.items() if value is not None}


def metric_name(label: str, unit: str, *, more: bool) -> str:
    """The label and the unit as one word, which says that it is a time or a rate."""
    slug = re.sub(r"\W+", "_", label, flags=re.ASCII).strip("_").lower()[:LONGEST_NAME]
    unit = "" if unit == "rate" and slug else unit
    if unit and (slug == unit or slug.endswith(f"_{unit}")):
        unit = ""
    name = "_".join(filter(None, (slug, unit)))
    if name[:1].isalpha() and names_time(name) and name not in set(TimeUnit):
        return name
    return f"{'throughput' if more else 'time'}_{name}"  # so that trials of it run alone
