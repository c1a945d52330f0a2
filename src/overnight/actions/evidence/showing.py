"""What the `show` command of a repository leaves: its output, and pictures in the folder `show/`, as artifacts.

The folder was written by foreign code: links are not followed, and only what begins as a picture does is kept.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from overnight.actions.checkouts.commands import Commands
from overnight.files.folders import BadArtifact, read_artifact

FOLDER = "show"
MOST = 12  # pictures
LARGEST = 5_000_000  # bytes of one
_BEGINNINGS = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")
_SUFFIXES = (".png", ".jpg", ".jpeg")


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """What there is to see of a commit."""

    artifacts: Sequence[str] = ()  # the output first, if there is any
    problem: str = ""  # one line; empty: the command ended well


async def show(commands: Commands, commit: str, command: str) -> Shown:
    """Run the command on a commit, and keep what it leaves."""
    async with commands.fresh_folder(commit) as folder:
        committed = {*_names(folder)}
        outcome = await commands.run(folder, command)
        kept = [outcome.log] if outcome.log else []
        for content in _pictures(folder, [name for name in _names(folder) if name not in committed]):
            place = commands.folders.output()
            place.write_bytes(content)
            kept.append(commands.artifacts.keep(place))
    return Shown(artifacts=kept, problem="" if outcome.passed else f"`{command}`: {outcome.reason}")


def _names(folder: Path) -> Sequence[str]:
    found = folder / FOLDER
    if found.is_symlink() or not found.is_dir():
        return ()
    return sorted(path.name for path in found.iterdir() if path.name.lower().endswith(_SUFFIXES))


def _pictures(folder: Path, names: Sequence[str]) -> Iterator[bytes]:
    for name in names[:MOST]:
        try:
            content = read_artifact(folder, f"{FOLDER}/{name}", LARGEST)
        except (BadArtifact, OSError, UnicodeError):
            continue
        if content.startswith(_BEGINNINGS):
            yield content
