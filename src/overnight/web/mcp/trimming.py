"""A value as an agent is shown it: printable, without secrets, and cut to a size, with how to get the rest."""

import hashlib
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from overnight.errors import UserError
from overnight.operations.json_text import json_text
from overnight.words.foreign import printable, printable_lines

SUMMARY = 6_000  # characters of an answer as JSON, about 2,000 tokens
FULL = 16_000
KEY = 100  # characters of a name in a mapping
MOST_CUTS = 10  # that are listed
# Entries of a list and of a mapping, characters of a text, depth. The last has at most 1,500 characters, whatever is in it.
STEPS = (
    (1000, 1000, 16_000, 12),
    (50, 200, 4_000, 10),
    (20, 100, 2_000, 8),
    (10, 100, 1_000, 8),
    (5, 50, 400, 7),
    (3, 50, 200, 6),
    (2, 20, 100, 4),
    (1, 8, 60, 2),
    (1, 1, 60, 1),
)
DIGITS = 10  # of a place in a list
DURATION = "_s"  # the end of names of durations, which change all the time
EMPTY: Sequence[object] = (None, "", [], {})
Plain = Any  # Any: JSON


@dataclass(slots=True)
class _Cutting:
    items: int
    names: int
    characters: int
    depth: int
    clean: Callable[[str], str]
    cuts: list[dict[str, Plain]] = field(default_factory=list)

    def show(self, value: Plain, at: str, depth: int = 0) -> Plain:
        if isinstance(value, str):
            return self.text(value, at)
        if isinstance(value, list | dict) and value and depth >= self.depth:
            self.left_out(at, 0, len(value))
            return [] if isinstance(value, list) else {}
        if isinstance(value, list):
            if len(value) > self.items:
                self.left_out(at, self.items, len(value))
            return [self.show(each, f"{at}/{number}", depth + 1) for number, each in enumerate(value[: self.items])]
        if isinstance(value, dict):
            if len(value) > self.names:
                self.left_out(at, self.names, len(value))
            shown = list(value)[: self.names]
            return {printable(name, KEY): self.show(value[name], f"{at}/{_pointed(name)}", depth + 1) for name in shown}
        return value

    def text(self, value: str, at: str) -> str:
        if len(value) > self.characters:
            self.left_out(at, self.characters, len(value))
        return self.clean(printable_lines(value[: self.characters], 12 * self.characters))  # an escape has 10 characters

    def left_out(self, at: str, shown: int, of: int) -> None:
        self.cuts.append({"at": at, "shown": shown, "of": of})


def plain(value: object) -> Plain:
    """A value of dataclasses as JSON has it, the same as with `--json`."""
    return json.loads(json_text(value))


def without_empty(value: Plain) -> Plain:
    """The same without what is empty in its mappings."""
    if isinstance(value, list):
        return [without_empty(each) for each in value]
    if isinstance(value, dict):
        return {name: without_empty(each) for name, each in value.items() if each not in EMPTY}
    return value


def trimmed(
    value: Plain, most: int, clean: Callable[[str], str], *, at: str = "", offset: int = 0
) -> tuple[Plain, Sequence[Plain]]:
    """What is shown of it, in at most so many characters of JSON, and what was left out of it."""
    begun = _from(value, offset)
    for items, names, characters, depth in STEPS:
        cutting = _Cutting(items, names, characters, depth, clean)
        shown = cutting.show(begun, at)
        if len(json.dumps(shown)) <= most:
            break
    cuts = [
        {**cut, "shown": cut["shown"] + offset, "of": cut["of"] + offset} if cut["at"] == at else cut for cut in cutting.cuts
    ]
    return shown, cuts[:MOST_CUTS]


def _from(value: Plain, offset: int) -> Plain:
    if isinstance(value, dict):
        return {name: value[name] for name in list(value)[offset:]}
    return value[offset:] if isinstance(value, list | str) else value


def part(value: Plain, pointer: str) -> Plain:
    """The part that a JSON pointer names.

    Raises:
        UserError: there is none.
    """
    found = value
    for name in pointer.strip("/").split("/") if pointer.strip("/") else ():
        if isinstance(found, list) and name.isascii() and name.isdigit() and len(name) < DIGITS and int(name) < len(found):
            found = found[int(name)]
        elif isinstance(found, dict) and (key := next((key for key in found if _pointed(key) == name), None)) is not None:
            found = found[key]
        else:
            has = ", ".join(printable(key, KEY) for key in list(found)[:20]) if isinstance(found, dict) else ""
            raise UserError(
                f"there is no part {printable(pointer, KEY)}", fix=f"there is {has}" if has else "look without `at`"
            )
    return found


def mark_of(value: Plain) -> str:
    """The same for values that differ in nothing but durations."""
    return hashlib.sha256(json.dumps(_lasting(value), sort_keys=True).encode()).hexdigest()[:16]


def _lasting(value: Plain) -> Plain:
    if isinstance(value, list):
        return [_lasting(each) for each in value]
    if isinstance(value, dict):
        return {name: _lasting(each) for name, each in value.items() if not name.endswith(DURATION)}
    return value


def _pointed(name: str) -> str:
    return printable(name, KEY).replace("~", "~0").replace("/", "~1")
