"""Who calls an operation, where from, and whose words the call follows."""

import re
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

from overnight.errors import UserError
from overnight.words.foreign import printable

LONGEST = 64  # characters of a name
FACES = frozenset({"web", "rest", "mcp"})  # ways in that are no channel of the settings, whatever those are called
_TEXT = re.compile(rf"([a-z]+):([A-Za-z0-9][A-Za-z0-9 ._@+-]{{0,{LONGEST - 1}}})")


class Kind(StrEnum):
    """What a principal is to the owner of this machine."""

    OWNER = "owner"
    MEMBER = "member"  # a person whom the owner lets in
    GUEST = "guest"  # the same, for what the owner names alone
    AGENT = "agent"  # a program that acts for a person, such as a coding agent
    STRANGER = "stranger"  # anybody else: may do nothing

    @property
    def is_let_in(self) -> bool:
        """Whether it is a person beside the owner, whose memory is their own."""
        return self in (Kind.MEMBER, Kind.GUEST)


@dataclass(frozen=True, slots=True)
class Principal:
    """Who calls."""

    kind: Kind
    name: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """The principal of a text such as `agent:claude`.

        Raises:
            UserError: it is none.
        """
        found = _TEXT.fullmatch(text)
        if not found or found[1] not in {kind.value for kind in Kind}:
            kinds = ", ".join(kind.value for kind in Kind)
            fix = f"write KIND:NAME, such as agent:claude; KIND is one of {kinds}, NAME has up to {LONGEST} characters"
            raise UserError(f"`{printable(text, 2 * LONGEST)}` is no principal", fix=fix)
        return cls(Kind(found[1]), found[2])


OWNER = Principal(Kind.OWNER, "terminal")


@dataclass(frozen=True, slots=True)
class Address:
    """Where a principal is reached: a channel, and who they are on it."""

    channel: str
    id: str


class Origin(StrEnum):
    """Whose words a call follows. Words of several join to the lowest of them."""

    OWNER = "owner"
    MEMBER = "member"
    CLAW = "claw"  # an agent's own idea, also a coding agent's
    TOOL = "tool"  # what a tool answered
    FOREIGN = "foreign"  # the web, mail, files of others, devices
