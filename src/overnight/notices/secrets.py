"""Where notifiers get their secrets, read when needed and stored nowhere, and which values no message may contain.

Does not cover: secrets in files, and in variables whose names do not show it.
"""

import os
import re
from collections.abc import Mapping

from overnight.notices.notice import TextSource
from overnight.notices.port import NotSent
from overnight.user_command import run_for_output
from overnight.words.foreign import printable

COMMAND_S = 20.0  # a password manager may ask for a fingerprint
SECRET_BYTES = 8192
PASSED_ON = (
    "PATH",
    "HOME",
    "USER",
    "LOGNAME",
    "LANG",
    "LC_ALL",
    "DISPLAY",
    "WAYLAND_DISPLAY",
    "XDG_RUNTIME_DIR",
    "DBUS_SESSION_BUS_ADDRESS",
    "SSH_AUTH_SOCK",
    "GPG_TTY",
)  # environment variables, for commands of the user's settings
_TELLING = re.compile(r"(?i)(?:^|_)(?:KEY|TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIALS?|AUTH|APIKEY|DSN)(?:_|$)")
_NAME = 80  # characters of a program's name in a message


def secret_values(environment: Mapping[str, str]) -> tuple[str, ...]:
    """The values of the variables whose names mark them as secrets."""
    return tuple(value for name, value in environment.items() if _TELLING.search(name) and not value.startswith("/"))


def environment_for(variables: tuple[str, ...], environment: Mapping[str, str]) -> dict[str, str]:
    """The environment that a command of the user's settings gets."""
    return {name: environment[name] for name in (*PASSED_ON, *variables) if name in environment}


async def read_source(source: TextSource, environment: Mapping[str, str]) -> str:
    """The text of a source.

    Raises:
        NotSent: there is none.
    """
    if source.literal:
        return source.literal
    if source.variable:
        found = environment.get(source.variable, "").strip()
        if not found:
            raise NotSent(f"the environment variable {source.variable} is not set", again=False)
    else:
        found = await _printed(source.command, environment)
    if not found.isprintable() or not found.isascii():
        raise NotSent("the secret contains a character that is not allowed in a secret", again=False)
    return found


async def _printed(command: tuple[str, ...], environment: Mapping[str, str]) -> str:
    shown = printable(os.path.basename(command[0]), _NAME)  # noqa: PTH119  # a name, of any system
    try:
        done = await run_for_output(
            command, environment=environment_for((), environment), wall_s=COMMAND_S, most_bytes=SECRET_BYTES
        )
    except TimeoutError:
        raise NotSent(f"`{shown}`, which prints a secret, took more than {COMMAND_S:.0f} s", again=True) from None
    except OSError as error:
        raise NotSent(f"`{shown}`, which prints a secret, cannot be run: {error.strerror}", again=False) from None
    found = done.output.decode(errors="replace").strip()
    if done.code is None:
        raise NotSent(f"`{shown}`, which prints a secret, printed too much for a secret", again=False)
    if done.code or not found:
        raise NotSent(f"`{shown}`, which prints a secret, ended with {done.code} and printed nothing usable", again=False)
    return found
