"""`claw.yaml` as a checked record; mistakes name the file, the line, the key and the fix."""

import os
from pathlib import Path

from overnight.claw.charter import SETTINGS, Charter
from overnight.claw.setup.schema import KEYS, CharterKeys
from overnight.errors import ProgramError, UserError
from overnight.files.local_zone import local_zone
from overnight.program.front_matter import load_front_matter
from overnight.program.mistakes import Wording, checked

LARGEST = 64 * 1024  # bytes
_WORDING = Wording(
    known=KEYS,
    required={
        "use": "write `use: telegram`",
        "begin": "write `begin: 22:00`",
        "end": "write `end: 7:00`",
        "command": "write a list of words such as [my-server, --stdio]",
    },
    written={
        "zone": "write a name such as Europe/Berlin",
        "model": "write the name of a model that a provider of your settings has",
        "repos": "write names and folders such as {parser: ~/src/parser}",
        "channels": "write names such as {telegram: {use: telegram, token: CLAW_TELEGRAM}}",
        "skills": "write names such as {weather: {hosts: [api.example.com]}}",
        "mcp": "write names such as {files: {command: [my-server, --stdio], tools: {search: read}}}",
        "tools": "write a tier for each, such as {search: read}",
        "hosts": "write a list such as [api.example.com]",
        "tokens_a_day": "write a count such as 500k",
        "tokens_a_turn": "write a count such as 100k",
        "tokens_a_schedule": "write a count such as 100k",
        "usd_a_day": "write dollars such as 2",
        "unasked_a_day": "write a count such as 10",
        "turn_minutes": "write minutes such as 15",
        "reminders": "write a count such as 10",
        "may": "write operations that only read, such as [status]",
        "phone": "write the id of the number, as Meta shows it, such as 106540352242922",
        "port": "write a free port above 1023 such as 8760",
        "template": "write the name of a template that WhatsApp approved, such as claw_says",
        "language": "write the code of the template's language, such as en or en_US",
        "retain_days": "write a count of days such as 90, or leave it out to keep all",
        "ceiling": "write one of read, reversible, costly, irreversible and physical",
    },
)


def parse_charter(text: str, path: str = SETTINGS) -> Charter:
    """What a text says of a claw; an empty one says nothing.

    Raises:
        ProgramError: it has mistakes; the message has all of them, each with its line, key and fix.
    """
    if not any(line.strip() and not line.lstrip().startswith("#") for line in text.splitlines()):
        return Charter(zone=local_zone() or "UTC", source=text)
    keys = checked(CharterKeys, load_front_matter(text, path, first_line=1), _WORDING, path)
    return Charter(
        zone=keys.zone or local_zone() or "UTC",
        model=keys.model or "",
        repos={name: os.path.expanduser(folder) for name, folder in keys.repos.items()},  # noqa: PTH111  # a text
        channels=tuple(each.record(name) for name, each in keys.channels.items()),
        budget=keys.budget.record(),
        quiet=keys.quiet.record() if keys.quiet else None,
        unasked_a_day=keys.unasked_a_day,
        turn_minutes=keys.turn_minutes,
        retain_days=keys.retain_days,
        skill_hosts={name: each.hosts for name, each in keys.skills.items() if each.hosts},
        servers={name: each.record(name) for name, each in keys.mcp.items()},
        guests=keys.guests.record(),
        source=text,
    )


def read_charter(folder: Path) -> Charter:
    """The charter of a claw's folder.

    Raises:
        UserError: it cannot be read, or has mistakes.
    """
    path = folder / SETTINGS
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST + 1)
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror}", fix="overnight claw init") from error
    if len(content) > LARGEST:
        raise ProgramError(f"has more than {LARGEST:,} bytes", path=str(path))
    return parse_charter(content.decode("utf-8", "replace"), str(path))
