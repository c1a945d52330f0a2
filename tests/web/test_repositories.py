"""Which repositories are served, and by what names."""

from collections.abc import Mapping
from pathlib import Path

import anyio
import pytest
from targets import make_repo, program

from overnight.errors import UserError
from overnight.jobs.loop import Loop
from overnight.jobs.presence import present
from overnight.web.repositories import LOOK_S, Served, repository_named


def now(served: Served) -> Mapping[str, Path]:
    """What is served now."""
    found = served.now()
    assert anyio.run(served.current) == found
    return found


def repo(folder: Path) -> Path:
    """A repository."""
    return make_repo(folder, program())


def test_the_repository_here_is_served(tmp_path: Path) -> None:
    """Also from a folder in it; without one only what is about the machine is."""
    found = repo(tmp_path / "mine")
    (found / "inside").mkdir()
    assert now(Served((), found / "inside", lambda: tmp_path / "loops")) == {"mine": found}
    clock = [0.0]
    served = Served((), tmp_path / "new", lambda: tmp_path / "loops", lambda: clock[0])
    assert now(served) == {}
    made = repo(tmp_path / "new")
    clock[0] += LOOK_S
    assert now(served) == {"new": made}  # it is made while we serve


def test_names_are_told_apart(tmp_path: Path) -> None:
    """Two of the same name get numbers, one that is named twice is one, and a name has nothing that an address cannot."""
    folders = [repo(tmp_path / name) for name in ("a/same", "b/same", "c/Ä b?#", "d/..x")]
    served = now(Served((*folders, folders[0]), tmp_path, lambda: tmp_path / "loops"))
    assert served == dict(zip(("same", "same-2", "b", "x"), folders, strict=True))
    assert repository_named(served, "same-2") == folders[1]
    for name in ("nowhere", "../same", "\x1b[31m"):
        with pytest.raises(UserError, match="served are same, same-2, b, x"):
            repository_named(served, name)


def test_those_of_loops_come_by_themselves(tmp_path: Path) -> None:
    """A campaign that runs elsewhere brings its repository; this stays when it ended. Other loops are looked at, and left."""
    mine, other = repo(tmp_path / "mine"), repo(tmp_path / "other")
    loops, clock = tmp_path / "state" / "loops", [0.0]
    served = Served((mine,), tmp_path, lambda: loops, lambda: clock[0])
    assert list(now(served)) == ["mine"]
    with (
        present(loops, Loop(system="campaign", folder=str(other), part="dec1")),
        present(loops, Loop(system="campaign", folder=str(mine), part="dec1")),
        present(loops, Loop(system="other", folder="/nowhere")),
    ):
        assert list(now(served)) == ["mine"]  # the registry is not read for each request
        clock[0] += LOOK_S
        assert now(served) == {"mine": mine, "other": other}
    clock[0] += LOOK_S
    assert list(now(served)) == ["mine", "other"]


def test_a_broken_registry_hides_nothing(tmp_path: Path) -> None:
    """What the user named is served all the same."""
    (tmp_path / "loops").write_text("not a folder")
    found = repo(tmp_path / "mine")
    assert now(Served((found,), tmp_path, lambda: tmp_path / "loops")) == {"mine": found}
