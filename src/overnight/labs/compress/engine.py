"""A compressor whose knowledge comes from outside: a codec is data, a prime text and a list of contexts, and never code.

Frozen. Text is coded bit by bit. Each context of the codec names what to look at; in a table it has seen what followed
there before. A small network mixes the contexts' guesses and learns from every bit, and an arithmetic coder turns the
mixed guess into a length: a bit that was given probability p costs -log2 p. The decoder makes the same guesses, for it
has the same past. Source: M. Mahoney, "Adaptive weighing of context models for lossless data compression" (2005).

As the codec is data, the one who made it is not there when text is coded: there is no way to peek at the original.
"""

import json
import math
from dataclasses import dataclass

MOST_CONTEXTS = 6  # the time limit: each costs the same on every bit, whatever the machine
MOST_FEATURES = 4  # in one context
LONGEST_PRIME = 2000  # characters, read by both sides before the text
LARGEST_FILE = 20_000  # characters

FEATURES = {
    "b1": "the byte before",
    "b2": "the one before that",
    "b3": "and so on",
    "b4": "",
    "b5": "",
    "b6": "",
    "word": "the letters since the last byte that is none",
    "last_word": "the word before this one",
    "column": "how far into the line",
    "field": "how many spaces the line had so far",
    "in_field": "how far into the field",
    "event": "the third field of the line, once it is complete",
    "above": "what the last line has in this column",
    "match": "what followed the last time that the last MATCH bytes were the same, and how long they have been right",
}
MATCH = 5  # bytes
RANGES = {  # of the codec's numbers
    "learning_rate": (0.0, 1.0),  # of the mixer
    "first_weight": (0.0, 2.0),  # of each context in the mixer
    "memory": (1.0, 1000.0),  # a table's guess is an average over about this many bits
    "trust": (0.0, 10.0),  # bits that a table must see before it counts half
}
STRETCH = [math.log((p + 0.5) / (4095.5 - p)) for p in range(4096)]  # the inverse of the logistic function


class NoCodec(Exception):
    """What is wrong with a file that should be a codec."""


@dataclass(frozen=True)
class Codec:
    prime: bytes
    contexts: list[list[str]]
    learning_rate: float
    first_weight: float
    memory: float
    trust: float


def read_codec(text: str) -> Codec:
    """The codec that a JSON object describes.

    Raises:
        NoCodec: it describes none.
    """
    if len(text) > LARGEST_FILE:
        raise NoCodec(f"the file is longer than {LARGEST_FILE} characters")
    try:
        codec = Codec(**json.loads(text))
    except (ValueError, TypeError, RecursionError):
        raise NoCodec(f"not a JSON object with just {', '.join(Codec.__dataclass_fields__)}") from None
    if type(codec.prime) is not str or not codec.prime.isascii() or len(codec.prime) > LONGEST_PRIME:
        raise NoCodec(f"prime must be at most {LONGEST_PRIME} ASCII characters")
    if type(codec.contexts) is not list or not 1 <= len(codec.contexts) <= MOST_CONTEXTS:
        raise NoCodec(f"contexts must be a list of 1 to {MOST_CONTEXTS}")
    for context in codec.contexts:
        if type(context) is not list or len(context) > MOST_FEATURES or not all(map(_is_feature, context)):
            raise NoCodec(f"each context must be a list of at most {MOST_FEATURES} of: {', '.join(FEATURES)}")
    for name, (low, high) in RANGES.items():
        value = getattr(codec, name)
        if type(value) not in (int, float) or not low <= value <= high:  # NaN is not in any range
            raise NoCodec(f"{name} must be a number from {low} to {high}")
    return Codec(**{**vars(codec), "prime": codec.prime.encode("ascii")})


def _is_feature(name: object) -> bool:
    return type(name) is str and name in FEATURES


class Past:
    """The text read so far, as the features that contexts consist of."""

    def __init__(self) -> None:
        self.data = bytearray()
        self.features: dict[str, object] = dict.fromkeys(FEATURES, 0)
        self._line_start = self._field_start = self._field = 0
        self._above = b""
        self._event: object = 0
        self._word = self._last_word = b""
        self._seen: dict[bytes, int] = {}
        self._match_at = self._match_length = 0

    def read(self, byte: int) -> None:
        self._follow_match(byte)
        self.data.append(byte)
        end = len(self.data)
        if byte == 10:
            self._above = bytes(self.data[self._line_start : end])
            self._line_start = self._field_start = end
            self._field, self._event = 0, 0
        elif byte == 32:
            if self._field == 2:
                self._event = bytes(self.data[self._field_start : end])
            self._field, self._field_start = self._field + 1, end
        if 97 <= byte <= 122:
            self._word += bytes((byte,))
        elif self._word:
            self._word, self._last_word = b"", self._word
        self._describe(end)

    def _follow_match(self, byte: int) -> None:
        if self._match_at and self.data[self._match_at] == byte:
            self._match_at += 1
            self._match_length += 1
        else:
            self._match_at = self._match_length = 0

    def _describe(self, end: int) -> None:
        data, features = self.data, self.features
        tail = bytes(data[-MATCH:])
        if not self._match_at:
            self._match_at = self._seen.get(tail, 0)
        self._seen[tail] = end
        column = end - self._line_start
        for back in range(1, min(6, end) + 1):
            features[f"b{back}"] = data[-back]
        features.update(
            word=self._word,
            last_word=self._last_word,
            column=column,
            field=self._field,
            in_field=end - self._field_start,
            event=self._event,
            above=self._above[column] if column < len(self._above) else 0,
            match=(data[self._match_at], min(self._match_length, 20)) if self._match_at else 0,
        )


class Predictor:
    """Predicts the next bit, then learns from the true one."""

    def __init__(self, codec: Codec) -> None:
        count = len(codec.contexts)
        self._codec, self._past = codec, Past()
        self._tables: list[dict[object, list[list[float]]]] = [{} for _ in range(count)]
        self._weights = [[codec.first_weight] * count for _ in range(256)]  # a mixer for each beginning of a byte
        self._begin_byte()

    def _begin_byte(self) -> None:
        features = self._past.features
        self._bits = 1  # of the byte so far, after a leading 1
        self._nodes = [
            table.setdefault(tuple([features[name] for name in context]), {})
            for table, context in zip(self._tables, self._codec.contexts)
        ]

    def guess(self) -> int:
        """The probability that the next bit is 1, in 65536ths, from 1 to 65535."""
        bits, trust = self._bits, self._codec.trust
        self._cells = [node.setdefault(bits, [0.5, 0.0]) for node in self._nodes]
        self._inputs = [STRETCH[int(p * 4095.99)] * (n / (n + trust) if n else 0.0) for p, n in self._cells]
        dot = sum([w * x for w, x in zip(self._weights[bits], self._inputs)])
        self._mixed = 1 / (1 + math.exp(-max(-11.0, min(11.0, dot))))
        return max(1, min(65535, int(self._mixed * 65536)))

    def learn(self, bit: int) -> None:
        """Learn the true value of the bit that `guess` predicted."""
        step, memory = self._codec.learning_rate * (bit - self._mixed), self._codec.memory
        self._weights[self._bits] = [w + step * x for w, x in zip(self._weights[self._bits], self._inputs)]
        for cell in self._cells:
            p, n = cell
            cell[0] = p + (bit - p) / (n + 1.5)
            if n < memory:
                cell[1] = n + 1
        self._bits = self._bits << 1 | bit
        if self._bits > 255:
            self._past.read(self._bits & 255)
            self._begin_byte()

    def prime(self) -> "Predictor":
        """Learn the codec's prime text, as if it preceded the text."""
        for byte in self._codec.prime:
            for place in range(7, -1, -1):
                self.guess()
                self.learn(byte >> place & 1)
        return self


def compress(codec: Codec, text: bytes) -> bytes:
    """The text as a blob from which `decompress` restores it."""
    predictor, low, high, blob = Predictor(codec).prime(), 0, 0xFFFFFFFF, bytearray()
    for byte in text:
        for place in range(7, -1, -1):
            bit = byte >> place & 1
            low, high = _narrow(low, high, predictor.guess(), bit)
            predictor.learn(bit)
            while not (low ^ high) >> 24:  # the first byte is settled
                blob.append(high >> 24)
                low, high = low << 8 & 0xFFFFFFFF, high << 8 & 0xFFFFFFFF | 255
    return len(text).to_bytes(2, "big") + bytes(blob) + (high >> 24).to_bytes(1, "big")


def decompress(codec: Codec, blob: bytes) -> bytes:
    """The text that `compress` made into this blob."""
    predictor, low, high, text = Predictor(codec).prime(), 0, 0xFFFFFFFF, bytearray()
    size, coded = int.from_bytes(blob[:2], "big"), iter(blob[2:] + bytes(4))
    code = int.from_bytes(bytes(next(coded) for _ in range(4)), "big")
    while len(text) < size:
        byte = 0
        for _ in range(8):
            chance = predictor.guess()
            bit = int(code <= _split(low, high, chance))
            low, high = _narrow(low, high, chance, bit)
            predictor.learn(bit)
            byte = byte << 1 | bit
            while not (low ^ high) >> 24:
                low, high = low << 8 & 0xFFFFFFFF, high << 8 & 0xFFFFFFFF | 255
                code = code << 8 & 0xFFFFFFFF | next(coded, 0)
        text.append(byte)
    return bytes(text)


def _split(low: int, high: int, chance: int) -> int:
    return low + ((high - low) * chance >> 16)


def _narrow(low: int, high: int, chance: int, bit: int) -> tuple[int, int]:
    """The part of the range for the bit: the larger its probability, the less is lost."""
    split = _split(low, high, chance)
    return (low, split) if bit else (split + 1, high)
