"""Tokens: who may come in, and as what. Only their digests are kept."""

import secrets
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import ClassVar

from overnight.errors import UserError
from overnight.jobs.loop import STRICT, check_times
from overnight.operations.operation import Tier
from overnight.operations.principal import LONGEST, Kind, Origin, Principal
from overnight.words.foreign import printable

PREFIX = "overnight_"  # so that the scrubber knows one wherever it is seen
BYTES = 32  # of chance in each
NEVER = 0.0


class Role(StrEnum):
    """What a token lets its bearer do."""

    OWNER = "owner"
    READER = "reader"  # reads, and orders nothing
    AGENT = "agent"  # a program: does what can be taken back; the rest waits for the owner


class Use(StrEnum):
    """How a token is presented."""

    PROGRAM = "program"  # in the header `Authorization`
    LINK = "link"  # in an address, once
    SESSION = "session"  # in a browser's cookie, made from a link


@dataclass(frozen=True, slots=True, kw_only=True)
class Token:
    """A token as it is kept; what its bearer has is not in it."""

    __pydantic_config__: ClassVar[dict[str, object]] = STRICT
    name: str  # that `overnight token revoke` takes
    role: Role
    use: Use
    digest: str  # SHA-256 of the token, hexadecimal; it has 256 bits of chance, so no slow hash is needed
    made: float  # Unix time
    ends: float = NEVER  # Unix time; 0: never

    def __post_init__(self) -> None:
        check_times(self.made, self.ends)

    def is_over(self, now: float) -> bool:
        """Whether its time has passed."""
        return self.ends != NEVER and self.ends <= now

    @property
    def principal(self) -> Principal:
        """Who its bearer is to operations."""
        kinds = {Role.OWNER: Kind.OWNER, Role.READER: Kind.MEMBER, Role.AGENT: Kind.AGENT}
        return Principal(kinds[self.role], "web" if self.role is Role.OWNER else self.name)

    @property
    def origin(self) -> Origin:
        """Whose words its bearer's calls follow."""
        return {Role.OWNER: Origin.OWNER, Role.READER: Origin.MEMBER, Role.AGENT: Origin.CLAW}[self.role]

    @property
    def ceiling(self) -> Tier:
        """The worst that is done for its bearer without a question to the owner."""
        return {Role.OWNER: Tier.PHYSICAL, Role.READER: Tier.READ, Role.AGENT: Tier.REVERSIBLE}[self.role]


def new_text() -> str:
    """A token as its bearer has it."""
    return PREFIX + secrets.token_urlsafe(BYTES)


def link_to(origin: str, text: str) -> str:
    """The address that spends a link's token."""
    return f"{origin}/enter?token={text}"


def digest_of(text: str) -> str:
    """What is kept of a token."""
    return sha256(text.encode("utf-8", "surrogateescape")).hexdigest()


def check_name(name: str) -> str:
    """The name of a token, which is that of a principal too.

    Raises:
        UserError: it is none.
    """
    try:
        return Principal.parse(f"{Kind.AGENT}:{name}").name
    except UserError:
        what = f"`{printable(name, 2 * LONGEST)}` is no name of a token"
        raise UserError(what, fix=f"use up to {LONGEST} letters, digits and ._@+-") from None
