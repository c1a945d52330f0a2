"""Watching the folder of a hostile job."""

import os
from pathlib import Path

import pytest
from file_clock import settle

from overnight.jail.job import Limits
from overnight.jail.work_folder import DEEPEST, hand_over, look

LIMITS = Limits(disk_bytes=10**6, files=100)


def test_contents_are_counted_on_disk(tmp_path: Path) -> None:
    """Space on disk counts, not the length of a file with holes; folders and links are files too."""
    (tmp_path / "a/b").mkdir(parents=True)
    (tmp_path / "a/b/full").write_bytes(bytes(range(1, 256)) * 100)
    with (tmp_path / "holes").open("wb") as file:
        file.truncate(10**12)
    (tmp_path / "link").symlink_to("/usr")
    contents = look(tmp_path, LIMITS)
    assert contents.files == 5
    assert contents.depth == 3
    assert 25_500 <= contents.size_bytes < 100_000


def test_counting_stops_over_a_limit(tmp_path: Path) -> None:
    """A bomb is not counted to its end."""
    for number in range(300):
        (tmp_path / str(number)).touch()
    assert look(tmp_path, LIMITS).files == LIMITS.files + 1


def test_depth_is_bounded(tmp_path: Path) -> None:
    """A deep tree is not walked to its end."""
    inner = tmp_path.joinpath(*["d"] * (DEEPEST + 20))
    inner.mkdir(parents=True)
    assert look(tmp_path, Limits(files=10**6)).depth == DEEPEST + 1


def test_links_are_not_followed(tmp_path: Path) -> None:
    """A link to a folder outside counts as a link, and nothing behind it is touched."""
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "file").touch(mode=0)
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "link").symlink_to(outside)
    (folder / "file").symlink_to(outside / "file")
    assert look(folder, LIMITS).files == 2
    assert (outside / "file").stat().st_mode & 0o777 == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_all_but_what_links_lead_to_is_handed_over(tmp_path: Path) -> None:
    """The folder and everything in it get the job's owner; the target of a link keeps its own."""
    outside = tmp_path / "outside"
    outside.touch()
    folder = tmp_path / "folder"
    (folder / "a").mkdir(parents=True)
    (folder / "a/file").touch()
    (folder / "link").symlink_to(outside)
    hand_over(folder, 1_900_000_007)
    owned = [folder, folder / "a", folder / "a/file", folder / "link"]
    assert {path.lstat().st_uid for path in owned} == {1_900_000_007}
    assert outside.stat().st_uid == 0


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_folder_that_its_job_closed_is_opened_for_the_next_one(tmp_path: Path) -> None:
    """A job that takes all rights from its folder does not make the machine look broken to the next one."""
    for mode in (0, 0o400, 0o077, 0o700):
        tmp_path.chmod(mode)
        hand_over(tmp_path, 1_900_000_007)
        assert tmp_path.stat().st_mode & 0o711 == 0o711


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_handing_over_again_touches_nothing(tmp_path: Path) -> None:
    """The times of a folder are those of its last change, by which our agent sees that a command did nothing."""
    (tmp_path / "file").touch()
    hand_over(tmp_path, 1_900_000_007)
    before = [path.stat().st_ctime_ns for path in (tmp_path, tmp_path / "file")]
    settle(tmp_path)
    hand_over(tmp_path, 1_900_000_007)
    assert [path.stat().st_ctime_ns for path in (tmp_path, tmp_path / "file")] == before
