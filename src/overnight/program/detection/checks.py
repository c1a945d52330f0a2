"""Pure: the project's own tests, by the customs of its language."""

import re
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice

from overnight.program.detection.score_text import is_program_called_test
from overnight.program.judge.targets import package_scripts
from overnight.program.judge.tree import Read

WANTED = re.compile(r"(?:tests?|runtests|run_tests)\.py")

_FOLDER = "(?:tests?|testing)"
_PYTEST = re.compile(rf"(?:(?:.+/)?{_FOLDER}/(?:.+/)?)?test_[^/]+\.py")
_TESTS_FILE = re.compile(rf"(?:.+/)?{_FOLDER}/(?:.+/)?[^/]+_test\.py")
_UNITTEST = re.compile(rf"((?:.+/)?{_FOLDER}/)?(?:.+/)?test[^/]*\.py")
_GO_TEST = re.compile(r"^func Test\w*\(", re.MULTILINE)
_CARGO_TEST = re.compile(r"tests/[^/]+\.rs")
_NO_TEST = "no test specified"  # what npm writes into a new package
_NODE_TEST = ("test.js", "test.mjs", "test.cjs", "test/index.js", "test/test.js", "tests/index.js")
_TARGET = re.compile(r"^(test|tests|check)[ \t]*:(?!=)", re.MULTILINE)
# A target that compiles a program of tests.
_UNIT = re.compile(r"^(unit|unit_?tests?)[ \t]*:(?!=)[^\n]{0,400}\n\t[^\n]{0,400}?-o[ \t]*(?:\$@|\1)(?![\w./-])", re.MULTILINE)
_LOOKED_AT = 20  # test files


def tests_of(files: Iterable[str], texts: Mapping[str, str]) -> str | None:
    """The command that runs the tests of a project; None if it shows none.

    Args:
        files: every path.
        texts: those that were read.
    """
    paths = set(files)
    if any(_PYTEST.fullmatch(path) or _TESTS_FILE.fullmatch(path) for path in paths):
        return "python -m pytest -q"
    if _tested_by_npm(texts.get("package.json", "")):
        return "npm test --silent"
    if "go.mod" in paths and any(path.endswith("_test.go") and _GO_TEST.search(text) for path, text in texts.items()):
        return "go test ./..."
    if "Cargo.toml" in paths and any(_CARGO_TEST.fullmatch(path) for path in paths):
        return "cargo test --quiet"
    if target := _TARGET.search(texts.get("Makefile", "")):
        return f"make -s {target[1]}"
    if unit := _UNIT.search(texts.get("Makefile", "")):
        return f"make -s {unit[1]} && ./{unit[1]}"
    scripts = (path for path, text in texts.items() if WANTED.fullmatch(path) and "__main__" in text)
    if script := next((path for path in scripts if not is_program_called_test(path, texts)), None):
        return f"python {script}"
    return next((f"node {path}" for path in _NODE_TEST if path in paths and "package.json" in paths), None)


def unittest_of(files: Sequence[str], read: Read) -> str | None:
    """The command that runs tests which need only the standard library; None if there are none.

    Args:
        files: every path.
        read: the text of one.
    """
    hits = [(path, hit[1] or "") for path in files if (hit := _UNITTEST.fullmatch(path))]
    looked_at = islice(((folder, read(path) or "") for path, folder in hits), _LOOKED_AT)
    folders = [folder for folder, text in looked_at if "unittest" in text and "import pytest" not in text]
    if not folders:
        return None
    folder = min(folders, key=len)
    top = " -t ." if f"{folder}__init__.py" in files else ""
    return f"python -m unittest discover -s {folder.rstrip('/')}{top}" if folder else "python -m unittest discover"


def _tested_by_npm(package: str) -> bool:
    test = package_scripts(package).get("test")
    return test is not None and _NO_TEST not in test
