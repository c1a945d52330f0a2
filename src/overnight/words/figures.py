"""How measured numbers are written if the noise does not say how many digits are meaningful."""

_LARGEST_PLAIN = 1e15  # beyond it not every whole number is a float, and an exponent is shorter
_SIGN = {True: "+", False: ""}


def figure(value: float, digits: int, *, signed: bool = False) -> str:
    """The value with so many significant digits: whole numbers stay whole, and an exponent stands only if it is needed.

    Minus zero is written as zero.
    """
    value += 0.0
    plain = abs(value) < _LARGEST_PLAIN and (value.is_integer() or abs(value) >= 10.0 ** (digits - 1))
    return f"{value:{_SIGN[signed]}{'.0f' if plain else f'.{digits}g'}}"


def rough(value: float) -> str:
    """Two significant digits, for what is itself estimated from few trials."""
    rounded = float(f"{value:.1e}")
    return figure(rounded, 2)
