"""The constants of Python files."""

from collections.abc import Mapping

import pytest

from overnight.research.researchers.tuner.constants import scan_python
from overnight.research.researchers.tuner.findings import Unreadable, Value


def found(source: str) -> Mapping[str, Value]:
    """Names and values of what is found in a source text."""
    return {c.name: c.value for c in scan_python("train.py", source.encode()).constants}


def test_finds_numbers_switches_and_folded_arithmetic() -> None:
    """Literals and arithmetic on literals at the top level are constants."""
    source = "A = 3\nB: float = 3e-4\nC = -1\nD = 2**19\nE = not_this\nF = True\nG = 4 * 16 + 1\nH = 1 << 4\nI = 1 / 4\n"
    assert found(source) == {"A": 3, "B": 3e-4, "C": -1, "D": 2**19, "F": True, "G": 65, "H": 16, "I": 0.25}


def test_finds_what_is_inside_dicts_tuples_calls_and_dataclasses() -> None:
    """Settings inside literals have dotted names."""
    source = """
from dataclasses import dataclass
CONFIG = {"lr": 0.1, "adam": dict(betas=(0.9, 0.99)), 3: 4}
DIM, HEADS = 16, 4
options = Options(decay=0.01)
@dataclass
class Model:
    width: int = 64
    name = 3
class Helper:
    width: int = 64
class Kind(Enum):
    SMALL = 3
"""
    assert found(source) == {
        "CONFIG.lr": 0.1,
        "CONFIG.adam.betas[0]": 0.9,
        "CONFIG.adam.betas[1]": 0.99,
        "DIM": 16,
        "HEADS": 4,
        "options.decay": 0.01,
        "Model.width": 64,
        "Model.name": 3,
        "Helper.width": 64,
    }


def test_what_is_bound_again_is_a_variable() -> None:
    """A name that is assigned twice, looped over or declared global is not tuned."""
    variables = (
        "best = 9.5\nbest = 3.5\nn = 0.5\nn += 1\nfor i in range(3): k = 1\nk = 2\ng = 2\ndef f():\n    global g\n    g = 3\n"
    )
    assert found(f"{variables}LR = 1.5\n") == {"LR": 1.5}


def test_strings_need_known_alternatives() -> None:
    """A string takes the values that the file compares it with; a word of few letters changes one letter; other text never."""
    source = """
ACT = "relu"
KIND: Literal["a", "b"] = "a"
PATTERN = "SL"
TITLE = "hello"
TRIPLE = '''relu'''
def f(x):
    if ACT == "gelu": return 1
    if TRIPLE == "gelu": return 2
"""
    options = {c.name: c.options for c in scan_python("train.py", source.encode()).constants}
    assert options == {"ACT": ("relu", "gelu"), "KIND": ("a", "b"), "PATTERN": ("SL", "LL", "SS")}


@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("bom", [b"", b"\xef\xbb\xbf"])
def test_spans_are_the_bytes_of_the_value(ending: str, bom: bytes) -> None:
    """With any line ends, byte-order mark and wide characters, a span holds the value's text and nothing else."""
    lines = ["# é", "É = 'ü'; A = 0.25  # ñ", "T = (0.5,", "     (0.75))", "def f():", "    '''", "    '''", "Z = -7", ""]
    content = bom + ending.join(lines).encode()
    texts = {c.name: content[c.start : c.end] for c in scan_python("train.py", content).constants}
    assert texts == {"A": b"0.25", "T[0]": b"0.5", "T[1]": b"0.75", "Z": b"-7"}


@pytest.mark.parametrize(
    "source",
    [
        b"x = (",
        b"x = 1\0",
        b"x = '\xff'",
        b"x = " + b"(" * 5_000 + b")" * 5_000,
        b"x = " + b"-" * 100_000 + b"1",
        b"x = " + b"1+" * 100_000 + b"1",
        b"x = " + b"1+" * 1_500 + b"1",
        b"x = a" + b".b" * 100_000,
        b"x = " + b"[" * 190 + b"]" * 190 + b"\n" + b"y = " + b"lambda: " * 50_000 + b"1",
    ],
)
def test_hostile_files_are_unreadable(source: bytes) -> None:
    """A file that does not parse, or nests too deeply, is refused in one line."""
    with pytest.raises(Unreadable) as refused:
        scan_python("train.py", source)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize(
    "value", ["9**9**9", "1 << 10**9", "1 / 0", "1e308 * 10", "10**30", "(-8)**0.5", "'a' * 3", "1.5 << 2"]
)
def test_unreasonable_arithmetic_is_no_constant(value: str) -> None:
    """Arithmetic that is huge, undefined or not numeric is left alone at once."""
    assert found(f"A = {value}\nB = 2\n") == {"B": 2}


def test_warnings_of_a_file_are_its_own() -> None:
    """A file with an invalid escape is read without a warning."""
    assert found("P = '\\d'\nA = 2\n") == {"A": 2}
