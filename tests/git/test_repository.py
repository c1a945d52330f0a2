"""Opening the user's repository in every possible state."""

import os
import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest
from checkouts import Checkout
from examples import scaled
from hypothesis import given, settings
from hypothesis import strategies as st
from started_processes import processes

from overnight.errors import RepositoryError
from overnight.files.own import NotOurs
from overnight.git.history import GitHistory
from overnight.git.looks import Looks
from overnight.git.repository import Repository, attempt_ref, branch_ref, check_branch_free, open_repository, valid_tag

NO_CAPABILITIES = ["setpriv", "--bounding-set=-all"] if os.geteuid() == 0 else []  # root reads and writes whatever the mode


@pytest.mark.parametrize("name", ["plain", "with space", "new\nline", "ümläut", os.fsdecode(b"bytes\xff")])
def test_opens_from_a_subfolder(tmp_path: Path, name: str) -> None:
    """The checkout around a folder is found, whatever bytes its path has."""
    folder = tmp_path / name
    Checkout.make(folder)
    repository = open_repository(folder / "lib")
    assert repository.toplevel == folder
    assert repository.git_dir == repository.common_dir == folder / ".git"
    assert repository.overnight == folder / ".overnight"
    assert repository.object_format == "sha1"


def test_no_repository(tmp_path: Path) -> None:
    """Outside of git the message says what to do."""
    with pytest.raises(RepositoryError, match="not in a git repository; git init"):
        open_repository(tmp_path)


def test_no_folder(tmp_path: Path) -> None:
    """A missing folder is an error without a traceback."""
    with pytest.raises(RepositoryError, match="there is no folder"):
        open_repository(tmp_path / "none")


def test_bare_repository(tmp_path: Path) -> None:
    """A bare repository has no checkout to start from."""
    subprocess.run(["git", "init", "-q", "--bare", tmp_path], check=True)
    with pytest.raises(RepositoryError, match="bare repository"):
        open_repository(tmp_path)


def test_inside_git_folder(tmp_path: Path) -> None:
    """Git's own folder is not taken for a checkout."""
    Checkout.make(tmp_path)
    with pytest.raises(RepositoryError, match="inside git's own folder"):
        open_repository(tmp_path / ".git" / "refs")


def test_no_commit(tmp_path: Path) -> None:
    """A repository without commits has nothing to start from."""
    subprocess.run(["git", "init", "-q", tmp_path], check=True)
    with pytest.raises(RepositoryError, match="no readable commit"):
        open_repository(tmp_path)


def test_broken_repository(tmp_path: Path) -> None:
    """If git itself cannot read the repository, its own message is reported."""
    Checkout.make(tmp_path)
    (tmp_path / ".git" / "config").write_text("[core\n")
    with pytest.raises(RepositoryError, match="bad config"):
        open_repository(tmp_path)


def test_no_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without git, the error has the fix."""
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RepositoryError, match=r"git was not found on PATH; install git 2\.39"):
        open_repository(tmp_path)


def test_old_git(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A git that is too old is named with its version."""
    program = tmp_path / "git"
    program.write_text("#!/bin/sh\necho git version 2.38.9\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    with pytest.raises(RepositoryError, match=r"git version 2\.38\.9 is not supported; install git 2\.39"):
        open_repository(tmp_path)


@pytest.mark.skipif(os.geteuid() != 0, reason="giving a file to another user needs root")
def test_repository_of_another_user(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A repository of another user is refused until the user's own configuration trusts it."""
    home, folder = tmp_path / "home", tmp_path / "repo"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    checkout = Checkout.make(folder)
    for path in [folder, *folder.rglob("*")]:
        os.chown(path, 12345, 12345)
    with pytest.raises(RepositoryError, match=rf"belongs to another user; .*safe\.directory {folder}$"):
        open_repository(folder)
    (home / ".gitconfig").write_text(f"[safe]\n\tdirectory = {folder}\n")
    history = checkout.history()
    assert history.branch_head("t") is None
    history.close()


def test_read_only_repository(tmp_path: Path) -> None:
    """A read-only repository can be opened for reading, and is refused before a campaign starts."""
    checkout = Checkout.make(tmp_path / "repo")
    objects = checkout.folder / ".git" / "objects"
    objects.chmod(0o500)
    script = (
        "import sys, pathlib; from overnight.git.repository import open_repository\n"
        "repository = open_repository(pathlib.Path(sys.argv[1]))\n"
        "try: repository.exclude_overnight()\n"
        "except Exception as error: print(type(error).__name__, error)\n"
    )
    command = [*NO_CAPABILITIES, sys.executable, "-c", script, str(checkout.folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout == f"RepositoryError {objects} is not writable; give yourself write access to the repository\n"
    assert not (checkout.folder / ".overnight").exists()


def test_linked_worktree(tmp_path: Path) -> None:
    """A linked worktree has its own `.overnight` folder, and shares objects and the exclude file."""
    checkout = Checkout.make(tmp_path / "repo")
    checkout.git("worktree", "add", "-q", "--detach", str(tmp_path / "tree"))
    repository = open_repository(tmp_path / "tree")
    assert repository.toplevel == tmp_path / "tree"
    assert repository.common_dir == tmp_path / "repo" / ".git"
    repository.exclude_overnight()
    assert Checkout(tmp_path / "tree").git("status", "--porcelain") == ""


def test_exclude_is_written_once(tmp_path: Path) -> None:
    """Our folder is hidden from git by one line, added after what the user has there."""
    checkout = Checkout.make(tmp_path)
    exclude = tmp_path / ".git" / "info" / "exclude"
    exclude.write_bytes(b"mine")
    repository = open_repository(tmp_path)
    repository.exclude_overnight()
    repository.exclude_overnight()
    (repository.overnight / "x").write_text("")
    assert exclude.read_bytes() == b"mine\n.overnight/\n"
    assert checkout.git("status", "--porcelain") == ""


def test_our_folder_is_a_link(tmp_path: Path) -> None:
    """A link in place of our folder is not followed."""
    Checkout.make(tmp_path / "repo")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "repo" / ".overnight").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(NotOurs, match="is a link; remove it"):
        open_repository(tmp_path / "repo").exclude_overnight()


def test_notes(tmp_path: Path) -> None:
    """Submodules, links and Git LFS are pointed out, and a plain repository has no notes."""
    library = Checkout.make(tmp_path / "library")
    checkout = Checkout.make(tmp_path / "repo")
    assert open_repository(checkout.folder).notes == ()
    checkout.git("submodule", "add", "-q", str(library.folder), "vendor/library")
    (checkout.folder / "link").symlink_to("train.py")
    checkout.git("add", "link")
    checkout.commit({"data/.gitattributes": "*.bin filter=lfs diff=lfs -text\n"})
    submodule, link, lfs = open_repository(checkout.folder).notes
    assert submodule == "1 submodule (vendor/library) is left out: trials do not see that folder unless `readable` names it"
    assert link == "1 symbolic link (link) is left out: trials see regular files only"
    assert "pointer files" in lfs


def test_inside_a_submodule(tmp_path: Path) -> None:
    """A campaign inside a submodule works on the submodule."""
    library = Checkout.make(tmp_path / "library")
    checkout = Checkout.make(tmp_path / "repo")
    checkout.git("submodule", "add", "-q", str(library.folder), "library")
    inner = Checkout(checkout.folder / "library")
    assert open_repository(inner.folder).toplevel == inner.folder
    history = inner.history()
    assert history.resolve_start() == library.git("rev-parse", "HEAD")
    history.close()


@pytest.mark.parametrize("tag", ["mar5", "a.b", "x_1-2", "été", "0", "a@b", "HEAD"])
def test_valid_tags(tmp_path: Path, tag: str) -> None:
    """Ordinary names are valid tags, and git accepts the refs made from them."""
    assert valid_tag(tag)
    for ref in (branch_ref(tag), attempt_ref(tag, 7)):
        assert subprocess.run(["git", "check-ref-format", ref], check=False).returncode == 0


BAD_TAGS = [
    "", ".", "..", "a/b", "/..", "../x", "a..b", ".a", "-a", "a.", "a.lock", "a b", "a\n", "a~", "a^", "a:", "a?", "a*",
    "a[", "a\\", "@", "a@{", "a\0", "a\x7f", "x" * 101, "\udc80",
]  # fmt: skip


@pytest.mark.parametrize("tag", BAD_TAGS)
def test_bad_tags(tag: str) -> None:
    """A name that git, a path or a command line cannot take is not a valid tag."""
    assert not valid_tag(tag)
    with pytest.raises(ValueError, match="not a valid tag"):
        branch_ref(tag)


@settings(max_examples=scaled(60), deadline=None)
@given(st.text(alphabet=st.one_of(st.sampled_from("ab.@{-~^:/lock"), st.characters(codec="utf-8")), max_size=6))
def test_git_takes_every_valid_tag(tag: str) -> None:
    """Git accepts every valid tag as part of a ref."""
    if valid_tag(tag):
        assert subprocess.run(["git", "check-ref-format", branch_ref(tag)], check=False).returncode == 0


def test_branch_that_is_checked_out(tmp_path: Path) -> None:
    """A campaign does not start on a branch that a worktree has checked out, because its files would look changed."""
    checkout = Checkout.make(tmp_path / "repo")
    repository = open_repository(checkout.folder)
    checkout.git("branch", "autoresearch/t")
    check_branch_free(repository, "t")
    checkout.git("worktree", "add", "-q", str(tmp_path / "other tree"), "autoresearch/t")
    with pytest.raises(RepositoryError, match=r"autoresearch/t is checked out in .*/other tree; check out another"):
        check_branch_free(repository, "t")
    check_branch_free(repository, "other")


# --- How often git is started ---

FINDING = ["version", "rev-parse", "config", "rev-parse"]  # the second one reads HEAD with a configuration of ours


@pytest.mark.parametrize("inside", ["", "lib"])
def test_finding_a_repository_starts_few_processes(tmp_path: Path, inside: str) -> None:
    """Git is asked once for what it can say at once, and nothing is asked again."""
    checkout = Checkout.make(tmp_path / "repo")
    with processes() as started:
        repository = open_repository(checkout.folder / inside)
        assert [one.command for one in started] == FINDING
        repository.check_overnight()
        GitHistory(repository).close()
    assert [one.command for one in started] == [*FINDING, "ls-files"]


@pytest.fixture
def later(monkeypatch: pytest.MonkeyPatch) -> None:
    """Looks are a second later than they are, so that what was just written counts as old."""
    monkeypatch.setattr("overnight.git.repository._opened", Looks[Repository](lambda: time.time() + 1))
    monkeypatch.setattr("overnight.git.repository._indexes", Looks[bytes](lambda: time.time() + 1))


@pytest.mark.usefixtures("later")
def test_a_checkout_that_is_looked_at_again_starts_no_process(tmp_path: Path) -> None:
    """A server shows it at every page; work of the user in it changes nothing of what git said."""
    checkout = Checkout.make(tmp_path / "repo")
    open_repository(checkout.folder).check_overnight()
    (checkout.folder / "new").write_text("")
    with processes() as started:
        open_repository(checkout.folder).check_overnight()
    assert started == []


@pytest.mark.usefixtures("later")
def test_git_is_asked_again_once_something_that_it_read_has_changed(tmp_path: Path) -> None:
    """A checkout that is moved elsewhere, one without a commit, and our folder in the index are seen at the next look."""
    checkout = Checkout.make(tmp_path / "repo")
    open_repository(checkout.folder).check_overnight()
    (checkout.folder / ".overnight").mkdir(mode=0o700)
    (checkout.folder / ".overnight" / "mine").write_text("")
    checkout.git("add", "-f", ".overnight")
    with pytest.raises(RepositoryError, match="git tracks"):
        open_repository(checkout.folder).check_overnight()
    (tmp_path / "other").mkdir()
    checkout.git("config", "core.worktree", str(tmp_path / "other"))
    with pytest.raises(RepositoryError, match="run this in the checkout"):
        open_repository(checkout.folder)
    subprocess.run(["git", "config", "--file", ".git/config", "--unset", "core.worktree"], cwd=checkout.folder, check=True)
    assert open_repository(checkout.folder).toplevel == checkout.folder
    (checkout.folder / ".git" / "HEAD").write_text("ref: refs/heads/none\n")
    with pytest.raises(RepositoryError, match="no readable commit"):
        open_repository(checkout.folder)
    (checkout.folder / ".git").rename(tmp_path / "away")
    with pytest.raises(RepositoryError, match="not in a git repository"):
        open_repository(checkout.folder)


@pytest.mark.parametrize("place", ["", "lib"])
def test_what_was_written_just_now_and_what_is_below_a_checkout_is_asked_again(tmp_path: Path, place: str) -> None:
    """The first may be written again at the same moment, in the second a repository may be made."""
    checkout = Checkout.make(tmp_path / "repo")
    (checkout.folder / "lib").mkdir(exist_ok=True)
    (checkout.folder / ".git" / "HEAD").touch()
    open_repository(checkout.folder / place)
    with processes() as started:
        open_repository(checkout.folder / place)
    assert "rev-parse" in [one.command for one in started]


def test_a_linked_worktree_is_found_from_its_inside_too(tmp_path: Path) -> None:
    """Its own folder is elsewhere, so it costs one process more to see that the checkout is its home."""
    checkout = Checkout.make(tmp_path / "repo")
    checkout.git("worktree", "add", "-q", str(tmp_path / "tree"))
    for place in ("", "lib"):
        repository = open_repository(tmp_path / "tree" / place)
        assert (repository.toplevel, repository.common_dir) == (tmp_path / "tree", checkout.folder / ".git")


@pytest.mark.parametrize("name", ["a\nb", "true\ntrue", "\n", "a\n"])
def test_a_line_end_in_a_name_is_part_of_it(tmp_path: Path, name: str) -> None:
    """What git says in lines is not taken apart there."""
    checkout = Checkout.make(tmp_path / name)
    checkout.git("worktree", "add", "-q", "--detach", str(tmp_path / f"tree{name}"))
    for folder in (checkout.folder, tmp_path / f"tree{name}"):
        repository = open_repository(folder / "lib")
        assert repository.toplevel == folder and repository.common_dir == checkout.folder / ".git"
        repository.exclude_overnight()


def test_a_checkout_over_a_folder_around_is_refused_from_everywhere(tmp_path: Path) -> None:
    """Also if that folder has a repository of its own, and from every folder in which git finds this one."""
    outer = Checkout.make(tmp_path / "outer")
    inner = Checkout.make(outer.folder / "inner")
    (inner.folder / "sub").mkdir()
    inner.git("config", "core.worktree", str(outer.folder))
    for folder in (inner.folder, inner.folder / "sub"):
        with pytest.raises(RepositoryError, match="a folder outside of it"):
            open_repository(folder)


@pytest.mark.parametrize("entry", ["", ".", "bin"])
def test_a_git_that_a_clone_brings_is_not_run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, entry: str) -> None:
    """An entry of PATH that is empty or relative means the folder in which git is started, which is a stranger's."""
    checkout = Checkout.make(tmp_path / "repo")
    program = checkout.folder / entry / "git"
    program.parent.mkdir(exist_ok=True)
    program.write_text(f'#!/bin/sh\ntouch {tmp_path}/ran\nexec /usr/bin/git "$@"\n')
    program.chmod(0o755)
    monkeypatch.chdir(checkout.folder)
    monkeypatch.setenv("PATH", f"{entry}:{os.environ['PATH']}")
    check_branch_free(open_repository(checkout.folder), "t")
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize(("branch", "mine"), [("autoresearch", "t"), ("autoresearch/t/x", "t")])
def test_a_branch_that_git_cannot_hold_beside_ours(tmp_path: Path, branch: str, mine: str) -> None:
    """It is named with the command that renames it, which helps; others of our names are not in the way."""
    checkout = Checkout.make(tmp_path / "repo")
    checkout.git("branch", branch)
    checkout.git("branch", "autoresearch-t")
    repository = open_repository(checkout.folder)
    with pytest.raises(RepositoryError, match=rf"the branch {branch} is in the way.*beside autoresearch/t; ") as caught:
        check_branch_free(repository, mine)
    checkout.git(*caught.value.fix.partition("git ")[2].split())
    check_branch_free(repository, mine)
    history = checkout.history()
    assert history.advance(tag=mine, old=None, new=history.resolve_start())
    history.close()


@pytest.mark.parametrize("kind", ["--depth=1", "--filter=blob:none", "--filter=blob:none --sparse"])
def test_clones_without_all_objects(tmp_path: Path, kind: str) -> None:
    """A shallow or partial one can be worked on; if a file of the commit is missing, the fix brings it."""
    checkout = Checkout.make(tmp_path / "repo")
    (checkout.folder / "below").mkdir()
    (checkout.folder / "below" / "data.txt").write_text("1")
    checkout.git("add", "-A")
    checkout.git("commit", "-q", "-m", "more")
    checkout.git("config", "uploadpack.allowFilter", "true")
    checkout.git("clone", "-q", *kind.split(), f"file://{checkout.folder}", str(tmp_path / "clone"))
    (tmp_path / "tree").mkdir()
    history = GitHistory(open_repository(tmp_path / "clone"))
    try:
        if "sparse" in kind:
            with pytest.raises(RepositoryError, match="git archive HEAD >/dev/null") as caught:
                history.write_tree(history.resolve_start(), tmp_path / "tree")
            command = caught.value.fix.partition(": ")[2]
            subprocess.run(command, shell=True, cwd=tmp_path / "clone", check=True)
            shutil.rmtree(tmp_path / "tree")
            (tmp_path / "tree").mkdir()
            history.close()
            history = GitHistory(open_repository(tmp_path / "clone"))
        history.write_tree(history.resolve_start(), tmp_path / "tree")
        assert (tmp_path / "tree" / "below" / "data.txt").read_text() == "1"
    finally:
        history.close()
