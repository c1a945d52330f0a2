"""A bounded sample of an endless stream, evenly spread over it."""

from typing import Generic, TypeVar

T = TypeVar("T")


class Thinned(Generic[T]):
    """Keeps at most `limit` items: all while they fit, then every 2nd, 4th, 8th... of the whole stream."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._stride = 1
        self._items: list[T] = []
        self.seen = 0

    def add(self, item: T) -> None:
        """Add an item."""
        if self.seen % self._stride == 0:
            if len(self._items) == self._limit:
                self._items = self._items[::2]
                self._stride *= 2
            if self.seen % self._stride == 0:
                self._items.append(item)
        self.seen += 1

    def items(self) -> tuple[T, ...]:
        """What is kept, in order."""
        return tuple(self._items)
