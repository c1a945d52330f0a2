"""What the user of `init` set by hand, put over what was detected."""

import shlex
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from overnight.errors import UserError
from overnight.program.detection.detect import Detected
from overnight.program.direction import guess_direction
from overnight.program.front_matter import Value, mapping_in
from overnight.program.program import Take, TimeUnit
from overnight.program.writer import FrontMatterEntry

BY_HAND = "set by hand"  # the reason of a key


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What the user set by hand."""

    metric: str | None = None  # a name, or name:direction
    measure: str | None = None
    editable: tuple[str, ...] = ()
    pattern: str | None = None
    result: str | None = None
    take: Take | None = None
    values: int | None = None
    unit: TimeUnit | None = None
    checks: tuple[str, ...] = ()
    readable: tuple[str, ...] = ()
    env: tuple[str, ...] = ()  # NAME=VALUE each
    wall: str | None = None
    allow_exit: tuple[int, ...] = ()
    below: str = ""  # the folder where the user stands, such as `services/api`; empty at the top

    def options(self) -> str:
        """The options of `init` that say this, as a shell reads them; empty if there are none."""
        return " ".join(f"--{name} {shlex.quote(value)}" for name, value in self._options())

    def _options(self) -> Iterator[tuple[str, str]]:
        for name in ("metric", "measure", "pattern", "result", "take", "values", "unit", "wall"):
            if value := getattr(self, name):
                yield name, str(value)
        for name in ("editable", "checks", "readable", "env"):
            yield from ((name, value) for value in getattr(self, name))
        yield from (("allow-exit", str(code)) for code in self.allow_exit)


def with_wishes(detected: Detected, wishes: Wishes) -> Detected:
    """What was detected, with every key that the user set by hand in its place."""
    found = {entry.key: entry.value for entry in detected.entries}
    by_hand: dict[str, Value] = {}
    if metric := _metric(wishes, detected):
        by_hand["metric"] = metric
    if wishes.measure is not None:
        by_hand["measure"] = wishes.measure
    for key, values in (("editable", wishes.editable), ("checks", wishes.checks)):
        if values:
            by_hand[key] = list(values)
    if wishes.readable:
        by_hand["readable"] = [*_listed(found.get("readable")), *wishes.readable]
    if wishes.env:
        by_hand["env"] = dict(_variable(each) for each in wishes.env)
    if limits := _limits(wishes):
        by_hand["limits"] = {**mapping_in(found.get("limits")), **limits}
    entries = {entry.key: entry for entry in detected.entries}
    entries |= {key: FrontMatterEntry(key=key, value=value, reason=BY_HAND) for key, value in by_hand.items()}
    notes = detected.notes if "metric" not in by_hand else [note for note in detected.notes if note not in detected.on_metric]
    return replace(detected, entries=tuple(entries.values()), notes=notes)


def _variable(text: str) -> tuple[str, Value]:
    name, equals, value = text.partition("=")
    if not equals:
        raise UserError(f"--env {text} has no value", fix="write --env NAME=VALUE")
    return name, value


def _limits(wishes: Wishes) -> dict[str, Value]:
    limits: dict[str, Value] = {}
    if wishes.wall is not None:
        limits["wall"] = wishes.wall
    if wishes.allow_exit:
        limits["allow_exit"] = [*sorted({0, *wishes.allow_exit})]
    return limits


def _metric(wishes: Wishes, detected: Detected) -> dict[str, Value]:
    """The metric that the user names, or the detected one, read as the user says; empty if neither is known or set."""
    reading: dict[str, Value] = {}
    for key in ("pattern", "result", "take", "unit"):
        if value := getattr(wishes, key):
            reading[key] = str(value)
    if wishes.values is not None:
        reading["values"] = wishes.values
    if wishes.metric is None:
        found = next((entry.value for entry in detected.entries if entry.key == "metric"), None)
        return _read_as(mapping_in(found), reading) if reading and found else {}
    return _read_as(_named(wishes.metric, detected), reading)


def _read_as(metric: Mapping[str, Value], reading: Mapping[str, Value]) -> dict[str, Value]:
    """A metric with another reading; a pattern and a result exclude each other."""
    kept = {key: value for key, value in metric.items() if key != "pattern" or "result" not in reading}
    return {**kept, **reading}


def _named(wish: str, detected: Detected) -> Mapping[str, Value]:
    """The metric that the user names, with what the files show about a metric of that name."""
    name, _, direction = wish.partition(":")
    values = [entry.value for entry in (*detected.entries, *detected.others) if entry.key == "metric"]
    bare: dict[str, Value] = {"name": name}
    seen = next((value for value in values if isinstance(value, dict) and _is_called(name, value)), bare)
    known = direction or seen.get("direction") or guess_direction(name)
    return {**seen, "direction": str(known)} if known else seen


def _is_called(name: str, metric: Mapping[str, Value]) -> bool:
    """Whether a metric has this name; if it is read by a pattern, also without its unit."""
    return name in {metric["name"], str(metric["name"]).rpartition("_")[0] if "pattern" in metric else ""}


def _listed(value: Value | None) -> list[Value]:
    return value if isinstance(value, list) else []
