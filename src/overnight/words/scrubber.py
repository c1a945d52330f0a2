"""Takes secrets out of every text that we keep or send: all that are known, whole and in part, and what looks like one.

One for a process: whoever reads a key says so by `learn`, and from then on it is in no text. How a known one is found is in
`scrub.py`, what looks like one in `secret_shapes.py`, and each place where texts are kept in docs/secrets.md.

Does not cover: what those two do not; a text that was kept before its secret was known.
"""

from collections.abc import Iterable, Mapping

from overnight.words.scrub import Form, forms, scrub, scrub_text
from overnight.words.secret import HIDDEN
from overnight.words.secret_shapes import has_shape, hide_shapes, is_secret

MOST_VARIABLES = 64  # of an environment that count as secrets; each is looked for in every text


class Scrubber:
    """The secrets that are known so far."""

    def __init__(self, secrets: Iterable[str] = (), *, spare: Iterable[str] = ()) -> None:
        """`spare`: texts that are no secrets even if a variable that looks like one has them, such as a metric's name."""
        self._spared = frozenset(spare)
        self._known: set[str] = set()
        self._forms: list[Form] = []
        self.learn(secrets)

    def learn(self, secrets: Iterable[str]) -> None:
        """Hide these too from now on; words that stand for a key, or are too short, are left out."""
        new = [secret for secret in dict.fromkeys(secrets) if secret not in self._known and secret not in self._spared]
        self._known.update(new)
        self._forms += forms(new)

    def text(self, text: str) -> str:
        """The text without them."""
        return hide_shapes(scrub_text(text, self._forms))

    def knows(self, text: str) -> bool:
        """Whether a whole text is a secret."""
        return text in self._known

    def known_in(self, text: str) -> str:
        """The text without the known ones alone, for what has texts of ours that may look like a key: a page, a picture."""
        return scrub_text(text, self._forms)

    def whole(self, data: bytes) -> bytes:
        """The same for bytes."""
        return scrub(data, self._forms)

    def finds(self, text: str) -> bool:
        """Whether there may be one in a text; looks only, which is faster."""
        data = text.encode(errors="surrogatepass")
        return has_shape(text) or any(form.is_in(data) for form in self._forms)

    def __repr__(self) -> str:
        return f"Scrubber({len(self._known)} x {HIDDEN})"


def secrets_in(variables: Mapping[str, str]) -> list[str]:
    """The values of an environment that look like secrets."""
    return [value for name, value in variables.items() if is_secret(name, value)][:MOST_VARIABLES]
