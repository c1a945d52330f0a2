"""An invented service writes its journal: text drawn from integer weights, so that what it really says is known in bits.

Frozen, and open to everybody: a codec for journals may know everything about journals. Which lines will be scored it
cannot know, they are drawn from a seed that only the scorer has. Integers only: the same bytes on every machine.

Look at one: python journal.py 1 2000
"""

import math
import sys
from collections.abc import Iterator, Sequence

WORLD = 11  # the seed of all names, the same for every journal
SYLLABLES = "ba cor da fen gol hi jun kal lo mar nes or pi quen ra sol tum ul vek wen xi yor zan".split()
LEVELS = {"login": "INFO", "read": "INFO", "write": "INFO", "error": "WARN", "queue": "DEBUG", "beat": "DEBUG"}
NEXT_EVENT = {  # how often each event follows another, in the order of LEVELS
    "login": (1, 30, 8, 1, 2, 1),
    "read": (3, 30, 9, 2, 3, 3),
    "write": (2, 14, 10, 5, 8, 3),
    "error": (4, 6, 6, 12, 4, 2),
    "queue": (2, 12, 10, 1, 12, 6),
    "beat": (6, 20, 6, 1, 6, 1),
}


class Draws:
    """Weighted choices from a seed, and how many bits they come to.

    Source of the integers: SplitMix64 (Steele, Lea and Flood 2014).
    """

    def __init__(self, seed: int) -> None:
        self._integers = _integers(seed)
        self.bits = 0.0

    def index(self, weights: Sequence[int]) -> int:
        total = sum(weights)
        ticket = next(self._integers) % total
        for index, weight in enumerate(weights):
            ticket -= weight
            if ticket < 0:
                self.bits += math.log2(total / weight)
                return index
        raise AssertionError("a ticket is less than the sum of the weights")

    def below(self, count: int) -> int:
        """Each number below `count` as often as any other."""
        self.bits += math.log2(count)
        return next(self._integers) % count

    def favourite(self, count: int) -> int:
        """A number below `count`: 0 most often, 1 half as often, 2 a third."""
        return self.index([1000 // (1 + rank) for rank in range(count)])


def _integers(seed: int) -> Iterator[int]:
    mask = (1 << 64) - 1
    state = seed & mask
    while True:
        state = (state + 0x9E3779B97F4A7C15) & mask
        mixed = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & mask
        mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & mask
        yield mixed ^ (mixed >> 31)


def _names(draws: Draws, count: int) -> list[str]:
    return ["".join(SYLLABLES[draws.below(len(SYLLABLES))] for _ in range(2 + draws.below(2))) for _ in range(count)]


_WORLD = Draws(WORLD)
USERS, PAGES, PLACES = _names(_WORLD, 60), _names(_WORLD, 40), _names(_WORLD, 12)
HOMES = {user: f"10.{_WORLD.below(8)}.{_WORLD.below(256)}.{_WORLD.below(256)}" for user in USERS}


class Service:
    """What the next line depends on: the clock, the last event, who is logged in, how long the queue is."""

    def __init__(self, draws: Draws) -> None:
        self.draws = draws
        self.clock_ms = draws.below(80_000_000)
        self.event = "beat"
        self.active = [USERS[draws.favourite(len(USERS))] for _ in range(4)]
        self.depth, self.beats = draws.below(50), draws.below(9000)

    def line(self) -> str:
        self.clock_ms += (1 + self.draws.favourite(40)) * (1 + self.draws.favourite(30))
        self.event = list(LEVELS)[self.draws.index(NEXT_EVENT[self.event])]
        message = getattr(self, self.event)()
        seconds, ms = divmod(self.clock_ms, 1000)
        minutes, second = divmod(seconds, 60)
        return f"{minutes // 60:02}:{minutes % 60:02}:{second:02}.{ms:03} {LEVELS[self.event]:5} {self.event} {message}\n"

    def login(self) -> str:
        user = USERS[self.draws.favourite(len(USERS))]
        self.active = [user, *self.active[:3]]
        return f"user={user} from={HOMES[user]}"

    def read(self) -> str:
        return f"{self._who()} page={self._page()} ms={3 + self.draws.favourite(60)}"

    def write(self) -> str:
        return f"{self._who()} page={self._page()} bytes={256 * (1 + self.draws.favourite(30))}"

    def error(self) -> str:
        place = self.draws.favourite(len(PLACES))
        return f"{self._who()} code={400 + 7 * place} at={PLACES[place]}.py:{10 + 13 * place + self.draws.favourite(4)}"

    def queue(self) -> str:
        self.depth = max(0, self.depth + self.draws.favourite(7) - self.draws.favourite(7))
        return f"depth={self.depth} of 500"

    def beat(self) -> str:
        self.beats += 1
        return f"seq={self.beats} alive"

    def _who(self) -> str:
        return f"user={self.active[self.draws.favourite(4)]}"

    def _page(self) -> str:
        first = self.draws.favourite(len(PAGES))
        return f"/{PAGES[first]}/{PAGES[(first * 7 + self.draws.favourite(5)) % len(PAGES)]}"


def write_journal(seed: int, size: int) -> tuple[bytes, float]:
    """The first `size` bytes or a little more of a journal, in whole lines, and the bits that were drawn for them.

    The bits are what a codec that knows everything would need, less a little: some draws lead to the same text.
    """
    draws = Draws(seed)
    service = Service(draws)
    text = ""
    while len(text) < size:
        text += service.line()
    return text.encode("ascii"), draws.bits


if __name__ == "__main__":
    sys.stdout.write(write_journal(int(sys.argv[1]), int(sys.argv[2]))[0].decode("ascii"))
