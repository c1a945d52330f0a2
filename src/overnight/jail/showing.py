"""The mounts that show folders of the host in a jail, with empty folders over what must stay hidden in them.

What is shown may contain what is hidden, and that may contain what is shown: the nearest folder around a path decides. A
hidden folder is covered under every name that a shown one gives it.

Does not cover: names that a mount of the host gives it (a bind mount below a shown folder); `doctor.py` looks for those.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

from overnight.jail.checkout import real_path
from overnight.jail.reach import SYSTEM, is_within

SHOWN_SETS = 64  # of paths whose arguments are cached: a session has a handful
_EMPTY = ""  # in place of a host path: an empty folder
_OWN = {"/", "/tmp", "/dev", "/etc"}  # noqa: S108  # of every jail


@lru_cache(SHOWN_SETS)
def showing(shown: tuple[str, ...], hidden: tuple[str, ...], links: tuple[tuple[str, str], ...] = ()) -> Sequence[str]:
    """The options of bwrap that show host paths read-only, each at its own path, and keep others hidden.

    Args:
        shown: absolute paths; one that is hidden itself must not be among them.
        hidden: real paths of folders.
        links: a path in one hidden folder and where it leads, each; what is shown at or below such a path takes its place.
    """
    places = _places(shown, hidden)
    system = {folder: folder for folder in SYSTEM if Path(folder).is_dir() and not Path(folder).is_symlink()}
    covers = dict.fromkeys(_covers({**system, **places}, hidden), _EMPTY)
    mounts = {**places, **covers}
    in_order = sorted(mounts, key=lambda place: len(Path(place).parts))  # so that none covers one below it
    return [
        *(word for place in in_order for word in _options(place, mounts)),
        *_links(links, mounts),
        *(word for place in covers for word in ("--remount-ro", place)),
    ]


def _places(shown: Iterable[str], hidden: Sequence[str]) -> dict[str, str]:
    """Where each path is mounted: at its own name, or at its real one if a link in a shown folder leads there."""
    places: dict[str, str] = {}
    for path in sorted(shown, key=lambda path: len(Path(path).parts)):
        around = _nearest(path, places)
        if around is None:
            places[path] = path
            continue
        real, outer = real_path(path), real_path(around)
        if not real.is_relative_to(outer):
            places[str(real)] = path
        elif any(real.is_relative_to(folder) and Path(folder).is_relative_to(outer) for folder in hidden):
            without_links = outer / Path(path).relative_to(around) == real
            places[path if without_links else str(real)] = path
    return places


def _covers(places: Mapping[str, str], hidden: Iterable[str]) -> Iterator[str]:
    """Every place at which a hidden folder would be seen."""
    for place, source in places.items():
        real = real_path(source)
        inner = [folder for folder in hidden if folder != str(real) and is_within(folder, (str(real),))]
        for folder in inner:
            if _nearest(folder, inner) is None:
                yield str(Path(place) / Path(folder).relative_to(real))


def _options(place: str, mounts: Mapping[str, str]) -> Iterator[str]:
    yield from _folders_around(place, mounts)
    if mounts[place] == _EMPTY:
        yield from ("--perms", "0755", "--tmpfs", place)
    else:
        yield from ("--ro-bind", mounts[place], place)


def _folders_around(place: str, mounts: Mapping[str, str]) -> Iterator[str]:
    """Makes the folders above a place, as far as nothing that is shown has them."""
    around = _nearest(place, mounts)
    for folder in map(str, reversed(Path(place).parents)):
        exists = folder in _OWN or is_within(folder, SYSTEM) if around is None else is_within(around, (folder,))
        if not exists and (around is None or mounts[around] == _EMPTY):
            yield from ("--perms", "0755", "--dir", folder)  # otherwise only root could enter it


def _links(links: Sequence[tuple[str, str]], mounts: Mapping[str, str]) -> Iterator[str]:
    taken = {str(folder) for place in mounts for folder in (Path(place), *Path(place).parents)}
    free = [(place, target) for place, target in links if place not in taken]
    around = _nearest(free[0][0], mounts) if free else None
    if not free or (around is not None and mounts[around] != _EMPTY):  # it would be made in a folder of the host
        return
    yield from _folders_around(free[0][0], mounts)
    yield from (word for place, target in free for word in ("--symlink", target, place))


def _nearest(path: str, places: Iterable[str]) -> str | None:
    """The innermost of some places that a path lies below."""
    return max((place for place in places if place != path and is_within(path, (place,))), key=len, default=None)
