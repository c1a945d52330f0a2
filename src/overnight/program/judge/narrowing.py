"""Globs without some of the files that they cover: there is no glob that takes a file out again."""

from collections.abc import Collection, Iterator, Sequence
from glob import escape

from overnight.program.scope import above, matches


def narrowed(globs: Sequence[str], taken: Collection[str], paths: Sequence[str]) -> tuple[str, ...]:
    """Globs that cover what these cover, without the files `taken`; those that cover none of them stay as they are."""
    narrow: list[str] = []
    for glob in globs:
        covered = [path for path in paths if matches(path, [glob])]
        rest = {path: None for path in covered if path not in taken}
        narrow += [glob] if len(rest) == len(covered) else covering(list(rest), [path for path in paths if path not in rest])
    return tuple(dict.fromkeys(narrow))


def covering(files: Sequence[str], others: Collection[str]) -> Iterator[str]:
    """A glob for each file: of its own name, or of the highest folder around it that has none of the other files."""
    mixed = {folder for path in others for folder in above(path)}
    for path in files:
        top = path
        for folder in above(path):
            if folder in mixed:
                break
            top = f"{folder}/"
        yield escape(top)
