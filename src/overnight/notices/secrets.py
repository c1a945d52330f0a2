"""Where channels get their secrets, read when needed and stored nowhere."""

import os
from collections.abc import Mapping

from overnight.errors import UserError
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
_NAME = 80  # characters of a program's name in a message


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
        try:
            found = environment.get(source.variable, "").strip()
        except UserError as error:  # it is stored, and its file is refused
            raise NotSent(str(error), again=False) from None
        if not found:
            fix = f"`overnight secret set {source.variable}`"
            raise NotSent(f"{source.variable} is not set, neither in the environment nor by {fix}", again=False)
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
