"""The user's state folder: what we know about this machine and that belongs to no repository."""

import os
from pathlib import Path

VARIABLE = "XDG_STATE_HOME"
NAME = "overnight"  # in the user's state folder


def state_folder() -> Path:
    """The folder by XDG's rules, else in ~/.local/state; it may not exist yet."""
    base = os.environ.get(VARIABLE, "")
    return (Path(base) if Path(base).is_absolute() else Path.home() / ".local/state") / NAME
