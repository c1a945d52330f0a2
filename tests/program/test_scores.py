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


MAKES = (
    "PROG=mul\nall: $(PROG)\nmul-fast: mul-fast.o\n\tcc -o $@ $<\nmul: mul.o\n\tcc -o $@ $<\nother: other.o\n\tcc -o $@ $<\n"
)
PRINTS = 'int main() { printf("CPU time: %g\\n", t); }\n'


@pytest.mark.parametrize(
    ("makefile", "readme", "name"),
    [
        (MAKES, "", ""),
        (MAKES.replace("all: $(PROG)", "all: mul mul-fast other"), "Run `./mul -h` for help.\n", ""),
        (MAKES.replace("all: $(PROG)", "all: mul mul-fast other"), "", "mul"),
    ],
)
def test_of_equal_programs_the_one_that_is_the_project_s_is_taken(makefile: str, readme: str, name: str) -> None:
    """It is what plain `make` builds, or a README runs, or is called as the repository; the others are named in a question."""
    sources = dict.fromkeys(("mul.c", "mul-fast.c", "other.c"), PRINTS)
    found = candidates({"Makefile": makefile, "README.md": readme, **sources}, name)
    assert [command.text for command in found.measuring] == ["make -s mul && ./mul"]
    assert [command.text for command in found.asked] == ["make -s mul-fast && ./mul-fast", "make -s other && ./other"]


def test_equal_programs_of_which_none_is_the_project_s_are_asked_about() -> None:
    """One that needs a library which is seldom installed, or arguments, comes last."""
    makefile = MAKES.replace("all: $(PROG)", "all: mul mul-fast other")
    texts = {"mul.c": "#include <boost/a.hpp>\n" + PRINTS, "mul-fast.c": PRINTS, "other.c": PRINTS}
    found = candidates({"Makefile": makefile, **texts})
    assert not found.measuring
    assert [command.text.rpartition("./")[2] for command in found.asked] == ["mul-fast", "other", "mul"]


def test_a_program_is_found_behind_a_variable_that_is_nowhere_set() -> None:
    """As in `-o $(TEST_BIN) $@`, where the variable stands for nothing."""
    makefile = "run.x: run.o\n\tcc run.o $(LIBS) -o $(BIN) $@\n"
    found = candidates({"src/Makefile": makefile, "src/run.c": PRINTS})
    assert [command.text for command in (*found.measuring, *found.asked)] == ["cd src && make -s run.x && ./run.x"]


def test_a_message_of_a_failure_is_no_score() -> None:
    """One that prints its time, and an error of its options, is about the time; one that prints an error's size is not."""
    prints = 'int main() { clock();\n  printf("time: %g\\n", t);\n  printf("ERROR: unknown algorithm %d\\n", a);\n'
    (command,) = candidates({"Makefile": "mul: mul.c\n\tcc -o mul mul.c\n", "mul.c": prints}).measuring
    assert not command.scores
    scoring = prints.replace("ERROR: unknown algorithm %d", "error: %.3f")
    (command,) = candidates({"Makefile": "mul: mul.c\n\tcc -o mul mul.c\n", "mul.c": scoring}).measuring
    assert command.scores
