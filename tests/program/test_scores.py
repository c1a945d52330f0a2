"""Programs that print a score, where nothing is called a benchmark."""

import pytest

from overnight.program.detection.candidates import candidates
from overnight.program.detection.detect import detect

RUNS = 'from anneal import solve\n\nif __name__ == "__main__":\n    solve("towns.txt")\n'
SOLVES = 'def solve(path):\n    cost = 3.0\n    print("Best cost: ", cost)\n'
TESTS = 'from anneal import solve\n\nif __name__ == "__main__":\n    assert solve("towns.txt") < 4\n'


@pytest.mark.parametrize("readme", ["", "    python test.py\n"])
def test_a_program_that_is_only_called_test_is_run(readme: str) -> None:
    """It judges nothing, and what it imports prints a score: it is the program, and no check."""
    files = {"test.py": RUNS, "anneal.py": SOLVES, "README.md": readme}
    found = {entry.key: entry.value for entry in detect(files, home="/").entries}
    assert (found["measure"], found.get("checks")) == ("python test.py", None)


@pytest.mark.parametrize("readme", ["", "    python test.py\n"])
def test_a_script_called_test_that_judges_is_a_check(readme: str) -> None:
    """An assertion is what tells a test from a program."""
    files = {"test.py": TESTS, "anneal.py": SOLVES, "README.md": readme}
    found = {entry.key: entry.value for entry in detect(files, home="/").entries}
    assert (found.get("measure"), found["checks"]) == (None, ["python test.py"])


@pytest.mark.parametrize(
    "files",
    [
        {"main.py": RUNS, "other.py": "for _ in range(3):\n    print('hello')\n", "anneal.py": SOLVES},
        {"main.js": "require('./anneal').solve()\n", "anneal.js": "exports.solve = () => console.log(`cost ${3}`)\n"},
    ],
)
def test_a_score_is_printed_by_an_imported_module(files: dict[str, str | None]) -> None:
    """A short script at the top calls what prints."""
    (command,) = candidates(files).measuring
    assert command.leaf in {"main.py", "main.js"}
