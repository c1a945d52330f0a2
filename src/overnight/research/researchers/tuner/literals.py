"""New values as text, in the style of the text that they replace."""

import re

from overnight.research.researchers.tuner.findings import Value

_SWITCHES = (("true", "false"), ("yes", "no"), ("on", "off"))
SWITCH_WORDS = {word: word == on for on, off in _SWITCHES for word in (on, off)}
_PLAIN_FLOATS = (1e-4, 1e6)  # written without an exponent


def render(value: Value, old: str) -> str:
    """The text for `value`, in the style of the text `old` that it replaces."""
    match value:
        case bool():
            return _switch_text(value, old)
        case int():
            return _int_text(value, old)
        case float():
            return _float_text(value, old)
        case str():
            quote = old[0] if old[0] in "'\"" else ""  # a flag in a Makefile has none
            return quote + value + quote


def _switch_text(value: bool, old: str) -> str:
    on, off = next(pair for pair in _SWITCHES if old.lower() in pair)
    word = on if value else off
    if old.isupper():
        return word.upper()
    return word.capitalize() if old[0].isupper() else word


def _int_text(value: int, old: str) -> str:
    if re.search(r"\*\*|<<", old) and value > 1 and value & (value - 1) == 0:
        return f"2**{value.bit_length() - 1}"
    return f"{value:_}" if "_" in old else str(value)


def _float_text(value: float, old: str) -> str:
    """A form that Python, YAML, TOML, JSON and INI all read: YAML 1.1 requires a point before an exponent."""
    low, high = _PLAIN_FLOATS
    has_exponent = "e" in old.lower()
    if not has_exponent and (value == 0 or low <= abs(value) < high):
        text = f"{value:.12g}"
        return text if "." in text else text + ".0"
    mantissa, exponent = f"{value:.11e}".split("e")
    mantissa = mantissa.rstrip("0").rstrip(".")
    if "." not in mantissa and ("." in old or not has_exponent):
        mantissa += ".0"
    sign = "+" if int(exponent) >= 0 and (not has_exponent or "+" in old) else ""
    return f"{mantissa}e{sign}{int(exponent)}"
