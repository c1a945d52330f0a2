"""Checked texts of settings and front matters: their types, and the error that a wrong one raises."""

import re
from collections.abc import Callable
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

MAX_ITEMS = 64  # of a list
_ROLE = re.compile(r"\w[\w-]{0,63}")


class Mistake(ValueError):  # noqa: N818  # the user's, reported with its fix
    """A wrong value; `key` names the part of a mapping that is wrong."""

    def __init__(self, message: str, *, fix: str = "", key: str = "") -> None:
        super().__init__(message)
        self.fix = fix
        self.key = key


def _text(raw: object) -> object:
    if not isinstance(raw, str):
        raise Mistake("must be text", fix="put it in quotes")
    return raw


def _visible(text: str) -> str:
    if not text.strip():
        raise Mistake("is empty", fix="give it a value, or delete the key to use its default")
    if any(not character.isprintable() and character not in "\n\t" for character in text):
        raise Mistake("has an invisible character", fix="type it again")
    return text


def matching(pattern: re.Pattern[str], expected: str) -> Callable[[str], str]:
    """A check that a text matches this pattern; `expected` describes it in words."""

    def check(text: str) -> str:
        if not pattern.fullmatch(text):
            raise Mistake(f"must be {expected}")
        return text

    return check


Text = Annotated[str, Field(max_length=4096), BeforeValidator(_text), AfterValidator(_visible)]
Short = Annotated[str, Field(max_length=256), BeforeValidator(_text), AfterValidator(_visible)]
Verbatim = Annotated[str, Field(max_length=10_000), BeforeValidator(_text)]
Role = Annotated[Short, AfterValidator(matching(_ROLE, "one word, such as explorer"))]
