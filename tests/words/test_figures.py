"""Numbers without an exponent if a plain one says the same."""

import pytest

from overnight.words.figures import figure, rough


@pytest.mark.parametrize(
    ("value", "digits", "shown"),
    [
        (8446.0, 3, "8446"),
        (5134.0, 3, "5134"),
        (123456.7, 5, "123457"),
        (1e-6, 3, "1e-06"),
        (0.0037635, 2, "0.0038"),
        (-0.0, 3, "0"),
    ],
)
def test_whole_numbers_are_whole(value: float, digits: int, shown: str) -> None:
    """Large ones too; small ones have so many significant digits, and minus zero is zero."""
    assert figure(value, digits) == shown


def test_a_sign_is_put_where_it_is_asked_for() -> None:
    """A gain shows its direction."""
    assert [figure(gain, 3, signed=True) for gain in (6282.0, -66.0, 0.03125)] == ["+6282", "-66", "+0.0312"]


def test_an_estimate_has_two_digits() -> None:
    """More digits would be noise."""
    assert [rough(value) for value in (0.0026267, 6282.0, 1.0)] == ["0.0026", "6300", "1"]
