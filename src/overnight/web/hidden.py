"""What every face sends goes through here: texts, pages and JSON without the user's secrets.

Most of what is shown was scrubbed when it was recorded. The rest was not: program.md, older records, and texts of git.
"""

from collections.abc import Callable
from typing import Any

from overnight.errors import UserError
from overnight.operations.json_text import json_text
from overnight.operations.perform import UNREAD
from overnight.secrets.broker import user_broker
from overnight.words.secret_shapes import hide_shapes


def cleaner() -> Callable[[str], str]:
    """What takes the user's secrets out of a text; if they cannot be read, all of the text."""
    try:
        return user_broker().scrubber().text
    except (OSError, UserError):
        return lambda text: UNREAD if text else text


def clean_error(text: str) -> str:
    """An error without secrets; if they cannot be read, at least without what looks like one, so that the fix can be read."""
    try:
        return user_broker().scrubber().text(text)
    except (OSError, UserError):
        return hide_shapes(text)


def clean_json(value: object) -> str:
    """A value as JSON, each text of it without secrets; raises UserError if they cannot be read."""
    scrubber, text = user_broker().scrubber(), json_text(value)
    return json_text(_cleaned(value, scrubber.text)) if scrubber.finds(text) else text


def clean_markdown(text: str) -> str:
    """A page as Markdown; raises as `clean_json`."""
    return user_broker().scrubber().text(text)


def clean_html(text: str) -> str:
    """A page without those that are known; what looks like one was hidden before it became HTML. Raises as `clean_json`."""
    return user_broker().scrubber().known_in(text)


def _cleaned(value: object, clean: Callable[[str], str]) -> object:
    from pydantic_core import to_jsonable_python

    return _each(to_jsonable_python(value, inf_nan_mode="null"), clean)


def _each(value: Any, clean: Callable[[str], str]) -> object:  # Any: JSON
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list):
        return [_each(one, clean) for one in value]
    if isinstance(value, dict):
        return {clean(name): _each(one, clean) for name, one in value.items()}
    return value
