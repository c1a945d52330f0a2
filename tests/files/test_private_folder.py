"""Folders of one command: deleted at its end, or by the next command if it was killed."""

import subprocess
from pathlib import Path

from targets import started

from overnight.files.private_folder import KINDS, private_folder, sweep

HOLD = """
import sys
from pathlib import Path
from overnight.files.private_folder import private_folder
with private_folder(Path(sys.argv[1]), "rehearsal") as folder:
    (folder / "work").mkdir()
    print(folder, flush=True)
    sys.stdin.read()
"""


def test_it_is_gone_at_the_end(tmp_path: Path) -> None:
    """Everything in it is deleted with it, also read-only folders."""
    with private_folder(tmp_path, "init") as folder:
        (folder / "a").mkdir(mode=0o500)
        assert folder.name.startswith(".init-") and folder.parent == tmp_path
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_command_left_goes_with_the_next_one(tmp_path: Path) -> None:
    """While its process lives, the folder survives every sweep; after a kill -9 it is deleted."""
    with started(("-c", HOLD, str(tmp_path)), tmp_path, stdin=subprocess.PIPE) as owner:
        assert owner.stdout is not None
        folder = Path(owner.stdout.readline().strip())
        sweep(tmp_path)
        assert (folder / "work").is_dir()
    assert (folder / "work").is_dir()
    with private_folder(tmp_path, "rerun"):
        assert not folder.exists()


def test_nothing_else_is_swept(tmp_path: Path) -> None:
    """Campaigns, files and links with these names stay; a link is not followed."""
    target = tmp_path / "elsewhere"
    (target / "inside").mkdir(parents=True)
    (tmp_path / "campaign").mkdir()
    (tmp_path / ".rehearsal-file").write_text("")
    (tmp_path / ".rerun-link").symlink_to(target)
    for kind in KINDS:
        (tmp_path / f".{kind}-dead").mkdir()
    sweep(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == [".rehearsal-file", ".rerun-link", "campaign", "elsewhere"]
    assert (target / "inside").is_dir()
