"""The list of secrets, without their values."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from overnight.secrets.broker import Broker
from overnight.secrets.entry import Source


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretEntry:
    """One secret by its name; neither its value nor anything of it is shown."""

    name: str
    source: Source | None  # where it is found; null: your settings name it, and it is not set
    set_at: float | None  # Unix time, s; null if it is not in the file
    used_by: Sequence[str]  # "provider NAME" or "channel NAME" of your settings
    hidden: bool  # one of the same name is in the file too, and is not used


@dataclass(frozen=True, slots=True, kw_only=True)
class SecretList:
    """What `secret list --json` prints."""

    secrets: Sequence[SecretEntry]
    file: Path  # that `overnight secret set` writes, whether or not it exists


def list_secrets(broker: Broker, users: Mapping[str, Sequence[str]]) -> SecretList:
    """All that is stored, and the variables that the settings name; `users`: by these, who uses each.

    Raises:
        UserError: the file of secrets is refused.
    """
    in_file, entries = broker.file.read(), []
    for name in sorted({*broker.names(), *users}):
        found = broker.lookup(name)
        source = found.source if found else None
        entries.append(
            SecretEntry(
                name=name,
                source=source,
                set_at=found.set_at if found else None,
                used_by=users.get(name, ()),
                hidden=name in in_file and source is not Source.FILE,
            )
        )
    return SecretList(secrets=entries, file=broker.file.path)
