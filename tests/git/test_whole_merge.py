"""Merges of whole commits: as git merges them where it can, and with both sides where it cannot."""

import subprocess
from collections.abc import Mapping
from contextlib import closing
from pathlib import Path

import pytest
from checkouts import ENVIRONMENT, Checkout
from examples import scaled
from hypothesis import given, settings
from hypothesis import strategies as st

from overnight.git.deadline import Deadline
from overnight.git.objects import ObjectStore
from overnight.git.repository import open_repository
from overnight.git.whole_merge import Clash, Merger, Sides, WholeMerge

SIDES = Sides(ours="ours", base="base", theirs="theirs")
LINES = ("one", "two", "three", "four", "five")
Entry = tuple[str, str]  # its mode, and its content
TEXTS = st.lists(st.sampled_from([*LINES, "2", "4"]), max_size=5).map(lambda lines: "".join(f"{line}\n" for line in lines))
ENTRIES = st.tuples(st.sampled_from(["100644", "100755", "120000"]), TEXTS)
TREES = st.dictionaries(st.sampled_from(["a", "b", "d/a", "d/e/f", "d", "g"]), ENTRIES, max_size=5)


def git(folder: Path, *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["git", *arguments], cwd=folder, env=ENVIRONMENT, input=given, capture_output=True, text=True, check=False
    )


def commit(folder: Path, tree: Mapping[str, Entry], parent: str = "") -> str:
    """A commit of a tree; of a file and a folder of one name the folder is in it."""
    index = {**ENVIRONMENT, "GIT_INDEX_FILE": str(folder / "index")}
    (folder / "index").unlink(missing_ok=True)
    for path, (mode, text) in sorted(tree.items()):
        oid = git(folder, "hash-object", "-w", "--stdin", given=text).stdout.strip()
        command = ["git", "update-index", "--add", "--replace", "--cacheinfo", f"{mode},{oid},{path}"]
        subprocess.run(command, cwd=folder, env=index, check=True)
    written = subprocess.run(["git", "write-tree"], cwd=folder, env=index, capture_output=True, text=True, check=True)
    parents = ["-p", parent] if parent else []
    return git(folder, "commit-tree", written.stdout.strip(), *parents, "-m", "m").stdout.strip()


def merged(folder: Path, base: str, ours: str, theirs: str) -> WholeMerge:
    repository = open_repository(folder)
    with closing(ObjectStore(repository.git_dir)) as store:
        merger = Merger(store=store, git_dir=repository.git_dir, sides=SIDES, deadline=Deadline.within(60))
        return merger.merge(base=base, ours=ours, theirs=theirs)


def listed(folder: Path, tree: str) -> dict[str, str]:
    """The paths of a tree with their contents."""
    paths = git(folder, "ls-tree", "-r", "--name-only", tree).stdout.split()
    return {path: git(folder, "cat-file", "blob", f"{tree}:{path}").stdout for path in paths}


@given(base=TREES, ours=TREES, theirs=TREES)
@settings(max_examples=scaled(12))
def test_what_git_merges_is_merged_alike(
    tmp_path_factory: pytest.TempPathFactory, base: Mapping[str, Entry], ours: Mapping[str, Entry], theirs: Mapping[str, Entry]
) -> None:
    """If git finds no conflict, neither do we, and the trees are the same; what neither side touched is never lost."""
    folder = Checkout.make(tmp_path_factory.mktemp("merge")).folder
    start = commit(folder, base)
    sides = [commit(folder, {**base, **side}, start) for side in (ours, theirs)]
    by_git = git(folder, "-c", "merge.renames=false", "merge-tree", "--write-tree", *sides)
    found = merged(folder, start, *sides)
    if by_git.returncode == 0:
        assert (found.tree, found.clashes) == (by_git.stdout.split()[0], ())
    assert git(folder, "fsck", "--strict", "--no-dangling").stdout == ""


def test_each_kind_of_conflict_has_both_sides(tmp_path: Path) -> None:
    """In markers, or beside it; a file that one side deleted is there as the other one has it."""
    folder = Checkout.make(tmp_path / "r").folder
    text, same = ("100644", "one\ntwo\n"), ("100644", "same\n")
    start = commit(folder, {"a": text, "b": text, "c": text, "d": text, "kind": text, "same": same})
    ours = {"a": ("100644", "one\n2\n"), "b": ("100644", "b\n"), "d": ("100644", "\0d"), "kind/x": text, "new": text}
    theirs = {"a": ("100644", "one\nII\n"), "c": ("100644", "c\n"), "d": ("100644", "\0D"), "kind": ("100755", "k\n")}
    more = {"new": ("100644", "n\n"), "same": same}
    found = merged(folder, start, commit(folder, {**ours, "same": same}, start), commit(folder, {**theirs, **more}, start))
    assert found.clashes == (
        Clash(path="a", why="both changed the same lines"),
        Clash(path="b", why="this deleted it, what was merged meanwhile changed it"),
        Clash(path="c", why="what was merged meanwhile deleted it, this changed it"),
        Clash(path="d", why="both changed the same lines", beside="d.theirs"),
        Clash(path="kind", why="the two are of different kinds", beside="kind.theirs"),
        Clash(path="new", why="both added it"),
    )
    assert listed(folder, found.tree) == {
        "a": "one\n<<<<<<< ours\n2\n=======\nII\n>>>>>>> theirs\n",
        "b": "b\n",
        "c": "c\n",
        "d": "\0d",
        "d.theirs": "\0D",
        "kind/x": "one\ntwo\n",
        "kind.theirs": "k\n",
        "new": "<<<<<<< ours\none\ntwo\n=======\nn\n>>>>>>> theirs\n",
        "same": "same\n",
    }


def test_a_version_beside_replaces_nothing(tmp_path: Path) -> None:
    """If there is a file of that name already, theirs is left out, and only the conflict is named."""
    folder = Checkout.make(tmp_path / "r").folder
    taken = {"d.theirs": ("100644", "mine\n")}
    start = commit(folder, {"d": ("100644", "\0"), **taken})
    sides = [commit(folder, {"d": ("100644", text), **taken}, start) for text in ("\0ours", "\0theirs")]
    found = merged(folder, start, *sides)
    assert found.clashes == (Clash(path="d", why="both changed the same lines"),)
    assert listed(folder, found.tree) == {"d": "\0ours", "d.theirs": "mine\n"}


def test_a_mode_and_a_text_are_merged_apart(tmp_path: Path) -> None:
    """One side makes a file executable, the other one edits it."""
    folder = Checkout.make(tmp_path / "r").folder
    start = commit(folder, {"a": ("100644", "one\n")})
    sides = [commit(folder, {"a": entry}, start) for entry in (("100755", "one\n"), ("100644", "two\n"))]
    found = merged(folder, start, *sides)
    assert git(folder, "ls-tree", found.tree).stdout.startswith("100755") and listed(folder, found.tree) == {"a": "two\n"}


def test_texts_that_take_too_long_conflict(tmp_path: Path) -> None:
    """Past the deadline nothing is merged: theirs lies beside ours."""
    folder = Checkout.make(tmp_path / "r").folder
    start = commit(folder, {"a": ("100644", "one\ntwo\n")})
    sides = [commit(folder, {"a": ("100644", text)}, start) for text in ("1\ntwo\n", "one\n2\n")]
    repository = open_repository(folder)
    with closing(ObjectStore(repository.git_dir)) as store:
        over = Deadline.within(0.0, clock=lambda: 1.0)
        merger = Merger(store=store, git_dir=repository.git_dir, sides=SIDES, deadline=over)
        found = merger.merge(base=start, ours=sides[0], theirs=sides[1])
    assert [clash.beside for clash in found.clashes] == ["a.theirs"]
