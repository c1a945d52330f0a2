"""What a provider says of itself, as values: `inquiry` asks for it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Trouble(StrEnum):
    """What is wrong with a provider."""

    NO_KEY = "no key"  # it cannot be read where the settings say
    KEY = "key"  # it is refused
    ADDRESS = "address"  # nobody answers there, or it redirects
    QUOTA = "quota"  # used up, until a reset
    BUSY = "busy"  # no answer in time, or an error of its own; it may work again soon


class Presence(StrEnum):
    """Whether a provider has a model."""

    THERE = "there"
    ABSENT = "absent"  # it says so
    UNLISTED = "unlisted"  # its list lacks the model, which is no proof
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True, kw_only=True)
class ProviderFacts:
    """What a provider says of itself."""

    trouble: Trouble | None = None  # None: nothing is known against it
    why: str = ""  # of the trouble, in one line
    models: tuple[str, ...] = ()  # that it lists; empty: not known
    presence: Mapping[str, Presence] = field(default_factory=dict)  # of the models that were asked about; "": of any

    @property
    def out(self) -> bool:
        """Whether it answers no call until a person acts."""
        return self.trouble in {Trouble.NO_KEY, Trouble.KEY, Trouble.ADDRESS}
