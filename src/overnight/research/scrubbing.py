"""Takes secrets out of what is about to be recorded or shown: out of all its texts, whoever wrote them.

What names something stays, as the record would not fit together without it: roles, providers, commits and digests. So does the
program, which is the user's own text and committed.
"""

import re
from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

from overnight.research.event_text import encode
from overnight.research.events import Event
from overnight.words.scrubber import Scrubber

T = TypeVar("T")
_NAMES = frozenset({"kind", "tag", "role", "researcher", "provider", "program", "version", "sandbox", "environment", "by"})
_DIGEST = re.compile(r"[0-9a-f]{32,64}")


def scrub_event(event: Event, scrubber: Scrubber) -> Event:
    """The event without secrets; the same one if it has none, as nearly always."""
    text = encode(event).decode().replace("\\\\", "\\").replace('\\"', '"')  # as it is in JSON, nearly
    return scrub_value(event, scrubber) if scrubber.finds(text) else event


def scrub_value(value: T, scrubber: Scrubber) -> T:
    """A value of dataclasses, mappings, tuples and texts without secrets."""
    return _scrubbed(value, scrubber)  # type: ignore[no-any-return]  # of the same type, which no signature can say


def _scrubbed(value: Any, scrubber: Scrubber) -> Any:  # Any: a field's value of any type
    if type(value) is str:  # no member of an enumeration
        return value if _DIGEST.fullmatch(value) and not scrubber.knows(value) else scrubber.text(value)
    if isinstance(value, tuple):
        return tuple(_scrubbed(each, scrubber) for each in value)
    if isinstance(value, Mapping):
        return {_scrubbed(name, scrubber): _scrubbed(each, scrubber) for name, each in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        found = {field.name: getattr(value, field.name) for field in fields(value) if field.init and field.name not in _NAMES}
        new = {name: _scrubbed(each, scrubber) for name, each in found.items()}
        return replace(value, **{name: each for name, each in new.items() if each != found[name]})
    return value
