"""A systemd user unit that runs the supervisor, and what the supervisor tells systemd."""

import os
import socket
from collections.abc import Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from overnight.files.folders import encode_path

NAME = "overnight.service"
SOCKET = "NOTIFY_SOCKET"
LINGER = Path("/var/lib/systemd/linger")  # a file for each user whose units run without a login
WATCHDOG_S = 120  # without a heartbeat of the supervisor, which is one every 15 s
STOP_S = 120  # for loops to end in good order; what is killed then loses only its running trials

_UNIT = """\
# Written by `overnight up --systemd`.
[Unit]
Description=overnight: the loops that are set up (overnight ps)
StartLimitIntervalSec=0

[Service]
Type=notify
NotifyAccess=main
ExecStart={command}
Restart=on-failure
RestartPreventExitStatus=2
RestartSec=10
WatchdogSec={watchdog}
# One signal for the supervisor, which ends its loops in good order; what is left after this time is killed.
KillMode=mixed
TimeoutStopSec={stop}
{environment}# Keys that no other process of yours is to read:
# LoadCredential=OPENAI_API_KEY:%h/.config/overnight/openai-key

[Install]
WantedBy=default.target
"""


def unit_text(command: Sequence[str], environment: Mapping[str, str]) -> str:
    """The unit file; `command` and variables are quoted as systemd reads them."""
    variables = "".join(f"Environment={_quoted(f'{name}={value}')}\n" for name, value in environment.items())
    words = " ".join(_quoted(word).replace("$", "$$") for word in command)
    return _UNIT.format(command=words, watchdog=WATCHDOG_S, stop=STOP_S, environment=variables)


def unit_path(environment: Mapping[str, str], home: Path) -> Path:
    """Where systemd looks for a user's units."""
    base = environment.get("XDG_CONFIG_HOME", "")
    return (Path(base) if Path(base).is_absolute() else home / ".config") / "systemd/user" / NAME


def start_words(environment: Mapping[str, str], home: Path, user: str, *, linger: Path = LINGER) -> tuple[bool, str]:
    """Whether the unit does what it is there for, and in words what starts the loops when the machine starts."""
    path = unit_path(environment, home)
    if not path.exists():
        return True, "none is installed, so after a restart of the machine nobody starts it: overnight up --systemd --install"
    if not (path.parent / "default.target.wants" / NAME).exists():
        return False, f"{path} is not enabled: systemctl --user daemon-reload && systemctl --user enable --now {NAME}"
    if not (linger / user).exists():
        return False, "it ends when you log out, and begins when you log in: loginctl enable-linger"
    return True, "installed and enabled, also while you are not logged in"


def tell_systemd(what: str) -> None:
    """Say `READY=1` or `WATCHDOG=1` to systemd, if it started us; see sd_notify(3)."""
    address = os.environ.get(SOCKET, "")
    if address[:1] in ("/", "@"):
        with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as sender:
            sender.connect(address.replace("@", "\0", 1) if address[0] == "@" else address)
            sender.send(what.encode())


def _quoted(word: str) -> str:
    return f'"{"".join(map(_escaped, word))}"'


def _escaped(character: str) -> str:
    """As a unit has it; all that is not printable by its bytes, since a CR ends a line of a unit as well."""
    if character.isprintable():
        return _ESCAPES.get(character, character)
    return "".join(f"\\x{byte:02x}" for byte in encode_path(character))


_ESCAPES = {"\\": "\\\\", '"': '\\"', "%": "%%"}
