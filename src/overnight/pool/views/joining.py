"""Pure: what a worker types to join a hub."""

import shlex
from collections.abc import Sequence


def join_commands(url: str, key: str, *, invitations: bool) -> Sequence[str]:
    """Three commands, with the key that the hub at this address must have."""
    asked = " --invitation INVITATION" if invitations else ""
    return (
        "pip install 'overnight[pool]'",
        f"overnight work join {shlex.quote(f'{url}#{key}')} pool{asked}",
        "cd pool && overnight work run --hours 8",
    )
