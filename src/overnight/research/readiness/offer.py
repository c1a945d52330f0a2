"""A server of models that was found on this machine: a value, as `agents` and errors show it."""

from dataclasses import dataclass

from overnight.words.quantities import more


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """A server of models on this machine that the settings do not have."""

    name: str  # for the settings
    title: str  # what it is, for people
    address: str  # host and port
    models: tuple[str, ...]  # the first of them, printable
    unshown: int  # how many more it has
    loading: bool  # its model
    accept: str  # a command after which it is used
    write: str  # an entry of `researchers:` for it

    @property
    def words(self) -> str:
        """What was found, and the command."""
        return f"{self.title}, found at {self.address}: {self.accept}"

    @property
    def found(self) -> str:
        """What was found, in one line."""
        if self.loading:
            return f"{self.title} at {self.address} is loading its model"
        if not self.models:
            return f"{self.title} at {self.address} has no model yet"
        rest = f" {more(self.unshown)}" if self.unshown else ""
        return f"{self.title} at {self.address} has {', '.join(self.models)}{rest}"
