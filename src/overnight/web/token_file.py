"""The file of tokens in the user's state folder: for the user alone, replaced as a whole, under a lock.

Browsers' sessions are in it too, so that a restart logs nobody out and `overnight token` lists and revokes them as well.

Does not cover: processes of the same user, who can write here; that user is the owner.
"""

import os
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from overnight.errors import UserError
from overnight.files.folders import closing_descriptor
from overnight.files.locks import take_lock
from overnight.files.own import PATH_SHOWN, claim_folder, make_folder, open_own
from overnight.jobs.loop import STRICT
from overnight.jobs.records import BadRecord, read_record, write_record
from overnight.web.token import NEVER, Role, Token, Use, digest_of, new_text
from overnight.words.foreign import printable

FOLDER, FILE, LOCK = "web", "tokens.json", "lock"
WAIT_S = 10.0  # for another process that changes the file
LINK_S = 86_400.0  # a link that nobody opened
SESSION_S = 30 * 86_400.0
MOST = {Use.PROGRAM: 50, Use.LINK: 20, Use.SESSION: 50}  # of each; links and sessions: the oldest makes room


@dataclass(frozen=True, slots=True, kw_only=True)
class Tokens:
    """All that are kept."""

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT
    tokens: tuple[Token, ...] = ()


class TokenFile:
    """The tokens of this user on this machine."""

    def __init__(self, state: Path, clock: Callable[[], float] = time.time) -> None:
        """`state`: the user's state folder, in which the web has a folder of its own."""
        self.folder = state / FOLDER
        self.path = self.folder / FILE
        self._clock = clock
        self._seen: tuple[int, int, int] | None = None  # the file that was read last
        self._tokens: tuple[Token, ...] = ()

    def read(self) -> Sequence[Token]:
        """Those whose time has not passed; the file is read again only if it was replaced.

        Raises:
            UserError: it is not ours, or not what we wrote.
        """
        now = self._clock()
        return [token for token in self._kept() if not token.is_over(now)]

    def find(self, text: str, use: Use) -> Token | None:
        """The token that somebody presents, if it is one for this use. Raises as `read`."""
        digest = digest_of(text)  # to compare digests tells nobody who guesses how near a guess was
        return next((token for token in self.read() if token.digest == digest and token.use is use), None)

    def make(self, role: Role, use: Use, name: str = "") -> tuple[Token, str]:
        """A new token, and what its bearer gets; without a name it gets one with a number.

        Raises:
            UserError: the name is taken, there are too many, or the file cannot be written.
        """
        with self._changing() as tokens:
            return self._add(tokens, role, use, name)

    def enter(self, text: str) -> tuple[Token, str] | None:
        """Spend a link: the session that it opens, and its token; None if it opens none. Raises as `make`."""
        if self.find(text, Use.LINK) is None:
            return None
        with self._changing() as tokens:
            link = next((each for each in tokens if each.digest == digest_of(text) and each.use is Use.LINK), None)
            if link is None or link.is_over(self._clock()):
                return None
            tokens.remove(link)
            return self._add(tokens, link.role, Use.SESSION, "")

    def revoke(self, name: str) -> bool:
        """Forget a token, and say whether there was one. Raises as `make`."""
        with self._changing() as tokens:
            found = [token for token in tokens if token.name == name]
            for token in found:
                tokens.remove(token)
        return bool(found)

    def _add(self, tokens: list[Token], role: Role, use: Use, name: str) -> tuple[Token, str]:
        names = {token.name for token in tokens}
        if name in names:
            raise UserError(f"there is a token {name} already", fix=f"revoke it first: overnight token revoke {name}")
        same = sorted((token for token in tokens if token.use is use), key=lambda token: token.made)
        if len(same) >= MOST[use]:
            if use is Use.PROGRAM:
                raise UserError(f"there are {MOST[use]} tokens already", fix="revoke one: overnight token list")
            tokens.remove(same[0])
        stem = {Use.PROGRAM: role.value, Use.LINK: "link", Use.SESSION: "browser"}[use]
        free = name or next(found for number in range(1, 10_000) if (found := f"{stem}-{number}") not in names)
        text, now = new_text(), self._clock()
        ends = {Use.PROGRAM: NEVER, Use.LINK: now + LINK_S, Use.SESSION: now + SESSION_S}[use]
        made = Token(name=free, role=role, use=use, digest=digest_of(text), made=now, ends=ends)
        tokens.append(made)
        return made, text

    def _kept(self) -> tuple[Token, ...]:
        try:
            status = self.path.lstat()
        except (FileNotFoundError, NotADirectoryError):
            self._seen, self._tokens = None, ()
            return self._tokens
        except OSError as error:
            raise UserError(f"{self._shown} cannot be read: {error.strerror}") from error
        key = (status.st_ino, status.st_ctime_ns, status.st_size)
        if key != self._seen:
            claim_folder(self.folder)
            try:
                found = read_record(self.path, Tokens)
            except BadRecord as error:
                fix = "remove it, and make tokens anew with `overnight token`"
                raise UserError(f"{self._shown} is no file of tokens: {error}", fix=fix) from error
            self._tokens = found.tokens if found else ()
            self._seen = key
        return self._tokens

    @contextmanager
    def _changing(self) -> Iterator[list[Token]]:
        """The tokens, to be changed by nobody else meanwhile, and written afterwards."""
        try:
            make_folder(self.folder.parent)
            make_folder(self.folder)
            with closing_descriptor(open_own(self.folder / LOCK, os.O_RDWR | os.O_CREAT)) as lock:
                if not take_lock(lock, within_s=WAIT_S):
                    raise UserError(f"another process has been changing {self._shown} for {WAIT_S:g} s", fix="end it")
                tokens = list(self.read())
                yield tokens
                write_record(self.path, Tokens(tokens=tuple(tokens)))
        except OSError as error:
            raise UserError(f"{self._shown} cannot be written: {error.strerror}; nothing was changed") from error

    @property
    def _shown(self) -> str:
        return printable(str(self.path), PATH_SHOWN)
