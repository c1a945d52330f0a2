"""Expected failures in a conformance suite."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

E = TypeVar("E", bound=Exception)


def failure(kind: type[E], call: Callable[[], object]) -> E:
    """The error that a call raises; AssertionError if it raises none of this type."""
    try:
        call()
    except kind as error:
        return error
    raise AssertionError(f"no {kind.__name__} was raised")


async def failure_of(kind: type[E], waited: Awaitable[object]) -> E:
    """The error that an awaitable raises; AssertionError if it raises none of this type."""
    try:
        await waited
    except kind as error:
        return error
    raise AssertionError(f"no {kind.__name__} was raised")


def is_one_line(text: str) -> bool:
    """Whether a message can be shown: one printable line that is not empty."""
    return bool(text.strip()) and text.isprintable()
