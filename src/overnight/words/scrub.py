"""Keys taken out of text that others wrote, whole or in part, also while it passes in pieces.

A part counts if it has eight characters of the key from its beginning (behind what many keys begin with, see `key_text.py`),
or from its end, or 31 from anywhere; in the forms in which other characters are escaped, twice as many. Where the key reads
like words, a part is longer by those. Eight characters are more than providers print to name a key (four to the left or right
of dots), and so many that no ordinary text has them by chance; fewer do not help to guess the rest. A key of which less than
16 characters are secret, or which may be an ordinary word, goes as a whole alone.

Does not cover: a key in another encoding than those of JSON, URLs and HTML; one in pieces with something between them.
"""

import json
import re
from bisect import bisect_left
from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import quote

from overnight.words.key_text import is_key, is_words, public_beginning
from overnight.words.secret import HIDDEN

_HIDDEN = HIDDEN.encode()
PIECE = 8  # characters of a key that must not be shown together
_EVERY = 3  # pieces of the inside, one is looked for: each look costs time, and a part of the inside alone is rare
_WORDS = 4  # pieces; a part that reads like words and is longer than so many is no ordinary text
_ODD = re.compile(r"[^A-Za-z0-9_.~-]")


class Form:
    """One way in which a key may be written."""

    def __init__(self, text: str, *, common: int | None, piece: int, sign: bytes = b"") -> None:
        """`common`: characters at the beginning that tell nothing, None if only the whole is looked for.

        `sign`: without it in a text this form is not there.
        """
        self.text = text.encode()
        self.sign = sign
        self.bytes = frozenset(self.text)
        self.pieces = {self.text: 0} if common is None else _pieces(self.text, common, piece)

    def is_in(self, data: bytes) -> bool:
        """Whether any part of it is there."""
        if self.sign and self.sign not in data:
            return False
        for piece in self.pieces:  # noqa: SIM110  # `any` takes twice the time, for each piece of every stream
            if piece in data:
                return True
        return False

    def blank(self, data: bytes, *, more: bool) -> bytes:
        """`data` without the parts; if there is `more` to come, one that may go on there is left."""
        for piece, start in self.pieces.items():
            data = self._blank(data, piece, start, more=more)
        return data

    def _blank(self, data: bytes, piece: bytes, start: int, *, more: bool) -> bytes:
        """The same for the parts around one piece, in one pass: a provider may write as many of them as it likes."""
        kept, done = list[bytes](), 0  # `done`: up to where `data` is kept or hidden
        at = data.find(piece)
        while at >= 0:
            low, high, end = self._grow(data, done, at, start, len(piece))
            if more and high == len(data) and end < len(self.text):
                break
            kept += data[done:low], _HIDDEN
            done = high
            at = data.find(piece, done)
        return b"".join([*kept, data[done:]]) if kept else data

    def _grow(self, data: bytes, done: int, at: int, start: int, size: int) -> tuple[int, int, int]:
        """Where the part around a piece begins (not before `done`) and ends in `data`, and ends in the text."""
        text, low, high, end = self.text, at, at + size, start + size
        while low > done and start and data[low - 1] == text[start - 1]:
            low, start = low - 1, start - 1
        while high < len(data) and end < len(text) and data[high] == text[end]:
            high, end = high + 1, end + 1
        return low, high, end

    def tail(self, data: bytes) -> int:
        """How many bytes at the end of `data` may be a part that goes on, fewer than the text has."""
        most = min(len(self.text) - 1, len(data))
        return bisect_left(range(most), True, key=lambda less: data[len(data) - less - 1 :] not in self.text)


def _pieces(text: bytes, common: int, piece: int) -> Mapping[bytes, int]:
    """The pieces of a text that are looked for, with their places: from both ends, and some of the inside."""
    said, most = text.decode("latin-1"), _WORDS * piece  # a character a byte
    last = len(said) - piece
    if last <= common:
        return {text: 0}
    places = []
    for start in range(common, last + 1, _EVERY * piece):
        end = start + piece
        while end < min(len(said), start + most) and is_words(said[start:end]):
            end += 1
        places.append((start, end))
    while last > max(common, len(said) - most) and is_words(said[last:]):
        last -= 1
    return {text[start:end]: start for start, end in reversed([*places, (last, len(said))])}


def forms(secrets: Iterable[str]) -> Sequence[Form]:
    """The ways in which some texts may be written; those that stand for a key, or are too short, are left out."""
    return [form for secret in dict.fromkeys(secrets) if is_key(secret) for form in _forms(secret)]


def _forms(text: str) -> list[Form]:
    from html import escape  # its table takes time to import, and few sessions have a secret

    common = public_beginning(text)
    plain = Form(text, common=common, piece=PIECE)
    written = {
        json.dumps(text)[1:-1]: b"\\",
        text.replace("/", "\\/"): b"\\",
        _ODD.sub(lambda odd: f"\\u{ord(odd[0]):04x}", text): b"\\u00",
        _ODD.sub(lambda odd: f"\\u{ord(odd[0]):04X}", text): b"\\u00",
        quote(text, safe=""): b"%",
        escape(text): b"&",
    }
    escaped = [Form(other, common=common, piece=2 * PIECE, sign=sign) for other, sign in written.items() if other != text]
    spelled = {"".join(f"\\u{ord(character):04{kind}}" for character in text) for kind in "xX"}
    before = None if common is None else 6 * common
    letters = [Form(one, common=before, piece=6 * PIECE, sign=b"\\u00") for one in sorted(spelled)]
    return [*letters, *escaped, plain]


class StreamScrubber:
    """One text that passes in pieces; what may be the beginning of a key's part waits for the next piece."""

    def __init__(self, keys: Sequence[Form]) -> None:
        self._forms = keys
        self._last = frozenset[int]().union(*(form.bytes for form in keys))  # with which a part may end
        self._held = b""

    def feed(self, chunk: bytes) -> bytes:
        """What of the text may go on now."""
        if not self._forms:
            return chunk
        data = self._blank(self._held + chunk if self._held else chunk, more=True)
        if not data or data[-1] not in self._last:
            self._held = b""
            return data
        held = max(form.tail(data) for form in self._forms)
        self._held = data[len(data) - held :]
        return data[: len(data) - held]

    def end(self) -> bytes:
        """What waited: the text has come to its end."""
        rest, self._held = self._blank(self._held, more=False), b""
        return rest

    def _blank(self, data: bytes, *, more: bool) -> bytes:
        present = [form for form in self._forms if form.is_in(data)]
        for form in present:  # whole ones first: the beginning of one form may be that of another
            data = data.replace(form.text, _HIDDEN)
        for form in present:
            data = form.blank(data, more=more)
        return data


def scrub(text: bytes, keys: Sequence[Form]) -> bytes:
    """A whole text without the keys."""
    scrubber = StreamScrubber(keys)
    return scrubber.feed(text) + scrubber.end()


def scrub_text(text: str, keys: Sequence[Form]) -> str:
    """The same for a text of characters."""
    return scrub(text.encode(errors="surrogatepass"), keys).decode(errors="surrogatepass") if keys else text
