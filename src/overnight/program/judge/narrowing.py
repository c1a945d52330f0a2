"""Globs without some of the files that they cover: there is no glob that takes a file out again."""

from collections.abc import Collection, Iterator, Sequence

from overnight.program.judge.tree import folder_of
from overnight.program.scope import matches


def narrowed(globs: Sequence[str], taken: Collection[str], paths: Sequence[str]) -> tuple[str, ...]:
    """Globs that cover what these cover, without the files `taken`; those that cover none of them stay as they are."""
    narrow: list[str] = []
    for glob in globs:
        covered = [path for path in paths if matches(path, [glob])]
        rest = {path: None for path in covered if path not in taken}
        narrow += [glob] if len(rest) == len(covered) else _cover(list(rest), [path for path in paths if path not in rest])
    return tuple(dict.fromkeys(narrow))


def _cover(files: Sequence[str], others: Sequence[str]) -> Iterator[str]:
    """Each file, or the highest folder that holds none of the other files."""
    mixed = {folder for path in others for folder in _above(path)}
    for path in files:
        top = path
        for folder in _above(path):
            if not folder or folder in mixed or any(sign in folder for sign in "*?["):
                break
            top = f"{folder}/"
        yield top if top.endswith("/") else _literal(top)


def _above(path: str) -> Iterator[str]:
    while path:
        path = folder_of(path)
        yield path


def _literal(path: str) -> str:
    """A glob for a file of exactly this name."""
    return "".join(f"[{sign}]" if sign in "*?[" else sign for sign in path)
