"""What a suite expects to fail."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

E = TypeVar("E", bound=Exception)


def failure(kind: type[E], call: Callable[[], object]) -> E:
    """The error that a call raises; an AssertionError if it raises none of this kind."""
    try:
        call()
    except kind as error:
        return error
    raise AssertionError(f"no {kind.__name__} is raised")


async def failure_of(kind: type[E], waited: Awaitable[object]) -> E:
    """The error that comes of what is waited for; an AssertionError if none of this kind does."""
    try:
        await waited
    except kind as error:
        return error
    raise AssertionError(f"no {kind.__name__} is raised")


def is_one_line(text: str) -> bool:
    """Whether a message can be shown: something, on one printable line."""
    return bool(text.strip()) and text.isprintable()
