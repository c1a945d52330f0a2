"""What a proposal may touch, and its digest."""

from dataclasses import replace

import pytest
from builders import change
from hypothesis import given, settings
from hypothesis import strategies as st

from overnight.git.port import FileChange
from overnight.program.program import Direction, Metric, Program
from overnight.program.scope import matches, path_problem, reaches
from overnight.research.changes.scope import MAX_FILE_BYTES, MAX_FILES, check_scope, proposal_digest

PROGRAM = Program(
    path="program.md",
    metric=Metric(name="loss", direction=Direction.MINIMIZE),
    measure="python train.py",
    editable=("train.py", "src/", "*.md"),
    hidden=("src/secret/",),
)
BASE = {"train.py": b"lr = 1\nseed = 1\n", "src/a.py": b"x = 1\n", "src/run.sh": b"#!/bin/sh\n", "prepare.py": b"p\n"}
MODES = {"train.py": False, "src/a.py": False, "src/run.sh": True, "prepare.py": False, "program.md": False}


def violations(*changes: FileChange, program: Program = PROGRAM) -> tuple[str, ...]:
    """What is wrong with these changes of the base."""
    before = {path: BASE[path] for path in (change.path for change in changes) if path in BASE}
    return check_scope(changes, before=before, executable=MODES, program=program)


@pytest.mark.parametrize(
    ("glob", "path", "covered"),
    [
        ("train.py", "train.py", True),
        ("train.py", "a/train.py", False),
        ("train.py", "train.pyc", False),
        ("src", "src/a/b.py", True),
        ("src/", "src/a/b.py", True),
        ("src/", "src", False),
        ("src", "src", True),
        ("src", "srcs/a", False),
        ("*.py", "a.py", True),
        ("*.py", "a/b.py", False),
        ("*.py", ".py", True),
        ("*", "a/b", True),
        ("**", "a/b", True),
        ("**/*.py", "a.py", True),
        ("**/*.py", "a/b/c.py", True),
        ("**/*.py", "a/b/c.txt", False),
        ("a/**", "a/b/c", True),
        ("a/**", "a", False),
        ("a/**/z", "a/z", True),
        ("a/**/z", "a/b/c/z", True),
        ("a/**/z", "a/b/c/y", False),
        ("a/**/b/**/c", "a/b/b/x/b/c", True),
        ("a?c", "abc", True),
        ("a?c", "a/c", False),
        ("[ab].py", "b.py", True),
        ("[!ab].py", "b.py", False),
        ("a.c", "abc", False),
        ("A.py", "a.py", False),
        ("data/*/x", "data/1/x/deep", True),
    ],
)
def test_a_glob_covers_what_it_says(glob: str, path: str, covered: bool) -> None:
    """Globs start at the top; stars stay in a name, double stars do not; a folder covers what is below."""
    assert matches(path, [glob]) is covered


NAMES = st.text("ab.", min_size=1, max_size=3)
PATHS = st.lists(NAMES, min_size=1, max_size=5).map("/".join)


@settings(deadline=None)
@given(PATHS, PATHS)
def test_a_plain_path_covers_itself_and_what_is_below_it(path: str, other: str) -> None:
    """Without wildcards a glob is a path."""
    assert matches(other, [path]) is (other == path or other.startswith(f"{path}/"))


@settings(deadline=None)
@given(PATHS, st.lists(PATHS, max_size=3))
def test_globs_are_a_plain_union(path: str, globs: list[str]) -> None:
    """A path is covered if any glob covers it; no glob excludes what another covers."""
    assert matches(path, globs) is any(matches(path, [glob]) for glob in globs)


@settings(deadline=None)
@given(PATHS, PATHS, PATHS, st.sampled_from(["{0}", "{0}/", "{0}/**", "**/{1}", "*/{1}", "{0}/*", "{0}/**/{2}", "**"]))
def test_a_glob_reaches_the_folders_above_all_that_it_covers(first: str, second: str, third: str, form: str) -> None:
    """So a folder that no glob reaches has nothing in it that one covers."""
    glob, path = form.format(first, second, third), f"{first}/{second}/{third}"
    if matches(path, [glob]):
        assert all(reaches(path[:end], [glob]) for end, sign in enumerate(path) if sign == "/")


@pytest.mark.parametrize(
    ("folder", "glob", "reached"),
    [
        ("a", "a/b.py", True),
        ("a/b", "a/c/**", False),
        ("b", "a", False),
        ("a/b", "a", True),
        ("a", "*.py", False),
        ("a", "**/x.py", True),
        ("a/b", "*/b/c", True),
        ("a/c", "*/b/c", False),
    ],
)
def test_a_folder_is_reached_if_something_in_it_may_be_covered(folder: str, glob: str, *, reached: bool) -> None:
    """In doubt it is."""
    assert reaches(folder, [glob]) is reached


@settings(deadline=None)
@given(st.text(max_size=20), st.text(max_size=20))
def test_no_glob_and_no_path_break_it(path: str, glob: str) -> None:
    """Any two texts give an answer."""
    assert matches(path, [glob]) in {True, False}


def test_a_glob_of_many_stars_takes_no_time() -> None:
    """Matching backtracks only to the last double star, so it cannot explode."""
    assert not matches("a/" * 200 + "b", ["**/a/" * 50 + "c"])
    assert not matches("a" * 250, ["*a" * 100 + "b"])


def test_edits_inside_the_boundaries_pass() -> None:
    """Changed, new and removed files are allowed if a glob covers them."""
    assert violations(change("train.py"), change("src/new/file.py"), change("src/a.py", None)) == ()
    assert violations(change("src/run.sh", executable=True)) == ()
    assert violations(change("src/new.sh", executable=True)) == ()


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (change("prepare.py"), "`prepare.py` is not editable"),
        (change("new.py"), "`new.py` is not editable"),
        (change("src/secret/answers"), "`src/secret/answers` is hidden"),
        (change("program.md"), "`program.md` is the program itself"),
        (change("train.py", executable=True), "`train.py` changes its mode"),
        (change("src/run.sh"), "`src/run.sh` changes its mode"),
        (change("/etc/passwd"), "is not a relative path"),
        (change("src\\a.py"), "is not a relative path"),
        (change("src/../prepare.py"), "has an empty, `.` or `..` folder"),
        (change("src//a.py"), "has an empty, `.` or `..` folder"),
        (change(""), "has an empty, `.` or `..` folder"),
        (change("src/.git/config"), "lies in a `.git` folder"),
        (change("src/.GIT/config"), "lies in a `.git` folder"),
        (change("src/.git. /config"), "lies in a `.git` folder"),
        (change("src/GIT~1/config"), "lies in a `.git` folder"),
        (change("src/.git::$INDEX_ALLOCATION/x"), "lies in a `.git` folder"),
        (change("src/.\uff47it/config"), "lies in a `.git` folder"),
        (change("src/.gitattributes"), "is a git settings file"),
        (change("src/.GitModules"), "is a git settings file"),
        (change("src/a\nb"), r"`src/a\nb` has an invisible character"),
        (change("src/.g\u200cit/x"), "has an invisible character"),
        (change("src/\udc80"), "has an invisible character"),
        (change("src/" + "x" * 256), "has a name that is too long"),
        (change("src/" + "x/" * 600 + "y"), "has a name that is too long"),
        (change("src/big", b"x" * (MAX_FILE_BYTES + 1)), "has more than 1,000,000 bytes"),
        (change("src/a.py/b"), "is below a file"),
        (change("src", b"file"), "would replace a folder"),
    ],
)
def test_what_leaves_the_boundaries_is_named(bad: FileChange, reason: str) -> None:
    """Each violation is reported in plain words, with a printable path, even beside a valid change."""
    found = violations(change("src/a.py"), bad) if bad.path != "src/a.py" else violations(bad)
    assert any(reason in problem for problem in found)
    assert all(problem.isprintable() for problem in found)


def test_an_empty_proposal_is_named() -> None:
    """No change, the same content again, and the removal of a missing file are not proposals."""
    empty = ("the proposal changes nothing",)
    assert violations() == empty
    assert violations(change("train.py", BASE["train.py"])) == empty
    assert violations(change("src/none", None)) == empty


def test_too_much_is_named() -> None:
    """Neither many files nor many bytes can swamp the reviewer."""
    assert f"more than {MAX_FILES}" in violations(*(change(f"src/{n}") for n in range(MAX_FILES + 1)))[0]
    assert "bytes in total" in violations(*(change(f"src/{n}", b"x" * 900_000) for n in range(5)))[0]
    assert "a file is changed twice" in violations(change("train.py"), change("train.py", b"other"))


def test_another_seed_is_no_idea() -> None:
    """A proposal whose only difference is a seed is rejected with that reason; with more in it, it is not."""
    assert violations(change("train.py", b"lr = 1\nseed = 2\n")) == ("only the random seed differs",)
    assert violations(change("train.py", b"lr = 2\nseed = 2\n")) == ()
    assert violations(change("train.py", b"lr = 1\nseed = 2\n"), change("src/a.py")) == ()
    assert violations(change("train.py", b"lr = 1\nseed = 2\n"), change("src/new.py")) == ()


def test_a_seed_is_not_fixed_where_the_command_takes_one() -> None:
    """Code that seeds a generator with a constant is refused with the fix, if trials get a seed."""
    takes = replace(PROGRAM, measure="python train.py {seed}")
    fixed = change("train.py", b"lr = 2\nseed = 1\nrandom.seed(seed)\n")
    refused = ("it fixes a random seed: take it from the trial's own (`{seed}` or OVERNIGHT_SEED)",)
    assert violations(fixed, program=takes) == refused
    assert violations(change("train.py"), change("src/new.py", b"rng = Random(5)\n"), program=takes) == refused
    assert violations(fixed) == ()
    assert violations(change("src/new.txt", b"random.seed(5)\n"), change("train.py"), program=takes) == ()
    assert violations(change("train.py", b"lr = 2\nrng = Random(int(sys.argv[1]))\n"), program=takes) == ()


@settings(deadline=None)
@given(st.text(max_size=30))
def test_a_path_without_a_problem_stays_inside_the_folder(path: str) -> None:
    """Any path is either refused or a plain chain of names."""
    if not path_problem(path):
        assert path.isprintable()
        assert all(name not in {"", ".", "..", ".git"} for name in path.split("/"))


CHANGES = st.lists(
    st.builds(FileChange, path=st.text("ab/", max_size=3), content=st.none() | st.binary(max_size=3), executable=st.booleans()),
    max_size=3,
    unique_by=lambda change: change.path,
)


def canonical(changes: list[FileChange]) -> list[tuple[str, bytes | None, bool]]:
    """What the digest covers."""
    return sorted((c.path, c.content, c.executable and c.content is not None) for c in changes)


@settings(deadline=None)
@given(CHANGES, CHANGES)
def test_two_proposals_have_one_digest_only_if_they_are_the_same(first: list[FileChange], second: list[FileChange]) -> None:
    """Path, mode and content all count, the order of changes does not, and no boundary between them can be blurred."""
    same = proposal_digest(first, "base") == proposal_digest(second, "base")
    assert same is (canonical(first) == canonical(second))


def test_the_base_is_part_of_the_identity() -> None:
    """The same change to another tree is another proposal."""
    one = [change("train.py")]
    assert proposal_digest(one, "a") != proposal_digest(one, "b")
    assert proposal_digest([change("\udc80\ud800")], "a") != proposal_digest(one, "a")


@pytest.mark.parametrize("path", ["src/in.json", "src/in.json/x", "src"])
def test_the_place_of_an_input_is_not_editable(path: str) -> None:
    """Nor what is below or above it; other files of an editable folder are."""
    made = replace(PROGRAM, measure=None, produce="p", prepare="m", inputs=("src/in.json",), editable=("src",))
    assert any("collides with an input" in problem for problem in violations(change(path), program=made))
    assert violations(change("src/in.jsonl"), program=made) == ()
