"""Where an account's key comes from: an environment variable or a command; read once, and again when it is refused."""

import asyncio
import re
from collections.abc import Callable, Iterable, Mapping, Sequence

from overnight.errors import UserError
from overnight.models.provider import Provider
from overnight.user_command import run_for_output
from overnight.words.scrub import Form, forms, scrub
from overnight.words.secret import Secret

COMMAND_S = 30.0  # a password manager may ask its agent, but nobody can type
LONGEST_KEY = 8192  # characters
_SECRET_HEADER = re.compile(r"auth|key|token|secret|cookie|password", re.IGNORECASE)  # in its name
_BETWEEN = re.compile(r"[\s;,]+")
_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,39}=(?!=|$)")  # as in a cookie, unlike the end of a text in base64


class NoKey(Exception):  # noqa: N818  # reported as a broken account
    """The key is not available; says why and how to fix it, without the output of the command."""


class Keys:
    """The key of one account."""

    def __init__(
        self, provider: Provider, environment: Mapping[str, str], learn: Callable[[Iterable[str]], None] | None = None
    ) -> None:
        """`learn` gets the secret headers, and each key that is read."""
        self._provider = provider
        self._environment = environment
        self._key: Secret | None = None
        self._learn = learn or (lambda _: None)
        self._forms = list[Form]()
        self._add(_secret_headers(provider))
        self._read_so_far: set[str] = set()
        self._reading = asyncio.Lock()

    @property
    def forms(self) -> Sequence[Form]:
        """Every key that was read so far, and the secret headers, for taking them out of what others write."""
        return self._forms

    def scrub(self, text: bytes) -> bytes:
        """A whole text without them."""
        return scrub(text, self._forms)

    async def get(self) -> Secret | None:
        """The key; None for a local server.

        Raises:
            NoKey: it is not available.
        """
        if self._provider.local:
            return None
        async with self._reading:
            if self._key is None:
                text = _checked(await self._read(), self._provider)
                self._key = Secret(text)
                if text not in self._read_so_far:
                    self._add([text])
                    self._read_so_far.add(text)
            return self._key

    @property
    def renewable(self) -> bool:
        """Whether it can be read again, and may differ then."""
        return bool(self._provider.key_command) or self._key not in (None, self._named())

    async def renew(self, refused: Secret | None) -> Secret | None:
        """The key after it was refused: read again, unless another request did so meanwhile.

        Raises:
            NoKey: it is not available.
        """
        if self._key == refused:
            self._key = None
        return await self.get()

    def _add(self, secrets: Sequence[str]) -> None:
        self._forms += forms(secrets)
        self._learn(secrets)

    async def _read(self) -> str:
        provider = self._provider
        if provider.key_command:
            return await _output(provider.key_command, self._environment)
        try:
            value = self._environment.get(provider.key_env, "")
        except UserError as error:  # it is stored, and its file is refused
            raise NoKey(str(error)) from None
        if not value.strip():
            name = provider.key_env
            raise NoKey(f"{name} is not set, neither in the environment nor by `overnight secret set {name}`")
        return value

    def _named(self) -> Secret | None:
        """What its variable holds now: what is stored may be another than before."""
        try:
            return Secret(self._environment.get(self._provider.key_env, "").strip())
        except UserError:
            return self._key


def _secret_headers(provider: Provider) -> Sequence[str]:
    """The secrets in the headers that hold one by their names."""
    return [secret for name, value in provider.headers.items() if _SECRET_HEADER.search(name) for secret in _secrets(value)]


def _secrets(value: str) -> Sequence[str]:
    """The values of `name=value` in a header, and its last word: `Bearer` is none, and neither is a number."""
    words = [word for word in _BETWEEN.split(value) if word]
    found = [_NAME.sub("", word) for word in words if word is words[-1] or _NAME.match(word)]
    return [secret for secret in found if any(map(str.isalpha, secret))]


def _checked(text: str, provider: Provider) -> str:
    key = text.strip()
    source = provider.key_env or "the output of its key_command"
    if not key or len(key) > LONGEST_KEY or not (key.isascii() and key.isprintable()):
        raise NoKey(f"{source} is not a key: it is empty, too long or has more than one line")
    return key


async def _output(command: str, environment: Mapping[str, str]) -> str:
    """What the user's own command prints."""
    try:
        printed = await run_for_output(
            ["/bin/sh", "-c", command], environment=environment, wall_s=COMMAND_S, most_bytes=LONGEST_KEY + 1
        )
    except TimeoutError:
        raise NoKey(f"its key_command did not end within {COMMAND_S:g} s") from None
    except OSError as error:
        raise NoKey(f"its key_command does not start: {error.strerror}") from None
    if printed.code:
        raise NoKey(f"its key_command exited with {printed.code}")
    return printed.output.decode(errors="replace")
