"""Which new files of a proposal are refused because they would judge it, and which may be added."""

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from overnight.program.judge.new_files import new_judges
from overnight.program.parser import parse_program

FILES = {
    "Makefile": "-include local.mk\nbench:\n\tpython bench.py\n",
    "bench.py": "",
    "code/run.py": "",
    "package.json": '{"scripts": {"test": "jest"}}',
    "src/core.py": "",
    "src/scorer.py": "",
    "src/pkg/__init__.py": "",
    "src/pkg/a.py": "",
    "tests/test_core.py": "",
    "web/app.test.js": "",
}
GLOBS = "editable: ['**/core.py', 'src/pkg/', '*.mk']"


def refused(path: str, front: str = "measure: make bench\nchecks: [pytest -q]", files: Mapping[str, str] = FILES) -> str:
    """Why a new file may not be added."""
    program = parse_program(f"---\nmetric: loss\n{GLOBS}\n{front}\n---\n", "program.md")
    return new_judges(program, sorted(files), files.get, {path: "x = 1\n"}).get(path, "")


@pytest.mark.parametrize(
    ("path", "why"),
    [
        *(
            (f"{folder}{name}", "unasked by")
            for folder in ("", "src/pkg/")
            for name in ("sitecustomize.py", "x.pth", "setup.py")
        ),
        ("src/conftest.py", "be collected by checks"),
        ("src/pkg/pytest.ini", "be loaded unasked by pytest"),
        ("pytest.ini", "be collected by checks"),
        ("src/test_new.py", "be collected by checks"),
        ("tests/helpers/x.py", "be collected by checks"),
        ("src/__init__.py", ""),
        ("__init__.py", "before the tests below it"),
        ("local.mk", "be run by measure"),
        ("GNUmakefile", "be run by measure"),
        ("json.py", "the module `json`"),
        ("src/random/__init__.py", "the module `random`"),
        ("math.cpython-312-x86_64-linux-gnu.so", "the module `math`"),
        ("_pytest/__init__.py", "the module `_pytest`"),
        ("src/scorer/__init__.py", "the place of `src/scorer.py`"),
        ("src/scorer.abi3.so", "the place of `src/scorer.py`"),
        ("x.dist-info/entry_points.txt", "unasked by Python"),
        ("src/package.json", "unasked by tools of JavaScript"),
        ("node_modules/a/index.js", "unasked by node"),
        ("src/jest.config.mjs", "unasked by tools of JavaScript"),
        ("src/__mocks__/fs.js", "unasked by jest"),
        ("src/go.mod", "unasked by go"),
        ("src/.cargo/config.toml", "unasked by tools"),
        ("src/.pylintrc", "unasked by tools"),
        ("src/.eslintrc.cjs", "unasked by tools"),
        ("src/.gitignore", "unasked by tools"),
    ],
)
def test_refused(path: str, why: str) -> None:
    """What a command would run or collect, what tools load by its name, and what takes the place of another module."""
    found = refused(path)
    assert why in found and bool(found) == bool(why)
    assert not refused(path, "measure: make bench\nchecks: [pytest -q]\njudge_may_change: it may")


@pytest.mark.parametrize(
    "path",
    [
        *("src/fast.py", "src/core/__init__.py", "src/pkg/json.py", "src/pkg/new/__init__.py", "src/pkg/random.py"),
        *("code/model.py", "src/kernel.cu", "src/config.py", "src/data.json", "include/a.h", "src/pkg/module.mk"),
    ],
)
def test_allowed(path: str) -> None:
    """New code: also where a module of the standard library has the same name, if Python does not search there."""
    assert refused(path) == ""


@pytest.mark.parametrize(
    ("front", "path", "why"),
    [
        ("measure: npm test", "src/a.test.js", "be collected by measure"),
        ("measure: python bench.py\nenv: {PYTHONPATH: 'a:./b/'}", "b/queue.py", "the module `queue`"),
        ("measure: python -m bench", "bench/__init__.py", "the place of `bench.py`"),
        ("measure: python code/run.py", "code/abc.py", "the module `abc`"),
        ("measure: go test ./...", "pkg/x_test.go", "be collected by measure"),
        ("measure: for f in steps/*.py; do python steps/*.py; done", "steps/a.py", "be run by measure"),
        ("produce: make\nscore: python bench.py\nartifacts: [a]", "conftest.py", ""),
        ("produce: make\nscore: python bench.py\nartifacts: [a]\nchecks: [pytest]", "conftest.py", "collected by checks"),
    ],
)
def test_by_the_commands(front: str, path: str, why: str) -> None:
    """Of the commands only those count that see a proposal's files and judge it."""
    found = refused(path, front)
    assert why in found and bool(found) == bool(why)


@given(st.dictionaries(st.text("ab./_-~*[\n", min_size=1, max_size=12), st.text(max_size=50), max_size=5))
def test_any_names(added: dict[str, str]) -> None:
    """A hostile name or text is judged like any other."""
    program = parse_program("---\nmetric: loss\nmeasure: make\nchecks: [pytest]\n---\n", "program.md")
    assert new_judges(program, sorted(FILES), FILES.get, added).keys() <= added.keys()
