"""Folders of actions: what they have of a commit, what is taken of what an agent left, and that no work is lost."""

import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import anyio
import pytest
from action_places import ACTION, ActionPlaces, action_places
from targets import git, repository_of

from overnight.actions.checkouts.disk import NoRoom
from overnight.actions.checkouts.folders import action_folders
from overnight.actions.checkouts.salvage import salvage, save_all
from overnight.git.history import GitHistory

FILES = {"a.py": "A = 1\n", "lib/b.py": "B = 1\n", ".gitignore": "*.log\nout/\n", "run.sh": "true\n"}


def committed(places: ActionPlaces, folder: Path, turn: int = 1) -> tuple[dict[str, bytes | None], list[str]]:
    """What is committed of a folder, by path, and what is said of the rest."""
    commit, problems = places.folders.commit(folder, base=places.base, action=ACTION, turn=turn, message="m")
    if not commit:
        return {}, list(problems)
    changes = places.history.merge(base=places.base, head=places.base, commit=commit)
    return {change.path: change.content for change in changes or ()}, list(problems)


def test_what_an_agent_left_is_a_commit(tmp_path: Path) -> None:
    """New, changed, deleted and executable files are taken; caches silently not, what git ignores is named."""
    with action_places(tmp_path, FILES) as places:
        folder = places.folders.create(places.base)
        places.folders.begin(folder, 1)
        (folder / "a.py").write_text("A = 2\n")
        (folder / "lib/b.py").unlink()
        (folder / "new").mkdir()
        (folder / "new/c.sh").write_text("c\n")
        (folder / "new/c.sh").chmod(0o755)
        (folder / ".hidden").write_text("h\n")
        for cache in ("__pycache__", ".pytest_cache", "node_modules", "lib/x.egg-info", ".venv"):
            (folder / cache).mkdir(parents=True)
            (folder / cache / "x").write_text("x")
        (folder / ".coverage").write_text("x")
        (folder / "out").mkdir()
        (folder / "out/x").write_text("x")
        (folder / "x.log").write_text("x")
        taken, said = committed(places, folder)
        assert taken == {"a.py": b"A = 2\n", "lib/b.py": None, "new/c.sh": b"c\n", ".hidden": b"h\n"}
        assert said == ["left out, as git ignores it: out/, x.log"]
        entry = git(places.repository.toplevel, "ls-tree", places.saved(1) or "", "new/c.sh")
        assert entry.startswith("100755")


def test_links_of_the_repository_are_there_and_stay(tmp_path: Path) -> None:
    """A folder has the commit's links, git in it sees nothing changed, and an agent's changes of links are not taken."""
    repository = repository_of(tmp_path / "repo", FILES)
    top = repository.toplevel
    (top / "link").symlink_to("a.py")
    (top / "lib/up").symlink_to("../lib")
    git(top, "add", "-A")
    git(top, "commit", "-q", "-m", "links")
    with action_places(tmp_path, FILES, repository=repository) as places:
        folder = places.folders.create(places.base)
        assert (folder / "link").readlink() == Path("a.py") and (folder / "lib/up").readlink() == Path("../lib")
        assert git(folder, "status", "--porcelain") == "" and "120000" in git(folder, "ls-files", "-s", "link")
        places.folders.begin(folder, 1)
        assert committed(places, folder) == ({}, [])
        (folder / "link").unlink()
        (folder / "link").write_text("mine")
        (folder / "lib/up").unlink()
        (folder / "lib/up").symlink_to("/etc")
        (folder / "more").symlink_to("a.py")
        (folder / "a.py").write_text("A = 3\n")
        taken, said = committed(places, folder)
        assert taken == {"a.py": b"A = 3\n"}
        assert sorted(said) == [
            "lib/up is a symbolic link of the repository: it stays as it was",
            "link is a symbolic link of the repository: it stays as it was",
            "more is a symbolic link; only regular files are accepted",
        ]
        git_tree = git(top, "ls-tree", "-r", places.saved(1) or "")
        assert "120000" in git_tree and "lib/up" in git_tree


def test_odd_names_and_settings_of_git_are_no_part_of_a_change(tmp_path: Path) -> None:
    """A name that is not UTF-8, one that differs by case, a `.git` below and `.gitmodules` are named; the rest is taken."""
    with action_places(tmp_path, FILES) as places:
        folder = places.folders.create(places.base)
        places.folders.begin(folder, 1)
        Path(os.fsdecode(bytes(folder) + b"/odd\xff")).write_text("x")
        (folder / "A.py").write_text("x")
        (folder / ".gitmodules").write_text("[submodule]")
        (folder / ".gitattributes").write_text("* text")
        (folder / "sub").mkdir()
        subprocess.run(["git", "init", "-q", str(folder / "sub")], check=True)
        (folder / "sub/ok").write_text("ok")
        taken, said = committed(places, folder)
        assert taken == {".gitattributes": b"* text", "sub/ok": b"ok"}
        assert len(said) == 4 and all(line.isprintable() for line in said), said


def test_a_turn_that_is_cut_off_is_committed_before_its_folder_goes(tmp_path: Path) -> None:
    """What is in the folder of a turn when it is removed is under the turn's ref; of other folders nothing is."""
    with action_places(tmp_path, FILES) as places:
        folder, other = (places.folders.create(places.base) for _ in range(2))
        places.folders.begin(folder, 3)
        for each in (folder, other):
            (each / "a.py").write_text("half = 1\n")
            places.folders.remove(each)
            assert not each.exists()
        saved = places.saved(3) or ""
        assert places.history.read_files(saved, ["a.py"])["a.py"] == b"half = 1\n"
        assert len(git(places.repository.toplevel, "for-each-ref", "refs/overnight").splitlines()) == 1


def test_the_work_of_a_killed_process_is_salvaged_once(tmp_path: Path) -> None:
    """The folders of a dead process are committed and deleted by the next; those of a live one are left alone."""
    code = f"""
import os, signal, sys
sys.path[:0] = [{str(Path(__file__).parents[1])!r}]
from pathlib import Path
from action_places import action_places
with action_places(Path({str(tmp_path)!r}), {FILES!r}) as places:
    folder = places.folders.create(places.base)
    places.folders.begin(folder, 2)
    (folder / "a.py").write_text("killed = 1\\n")
    (folder / "shut").mkdir(mode=0)
    unfinished = places.folders.create(places.base)
    os.kill(os.getpid(), signal.SIGKILL)
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == -9, done.stderr
    state = tmp_path / "state"
    assert len(list(state.glob(".work-*"))) == 1
    (found,) = salvage(state)
    assert (found.action, found.turn, found.problems) == (ACTION, 2, []) and found.commit
    assert git(tmp_path / "repo", "show", f"refs/overnight/actions/{ACTION}/2:a.py") == "killed = 1"
    assert list(state.glob(".work-*")) == [] and salvage(state) == []


def test_what_cannot_be_saved_now_is_left_for_later(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the commit fails, as on a full disk, the folder stays, and the next look saves it."""

    def full(*_: object, **__: object) -> str:
        raise OSError(28, "No space left on device")

    with action_places(tmp_path, FILES) as places:
        folder = places.folders.create(places.base)
        places.folders.begin(folder, 1)
        (folder / "a.py").write_text("late = 1\n")
        with monkeypatch.context() as patch:
            patch.setattr(GitHistory, "record_attempt", full)
            places.folders.remove(folder)
        assert folder.exists() and places.saved(1) is None
    assert git(tmp_path / "repo", "show", f"refs/overnight/actions/{ACTION}/1:a.py") == "late = 1"
    assert list((tmp_path / "state").glob(".work-*")) == []


def test_work_waits_a_month_for_a_repository_that_is_not_there(tmp_path: Path) -> None:
    """As when its disk is not mounted; then it is given up, and its place is freed."""
    with action_places(tmp_path, FILES) as places:
        folder = places.folders.create(places.base)
        places.folders.begin(folder, 1)
        (folder / "a.py").write_text("kept = 1\n")
        top = places.repository.toplevel
        top.rename(tmp_path / "away")
        places.folders.remove(folder)
        assert folder.exists()
        note = folder.parents[1] / "notes" / folder.name
        os.utime(note, (0, 0))
        assert save_all(folder.parents[1])
        (tmp_path / "away").rename(top)


def test_what_a_folder_lacks_is_said(tmp_path: Path) -> None:
    """Submodules and what Git LFS would fetch are not there, and an outcome that failed says so."""
    repository = repository_of(tmp_path / "repo", {**FILES, "big/.gitattributes": "*.bin filter=lfs diff=lfs\n"})
    top = repository.toplevel
    commit = git(top, "rev-parse", "HEAD")
    git(top, "update-index", "--add", "--cacheinfo", f"160000,{commit},vendor/lib")
    git(top, "commit", "-q", "-m", "submodule")
    with action_places(tmp_path, FILES, repository=repository) as places:
        failed = anyio.run(places.commands.on, places.base, "test -e vendor/lib/x")
        assert failed.note == "submodules are left out: vendor/lib; files of Git LFS are there as pointers"
        assert anyio.run(places.commands.on, places.base, "true").note == ""


def test_no_folder_is_made_on_a_full_share_of_the_disk(tmp_path: Path) -> None:
    """What says that there is no room is the reason of the error."""
    repository, state = repository_of(tmp_path / "repo", FILES), tmp_path / "s"
    state.mkdir()
    with (
        closing(GitHistory(repository)) as history,
        action_folders(repository, history, state, "HEAD", full=lambda: "no room: free some") as folders,
        pytest.raises(NoRoom, match="no room: free some"),
    ):
        folders.create(history.resolve_start())
