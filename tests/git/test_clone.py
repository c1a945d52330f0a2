"""The `.git` of a work folder: git answers there as in a clone of the commit, and nothing else of the repository is in it."""

import os
import subprocess
import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from targets import git, repository_of

from overnight.git import clone
from overnight.git.clone import Clones
from overnight.git.history import GitHistory
from overnight.git.repository import Repository, open_repository
from overnight.testing.folders import contents

FILES = {"a.py": "A = 1\n", "data/hidden.txt": "the answer is 42\n", "data/open.txt": "shown\n", "lib/deep/b.py": "B = 2\n"}
QUESTIONS = (
    ("rev-parse", "HEAD"),
    ("rev-parse", "--short", "HEAD"),
    ("rev-parse", "HEAD^{tree}"),
    ("describe", "--always", "--dirty"),
    ("ls-files",),
    ("status", "--porcelain"),
    ("diff", "HEAD"),
    ("log", "--format=%an %s %cI"),
    ("show", "HEAD:a.py"),
    ("rev-parse", "--is-shallow-repository"),
    ("fsck", "--full", "--strict"),
)


def nothing(_: str) -> bool:
    return False


def hidden(path: str) -> bool:
    return path == "data/hidden.txt"


def changes(path: str) -> bool:
    return path == "a.py"


def clones_of(repository: Repository, place: Path, changes: Callable[[str], bool] = changes) -> Clones:
    start = git(repository.toplevel, "rev-parse", "HEAD")
    return Clones(repository, place, start=start, changes=changes, at_s=int(time.time()) - 2)


def work_folder(
    repository: Repository, folder: Path, omit: Callable[[str], bool] = nothing, commit: str = "", clones: Clones | None = None
) -> Path:
    """A folder with a commit's files and its `.git`, as a trial gets it."""
    folder.mkdir()
    ours = clones or clones_of(repository, folder.with_name(f"{folder.name}-common"))
    with closing(GitHistory(repository)) as history, closing(ours):
        commit = commit or history.resolve_start()
        history.write_tree(commit, folder, omit=omit)
        ours.write(commit, folder, omit)
    return folder


def asked(folder: Path, *question: str) -> tuple[int, str]:
    """What git says in a folder to someone without settings."""
    environment = {"PATH": os.environ["PATH"], "HOME": str(folder.parent), "GIT_CONFIG_NOSYSTEM": "1", "TZ": "UTC"}
    done = subprocess.run(["git", *question], cwd=folder, env=environment, capture_output=True, check=False)
    return done.returncode, done.stdout.decode(errors="replace")


@pytest.mark.parametrize("object_format", ["sha1", "sha256"])
def test_answers_are_those_of_a_clone(tmp_path: Path, object_format: str) -> None:
    """A folder that shows a whole commit answers every question as a clone of that one commit does."""
    origin = tmp_path / "origin"
    origin.mkdir()
    git(origin, "init", "-q", f"--object-format={object_format}")
    for text in ("first\n", "second\n"):
        for name, content in FILES.items():
            (origin / name).parent.mkdir(parents=True, exist_ok=True)
            (origin / name).write_text(content + text)
        (origin / "a.py").chmod(0o755)
        git(origin, "add", "-A")
        git(origin, "commit", "-q", "-m", text)
    git(tmp_path, "clone", "-q", "--depth", "1", f"file://{origin}", "clone")
    folder = work_folder(open_repository(origin), tmp_path / "trial")
    assert asked(folder, "rev-parse", "--show-toplevel") == (0, f"{folder}\n")
    for question in QUESTIONS:
        assert asked(folder, *question) == asked(tmp_path / "clone", *question), question


def test_what_is_left_out_is_nowhere(tmp_path: Path) -> None:
    """A hidden file is in no object; HEAD is a commit of its own, and says nothing of the one that holds the file."""
    repository = repository_of(tmp_path / "origin", FILES)
    folder = work_folder(repository, tmp_path / "trial", hidden)
    assert asked(folder, "ls-files") == (0, "a.py\ndata/open.txt\nlib/deep/b.py\n")
    assert asked(folder, "status", "--porcelain") == (0, "")
    assert asked(folder, "fsck", "--full", "--strict") == (0, "")
    objects = asked(folder, "cat-file", "--batch-all-objects", "--batch")[1]
    assert "B = 2" in objects
    real = git(tmp_path / "origin", "rev-parse", "HEAD", "HEAD^{tree}", "HEAD:data", "HEAD:data/hidden.txt").split()
    assert not [secret for secret in (*real, "the answer is", "start") if secret in objects]
    assert asked(folder, "log", "--all", "--format=%P %s") == (0, " overnight\n")


def test_the_id_says_no_more_than_the_files(tmp_path: Path) -> None:
    """Nobody can prove a guess of what a hidden file holds by an id."""
    ids = set()
    for answer in ("42", "43"):
        repository = repository_of(tmp_path / answer, {**FILES, "data/hidden.txt": answer})
        ids.add(asked(work_folder(repository, tmp_path / f"trial{answer}", hidden), "rev-parse", "HEAD"))
    assert len(ids) == 1


def test_an_attempt_does_not_tell_when_it_was_made(tmp_path: Path) -> None:
    """A candidate that is committed again, as for an audit, finds the same repository: its files, and no message or time."""
    repository = repository_of(tmp_path / "origin", FILES)
    clones, found = clones_of(repository, tmp_path / "common"), []
    for number, message in enumerate(("a bold idea", "for an audit")):
        (tmp_path / "origin/a.py").write_text("A = 2\n")
        git(tmp_path / "origin", "commit", "-q", "-a", "-m", message, f"--date={1_000_000_000 + number}", "--allow-empty")
        commit = git(tmp_path / "origin", "rev-parse", "HEAD")
        found.append(contents(work_folder(repository, tmp_path / str(number), commit=commit, clones=clones) / ".git"))
    assert found[0] == found[1]


def test_another_commit_of_the_view(tmp_path: Path) -> None:
    """Each commit's folder holds its own files and none of another commit's."""
    repository = repository_of(tmp_path / "origin", FILES)
    first = git(tmp_path / "origin", "rev-parse", "HEAD")
    (tmp_path / "origin/a.py").write_text("A = 2  # of the second\n")
    git(tmp_path / "origin", "commit", "-q", "-a", "-m", "second")
    clones = clones_of(repository, tmp_path / "common")
    before, after, again = (
        work_folder(repository, tmp_path / name, commit=commit, clones=clones)
        for name, commit in (("before", first), ("after", ""), ("again", first))
    )
    assert asked(after, "diff", "--stat", "HEAD") == (0, "")
    assert asked(after, "show", "HEAD:a.py") == (0, "A = 2  # of the second\n")
    for folder in (before, again):
        assert "of the second" not in asked(folder, "cat-file", "--batch-all-objects", "--batch")[1]
    assert contents(before) == contents(again)


def test_changes_are_seen(tmp_path: Path) -> None:
    """A file that is changed, also at once and without a change of its size, is one that git shows as changed."""
    folder = work_folder(repository_of(tmp_path / "origin", FILES), tmp_path / "trial")
    (folder / "a.py").write_text("A = 3\n")
    (folder / "lib/deep/b.py").unlink()
    (folder / "new").touch()
    assert asked(folder, "status", "--porcelain") == (0, " M a.py\n D lib/deep/b.py\n?? new\n")
    assert "-A = 1\n+A = 3\n" in asked(folder, "diff")[1]
    assert asked(folder, "commit", "-q", "-a", "-m", "mine")[0] == 0
    assert asked(folder, "checkout", "-q", "HEAD~1", "--", ".")[0] == 0
    assert (folder / "a.py").read_text() == FILES["a.py"]


def test_content_that_is_too_much(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of large files git knows names and ids: it says what changed, but not how."""
    monkeypatch.setattr(clone, "LARGEST_BYTES", 10)
    folder = work_folder(repository_of(tmp_path / "origin", FILES), tmp_path / "trial")
    assert asked(folder, "status", "--porcelain") == (0, "")
    (folder / "data/open.txt").write_text("changed")
    (folder / "data/hidden.txt").write_text("changed")
    assert asked(folder, "status", "--porcelain") == (0, " M data/hidden.txt\n M data/open.txt\n")
    assert asked(folder, "show", "HEAD:data/open.txt") == (0, "shown\n")
    assert asked(folder, "show", "HEAD:data/hidden.txt")[0] != 0


@pytest.mark.parametrize("changed", [True, False])
def test_content_that_is_too_much_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, changed: bool) -> None:
    """Of many files, whether a proposal may change them or not, a clone is as small: it is written for every trial."""
    monkeypatch.setattr(clone, "TOTAL_BYTES", 50)
    repository = repository_of(tmp_path / "origin", {f"{n}.txt": f"{n}" * 20 for n in range(3)})
    ours = clones_of(repository, tmp_path / "common", changes=lambda _: changed)
    folder = work_folder(repository, tmp_path / "trial", clones=ours)
    assert asked(folder, "status", "--porcelain") == (0, "")
    assert asked(folder, "show", "HEAD:0.txt")[0] != 0


def test_links_and_empty_commits(tmp_path: Path) -> None:
    """What a folder does not show is not in its commit, also a link; a commit without files has a HEAD too."""
    repository = repository_of(tmp_path / "origin", FILES)
    (tmp_path / "origin/link").symlink_to("a.py")
    git(tmp_path / "origin", "add", "-A")
    git(tmp_path / "origin", "commit", "-q", "-m", "link")
    folder = work_folder(repository, tmp_path / "trial")
    assert asked(folder, "status", "--porcelain") == (0, "")
    assert "link" not in asked(folder, "ls-files")[1]
    bare = work_folder(repository, tmp_path / "bare", lambda _: True)
    assert asked(bare, "status", "--porcelain") == (0, "")
    assert asked(bare, "rev-parse", "--verify", "-q", "HEAD")[0] == 0
