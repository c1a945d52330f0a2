"""What may be edited is what a trial reads and what does not measure."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from overnight.program.detection.from_reads import editable_files, judges_by_name
from overnight.program.scope import matches

NAMES = st.sampled_from(["bench.py", "src/a.py", "src/b.py", "src/tests/test_a.py", "lib/x.js", "sim/simulator.py", "train.py"])


@pytest.mark.parametrize(
    ("reads", "leaf", "globs", "frozen"),
    [
        (["bench.py", "src/kernel.py", "notes.txt"], "bench.py", ("src/kernel.py",), ("bench.py",)),
        (["game.py", "policy.py", "simulator.py"], "simulator.py", ("game.py", "policy.py"), ("simulator.py",)),
        (["Makefile", "bench/main.c", "src/hash.c", "src/hash.h"], None, ("src/hash.c", "src/hash.h"), ("bench/main.c",)),
        (["rax-test.c", "rax.c", "test-rax.c"], None, ("rax.c",), ("rax-test.c", "test-rax.c")),
        (["train.py"], "train.py", ("train.py",), ()),
        (["data.py", "train.py"], "data.py", ("train.py",), ("data.py",)),
    ],
)
def test_what_is_read_and_does_not_measure(
    reads: list[str], leaf: str | None, globs: tuple[str, ...], frozen: tuple[str, ...]
) -> None:
    """The code to optimise, never the benchmark or the simulator; no question is open."""
    found = editable_files(reads, reads, runs=(), leaf=leaf)
    assert found is not None and (found.globs, found.frozen, found.question) == (globs, frozen, "")


def test_a_package_whose_time_is_measured_may_judge_for_its_users() -> None:
    """Its `validate.py` is code like any other there; beside the benchmark, or where a result is measured, it stays."""
    reads = ["bench/run.py", "lib/fields.py", "lib/tests/helper.py", "lib/validate.py", "validate.py"]
    found = editable_files(reads, reads, runs=(), leaf="bench/run.py", timed=True)
    assert found is not None and found.globs == ("lib/fields.py", "lib/validate.py")
    for leaf, timed in (("bench/run.py", False), ("play.py", True)):
        found = editable_files(reads, reads, runs=(), leaf=leaf, timed=timed)
        assert found is not None and found.globs == ("lib/fields.py",)


@pytest.mark.parametrize(
    ("reads", "leaf", "asked"),
    [
        (["bench.py"], "bench.py", "bench.py is all the code that the command reads, and its name says that it measures"),
        (["bench.py", "simulator.py"], "bench.py", "the command reads bench.py, simulator.py, and by their names all of them"),
    ],
)
def test_what_only_a_person_knows_is_asked(reads: list[str], leaf: str, asked: str) -> None:
    """A file that looks like a benchmark but holds the code, or the other way round."""
    found = editable_files(reads, reads, runs=(), leaf=leaf)
    assert found is not None and asked in found.question


@pytest.mark.parametrize("count", [1, 20])
def test_a_name_with_the_signs_of_a_glob_is_a_name(count: int) -> None:
    """`[id].js` is what some frameworks call a page."""
    reads = ["bench.js", *(f"pages/[id]/{number}[a].js" for number in range(count))]
    found = editable_files(reads, [*reads, "pages/x.test.js"], runs=(), leaf="bench.js")
    assert found is not None and all(matches(path, found.globs) for path in reads[1:])


def test_nothing_is_proposed_where_no_code_is_read() -> None:
    """A program that was compiled before reads data alone."""
    assert editable_files(["data/words.txt"], ["data/words.txt", "a.c"], runs=(), leaf=None) is None


def test_many_files_are_named_by_their_folders() -> None:
    """The highest folder that holds nothing frozen; beside frozen files one by one."""
    many = [f"lib/core/m{number}.js" for number in range(20)]
    found = editable_files([*many, "lib/top.js"], [*many, "lib/top.js", "lib/test/a.test.js"], runs=(), leaf=None)
    assert found is not None and found.globs == ("lib/core/", "lib/top.js")


@given(st.sets(NAMES), st.sets(NAMES), st.sets(NAMES), st.none() | NAMES)
def test_what_judges_is_never_proposed(reads: set[str], others: set[str], runs: set[str], leaf: str | None) -> None:
    """Not by a folder either, unless a person is asked."""
    paths = sorted(reads | others | runs)
    found = editable_files(sorted(reads), paths, runs=runs, leaf=leaf)
    if found is None or found.question:
        return
    alone = found.globs == (leaf,)
    for path in paths:
        if path in runs or (not alone and (path == leaf or judges_by_name(path))):
            assert not matches(path, found.globs)
