"""Pure: which devices are meant by a person's words, by the names that the owner confirmed."""

import re
from collections.abc import Sequence

from overnight.errors import UserError
from overnight.home.things import Device
from overnight.words.foreign import printable

ALIAS = re.compile(r"[\w ]{1,40}")
NUMBER = re.compile(r"[0-9]{1,18}")  # of a device
SHOWN = 60  # characters of what was said, in a message


def check_alias(text: str) -> str:
    """A name that the owner gives, with single spaces.

    Raises:
        UserError: it cannot be one.
    """
    name = " ".join(text.split())
    if not ALIAS.fullmatch(name) or key_of(name).isdigit():
        raise UserError(f"`{printable(text, SHOWN)}` is no name", fix="use up to 40 letters, digits and spaces")
    return name


def key_of(text: str) -> str:
    """A name without what makes no difference."""
    return " ".join(text.lower().removeprefix("the ").removeprefix("#").split())


def find_device(text: str, devices: Sequence[Device]) -> Device:
    """The one device that is meant: by alias, by room and alias, or by number.

    Raises:
        UserError: none is, or several are.
    """
    found = matching(text, devices)
    if len(found) == 1:
        return found[0]
    if found:
        names = ", ".join(f"{each.room} {each.alias}".strip() for each in found)
        raise UserError(f"several devices are called `{printable(text, SHOWN)}`: {names}", fix="say which")
    named = ", ".join(sorted(each.alias for each in devices if each.alias)) or "none yet: overnight home scan"
    raise UserError(f"no device is called `{printable(text, SHOWN)}`", fix=f"those with a name: {named}")


def matching(text: str, devices: Sequence[Device]) -> Sequence[Device]:
    """The devices that a name may mean."""
    key = key_of(text)
    if NUMBER.fullmatch(key):
        return [each for each in devices if each.number == int(key)]
    named = [each for each in devices if each.alias]
    exact = [each for each in named if key_of(each.alias) == key]
    return exact or [each for each in named if key_of(f"{each.room} {each.alias}") == key]
