"""What a secret is: a name like that of an environment variable, and one line of text; which of them are refused."""

import re
from dataclasses import dataclass
from enum import StrEnum

from overnight.errors import UserError
from overnight.words.key_text import is_key
from overnight.words.secret import Secret

LONGEST_VALUE = 8192  # characters, as of a key that a command prints
SHORTEST_VALUE = 6  # characters; a shorter one cannot be kept out of texts, as it would blank out ordinary words
MOST_SECRETS = 200  # in the file; each is looked for in all that is kept
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}", re.ASCII)
# Variables that decide what runs and where things are: a stored text behind one that is unset would change more than a key.
_NOT_SECRETS = re.compile(
    r"(?i)PATH|HOME|USER|LOGNAME|SHELL|LANG|TMPDIR|DISPLAY|WAYLAND_DISPLAY|GPG_TTY|SSH_AUTH_SOCK|DBUS_SESSION_BUS_ADDRESS"
    r"|CREDENTIALS_DIRECTORY|OLLAMA_HOST|\w+_BASE_URL|\w+_API_BASE|(?:OVERNIGHT|XDG|LC|LD)_\w*|PYTHON[A-Z]*"
)
_FIX_NAME = "use a name like OPENAI_API_KEY, of letters, digits and `_`; the value is asked for"


class Source(StrEnum):
    """Where a secret was found."""

    ENVIRONMENT = "environment"  # a variable of overnight's own process
    CREDENTIAL = "credential"  # a file that systemd gives the service, see LoadCredential
    FILE = "file"  # the user's own, which `overnight secret set` writes


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredSecret:
    """A secret of the file."""

    value: Secret
    set_at: float  # Unix time, s


def is_name(text: str) -> bool:
    """Whether a secret can have this name."""
    return bool(NAME.fullmatch(text)) and not _NOT_SECRETS.fullmatch(text)


def check_name(name: str) -> str:
    """A name that a secret can have.

    Raises:
        UserError: it is none; the text is not shown, since it may be the secret itself.
    """
    if not NAME.fullmatch(name):
        raise UserError("this is not the name of a secret", fix=_FIX_NAME)
    if not is_name(name):
        raise UserError(f"{name} cannot be a secret: it decides how programs run", fix="set it in the environment")
    return name


def check_value(name: str, text: str) -> Secret:
    """A value that a secret can have, without blanks around it.

    Raises:
        UserError: it is none; it is not shown.
    """
    value = text.strip()
    if not value:
        raise UserError(f"the value for {name} is empty", fix="type it, or pipe it in")
    if not (value.isascii() and value.isprintable()):
        raise UserError(
            f"the value for {name} has more than one line, or a character that is not printable ASCII", fix="copy it again"
        )
    if not SHORTEST_VALUE <= len(value) <= LONGEST_VALUE:
        fix = f"use one of {SHORTEST_VALUE} to {LONGEST_VALUE} characters, which can be kept out of what is shown"
        raise UserError(f"the value for {name} is too {'short' if len(value) < SHORTEST_VALUE else 'long'}", fix=fix)
    if not is_key(value):
        raise UserError(f"the value for {name} is a word that stands for a key, and no key", fix="local servers need none")
    return Secret(value)
