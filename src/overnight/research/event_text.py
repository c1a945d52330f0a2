"""Events as the ledger stores them: JSON, also that of older versions."""

from functools import cache

from pydantic import TypeAdapter, ValidationError
from pydantic_core import from_json

from overnight.research.events import Event
from overnight.research.old_events import updated

# By kind. A new campaign writes few kinds before its first trial, and each takes time to prepare.
_WRITERS: dict[str, TypeAdapter[Event]] = {}


def encode(event: Event) -> bytes:
    """The event as compact JSON; an event never contains NaN or infinity."""
    writer = _WRITERS.get(event.kind) or _WRITERS.setdefault(event.kind, TypeAdapter(type(event)))
    return writer.dump_json(event)


def decode(body: bytes | str) -> Event:
    """The event of such a JSON text, including one that an older version wrote.

    Raises:
        ValueError: it is not an event.
    """
    try:
        return _reader().validate_json(body)
    except ValidationError:
        old = from_json(body)
        today = updated(old) if isinstance(old, dict) else None
        if today is None:
            raise
        return _reader().validate_python(today)


@cache
def _reader() -> TypeAdapter[Event]:
    return TypeAdapter(Event)
