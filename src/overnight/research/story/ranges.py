"""Merges texts that differ only in their numbers into one: each number becomes the range of its values."""

import re

_NUMBER = re.compile(r"[-+]?\d[\d.,]*(?:[eE][-+]?\d+)?")
_MANY = re.compile(r"( to [\d.,]+) (trial|pair|experiment)\b")


class Ranges:
    """A text with a range for each number that varied."""

    def __init__(self, text: str) -> None:
        self.pattern = _NUMBER.sub("…", text)  # the same for all texts that belong together
        self._between = _NUMBER.split(text)
        self._low = self._high = _NUMBER.findall(text)

    def widen(self, text: str) -> None:
        """Add another text of the same pattern."""
        seen = _NUMBER.findall(text)
        if len(seen) == len(self._low):
            self._low = [min(pair, key=_size) for pair in zip(self._low, seen, strict=True)]
            self._high = [max(pair, key=_size) for pair in zip(self._high, seen, strict=True)]

    def __str__(self) -> str:
        numbers = [low if low == high else _range(low, high) for low, high in zip(self._low, self._high, strict=True)]
        merged = "".join(text + number for text, number in zip(self._between, [*numbers, ""], strict=True))
        return merged if self._low == self._high else _MANY.sub(r"\1 \2s", merged)


def _range(low: str, high: str) -> str:
    bare = high.rstrip(".,")
    return f"{low.rstrip('.,')} to {bare}{high[len(bare) :]}"


def _size(number: str) -> float:
    try:
        return float(number.replace(",", ""))
    except ValueError:  # such as 3.11.7
        return 0.0
