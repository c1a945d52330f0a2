"""The entries of a PATH that name a folder whatever the current one is.

An empty or relative entry means the folder in which a program is started. That is often a stranger's repository, which can
bring programs of any name.
"""

from collections.abc import Sequence


def absolute_entries(search_path: str) -> Sequence[str]:
    """Those of a PATH that are absolute, in order."""
    return [entry for entry in search_path.split(":") if entry.startswith("/")]
