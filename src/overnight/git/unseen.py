"""What trials will not see of a commit, or will see differently than the user does."""

from pathlib import Path

from overnight.git.plumbing import require
from overnight.words.foreign import printable

MAX_ATTRIBUTE_FILES = 50  # that are searched for Git LFS
SHOWN = 80  # characters of a path


def unseen_notes(git_dir: Path) -> tuple[str, ...]:
    """One line each about submodules, symbolic links and Git LFS in the checked-out commit."""
    submodules, links, attributes = [], [], []
    for line in require(git_dir, "ls-tree", "-r", "-z", "--full-tree", "HEAD").split(b"\0")[:-1]:
        fields, path = line.split(b"\t", 1)
        mode, _, oid = fields.split(b" ")
        if mode == b"160000":
            submodules.append(path)
        elif mode == b"120000":
            links.append(path)
        elif path.rpartition(b"/")[2] == b".gitattributes":
            attributes.append(oid.decode())
    notes = []
    if submodules:
        notes.append(f"{_named('submodule', submodules)} left out: trials do not see that folder unless `readable` names it")
    if links:
        notes.append(f"{_named('symbolic link', links)} left out: trials see regular files only")
    if any(b"filter=lfs" in require(git_dir, "cat-file", "blob", oid) for oid in attributes[:MAX_ATTRIBUTE_FILES]):
        notes.append("files under Git LFS: trials see their small pointer files, so name the real data in `readable`")
    return tuple(notes)


def _named(what: str, paths: list[bytes]) -> str:
    first = printable(paths[0].decode("utf-8", "surrogateescape"), SHOWN)
    return f"1 {what} ({first}) is" if len(paths) == 1 else f"{len(paths)} {what}s ({first}, ...) are"
