"""Which editable files are refused because they judge what is proposed, and what `init` proposes instead."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from overnight.errors import ProgramError
from overnight.program.judge.narrowing import narrowed
from overnight.program.judge.proposing import without_judges
from overnight.program.judge.rules import check_judge
from overnight.program.parser import parse_program
from overnight.program.program import Program
from overnight.program.scope import matches

FILES = {
    ".auto/measure.sh": "python3 bench.py",
    ".auto/checks.sh": "python3 tests/test_a.py",
    ".auto/prompt.md": "",
    "bench.py": "",
    "src/core.py": "",
    "src/tests/test_core.py": "",
    "tests/test_a.py": "",
    "train.py": "",
}
MEASURE = "measure: bash .auto/measure.sh"
SCORED = "produce: python train.py\nscore: python score.py\nartifacts: [a.json]"


def program(front: str) -> Program:
    """A program with a metric and these lines."""
    return parse_program(f"---\nmetric: loss\n{front}\n---\n", "program.md")


def check(front: str, files: Mapping[str, str] = FILES) -> list[str]:
    """The editable judges that a program allows."""
    return list(check_judge(program(front), sorted(files), files.get))


@pytest.mark.parametrize(
    ("front", "said"),
    [
        (f"{MEASURE}\neditable: [src/core.py, .auto/*]", "`.auto/measure.sh` is run by measure, so a proposal"),
        (f"{MEASURE}\neditable: [.auto/measure.sh]", "name in `editable` the files that are to be improved"),
        (f"{MEASURE}\neditable: [src/core.py, bench.py]", "`bench.py` is run by measure through .auto/measure.sh"),
        (f"{MEASURE}\neditable: [src/core.py, bench.py]", "write `editable: [src/core.py]`; or write `judge_may_change: "),
        ("measure: python train.py\neditable: [train.py, src/core.py]", "`train.py` is run by measure"),
        (
            f"{MEASURE}\neditable: [src/core.py, tests/]\nchecks: [bash .auto/checks.sh]",
            "`tests/test_a.py` is run by checks through",
        ),
        (
            f"{MEASURE}\neditable: ['**/*.py']\nchecks: [pytest -q]",
            "`src/tests/test_core.py` is collected by checks, `tests/test_a",
        ),
        (f"{MEASURE}\neditable: [src/]\nchecks: [pytest -q]", "write `editable: [src/core.py]`"),
        ("measure: python train.py\neditable: [train.py]\nchecks: [python train.py --selftest]", "`train.py` is run by checks"),
        (f"{MEASURE}\neditable: [src/core.py, train.py]\nholdout: python train.py", "`train.py` is run by holdout"),
        (f"{SCORED}\neditable: [train.py, score.py]", "`score.py` is run by score, which never sees editable files"),
        (f"{SCORED}\neditable: [score.py]\njudge_may_change: it may", "which never sees editable files"),
        (f"{SCORED}\neditable: [train.py]\nchecks: [python train.py]", "`train.py` is run by checks"),
    ],
)
def test_refused(front: str, said: str) -> None:
    """What wraps a measurement, what prints a number beside other editable files, what checks run; with file, way and fix."""
    with pytest.raises(ProgramError) as refused:
        check(front, FILES | {"score.py": ""})
    assert said in str(refused.value) and str(refused.value).startswith("program.md: editable: ")
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "front",
    [
        f"{MEASURE}\neditable: [src/core.py]\nchecks: [bash .auto/checks.sh, pytest -q]",
        "measure: python train.py\neditable: [train.py]",
        "measure: python train.py\neditable: [train.py]\nholdout: python train.py --holdout\nchecks: [ruff check train.py]",
        f"{MEASURE}\neditable: [bench.py]",
        f"{SCORED}\neditable: [train.py, src/]",
        f"{MEASURE}\neditable: [tests/, src/core.py]\nhidden: [tests/test_a.py]\nchecks: [python tests/test_a.py]",
    ],
)
def test_allowed(front: str) -> None:
    """The code that is measured; a program that trains, evaluates and prints, alone; what `produce` runs; what is hidden."""
    assert check(front) == []


def test_the_users_words_allow_it() -> None:
    """Then the files are returned, for the reports to name them."""
    assert check(f"{MEASURE}\neditable: [src/core.py, bench.py]\njudge_may_change: it only prints") == ["bench.py"]


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("judge_may_change: ''", "is empty"),
        ("judge_may_change: true", "must be text"),
        (f"judge_may_change: {'x' * 201}", "200"),
    ],
)
def test_the_words_are_a_short_text(line: str, said: str) -> None:
    """Not empty, not a bare yes, and short enough to be repeated."""
    with pytest.raises(ProgramError, match=said):
        program(f"measure: x\n{line}")


def test_many_files_make_one_short_line() -> None:
    """Three are named and the others counted, whatever their names contain; the fix needs no long list."""
    files = FILES | {f"tests/x{n}/test_\x1b\n{n}.py": "" for n in range(500)} | {f"lib/a{n}.py": "" for n in range(20)}
    with pytest.raises(ProgramError) as refused:
        check(f"{MEASURE}\neditable: ['**']\nchecks: [pytest]", files)
    said = str(refused.value)
    assert len(said) < 1200 and said.isprintable() and " more files" in said


@pytest.mark.parametrize(
    ("front", "left"),
    [
        (f"{MEASURE}\neditable: [src/core.py, .auto/*]\nchecks: [bash .auto/checks.sh]", ("src/core.py", ".auto/prompt.md")),
        (f"{MEASURE}\neditable: [src/core.py, tests/]\nchecks: [bash .auto/checks.sh]", ("src/core.py",)),
        ("measure: python train.py\neditable: [train.py, tests/]\nchecks: [pytest]", ("train.py",)),
        ("measure: python train.py\neditable: [train.py, src/]\nchecks: [pytest]", ("src/core.py",)),
        (f"{MEASURE}\neditable: [tests/, bench.py, .auto/measure.sh]\nchecks: [pytest]", ("bench.py",)),
        ("measure: pytest\neditable: [tests/]\nchecks: [pytest]", ()),
    ],
)
def test_what_init_may_propose(front: str, left: tuple[str, ...]) -> None:
    """Never what the commands run, except a program that is the only editable file; what is proposed is then accepted."""
    proposed = without_judges(program(front), sorted(FILES), FILES.get)
    assert proposed.editable == left and proposed.left_out


PATHS = st.lists(
    st.lists(st.sampled_from(["a", "b", "c*", "[d]", "e e"]), min_size=1, max_size=4).map("/".join), unique=True
).map(lambda paths: [path for path in paths if not any(other.startswith(f"{path}/") for other in paths)])


@given(PATHS, st.sampled_from(["a", "a/", "**", "a/*", "*/b", "**/c*"]), st.data())
def test_narrowed_globs_cover_the_rest(paths: list[str], glob: str, data: st.DataObject) -> None:
    """Exactly the files that were covered and are not taken."""
    taken = set(data.draw(st.lists(st.sampled_from(paths)))) if paths else set()
    narrow = narrowed([glob], taken, paths)
    assert {path for path in paths if narrow and matches(path, narrow)} == {p for p in paths if matches(p, [glob])} - taken
