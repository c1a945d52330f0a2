"""What is ours alone: made private, checked, and closed to others."""

import os
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from overnight.errors import UserError
from overnight.files.atomic import write_atomically
from overnight.files.own import NotOurs, check_database, claim_folder, make_folder, open_own, read_own, read_regular


def mode(path: Path) -> int:
    return stat.S_IMODE(path.lstat().st_mode)


def test_what_is_made_is_private(tmp_path: Path) -> None:
    """Folders, files and databases are for their owner alone, whatever the umask."""
    before = os.umask(0)
    try:
        make_folder(tmp_path / "ours")
        os.close(open_own(tmp_path / "ours/file", os.O_RDWR | os.O_CREAT))
        check_database(tmp_path / "ours/data.db", make=True)
        write_atomically(tmp_path / "ours/whole", b"x")
    finally:
        os.umask(before)
    assert mode(tmp_path / "ours") == 0o700
    assert {mode(path) for path in (tmp_path / "ours").iterdir()} == {0o600}


def test_a_database_keeps_its_locks_when_it_is_opened_again(tmp_path: Path) -> None:
    """A process that opens one twice, such as a session that a message gives an order, still keeps other processes out."""
    path = tmp_path / "data.db"
    check_database(path, make=True)
    attempt = "import sqlite3, sys; sqlite3.connect(sys.argv[1], timeout=0).execute('BEGIN IMMEDIATE')"
    with closing(sqlite3.connect(path, isolation_level=None)) as database:
        database.execute("BEGIN IMMEDIATE")
        check_database(path, make=True)
        done = subprocess.run([sys.executable, "-c", attempt, path], capture_output=True, text=True, check=False)
    assert "database is locked" in done.stderr


def test_what_is_there_is_closed_to_others(tmp_path: Path) -> None:
    """A claimed folder keeps its owner's rights and loses all others, the set-group-id bit too; so does what is in it."""
    (tmp_path / "ours/inner").mkdir(parents=True)
    (tmp_path / "ours/inner").chmod(0o2775)
    (tmp_path / "ours/run").write_text("x")
    (tmp_path / "ours/run").chmod(0o755)
    (tmp_path / "ours").chmod(0o2777)
    claim_folder(tmp_path / "ours")
    assert [mode(tmp_path / name) for name in ("ours", "ours/inner", "ours/run")] == [0o700, 0o700, 0o700]
    claim_folder(tmp_path / "none")


def test_a_link_in_the_place_of_the_folder_is_not_followed(tmp_path: Path) -> None:
    """Neither by a look at it nor by opening a file in it."""
    (tmp_path / "theirs").mkdir()
    (tmp_path / "theirs/file").write_text("x")
    (tmp_path / "ours").symlink_to(tmp_path / "theirs")
    for step in (make_folder, claim_folder, lambda path: open_own(path / "file", os.O_RDWR)):
        with pytest.raises(NotOurs, match="/ours is a link; remove it"):
            step(tmp_path / "ours")


def test_a_folder_that_cannot_be_made_is_the_user_s_to_fix(tmp_path: Path) -> None:
    """Behind a link to a disk that is not mounted, and where no folders are made: one line with the fix."""
    (tmp_path / "state").symlink_to(tmp_path / "not mounted")
    for place in (tmp_path / "state/overnight", Path("/proc/none/overnight")):
        with pytest.raises(UserError, match="cannot be made: No such file or directory") as found:
            make_folder(place)
        assert "XDG_STATE_HOME" in found.value.fix


@pytest.mark.skipif(os.geteuid() != 0, reason="giving a file to another user needs root")
def test_what_belongs_to_another_user_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Also for root, with the command that takes it over."""
    (tmp_path / "ours").mkdir()
    os.chown(tmp_path / "ours", 12345, 12345)
    with pytest.raises(NotOurs, match=r"belongs to another user \(uid 12345\); run overnight as that user, .*: chown -R 0 /"):
        claim_folder(tmp_path / "ours")
    monkeypatch.setenv("SUDO_UID", "12345")
    with pytest.raises(NotOurs, match=r"\(uid 12345\); run overnight without sudo"):
        claim_folder(tmp_path / "ours")


def test_hard_links_are_named_together(tmp_path: Path) -> None:
    """A copy made of links has many: the first are named, and how many more there are."""
    for name in ("copy", "ours"):
        (tmp_path / name).mkdir()
    for name in "abcde":
        (tmp_path / "copy" / name).write_text("x")
        os.link(tmp_path / "copy" / name, tmp_path / "ours" / name)
    with pytest.raises(
        NotOurs, match="/ours has hard links, which are other files too: a, b, c and 2 more files; replace each"
    ):
        claim_folder(tmp_path / "ours")
    for name in "bcde":
        (tmp_path / "copy" / name).unlink()
    with pytest.raises(NotOurs, match="/ours/a is a hard link, so it is another file too; replace it"):
        claim_folder(tmp_path / "ours")


def test_reading_is_bounded(tmp_path: Path) -> None:
    """At most so many bytes are read, of a file of ours or of the user's own behind a link."""
    (tmp_path / "file").write_bytes(b"12345")
    (tmp_path / "link").symlink_to(tmp_path / "file")
    assert (read_own(tmp_path / "file", 3), read_regular(tmp_path / "link", 3)) == (b"123", b"123")
    with pytest.raises(NotOurs):
        read_own(tmp_path / "link", 3)


def test_a_file_is_as_open_as_its_folder(tmp_path: Path) -> None:
    """Written for others to read where they can look in, and replacing a link without following it."""
    (tmp_path / "out").mkdir(mode=0o755)
    (tmp_path / "precious").write_text("precious")
    (tmp_path / "out/report").symlink_to(tmp_path / "precious")
    write_atomically(tmp_path / "out/report", b"x")
    assert mode(tmp_path / "out/report") == 0o644 and (tmp_path / "precious").read_text() == "precious"
