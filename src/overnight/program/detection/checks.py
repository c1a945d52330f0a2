"""Pure: the project's own tests, by the customs of its language."""

import json
import re
from collections.abc import Iterable, Mapping

_PYTEST = re.compile(r"(?:(?:.+/)?tests?/(?:.+/)?)?test_[^/]+\.py")
_GO_TEST = re.compile(r"^func Test\w*\(", re.MULTILINE)
_CARGO_TEST = re.compile(r"tests/[^/]+\.rs")
_NO_TEST = "no test specified"  # what npm writes into a new package
_TARGET = re.compile(r"^(test|check)[ \t]*:(?!=)", re.MULTILINE)


def tests_of(files: Iterable[str], texts: Mapping[str, str]) -> str | None:
    """The command that runs the tests of a project; None if it shows none.

    Args:
        files: every path.
        texts: those that were read.
    """
    paths = set(files)
    if any(_PYTEST.fullmatch(path) for path in paths):
        return "python -m pytest -q"
    if _tested_by_npm(texts.get("package.json", "")):
        return "npm test --silent"
    if "go.mod" in paths and any(path.endswith("_test.go") and _GO_TEST.search(text) for path, text in texts.items()):
        return "go test ./..."
    if "Cargo.toml" in paths and any(_CARGO_TEST.fullmatch(path) for path in paths):
        return "cargo test --quiet"
    target = _TARGET.search(texts.get("Makefile", ""))
    return f"make -s {target[1]}" if target else None


def _tested_by_npm(text: str) -> bool:
    try:
        package = json.loads(text)
    except (ValueError, RecursionError):
        return False
    scripts = package.get("scripts") if isinstance(package, dict) else None
    test = scripts.get("test") if isinstance(scripts, dict) else None
    return isinstance(test, str) and _NO_TEST not in test
