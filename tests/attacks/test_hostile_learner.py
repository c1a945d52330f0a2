"""Programs of a learner that attack the check instead of solving the exercise."""

import os
from pathlib import Path

import pytest
from curricula import write_curriculum

from overnight.errors import UserError
from overnight.tutor.checking.checker import check_program
from overnight.tutor.form.places import curriculum_in
from overnight.tutor.teaching.lesson import read_program

READS = """
import glob, os
found = [p for top in ("/trial", "/tmp", "/home", "/root") for p, _, names in os.walk(top)
         if {"solution.py", "curriculum.yaml"} & {*names}]
def double(x):
    return found or None
"""
FORGES = """
import os
for fd in range(3, 20):
    for line in (b'{"id": "load", "value": null}', b'{"checks": [], "fault": "", "passed": true}'):
        try:
            os.write(fd, line + b"\\n")
        except OSError:
            pass
"""
ATTACKS = {
    "exits": ("import os\nos._exit(0)", "the program ended"),
    "prints a verdict": ("import os\nos.write(2, b'{\"checks\": []}')\nos._exit(0)", "the program ended"),
    "prints too much": ("while True:\n    print('x' * 100000)", "your program was ended: ended for printing"),
    "takes memory": ("x = [0] * 10**9", "your program was ended: killed at 512"),
    "writes a gigabyte": ("f = open('f', 'wb')\nfor _ in range(1000):\n    f.write(bytes(10**6))", "your program"),
    "forges answers": (FORGES, ""),
    "reads the solution": (READS, "is None, not"),
    "raises what checks catch": ("raise AssertionError('')", "AssertionError"),
    "equals everything": (
        "class Any(int):\n    def __eq__(self, other): return True\ndef double(x): return Any(7)",
        "is 7, not",
    ),
    "nests": ("def double(x):\n    r = []\n    for _ in range(5000):\n        r = [r]\n    return r", "RecursionError"),
    "floods answers": ("def double(x):\n    return 'x' * 10**7", "the value is larger than"),
    "forks": ("import os\nwhile True:\n    os.fork()", ""),
    "uses the network": ("import socket\nsocket.create_connection(('1.1.1.1', 80), 1)", "Error"),
}


@pytest.mark.parametrize("name", ATTACKS)
def test_an_attack_passes_nothing(tmp_path: Path, name: str) -> None:
    """The check fails, and says why."""
    source, why = ATTACKS[name]
    curriculum = curriculum_in(write_curriculum(tmp_path))
    found = check_program(curriculum, curriculum.steps[0], source)
    assert not found.passed
    assert any(why in each.why for each in found.lines if not each.passed), found


def test_a_hostile_check_is_jailed(tmp_path: Path) -> None:
    """The checks of a curriculum by somebody else read no file of the user's and write none."""
    folder = write_curriculum(tmp_path)
    secret = tmp_path / "secret"
    secret.write_text("key")
    check = f"def check_it(learner):\n    import os\n    assert not os.path.exists({str(secret)!r}), 'it is there'\n"
    (folder / "double/check.py").write_text(check)
    curriculum = curriculum_in(folder)
    assert check_program(curriculum, curriculum.steps[0], "").passed


def test_no_escape_sequence_reaches_the_terminal(tmp_path: Path) -> None:
    """What a program prints, raises or returns is shown without control characters."""
    curriculum = curriculum_in(write_curriculum(tmp_path))
    source = "print('\\x1b[2Jcleared')\ndef double(x):\n    raise ValueError('\\x1b]0;title\\x07')\n"
    found = check_program(curriculum, curriculum.steps[0], source)
    assert "cleared" in found.printed
    assert not {"\x1b", "\x07"} & {*found.printed, *"".join(each.why for each in found.lines)}


def test_a_learners_file_is_a_regular_one(tmp_path: Path) -> None:
    """A pipe does not hang the command, and neither a pipe nor a folder is read."""
    os.mkfifo(tmp_path / "pipe.py")
    (tmp_path / "folder.py").mkdir()
    for name in ("pipe.py", "folder.py"):
        with pytest.raises(UserError, match=r"^\S*/(pipe|folder)\.py: "):
            read_program(tmp_path / name)
