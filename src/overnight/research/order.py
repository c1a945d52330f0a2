"""What a person or a program of theirs orders of a campaign, running or not, and what came of it."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Literal

from pydantic import Field

from overnight.research.idea import IdeaEdit

OWNER = "owner"  # the one who can write to the campaign's folder
CLI = "cli"
CHANNEL = "channel:"  # begins the origin of what came over one
LONGEST_NAME = 80  # characters of who ordered, and of how the order came
LONGEST_KEY = 200
MOST_EDITS = 1000  # of one order, or one event


@dataclass(frozen=True, slots=True, kw_only=True)
class Giver:
    """Who gave an order, and how it came."""

    by: str = OWNER  # a principal, `kind` or `kind:name`; over a channel the name is the sender
    origin: str = CLI  # `cli`, `channel:NAME`, ...


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeIdeas:
    """Add an idea, or change the queue in another way, as a person may."""

    kind: Literal["ideas"] = "ideas"
    edits: tuple[Annotated[IdeaEdit, Field(discriminator="kind")], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StopSession:
    """End the session that runs when its running trials are recorded."""

    kind: Literal["stop"] = "stop"


@dataclass(frozen=True, slots=True, kw_only=True)
class BelieveChange:
    """A person has read a kept change, and believes its gain."""

    kind: Literal["believe"] = "believe"
    number: int
    commit: str  # that was read


Order = ChangeIdeas | StopSession | BelieveChange


def giver_words(by: str, origin: str) -> str:
    """Who gave an order, and over which channel, such as `owner:42 over channel:chat`."""
    return f"{by} over {origin}" if origin.startswith(CHANNEL) else by


class Outcome(StrEnum):
    """What came of an order."""

    DONE = "done"
    REFUSED = "refused"
