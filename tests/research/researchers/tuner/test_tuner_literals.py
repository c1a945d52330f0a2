"""How values are written."""

import ast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from overnight.research.researchers.tuner.findings import Value
from overnight.research.researchers.tuner.literals import render


@pytest.mark.parametrize(
    ("value", "old", "text"),
    [
        (True, "False", "True"),
        (False, "true", "false"),
        (True, "NO", "YES"),
        (False, "on", "off"),
        (1024, "2**9", "2**10"),
        (1000, "2**9", "1000"),
        (250_000, "500_000", "250_000"),
        (12, "3", "12"),
        (4e-4, "1e-3", "4e-4"),
        (4e-4, "1.0e-3", "4.0e-4"),
        (0.0071, "0.003", "0.0071"),
        (3.0, "1.0", "3.0"),
        (1e-5, "0.01", "1.0e-5"),
        (3e7, "1e7", "3e7"),
        (0.0, "0.1", "0.0"),
        (0.99967, "0.999", "0.99967"),
        ("gelu", "'relu'", "'gelu'"),
    ],
)
def test_the_style_stays(value: Value, old: str, text: str) -> None:
    """A value is written in the style of the old one."""
    assert render(value, old) == text


@given(st.floats(-1e15, 1e15), st.sampled_from(["0.1", "1e-3", "1.0e-3", "1e+3", "5"]))
def test_floats_read_back(value: float, old: str) -> None:
    """Whatever the style, a float reads back as itself to twelve digits, and as a float."""
    read = ast.literal_eval(render(value, old))
    assert isinstance(read, float)
    assert read == pytest.approx(value, rel=1e-11, abs=0)
