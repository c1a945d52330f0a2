"""What all actions may use of the disk: how it is counted, and what happens when it is used up."""

from pathlib import Path

import anyio

from overnight.actions.checkouts.disk import Disk, size_on_disk
from overnight.actions.checkouts.setups import Setups


def filled(folder: Path, size_bytes: int) -> Path:
    folder.mkdir(parents=True)
    (folder / "x").write_bytes(b"x" * size_bytes)
    return folder


def test_what_is_on_disk_is_counted_and_no_link_is_followed(tmp_path: Path) -> None:
    """Blocks of files and folders count, a file behind a link does not; a missing folder has none."""
    filled(tmp_path / "elsewhere", 500_000)
    place = filled(tmp_path / "a/b", 100_000).parent
    (place / "link").symlink_to(tmp_path / "elsewhere")
    assert 100_000 <= size_on_disk(place) < 200_000
    assert size_on_disk(tmp_path / "none") == 0


def test_setups_that_nobody_uses_go_first(tmp_path: Path) -> None:
    """Over the share, they are deleted; only if that is not enough is there no room, and the reason says what to do."""
    place, setups = filled(tmp_path / "actions", 100_000), Setups(place=tmp_path / "setups")

    async def make(tree: Path) -> list[str]:
        (tree / "x").write_bytes(b"x" * 100_000)
        return []

    anyio.run(setups.take, "k", make).close()
    disk = Disk(place=place, setups=setups, most_bytes=150_000, free_bytes=0)
    assert disk.problem() == "" and setups.size_bytes() == 0
    small = Disk(place=place, setups=setups, most_bytes=50_000, free_bytes=0)
    assert small.problem().startswith("actions use ") and str(place) in small.problem()


def test_some_of_the_disk_is_left_for_others(tmp_path: Path) -> None:
    """A disk that is nearly full has no room, whatever the share."""
    disk = Disk(place=filled(tmp_path / "actions", 1), setups=Setups(place=tmp_path / "s"), free_bytes=10**18)
    assert "left, and actions need" in disk.problem()


def test_it_is_not_counted_again_at_once(tmp_path: Path) -> None:
    """A count holds for some seconds, as ten actions ask at once."""
    now = [0.0]
    place = filled(tmp_path / "actions", 1000)
    disk = Disk(place=place, setups=Setups(place=tmp_path / "s"), clock=lambda: now[0])
    before = disk.used_bytes()
    filled(place / "more", 100_000)
    assert disk.used_bytes() == before
    now[0] = 60.0
    assert disk.used_bytes() >= before + 100_000
