"""The port `History` on real repositories; nothing that belongs to the user is touched."""

import os
import resource
import select
import signal
import subprocess
import sys
from itertools import count
from pathlib import Path

import pytest
from builders import change
from checkouts import Checkout
from examples import scaled
from hypothesis import given, settings
from hypothesis import strategies as st

from overnight.errors import RepositoryError
from overnight.git.history import DIFF_BYTES, GitHistory
from overnight.git.port import FileChange, TreeFile
from overnight.git.process import GitError
from overnight.git.repository import open_repository
from overnight.testing import HistoryConformance
from overnight.testing.history import FILES, LINKS, PROGRAM


def attempt(history: GitHistory, number: int, base: str, *changes: FileChange, message: str = "try it") -> str:
    return history.record_attempt(tag="t", number=number, base=base, changes=changes, message=message)


def written(history: GitHistory, commit: str, folder: Path) -> dict[str, tuple[bytes, bool]]:
    folder.mkdir()
    history.write_tree(commit, folder)
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {os.fsdecode(path.relative_to(folder)): (path.read_bytes(), bool(path.stat().st_mode & 0o100)) for path in files}


class TestGitHistory(HistoryConformance):
    """A git repository keeps what every history promises."""

    def make(self, folder: Path) -> GitHistory:
        checkout = Checkout(folder)
        checkout.git("init", "-q", "-b", "main")
        for path, content in FILES.items():
            checkout.write(path, content.decode())
        (folder / PROGRAM).chmod(0o755)
        for path, target in LINKS.items():
            (folder / path).symlink_to(target)
        checkout.git("add", "-A")
        checkout.git("commit", "-q", "-m", "start")
        return checkout.history()

    def again(self, folder: Path) -> GitHistory:
        return Checkout(folder).history()


@pytest.mark.parametrize("object_format", ["sha1", "sha256"])
def test_one_attempt(tmp_path: Path, object_format: str) -> None:
    """An attempt is our commit on its base, with new, changed, deleted and executable files, under its own ref."""
    checkout = Checkout.make(tmp_path / "repo", f"--object-format={object_format}")
    history = checkout.history()
    start = history.resolve_start()
    changes = [change("train.py", b"rate = 0.2\n"), change("lib/model.py", None), change("a/b/c.sh", b"c", executable=True)]
    commit = attempt(history, 3, start, *changes, message="raise the rate\n\nbecause")
    files = written(history, commit, tmp_path / "out")
    history.close()
    assert start == checkout.git("rev-parse", "HEAD")
    assert files == {"train.py": (b"rate = 0.2\n", False), "a/b/c.sh": (b"c", True), "run.sh": (b"#!/bin/sh\n", True)}
    assert checkout.git("for-each-ref", "--format=%(refname) %(objectname)", "refs/overnight") == f"refs/overnight/t/3 {commit}"
    shown = checkout.git("show", "-s", "--format=%P|%an <%ae>|%cn|%at|%ct|%B", commit)
    assert shown == f"{start}|overnight <overnight@localhost>|overnight|1700000000|1700000000|raise the rate\n\nbecause"
    assert checkout.git("ls-tree", "-r", "--name-only", commit).splitlines() == ["a/b/c.sh", "run.sh", "train.py"]
    assert checkout.git("fsck", "--strict", "--no-dangling") == ""


def test_files(tmp_path: Path) -> None:
    """The files of a commit have their sizes and modes, sorted by path; links and submodules are paths only."""
    library = Checkout.make(tmp_path / "library")
    checkout = Checkout.make(tmp_path / "repo")
    checkout.git("submodule", "add", "-q", str(library.folder), "vendor")
    (checkout.folder / "link").symlink_to("train.py")
    checkout.git("add", "link")
    commit = checkout.commit({"lib.py": "x"})
    history = checkout.history()
    files = [file for file in history.files(commit) if file.path != ".gitmodules"]
    assert files == [
        TreeFile(path="lib.py", executable=False, size_bytes=1),
        TreeFile(path="lib/model.py", executable=False, size_bytes=10),
        TreeFile(path="run.sh", executable=True, size_bytes=10),
        TreeFile(path="train.py", executable=False, size_bytes=11),
    ]
    assert set(history.paths(commit)) == {".gitmodules", "link", "vendor", *(file.path for file in files)}
    assert "link" not in written(history, commit, tmp_path / "out")
    assert history.read_files(commit, ["train.py"]) == {"train.py": b"rate = 0.1\n"}
    history.close()


def test_many_files_and_a_large_one(tmp_path: Path) -> None:
    """More files than one exchange holds, and one larger than a chunk, are read completely."""
    checkout = Checkout.make(tmp_path / "repo")
    contents = {f"many/{number:03}": "x" * number for number in range(450)}
    commit = checkout.commit({**contents, "large": "0123456789abcdef" * 200_000})
    history = checkout.history()
    sizes = {file.path: file.size_bytes for file in history.files(commit)}
    files = written(history, commit, tmp_path / "out")
    history.close()
    assert sizes == {path: len(content) for path, (content, _) in files.items()}
    assert files["large"][0] == b"0123456789abcdef" * 200_000


PATHS = st.lists(st.sampled_from(["a", "b", "a.b", "a0", "a-", "ü"]), min_size=1, max_size=3).map("/".join)
TREES = st.dictionaries(PATHS, st.tuples(st.binary(max_size=20), st.booleans()), max_size=8).filter(
    lambda tree: not any(other.startswith(f"{path}/") for path in tree for other in tree)
)


@pytest.mark.hypothesis
def test_any_tree_round_trips(tmp_path: Path) -> None:
    """A chain of attempts, each turning one arbitrary tree into the next, gives back each tree exactly, in git's order."""
    checkout = Checkout.make(tmp_path / "repo")
    history = checkout.history()
    numbers = count(1)

    @settings(max_examples=scaled(40), deadline=None)
    @given(trees=st.lists(TREES, min_size=2, max_size=4))
    def round_trip(trees: list[dict[str, tuple[bytes, bool]]]) -> None:
        head = history.resolve_start()
        before = {file.path for file in history.files(head)}
        for number, tree in zip(numbers, trees, strict=False):
            deleted = [change(path, None) for path in before - tree.keys()]
            new = [change(path, content, executable=executable) for path, (content, executable) in tree.items()]
            head = attempt(history, number, head, *deleted, *new)
            assert written(history, head, tmp_path / str(number)) == tree
            before = set(tree)

    round_trip()
    history.close()
    assert next(numbers) > 2 * 40
    assert checkout.git("fsck", "--strict", "--no-dangling") == ""


@pytest.mark.parametrize(
    "path", ["", "/etc/passwd", "../x", "a/../b", "./a", "a//b", "a/", ".git/hooks/x", "lib/.GIT/x", "a\0"]
)
def test_bad_paths(tmp_path: Path, path: str) -> None:
    """A change that leads out of the tree or into git's folder is never committed."""
    history = Checkout.make(tmp_path).history()
    with pytest.raises(ValueError, match="not a path inside a tree"):
        attempt(history, 1, history.resolve_start(), change(path))
    history.close()


@pytest.mark.parametrize("path", ["link", "link/x", "lib", "train.py/x"])
def test_changes_in_the_place_of_something_else(tmp_path: Path, path: str) -> None:
    """A file cannot replace a link or a folder, nor be under a file."""
    checkout = Checkout.make(tmp_path)
    (tmp_path / "link").symlink_to("lib")
    checkout.git("add", "link")
    checkout.git("commit", "-qm", "link")
    history = checkout.history()
    with pytest.raises(ValueError, match="not a regular file"):
        attempt(history, 1, history.resolve_start(), change(path))
    history.close()


def test_foreign_message(tmp_path: Path) -> None:
    """A message of any characters is committed."""
    checkout = Checkout.make(tmp_path)
    history = checkout.history()
    commit = attempt(history, 1, history.resolve_start(), change("x"), message="nul \0 lone \udc80 ünd -- 'q'\n")
    history.close()
    assert checkout.git("show", "-s", "--format=%s", commit) == "nul  lone ? ünd -- 'q'"


def test_attempt_is_replaced(tmp_path: Path) -> None:
    """An attempt that a killed process left unrecorded is replaced by the next one with its number."""
    checkout = Checkout.make(tmp_path)
    history = checkout.history()
    attempt(history, 1, history.resolve_start(), change("x"))
    second = attempt(history, 1, history.resolve_start(), change("y"))
    history.close()
    assert checkout.git("rev-parse", "refs/overnight/t/1") == second


def test_what_others_do_is_seen(tmp_path: Path) -> None:
    """The running helpers notice refs that others move, objects that others add, and garbage collection."""
    checkout = Checkout.make(tmp_path)
    history = checkout.history()
    start = history.resolve_start()
    history.advance(tag="t", old=None, new=start)
    attempt(history, 1, start, change("x"))
    later = checkout.commit({"train.py": "rate = 0.3\n"})
    checkout.git("update-ref", "refs/heads/autoresearch/t", later)
    checkout.git("gc", "-q", "--prune=now")
    assert history.branch_head("t") == history.resolve_start() == later
    assert history.has_commit(later)
    assert not history.has_commit("0" * 40)
    third = attempt(history, 2, later, change("y"))
    assert history.advance(tag="t", old=later, new=third)
    history.close()


RACER = """
import sys, pathlib
from overnight.git.history import GitHistory
from overnight.git.repository import open_repository
folder, old, new = sys.argv[1:]
history = GitHistory(open_repository(pathlib.Path(folder)))
history.branch_head("t")
print("ready", flush=True)
sys.stdin.readline()
print(history.advance(tag="t", old=old, new=new), flush=True)
history.close()
"""


def test_two_processes_advance(tmp_path: Path) -> None:
    """If two processes move a branch from the same commit at the same time, exactly one succeeds."""
    checkout = Checkout.make(tmp_path)
    history = checkout.history()
    start = history.resolve_start()
    assert history.advance(tag="t", old=None, new=start)
    rivals = [attempt(history, number, start, change("x", b"%d" % number)) for number in range(4)]
    racers = [
        subprocess.Popen(
            [sys.executable, "-c", RACER, str(tmp_path), start, new], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        for new in rivals
    ]
    for racer in racers:
        assert racer.stdout is not None
        assert racer.stdout.readline() == "ready\n"
    for racer in racers:
        assert racer.stdin is not None
        racer.stdin.write("go\n")
        racer.stdin.flush()
    answers = [racer.communicate()[0].strip() for racer in racers]
    assert sorted(answers) == ["False", "False", "False", "True"]
    assert history.branch_head("t") == rivals[answers.index("True")]
    history.close()


def test_advance_that_git_refuses(tmp_path: Path) -> None:
    """If git refuses though nobody else moved the ref, its message is reported, and the next call works again."""
    history = Checkout.make(tmp_path).history()
    start = history.resolve_start()
    lock = tmp_path / ".git" / "refs" / "heads" / "autoresearch" / "t.lock"
    lock.parent.mkdir()
    lock.write_text("")
    with pytest.raises(GitError, match=r"git update-ref: .*t\.lock"):
        history.advance(tag="t", old=None, new=start)
    lock.unlink()
    assert history.advance(tag="t", old=None, new=start)
    history.close()


def test_retracting_a_branch(tmp_path: Path) -> None:
    """It is deleted only where it is expected to be, so nobody's commit is lost."""
    history = Checkout.make(tmp_path).history()
    start = history.resolve_start()
    assert not history.retract(tag="t", at=start)
    history.advance(tag="t", old=None, new=start)
    moved = history.record_attempt(tag="t", number=1, base=start, changes=[], message="x")
    assert not history.retract(tag="t", at=moved) and history.branch_head("t") == start
    assert history.retract(tag="t", at=start) and history.branch_head("t") is None
    history.close()


def test_commit_that_is_missing(tmp_path: Path) -> None:
    """A commit that is not in the repository is an error of one clear line."""
    history = Checkout.make(tmp_path).history()
    with pytest.raises(RepositoryError, match=r"the commit 1111.* is not in the repository"):
        history.files("1" * 40)
    with pytest.raises(RepositoryError, match="is a tree, not a commit"):
        history.files(Checkout(tmp_path).git("rev-parse", "HEAD^{tree}"))
    with pytest.raises(ValueError, match="not a name of an object"):
        history.has_commit("HEAD\ncontents HEAD")
    assert history.resolve_start()
    history.close()


def helpers_of(process: int) -> list[int]:
    return [int(pid) for pid in Path(f"/proc/{process}/task/{process}/children").read_text().split()]


def test_killed_helpers_are_restarted(tmp_path: Path) -> None:
    """Killed helpers are started again, and the answers stay correct."""
    checkout = Checkout.make(tmp_path / "repo")
    before = set(helpers_of(os.getpid()))
    history = checkout.history()
    start = history.resolve_start()
    attempt(history, 1, start, change("x"))
    helpers = set(helpers_of(os.getpid())) - before
    assert len(helpers) == 5
    for helper in helpers:
        os.kill(helper, signal.SIGKILL)
    second = attempt(history, 2, start, change("a/y", b"1"))
    assert written(history, second, tmp_path / "out")["a/y"] == (b"1", False)
    history.close()
    assert set(helpers_of(os.getpid())) == before


OWNER = """
import sys, pathlib
from overnight.git.history import GitHistory
from overnight.git.repository import open_repository
from overnight.git.port import FileChange
history = GitHistory(open_repository(pathlib.Path(sys.argv[1])))
change = FileChange(path="x", content=b"x")
history.record_attempt(tag="t", number=1, base=history.resolve_start(), changes=[change], message="m")
print("ready", flush=True)
sys.stdin.readline()
"""


def test_helpers_end_with_us(tmp_path: Path) -> None:
    """When our process is killed its helpers end by themselves."""
    Checkout.make(tmp_path)
    owner = subprocess.Popen([sys.executable, "-c", OWNER, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    assert owner.stdout is not None
    assert owner.stdout.readline() == b"ready\n"
    watched = [os.pidfd_open(pid) for pid in helpers_of(owner.pid)]
    owner.kill()
    owner.communicate()
    assert len(watched) == 5
    for helper in watched:
        assert select.select([helper], [], [], 10.0)[0], "a helper outlived its owner"
        os.close(helper)


def test_error_in_the_middle_of_an_answer(tmp_path: Path) -> None:
    """An error of ours while git is answering does not spoil the answers after it."""
    checkout = Checkout.make(tmp_path / "repo")
    commit = checkout.commit({"large": "x" * 5_000_000})
    history = checkout.history()
    history.files(commit)
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    (tmp_path / "out").mkdir()
    try:
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_500_000, limits[1]))
        with pytest.raises(OSError, match="File too large"):
            history.write_tree(commit, tmp_path / "out")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, limits)
    assert history.read_files(commit, ["train.py"]) == {"train.py": b"rate = 0.1\n"}
    history.close()


def trap(checkout: Checkout, marks: Path) -> None:
    """Set every trap that a repository can hold for a git command: each would leave a mark."""
    marks.mkdir()
    bait = marks.parent / "bait.sh"
    bait.write_text(f'#!/bin/sh\ntouch "{marks}/$(basename "$0").$$"\ncat\n')
    bait.chmod(0o755)
    hooks = checkout.folder / ".git" / "hooks"
    names = ["reference-transaction", "post-commit", "pre-commit", "post-checkout", "post-index-change", "update"]
    for folder in (hooks, checkout.folder / ".git" / "myhooks"):
        folder.mkdir(exist_ok=True)
        for name in names:
            (folder / name).symlink_to(bait)
    settings = {
        "core.hooksPath": str(checkout.folder / ".git" / "myhooks"),
        "core.fsmonitor": str(bait),
        "core.pager": str(bait),
        "core.editor": str(bait),
        "diff.external": str(bait),
        "diff.evil.command": str(bait),
        "diff.evil.textconv": str(bait),
        "filter.evil.clean": str(bait),
        "filter.evil.smudge": str(bait),
        "filter.evil.required": "true",
        "merge.evil.driver": f"{bait} %O %A %B",
        "alias.cat-file": f"!{bait}",
        "alias.diff-tree": f"!{bait}",
    }
    (checkout.folder / ".git" / "info" / "attributes").write_text("* filter=evil diff=evil merge=evil\n")
    for key, value in settings.items():
        checkout.git("config", key, value)


def test_nothing_of_the_repository_runs(tmp_path: Path) -> None:
    """Nothing we do runs a hook, filter, monitor, external diff, merge driver or alias of the repository."""
    from overnight.git.finalize import finalize
    from overnight.git.port import KeptChange

    checkout, marks = Checkout.make(tmp_path / "repo"), tmp_path / "marks"
    checkout.commit({".gitattributes": "*.py filter=evil diff=evil merge=evil text eol=crlf working-tree-encoding=UTF-16\n"})
    trap(checkout, marks)
    repository = open_repository(checkout.folder)
    repository.exclude_overnight()
    assert repository.notes == ()
    history = checkout.history()
    start = history.resolve_start()
    history.advance(tag="t", old=None, new=start)
    one = attempt(history, 1, start, change("train.py", b"rate = 0.1\nx = 1\n"))
    two = attempt(history, 2, start, change("train.py", b"y = 1\nrate = 0.1\n"))
    assert history.advance(tag="t", old=start, new=one)
    assert "+x = 1" in history.diff(start, one)
    assert history.merge(base=start, head=one, commit=two) == [change("train.py", b"y = 1\nrate = 0.1\nx = 1\n")]
    assert written(history, one, tmp_path / "out")["train.py"] == (b"rate = 0.1\nx = 1\n", False)
    history.close()
    finalize(repository, start=start, kept=[KeptChange(commit=one, subject="s", body="b")], branch="overnight/t")
    assert list(marks.iterdir()) == []
    checkout.git("update-ref", "refs/heads/x", start)
    assert list(marks.iterdir()) != []  # the traps are live


def leave_clean(checkout: Checkout) -> None:
    pass


def leave_dirty(checkout: Checkout) -> None:
    checkout.write("train.py", "half done")
    checkout.write("lib/model.py", "staged")
    checkout.git("add", "lib/model.py")
    checkout.write("untracked", "x")
    (checkout.folder / "run.sh").unlink()


def leave_stashed(checkout: Checkout) -> None:
    checkout.write("train.py", "stashed")
    checkout.git("stash", "-q")


def leave_detached(checkout: Checkout) -> None:
    checkout.git("checkout", "-q", "--detach")


def leave_mid_merge(checkout: Checkout) -> None:
    _conflict(checkout)
    checkout.git("merge", "other", check=False)
    assert (checkout.folder / ".git" / "MERGE_HEAD").exists()


def leave_mid_rebase(checkout: Checkout) -> None:
    _conflict(checkout)
    checkout.git("rebase", "other", check=False)
    assert (checkout.folder / ".git" / "rebase-merge").exists()


def _conflict(checkout: Checkout) -> None:
    checkout.git("checkout", "-q", "-b", "other")
    checkout.commit({"train.py": "rate = 1\n"})
    checkout.git("checkout", "-q", "main")
    checkout.commit({"train.py": "rate = 2\n"})


def leave_with_submodule(checkout: Checkout) -> None:
    library = Checkout.make(checkout.folder.parent / "library")
    checkout.git("submodule", "add", "-q", str(library.folder), "vendor")
    checkout.git("commit", "-qm", "vendor")


def leave_with_lfs_pointer(checkout: Checkout) -> None:
    checkout.commit({".gitattributes": "*.bin filter=lfs -text\n", "data.bin": "version https://git-lfs.github.com/spec/v1\n"})
    checkout.git("config", "filter.lfs.process", "git-lfs-that-is-not-installed filter-process")
    checkout.git("config", "filter.lfs.required", "true")


STATES = [
    leave_clean, leave_dirty, leave_stashed, leave_detached, leave_mid_merge, leave_mid_rebase, leave_with_submodule,
    leave_with_lfs_pointer,
]  # fmt: skip


@pytest.mark.parametrize("leave", STATES)
def test_the_checkout_is_never_touched(tmp_path: Path, leave: object) -> None:
    """Whatever state the checkout is in, a campaign's worth of calls leaves every byte of it as it was."""
    checkout = Checkout.make(tmp_path / "repo")
    assert callable(leave)
    leave(checkout)
    before = checkout.state()
    repository = open_repository(checkout.folder / "lib")
    repository.exclude_overnight()
    history = checkout.history()
    start = head = history.resolve_start()
    history.advance(tag="t", old=None, new=start)
    for number in range(1, 6):
        commit = attempt(history, number, head, change("train.py", b"rate = %d\n" % number), change(f"n/{number}"))
        assert history.diff(head, commit)
        if number % 2:
            assert history.advance(tag="t", old=head, new=commit)
            head = commit
    assert written(history, head, tmp_path / "out")["train.py"] == (b"rate = 5\n", False)
    history.close()
    assert checkout.state() == before
    assert checkout.git("rev-list", "--count", f"{start}..autoresearch/t") == "3"


def test_shallow_clone(tmp_path: Path) -> None:
    """A shallow clone is enough."""
    checkout = Checkout.make(tmp_path / "full")
    checkout.commit({"train.py": "rate = 0.5\n"})
    checkout.git("clone", "-q", "--depth=1", checkout.folder.as_uri(), str(tmp_path / "shallow"))
    history = Checkout(tmp_path / "shallow").history()
    start = history.resolve_start()
    commit = attempt(history, 1, start, change("train.py"))
    assert history.advance(tag="t", old=None, new=commit)
    assert "-rate = 0.5" in history.diff(start, commit)
    history.close()


def test_partial_clone_is_not_fetched(tmp_path: Path) -> None:
    """Files that a partial clone lacks are an error of one clear line, and nothing is fetched over the network."""
    checkout = Checkout.make(tmp_path / "full")
    checkout.git("config", "uploadpack.allowFilter", "true")
    checkout.git("clone", "-q", "--no-checkout", "--filter=blob:none", checkout.folder.as_uri(), str(tmp_path / "partial"))
    history = Checkout(tmp_path / "partial").history()
    start = history.resolve_start()
    with pytest.raises(RepositoryError, match=r"not in the repository|could not fetch|not allowed"):
        history.files(start)
    history.close()


def test_large_diff_is_cut(tmp_path: Path) -> None:
    """A diff for people ends at its limit, and its foreign bytes are replaced."""
    history = Checkout.make(tmp_path).history()
    start = history.resolve_start()
    commit = attempt(history, 1, start, change("big", b"\xff line\n" * 300_000))
    shown = history.diff(start, commit)
    history.close()
    assert DIFF_BYTES * 0.9 < len(shown) <= DIFF_BYTES
    assert "+\ufffd line\n" in shown


def test_merge(tmp_path: Path) -> None:
    """A change is applied to a head that moved, even within one file; if both touched the same lines, the result is None."""
    checkout = Checkout.make(tmp_path)
    text = "".join(f"line {number}\n" for number in range(9))
    base = checkout.commit({"text": text, "gone": "x", "mode": "x", "binary": "\0x"})
    history = checkout.history()
    head = attempt(
        history, 1, base, change("text", f"top\n{text}".encode()), change("train.py", b"ours\n"), change("binary", b"\0y")
    )
    clean = attempt(
        history, 2, base, change("text", f"{text}end\n".encode()), change("gone", None), change("mode", b"x", executable=True)
    )
    assert history.merge(base=base, head=head, commit=clean) == [
        change("gone", None),
        change("mode", b"x", executable=True),
        change("text", f"top\n{text}end\n".encode()),
    ]
    same = attempt(history, 3, base, change("train.py", b"ours\n"), change("new"))
    assert history.merge(base=base, head=head, commit=same) == [change("new")]
    conflicts = [
        change("train.py", b"theirs\n"),
        change("train.py", None),
        change("binary", b"\0z"),
        change("text", b"other\n"),
    ]
    for number, conflict in enumerate(conflicts, start=4):
        assert history.merge(base=base, head=head, commit=attempt(history, number, base, conflict)) is None
    folder = attempt(history, 9, base, change("n/x"))
    assert history.merge(base=base, head=attempt(history, 10, base, change("n")), commit=folder) is None
    history.close()
