"""A cloned repository is data: nothing that it names is run, and nothing in it holds us up for ever."""

import os
import re
import subprocess
import sys
from collections.abc import Sequence
from contextlib import closing, suppress
from itertools import count
from pathlib import Path
from random import Random

import pytest
from builders import change
from checkouts import ENVIRONMENT, Checkout
from hostile_repository import HostileRepository, run_plain_git
from processes import command_lines
from started_processes import Started, processes

import overnight
from overnight.errors import RepositoryError
from overnight.git import process
from overnight.git.ancestry import is_ancestor, merge_base
from overnight.git.deadline import Deadline
from overnight.git.finalize import finalize
from overnight.git.history import GitHistory
from overnight.git.objects import ObjectStore
from overnight.git.own_config import PREFIX, TAKEN_OVER
from overnight.git.port import KeptChange
from overnight.git.repository import check_branch_free, open_repository
from overnight.git.trees import FOLDER, TreeEntry
from overnight.git.uncommitted import uncommitted, why_absent
from overnight.git.whole_merge import Merger, Sides
from overnight.research.setup.labs import copy_lab
from overnight.research.tryout.repo import make_throwaway

# That plain git runs in `run_plain_git`, whatever its version.
ALIVE = frozenset(
    {
        *("clean", "odd-clean", "process", "smudge", "fsmonitor", "hook", "textconv", "diff-driver", "external-diff", "merge"),
        *("alias", "include", "worktree-config", "gpg", "editor", "ssh", "ext", "near-upload-pack", "tar", "trailer"),
    }
)
# Every command of git that we use on a repository of the user's.
COMMANDS = frozenset(
    {
        *("cat-file", "check-ignore", "check-ref-format", "config", "diff-tree", "for-each-ref", "hash-object"),
        *("ls-files", "ls-tree", "merge-base", "merge-file", "mktree", "rev-parse", "show-ref", "status", "update-ref"),
        *("version", "worktree"),
    }
)
FINDS = frozenset({"version", "rev-parse", "config"})  # may read the repository's own configuration


def use_all(folder: Path, out: Path) -> set[str]:
    """Call everything that we can do with a repository; return the names of the methods of `GitHistory` that were called."""
    repository = open_repository(folder)
    repository.exclude_overnight()
    check_branch_free(repository, "t")
    assert repository.notes == ()
    assert uncommitted(repository)
    (folder / "new.md").write_text("x")
    assert why_absent(repository, "new.md") == "not committed"
    history = _Watched(GitHistory(repository))
    start = history.resolve_start()
    assert history.advance(tag="t", old=None, new=start)
    one = history.record_attempt(
        tag="t", number=1, base=start, changes=[change("train.py", b"x = 1\nrate = 0.1\n")], message="m"
    )
    two = history.record_attempt(
        tag="t", number=2, base=start, changes=[change("train.py", b"rate = 0.1\ny = 1\n")], message="m"
    )
    assert history.advance(tag="t", old=start, new=one) and history.branch_head("t") == one
    assert history.attempt("t", 2) == history.resolve(two) == two and history.has_commit(two)
    assert "+x = 1" in history.diff(start, one)
    assert history.merge(base=start, head=one, commit=two) == [change("train.py", b"x = 1\nrate = 0.1\ny = 1\n")]
    assert history.parents(two) == (start,)
    assert {file.path for file in history.files(two)} <= set(history.paths(two))
    assert history.read_files(one, ["train.py"]) == {"train.py": b"x = 1\nrate = 0.1\n"}
    assert history.ids(one).keys() == {file.path for file in history.files(one)}
    assert {*history.links(one), *history.submodules(one)} <= set(history.paths(one))
    out.mkdir()
    history.write_tree(one, out, links=True)
    history.publish(one, "evidence")
    assert history.published(one) == "evidence"
    assert history.trailer(one, "Overnight-Attempt") == "" and history.same_files(one, one)
    assert history.made_at(one) > 0
    assert history.advance(tag="withdrawn", old=None, new=start) and history.retract(tag="withdrawn", at=start)
    assert history.move_branch("overnight/moved", old=None, new=start)
    assert list(history.links(start)) == list(history.submodules(start)) == []
    history.close()
    assert is_ancestor(repository.git_dir, start, two) and merge_base(repository.git_dir, one, two) == start
    with closing(ObjectStore(repository.git_dir)) as store:
        sides, deadline = Sides(ours="o", base="b", theirs="t"), Deadline.within(60)
        merger = Merger(store=store, git_dir=repository.git_dir, sides=sides, deadline=deadline)
        assert merger.merge(base=start, ours=one, theirs=two).clashes == ()
    finalize(repository, start=start, kept=[KeptChange(commit=one, subject="s", body="b")], branch="overnight/t")
    finalize(repository, start=start, kept=[KeptChange(commit=one, subject="other", body="b")], branch="overnight/u")
    with pytest.raises(RepositoryError):
        finalize(repository, start=start, kept=[KeptChange(commit=two, subject="s", body="b")], branch="overnight/t")
    return history.called


class _Watched(GitHistory):
    """Notes which of its methods are called."""

    def __init__(self, history: GitHistory) -> None:
        self.called: set[str] = set()
        self._history = history

    def __getattribute__(self, name: str) -> object:
        if name.startswith("_") or name == "called":
            return object.__getattribute__(self, name)
        self.called.add(name)
        return getattr(self._history, name)


@pytest.mark.parametrize("linked", [False, True], ids=["checkout", "linked worktree"])
def test_nothing_that_a_repository_names_is_run(tmp_path: Path, linked: bool) -> None:
    """Every call of ours on a repository whose configuration, hooks and attributes name a program in every place runs none."""
    hostile = HostileRepository(tmp_path)
    hostile.change_files()
    with processes() as started:
        called = use_all(hostile.worktree if linked else hostile.folder, tmp_path / "out")
    assert hostile.marks == set()
    assert called == {name for name in vars(GitHistory) if not name.startswith("_")}
    assert {one.command for one in started} == COMMANDS
    _check_closed(started)
    run_plain_git(hostile)
    assert hostile.marks >= ALIVE, "the baits are live"


def _check_closed(started: Sequence[Started]) -> None:
    """No process that does more than to find the repository has its configuration, hooks or helpers within reach."""
    for one in started:
        if one.command in FINDS and "GIT_COMMON_DIR" not in one.environment:
            continue
        common = Path(one.environment["GIT_COMMON_DIR"])
        assert common.name.startswith(PREFIX) and not (common / "hooks").exists()
        command = ["git", "config", "--file", str(common / "config"), "--name-only", "--list"]
        listed = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
        assert set(listed) <= TAKEN_OVER
        assert not {name for name in one.environment if re.match(r"GIT_.*(COMMAND|PROXY|EXTERNAL|ASKPASS|EDITOR|PAGER)", name)}


def test_settings_of_how_files_are_stored_still_count(tmp_path: Path) -> None:
    """A checkout with line ends converted and modes ignored, as its own configuration says, has no uncommitted changes."""
    checkout = Checkout.make(tmp_path / "repo")
    checkout.git("config", "core.autocrlf", "true")
    checkout.git("config", "core.fileMode", "false")
    (checkout.folder / "train.py").unlink()
    checkout.git("checkout", "train.py")
    assert (checkout.folder / "train.py").read_bytes() == b"rate = 0.1\r\n"
    os.utime(checkout.folder / "train.py", (1, 1))
    (checkout.folder / "run.sh").chmod(0o644)
    assert uncommitted(open_repository(checkout.folder)) == []
    checkout.git("config", "core.fileMode", "true")
    assert uncommitted(open_repository(checkout.folder)) == ["run.sh"]


def test_new_repositories_of_ours_run_nothing_either(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Copying a lab and making a throw-away repository follow no configuration of the user's and no variable around us."""
    hostile = HostileRepository(tmp_path)
    monkeypatch.setenv("GIT_DIR", str(hostile.folder / ".git"))
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(hostile.folder / ".git/config"))
    monkeypatch.setenv("GIT_TEMPLATE_DIR", str(hostile.folder / ".git"))
    with processes() as started:
        copy_lab("pricing", tmp_path / "lab")
        monkeypatch.delenv("GIT_CONFIG_GLOBAL")  # with which the throw-away repository is opened, as any of the user's
        make_throwaway(tmp_path / "throwaway")
    assert hostile.marks == set()
    assert {one.argv[0] for one in started} <= {"git", sys.executable}


def test_git_is_started_in_few_places() -> None:
    """Where git is started is known, so that the tests above cover all of it."""
    source = Path(overnight.__file__).parent
    places = {str(path.relative_to(source)) for path in source.rglob("*.py") if re.search(r'\["git"', path.read_text())}
    labs = {place for place in places if place.startswith("labs/")}
    assert places - labs == {"git/pipe.py", "git/process.py", "research/places/new_repository.py"}


PLACES = [
    *(".git/config", ".git/HEAD", ".git/packed-refs", ".git/refs/heads/main", ".git/index", ".git/info/exclude"),
    *(".git/objects/info/alternates", ".git/shallow", ".git/info/attributes", ".git/refs/notes/overnight", ".gitignore"),
    *(".git/info/sparse-checkout", ".git/logs/refs/heads/autoresearch/t", ".gitattributes", ".git/commondir", "train.py"),
]


@pytest.mark.parametrize("place", PLACES)
def test_a_pipe_in_place_of_a_file_holds_nothing_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str) -> None:
    """Git waits forever for what nobody writes into a pipe; each of our calls ends all the same, with an answer or an error."""
    checkout = Checkout.make(tmp_path / "repo")
    checkout.git("pack-refs", "--all")
    repository, history = open_repository(checkout.folder), checkout.history()
    start = checkout.git("rev-parse", "HEAD")
    (checkout.folder / place).parent.mkdir(parents=True, exist_ok=True)
    (checkout.folder / place).unlink(missing_ok=True)
    os.mkfifo(checkout.folder / place)
    for name in ("LONGEST_S", "FIRST_LOOK_S"):
        monkeypatch.setattr(process, name, 0.2)
    kept = [KeptChange(commit=start, subject="s", body="b")]
    for use in (
        lambda: open_repository(checkout.folder),
        lambda: uncommitted(repository),
        lambda: why_absent(repository, "lib"),
        lambda: check_branch_free(repository, "t"),
        history.resolve_start,
        lambda: history.advance(tag="t", old=None, new=start),
        lambda: history.record_attempt(tag="t", number=1, base=start, changes=[change("x")], message="m"),
        lambda: history.publish(start, "text"),
        lambda: finalize(repository, start=start, kept=kept, branch="review"),
    ):
        with suppress(RepositoryError):
            use()
    history.close()


def test_a_checkout_set_over_other_files_is_refused(tmp_path: Path) -> None:
    """A repository cannot say that its checkout is a folder around it: ours would be made there."""
    (tmp_path / "mine").write_text("secret")
    checkout = Checkout.make(tmp_path / "repo")
    checkout.git("config", "core.worktree", str(tmp_path))
    with pytest.raises(RepositoryError, match=r"is set to .*, a folder outside of it; git config --unset core.worktree"):
        open_repository(checkout.folder)


def test_a_diff_or_a_merge_that_takes_git_hours_has_an_end(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Texts of a few lines repeated at random: the diff says that it is not finished, and the merge is a conflict."""
    checkout = Checkout.make(tmp_path / "repo")
    history = checkout.history()
    base, ours, theirs = hard_to_compare(history)
    monkeypatch.setattr("overnight.git.history.DIFF_S", 0.05)
    monkeypatch.setattr("overnight.git.history.MERGE_S", 0.05)
    assert "[git needs more than 0.05 s" in history.diff(base, ours)
    assert history.merge(base=base, head=ours, commit=theirs) is None
    history.close()


def test_a_merge_has_one_deadline_for_all_its_files(tmp_path: Path) -> None:
    """Each of ten texts may take all the time that is left, and no more are begun once none is."""
    checkout = Checkout.make(tmp_path / "repo")
    texts = {f"{number}.txt": f"{number}\n\n\n\n\nend\n" for number in range(10)}
    checkout.commit(texts)
    history = checkout.history()
    base = history.resolve_start()
    ours, theirs = (
        history.record_attempt(
            tag="t",
            number=number,
            base=base,
            changes=[change(name, text.replace(*edit).encode()) for name, text in texts.items()],
            message="m",
        )
        for number, edit in ((1, ("\n\n\n\n\n", "!\n\n\n\n\n")), (2, ("end", "END")))
    )
    with processes() as started:
        deadline = Deadline.within(25.0, clock=lambda: 10.0 * len(merges(started)))  # 10 s for each
        assert history.merge(base=base, head=ours, commit=theirs, deadline=deadline) is None
        assert len(merges(started)) == 3
    with processes() as started:
        assert history.merge(base=base, head=ours, commit=theirs)
        assert len(merges(started)) == 10
    history.close()


def merges(started: Sequence[Started]) -> Sequence[Started]:
    """The texts that git was asked to merge."""
    return [one for one in started if one.command == "merge-file"]


def test_a_diff_has_one_deadline_for_all_that_git_says(tmp_path: Path) -> None:
    """A git that is never silent for long does not get more time: the clock here goes on with each look at it."""
    checkout = Checkout.make(tmp_path / "repo")
    history = checkout.history()
    start = history.resolve_start()
    text = b"".join(b"%d\n" % number for number in range(100_000))
    commit = history.record_attempt(tag="t", number=1, base=start, changes=[change("big", text)], message="m")
    seconds = count()
    shown = history.diff(start, commit, deadline=Deadline.within(20.0, clock=lambda: next(seconds)))
    assert "+1\n" in shown and shown.endswith("[git needs more than 20 s for the rest of this diff]\n")
    assert "+99999\n" in history.diff(start, commit)
    history.close()


class GaveUp(BaseException):
    """As a cancelled task raises in its thread."""


@pytest.mark.parametrize("what", ["diff", "merge"])
def test_a_caller_that_gives_up_ends_git(tmp_path: Path, what: str) -> None:
    """What the deadline's check raises comes through, the process is ended, and the history answers as before."""
    checkout = Checkout.make(tmp_path / "repo")
    history = checkout.history()
    base, ours, theirs = hard_to_compare(history)

    def give_up() -> None:
        if {one.command for one in started} & {"diff-tree", "merge-file"}:
            raise GaveUp

    deadline = Deadline.within(1e9, check=give_up)
    with processes() as started, pytest.raises(GaveUp):
        if what == "diff":
            history.diff(base, ours, deadline=deadline)
        else:
            history.merge(base=base, head=ours, commit=theirs, deadline=deadline)
    assert not [line for line in command_lines() if str(tmp_path).encode() in line]
    assert history.parents(ours) == history.parents(theirs)
    history.close()


def hard_to_compare(history: GitHistory) -> Sequence[str]:
    """Three commits with texts of a few lines repeated at random, on which git works for hours."""
    random, start = Random(1), history.resolve_start()
    texts = [b"".join(random.choices([b"a\n", b"b\n"], k=400_000)) for _ in range(3)]
    return [
        history.record_attempt(tag="t", number=number, base=start, changes=[change("big", text)], message="m")
        for number, text in enumerate(texts, start=1)
    ]


BLOB = "0" * 40
TREES = {
    **{f"named {name!r}": [(b"40000", name)] for name in (b"..", b".", b"", b".git", b".GIT", b"git~1", b"a/b", b"/etc")},
    "one name twice": [(b"100644", b"a"), (b"100644", b"a")],
    "a file and a folder": [(b"100644", b"a"), (b"40000", b"a")],
    "no mode": [(b"zz", b"a")],
    "cut short": [(b"100644", b"a"), (b"100644", b"b\0")],
}


@pytest.mark.parametrize("entries", TREES.values(), ids=TREES)
def test_a_tree_that_git_would_not_check_out_is_an_error(tmp_path: Path, entries: list[tuple[bytes, bytes]]) -> None:
    """Its names lead elsewhere, are there twice, or it is no tree at all: nothing of it is written."""
    checkout = Checkout.make(tmp_path / "repo")
    commit = _commit_of(checkout, b"".join(mode + b" " + name + b"\0" + bytes.fromhex(BLOB) for mode, name in entries))
    history, out = checkout.history(), tmp_path / "out"
    out.mkdir()
    for use in (lambda: history.files(commit), lambda: history.paths(commit), lambda: history.write_tree(commit, out)):
        with pytest.raises(RepositoryError, match=r"is damaged: .*; git fsck"):
            use()
    history.close()
    assert list(out.iterdir()) == []


def test_a_tree_without_a_bottom_is_an_error_of_one_line(tmp_path: Path) -> None:
    """Folders inside one another are counted before Python gives up."""
    checkout = Checkout.make(tmp_path / "repo")
    history = checkout.history()
    tree = history._store.add_tree({b"x": TreeEntry.file(history._store.add_blob(b""), executable=False)})
    for _ in range(1500):
        tree = history._store.add_tree({b"a": TreeEntry(mode=FOLDER, oid=tree)})
    commit = history._store.add_commit(tree=tree, parent="", message="m", at=0)
    with pytest.raises(RepositoryError, match="more than 400 folders inside one another"):
        history.files(commit)
    history.close()


def _commit_of(checkout: Checkout, tree: bytes) -> str:
    """The commit at HEAD with another tree, which git does not check."""
    old, new = checkout.git("rev-parse", "HEAD^{tree}"), _written(checkout, "tree", tree)
    return _written(checkout, "commit", checkout.git("cat-file", "commit", "HEAD").replace(old, new).encode())


def _written(checkout: Checkout, kind: str, content: bytes) -> str:
    command = ["git", "hash-object", "-t", kind, "-w", "--stdin", "--literally"]
    done = subprocess.run(command, input=content, cwd=checkout.folder, env=ENVIRONMENT, capture_output=True, check=True)
    return done.stdout.decode().strip()
