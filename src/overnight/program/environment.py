"""`env:` of a program: plain variables of its commands, and which of them do not belong there."""

import re
from collections.abc import Iterable
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator, Field

from overnight.words.fields import MAX_ITEMS, Mistake
from overnight.words.secret_shapes import is_secret

Variables = tuple[tuple[str, str], ...]

LONGEST = 16_000  # characters of all of them together: they go before a command, and the system takes 128 KiB for both
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,127}", re.ASCII)
_OURS = "OVERNIGHT_"
_REFUSED = {
    "PATH": "the jail decides which folders of programs are shown; write `PATH=$PWD/tools:$PATH ...` in the command",
    "HOME": "the jail decides which home there is; write `HOME=... ` in the command, or name the file's own variable",
}


def _variables(raw: object) -> object:
    if not isinstance(raw, dict):
        raise Mistake("must be a mapping", fix="write it as `NAME: value` lines below it")
    return tuple((name, _value(name, value)) for name, value in raw.items())


def _value(name: str, value: object) -> str:
    if not _NAME.fullmatch(name):
        raise Mistake("is not a variable's name", fix="use letters, digits and `_`", key=name)
    if name in _REFUSED:
        raise Mistake("cannot be set here", fix=_REFUSED[name], key=name)
    if name.startswith(_OURS):
        raise Mistake("is one of overnight's own", fix="choose another name", key=name)
    if isinstance(value, int) and not isinstance(value, bool):
        return str(value)
    if not isinstance(value, str):
        raise Mistake("must be text", fix="put it in quotes", key=name)
    if not value.isprintable():
        raise Mistake("has an invisible character", fix="type it again, on one line", key=name)
    return value


def _few(variables: Variables) -> Variables:
    if sum(len(name) + len(value) for name, value in variables) > LONGEST:
        raise Mistake(f"has more than {LONGEST:,} characters", fix="put it into a committed file that the command reads")
    return variables


Environment = Annotated[Variables, Field(max_length=MAX_ITEMS), BeforeValidator(_variables), AfterValidator(_few)]


def secret_notes(variables: Iterable[tuple[str, str]]) -> tuple[str, ...]:
    """A line for each variable that looks like a secret, by name or by value."""
    found = (name for name, value in variables if is_secret(name, value))
    what = "looks like a secret: candidates can read it, and it is in the program, the record and every receipt's commit"
    return tuple(f"env.{name} {what}" for name in found)


def gpu_notes(variables: Iterable[tuple[str, str]], gpus: int) -> tuple[str, ...]:
    """A line for each variable that chooses among GPUs, if each trial has GPUs of its own."""
    found = (name for name, _ in variables if name.endswith("_VISIBLE_DEVICES")) if gpus else ()
    what = "is not needed: a trial sees no GPU but its own, and this may hide it; set it for overnight itself"
    return tuple(f"env.{name} {what}" for name in found)
